/** Rules about what runs log, kept by the server, which looks at every point that comes, whoever logs it. */
import { TradewindError } from "../../errors.ts";
import type { TrackingClient } from "./client.ts";

interface AnyRule {
  /** Another rule of the experiment with that name is replaced. Default: the metric and what is asked of it. */
  readonly name?: string;
  readonly metric: string;
  /** What the run logs after that is refused, which fails the task. Default false. */
  readonly stop?: boolean;
  /** Is told, once of each run: an address that takes JSON, as those of chats do. */
  readonly url?: string;
}

export type AlertRule =
  | (AnyRule & { readonly above: number })
  | (AnyRule & { readonly below: number })
  | (AnyRule & { readonly notFinite: true })
  | (AnyRule & {
      /** Steps. */
      readonly noImprovementFor: number;
      /** Default false. */
      readonly greaterIsBetter?: boolean;
      /** What counts as an improvement. Default: anything. */
      readonly minChange?: number;
    });

interface Asked {
  readonly kind: string;
  readonly rest: Readonly<Record<string, unknown>>;
}

function askedOf(rule: AlertRule): Asked {
  if ("above" in rule) return { kind: "above", rest: { threshold: rule.above } };
  if ("below" in rule) return { kind: "below", rest: { threshold: rule.below } };
  if ("notFinite" in rule) return { kind: "not_finite", rest: {} };
  if ("noImprovementFor" in rule) {
    const { noImprovementFor, greaterIsBetter = false, minChange = 0 } = rule;
    const rest = { patience: noImprovementFor, greater_is_better: greaterIsBetter, min_change: minChange };
    return { kind: "no_improvement", rest };
  }
  throw new TradewindError(
    "TW_ML_PARAM",
    `alert rule about ${(rule as AnyRule).metric}: expected above, below, notFinite or noImprovementFor, got none`,
  );
}

/** @throws TradewindError TW_TRACKING_REFUSED for a rule that is none, TW_ML_PARAM for one that asks for nothing. */
export async function putAlertRules(
  client: TrackingClient,
  experimentId: string,
  rules: readonly AlertRule[],
): Promise<void> {
  for (const rule of rules) {
    const { kind, rest } = askedOf(rule);
    const { metric, name = `${metric} ${kind.replaceAll("_", " ")}`, stop = false, url = null } = rule;
    const body = { experiment_id: experimentId, name, metric, kind, stop, url, ...rest };
    await client.ask("PUT", "/api/metric-alert-rules", body);
  }
}
