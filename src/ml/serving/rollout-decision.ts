/** What a rollout does next: a function from what is known to one decision. */
import type { OutcomeSummary } from "../../store/endpoint-traffic.ts";
import type { EndpointVariant } from "../../store/endpoints.ts";
import type { RolloutRow, RolloutStep } from "../../store/rollouts.ts";
import { type GuardrailVerdict, judgeGuardrails } from "./rollout-guardrails.ts";
import type { VariantReport } from "./traffic-report.ts";

export interface RolloutFacts {
  readonly rollout: RolloutRow;
  /** The endpoint's present generation, and what its last change was. */
  readonly generation: number;
  readonly lastChange: string;
  /** Of the rollout's variant and its baseline in the present step; null of one that answered nothing. */
  readonly variant: VariantReport | null;
  readonly baseline: VariantReport | null;
  readonly outcomes: readonly OutcomeSummary[];
  readonly now: number;
}

export type RolloutDecision =
  | { readonly kind: "wait"; readonly reason: string }
  | { readonly kind: "step"; readonly step: number; readonly reason: string }
  | { readonly kind: "succeed"; readonly reason: string }
  | { readonly kind: "roll_back"; readonly reason: string }
  | { readonly kind: "supersede"; readonly reason: string };

export function judgeRollout(facts: RolloutFacts): GuardrailVerdict[] {
  const { rollout, variant, baseline, outcomes } = facts;
  const names = { variant: rollout.variant, baseline: rollout.baseline };
  return judgeGuardrails(rollout.guardrails, { variant, baseline, outcomes, names });
}

export function decideRollout(facts: RolloutFacts): RolloutDecision {
  const { rollout, variant, now } = facts;
  if (facts.generation !== rollout.generation)
    return { kind: "supersede", reason: `somebody else changed the traffic: ${facts.lastChange}` };
  const verdicts = judgeRollout(facts);
  const broken = verdicts.find(({ state }) => state === "broken");
  if (broken !== undefined) return { kind: "roll_back", reason: `${broken.guardrail}: ${broken.seen}` };
  const step = rollout.steps[rollout.step] as RolloutStep;
  const where = `step ${rollout.step + 1} of ${rollout.steps.length} (${step.weight} %)`;
  if (rollout.state === "paused") return { kind: "wait", reason: rollout.reason ?? `paused at ${where}` };
  const left = rollout.stepStartedAt + step.bake_seconds * 1000 - now;
  if (left > 0)
    return { kind: "wait", reason: `${where}: until ${new Date(now + left).toISOString()} at least` };
  const requests = variant?.requests ?? 0;
  if (requests < step.min_requests)
    return { kind: "wait", reason: `${where}: ${requests} of ${step.min_requests} requests` };
  const unclear = verdicts.find(({ state }) => state === "unclear");
  if (unclear !== undefined)
    return { kind: "wait", reason: `${where}: ${unclear.guardrail}: ${unclear.seen}` };
  const next = rollout.steps[rollout.step + 1];
  if (next === undefined) return { kind: "succeed", reason: `all ${rollout.steps.length} steps held` };
  return {
    kind: "step",
    step: rollout.step + 1,
    reason: `step ${rollout.step + 2} of ${rollout.steps.length}: ${next.weight} %`,
  };
}

/**
 * The variants with one of them at a weight, and the others' shares of the rest as they were.
 * @param added The variant, where it is not among them; else the one of that name.
 */
export function withShare(
  variants: readonly EndpointVariant[],
  added: Pick<EndpointVariant, "name" | "model">,
  weight: number,
): EndpointVariant[] {
  const others = variants.filter(({ name }) => name !== added.name);
  const sum = others.reduce((total, one) => total + one.weight, 0);
  const rest = others.map((one) => ({
    ...one,
    weight: sum === 0 ? 0 : (one.weight / sum) * (100 - weight),
  }));
  return [...rest, { ...added, weight, shadow: false }];
}
