/** Deadlines of runs: an instant by which a run should be over, from a reference and an interval. */
import { assertNever } from "../errors.ts";
import type { DeadlineSpec } from "./dag-model.ts";
import { instantFromIso } from "./timetable/next-run.ts";

export interface DeadlineFacts {
  readonly queuedAt: number;
  readonly logicalDate: number | null;
  /** Durations in seconds of the Dag's successful runs, newest logical date first; read only for averages. */
  readonly pastDurations: readonly number[];
  readonly now: number;
}

/**
 * When the run has to be over, asked when the run is created; null where the reference says nothing: no
 * logical date, or fewer finished runs than `minRuns`. An average counts from `now`.
 */
export function deadlineAt(spec: DeadlineSpec, facts: DeadlineFacts): number | null {
  const base = referenceInstant(spec, facts);
  return base === null ? null : base + spec.interval * 1000;
}

function referenceInstant({ reference }: DeadlineSpec, facts: DeadlineFacts): number | null {
  switch (reference.kind) {
    case "dagrun-queued-at":
      return facts.queuedAt;
    case "dagrun-logical-date":
      return facts.logicalDate;
    case "fixed":
      return instantFromIso(reference.date);
    case "average-runtime": {
      const durations = facts.pastDurations.slice(0, reference.maxRuns);
      if (durations.length === 0 || durations.length < reference.minRuns) return null;
      const mean = durations.reduce((sum, one) => sum + one, 0) / durations.length;
      return facts.now + Math.round(mean * 1000);
    }
    default:
      return assertNever(reference, "deadline reference");
  }
}

/** A deadline is missed when its instant comes and the run is not over, or ended later than it. */
export function deadlineMissed(deadlineAt: number, endDate: number | null, now: number): boolean {
  return endDate === null ? now >= deadlineAt : endDate > deadlineAt;
}
