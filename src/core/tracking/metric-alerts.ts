/**
 * Rules about a metric that a run logs, and whether what came breaks one: a bound, a value that is no number, no improvement
 * for so many steps. A value that is no number breaks a bound as well: what cannot be compared is not within it.
 */
import { assertNever } from "../../errors.ts";

export const alertKinds = ["above", "below", "not_finite", "no_improvement"] as const;
export type AlertKind = (typeof alertKinds)[number];

export interface AlertRule {
  readonly name: string;
  readonly metric: string;
  readonly kind: AlertKind;
  /** Of `above` and `below`. */
  readonly threshold: number | null;
  /** Of `no_improvement`, in steps. */
  readonly patience: number | null;
  /** What counts as an improvement at least. */
  readonly minChange: number;
  /** Of `no_improvement`. */
  readonly greaterIsBetter: boolean;
}

export interface MetricPoint {
  readonly step: number;
  readonly value: number;
}

/** The best so far, for a rule that waits for an improvement; null before the first number. */
export interface Watched {
  readonly best: number;
  readonly bestStep: number;
}

export interface AlertVerdict {
  readonly watched: Watched | null;
  readonly broken: (MetricPoint & { readonly message: string }) | null;
}

/** @param points Of the rule's metric, in any order. */
export function judgeMetric(
  rule: AlertRule,
  before: Watched | null,
  points: readonly MetricPoint[],
): AlertVerdict {
  const inOrder = points.toSorted((a, b) => a.step - b.step);
  const { kind } = rule;
  if (kind === "no_improvement") return judgeImprovement(rule, before, inOrder);
  const first = inOrder.find(({ value }) => isBroken(rule, kind, value));
  if (first === undefined) return { watched: before, broken: null };
  const { step, value } = first;
  return { watched: before, broken: { step, value, message: sentence(rule, kind, first) } };
}

type BoundKind = Exclude<AlertKind, "no_improvement">;

function isBroken({ threshold }: AlertRule, kind: BoundKind, value: number): boolean {
  switch (kind) {
    case "not_finite":
      return !Number.isFinite(value);
    case "above":
      return !(value <= (threshold ?? Number.NaN));
    case "below":
      return !(value >= (threshold ?? Number.NaN));
    default:
      return assertNever(kind, "kind of alert rule");
  }
}

function sentence({ metric, threshold }: AlertRule, kind: BoundKind, { step, value }: MetricPoint): string {
  const expected =
    kind === "not_finite" ? "a finite number" : `${kind === "above" ? "at most" : "at least"} ${threshold}`;
  return `expected ${metric} to be ${expected}, got ${value} at step ${step}`;
}

function judgeImprovement(
  rule: AlertRule,
  before: Watched | null,
  points: readonly MetricPoint[],
): AlertVerdict {
  let watched = before;
  for (const { step, value } of points) {
    if (watched === null || improves(rule, value, watched.best)) {
      if (Number.isFinite(value)) watched = { best: value, bestStep: step };
    } else if (step - watched.bestStep >= (rule.patience ?? Number.POSITIVE_INFINITY)) {
      const message = `expected ${rule.metric} to improve within ${rule.patience} steps, got none since ${watched.best} at step ${watched.bestStep}`;
      return { watched, broken: { step, value, message } };
    }
  }
  return { watched, broken: null };
}

function improves({ greaterIsBetter, minChange }: AlertRule, value: number, best: number): boolean {
  const gain = greaterIsBetter ? value - best : best - value;
  return gain > minChange;
}
