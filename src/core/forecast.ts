/** The runs that a schedule will start by itself, as far as it can be said today. */
import type { TimetableSpec } from "./dag-model.ts";
import { timetableOf } from "./timetable/next-run.ts";
import type { NextRun, NextRunQuery } from "./timetable/timetable.ts";

export interface ForecastLimits {
  /** At most so many runs. */
  readonly count: number;
  /** Only runs that may start at or before this instant. */
  readonly until?: number;
}

/** The next runs in order, as if each were created as soon as it may be. Empty when time starts none. */
export function forecastRuns(spec: TimetableSpec, query: NextRunQuery, limits: ForecastLimits): NextRun[] {
  const timetable = timetableOf(spec);
  const runs: NextRun[] = [];
  let { last, now } = query;
  while (runs.length < limits.count) {
    const run = timetable.next({ ...query, last, now });
    if (run === null || (limits.until !== undefined && run.runAfter > limits.until)) break;
    runs.push(run);
    // A continuous schedule starts a run when the one before ends, which nobody knows yet.
    if (spec.kind === "continuous") break;
    last = run.dataInterval;
    now = Math.max(now, run.runAfter);
  }
  return runs;
}

/** Every run whose logical date lies from `from` to `to`, both included, in order; as if with catchup. */
export function* runsBetween(spec: TimetableSpec, from: number, to: number, now: number): Generator<NextRun> {
  const timetable = timetableOf(spec);
  let last: NextRunQuery["last"] = null;
  for (;;) {
    const run: NextRun | null = timetable.next({ last, now, start: from, end: to, catchup: true });
    if (run === null) return;
    yield run;
    last = run.dataInterval;
  }
}
