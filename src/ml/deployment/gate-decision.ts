/** Whether a candidate may take the champion's place: a function of scores. What cannot be judged does not pass. */
import { TradewindError } from "../../errors.ts";

/** MLflow's names for what a metric has to reach. */
export interface GateMetric {
  readonly name: string;
  /** Default true. */
  readonly greaterIsBetter?: boolean;
  /** What the candidate has to reach, champion or not; the value itself passes, unless `exclusive`. */
  readonly threshold?: number;
  /** Whether the threshold itself does not pass. Default false. */
  readonly exclusive?: boolean;
  /** By how much the candidate has to be better than the champion; negative allows it to be worse. Default 0. */
  readonly minAbsoluteChange?: number;
  /** The same as a share of the champion's score: 0.01 is one percent. */
  readonly minRelativeChange?: number;
}

/** GateScores by the name of the metric. */
export type GateScores = { readonly [metric: string]: number };

export interface GateCheck {
  metric: string;
  /** Null for what is no number. */
  candidate: number | null;
  champion: number | null;
  passed: boolean;
  /** In words with figures. */
  why: string;
}

export interface GateDecision {
  passed: boolean;
  reason: string;
  checks: GateCheck[];
}

export interface GateCase {
  readonly candidate: GateScores;
  /** Null when there is none. */
  readonly champion: GateScores | null;
  readonly metrics: readonly GateMetric[];
  readonly noChampion: "pass" | "fail";
}

/** @throws TradewindError TW_GATE when there is no metric, or a rule is no number. */
export function decideGate({ candidate, champion, metrics, noChampion }: GateCase): GateDecision {
  checkMetrics(metrics);
  const checks = metrics.map((metric) => check(metric, candidate, champion));
  const failed = checks.filter(({ passed }) => !passed);
  if (failed.length > 0) return { passed: false, reason: failed.map(({ why }) => why).join("; "), checks };
  if (champion === null && noChampion === "fail")
    return { passed: false, reason: "there is no champion to compare with", checks };
  return { passed: true, reason: checks.map(({ why }) => why).join("; "), checks };
}

function checkMetrics(metrics: readonly GateMetric[]): void {
  if (metrics.length === 0)
    throw new TradewindError("TW_GATE", "expected at least one metric to judge by, got none");
  for (const { name, threshold, minAbsoluteChange, minRelativeChange } of metrics)
    for (const value of [threshold, minAbsoluteChange, minRelativeChange])
      if (value !== undefined && !Number.isFinite(value))
        throw new TradewindError("TW_GATE", `${name}: expected a number as its bound, got ${value}`);
}

function check(metric: GateMetric, candidate: GateScores, champion: GateScores | null): GateCheck {
  const { name, greaterIsBetter = true } = metric;
  const mine = candidate[name];
  const base = { metric: name, candidate: finite(mine), champion: finite(champion?.[name]) };
  const no = (why: string): GateCheck => ({ ...base, passed: false, why: `${name}: ${why}` });
  if (!Number.isFinite(mine)) return no(`expected a number as the candidate's score, got ${String(mine)}`);
  const sign = greaterIsBetter ? 1 : -1;
  if (metric.threshold !== undefined) {
    const over = sign * (mine - metric.threshold);
    const bound = `${metric.exclusive ? "better than" : "at least as good as"} ${metric.threshold}`;
    if (metric.exclusive === true ? !(over > 0) : !(over >= 0))
      return no(`expected ${bound}, got ${figure(mine)}`);
  }
  if (champion === null)
    return { ...base, passed: true, why: `${name}: ${figure(mine)}, without a champion` };
  const theirs = champion[name];
  if (!Number.isFinite(theirs)) return no(`expected a number as the champion's score, got ${String(theirs)}`);
  const gained = sign * (mine - theirs);
  const needed = Math.max(
    metric.minAbsoluteChange ?? (metric.minRelativeChange === undefined ? 0 : Number.NEGATIVE_INFINITY),
    (metric.minRelativeChange ?? Number.NEGATIVE_INFINITY) * Math.abs(theirs),
  );
  const against = `${figure(mine)} against the champion's ${figure(theirs)}`;
  // A gain that is exactly what is needed passes, whatever the last bits of the subtraction are.
  if (gained < needed - 1e-12)
    return no(`${against}: expected a gain of ${figure(needed)}, got ${figure(gained)}`);
  return { ...base, passed: true, why: `${name}: ${against}` };
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;
const figure = (value: number): string => String(Number(value.toPrecision(6)));
