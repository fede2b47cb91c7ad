import type { DeltaSpec } from "../dag-model.ts";
import { nextIntervalRun } from "./data-interval.ts";
import { addDelta, checkDelta, deltaSummary, deltaTicks } from "./delta.ts";
import { latest, type Timetable } from "./timetable.ts";

/** Data intervals of one length, each run at its end; `DeltaDataIntervalTimetable` of Airflow. */
export function deltaDataInterval(delta: DeltaSpec): Timetable {
  const ticks = deltaTicks(delta);
  const skipToLatest = (now: number, start: number | null): number => {
    const newest = addDelta(boundaryAtOrBefore(delta, now, start ?? now), delta, -1);
    return latest(newest, start);
  };
  return {
    summary: deltaSummary(delta),
    periodic: true,
    canBeScheduled: true,
    activeRunsLimit: null,
    next: (query) => nextIntervalRun(ticks, query, skipToLatest),
    manualDataInterval: (runAfter) => ({ start: addDelta(runAfter, delta, -1), end: runAfter }),
    validate: (now) => checkDelta(delta, now),
  };
}

/**
 * Steps of a fixed length lie on the grid of the epoch. Months and years have none: they count from the
 * anchor, one step at a time, because cutting the day to the month's length depends on the way there.
 */
function boundaryAtOrBefore(delta: DeltaSpec, instant: number, anchor: number): number {
  if (typeof delta !== "number" && ((delta.months ?? 0) !== 0 || (delta.years ?? 0) !== 0)) {
    let boundary = anchor;
    for (let next = addDelta(boundary, delta); next <= instant; next = addDelta(boundary, delta))
      boundary = next;
    return boundary;
  }
  const length = addDelta(0, delta);
  return instant - (((instant % length) + length) % length);
}
