/** Reports of checks in the shape in which they are kept, and what each amounts to. */
import type { CheckSummary } from "../../store/check-reports.ts";
import { performanceDecay } from "../drift/performance.ts";

export interface ReportedExpectation {
  type: string;
  kwargs: { [name: string]: unknown };
  severity: "error" | "warning";
  success: boolean;
  /** Why it could not be checked. */
  exception: string | null;
  /** As Great Expectations has it: `observed_value`, `unexpected_count` and so on. */
  result: { [name: string]: unknown };
}

export interface ReportedValidation {
  results: ReportedExpectation[];
}

/** Of one side: shares of bins or values. */
export interface ReportedDistribution {
  count: number;
  missing: number;
  mean: number | null;
  bins: { label: string; share: number }[];
}

export interface ReportedColumn {
  column: string;
  kind: "num" | "cat";
  test: string;
  /** A p-value or a distance; null where there was nothing to compare. */
  score: number | null;
  threshold: number;
  drifted: boolean;
  /** Why there is no score. */
  note: string | null;
  reference: ReportedDistribution | null;
  current: ReportedDistribution | null;
}

export interface ReportedDrift {
  columns: ReportedColumn[];
  /** Share of drifted columns from which on the data has drifted. */
  drift_share: number;
}

export interface ReportedPerformance {
  metric: string;
  reference: number;
  /** Null where there is no number: then it counts as decayed. */
  current: number | null;
  greater_is_better: boolean;
  tolerance: number;
  samples: number;
  min_samples: number;
}

export function summariseValidation({ results }: ReportedValidation): CheckSummary {
  const broken = results.filter(({ success }) => !success);
  const outcome = broken.some(({ severity }) => severity === "error")
    ? "failed"
    : broken.length > 0
      ? "warned"
      : "passed";
  const score = results.length === 0 ? 0 : broken.length / results.length;
  return { outcome, score, threshold: null, checked: results.length, failed: broken.length };
}

/** Below the threshold a column that drifted is a warning. */
export function summariseDrift({ columns, drift_share: threshold }: ReportedDrift): CheckSummary {
  const failed = columns.filter(({ drifted }) => drifted).length;
  const score = columns.length === 0 ? 0 : failed / columns.length;
  const outcome = columns.length > 0 && score >= threshold ? "failed" : failed > 0 ? "warned" : "passed";
  return { outcome, score, threshold, checked: columns.length, failed };
}

/** Too few labels say nothing: that is a warning. */
export function summarisePerformance(report: ReportedPerformance): CheckSummary {
  const { reference, current, samples, tolerance } = report;
  const { decayed, loss } = performanceDecay(reference, current ?? Number.NaN, samples, {
    greaterIsBetter: report.greater_is_better,
    tolerance,
    minSamples: report.min_samples,
  });
  const outcome = decayed === null ? "warned" : decayed ? "failed" : "passed";
  const score = Number.isNaN(loss) ? null : loss;
  return { outcome, score, threshold: tolerance, checked: samples, failed: decayed === true ? samples : 0 };
}
