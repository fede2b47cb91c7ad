import type { DeltaSpec } from "../dag-model.ts";
import { checkDelta, deltaSummary, deltaTicks } from "./delta.ts";
import type { Timetable } from "./timetable.ts";
import { manualTriggerInterval, nextTriggeredRun } from "./trigger.ts";

/** Runs every so often; `DeltaTriggerTimetable` of Airflow, its default for a timedelta. */
export function deltaTrigger(delta: DeltaSpec, interval = 0): Timetable {
  const ticks = deltaTicks(delta);
  return {
    summary: deltaSummary(delta),
    periodic: true,
    canBeScheduled: true,
    activeRunsLimit: null,
    next: (query) => nextTriggeredRun(ticks, interval * 1000, query, (now) => now),
    manualDataInterval: (runAfter) => manualTriggerInterval(interval * 1000, runAfter),
    validate: (now) => checkDelta(delta, now),
  };
}
