import { type CronClock, cronClock } from "./cron-clock.ts";
import type { Timetable } from "./timetable.ts";
import { manualTriggerInterval, nextTriggeredRun } from "./trigger.ts";

export interface CronTriggerOptions {
  readonly cron: string;
  readonly timezone: string;
  /** Length of the data interval before each run, in seconds. */
  readonly interval?: number | undefined;
  /** For a Dag without start date and runs: true = the last past instant, seconds = that if it is so recent. */
  readonly runImmediately?: boolean | number | undefined;
}

/** Runs at each instant of a cron expression; `CronTriggerTimetable` of Airflow, its default for cron strings. */
export function cronTrigger(options: CronTriggerOptions): Timetable {
  const clock = cronClock(options.cron, options.timezone);
  const intervalMs = (options.interval ?? 0) * 1000;
  return {
    summary: clock.cron.expression,
    periodic: true,
    canBeScheduled: true,
    activeRunsLimit: null,
    next: (query) =>
      nextTriggeredRun(clock, intervalMs, query, (now) =>
        firstRun(clock, options.runImmediately ?? false, now),
      ),
    manualDataInterval: (runAfter) => manualTriggerInterval(intervalMs, runAfter),
    validate: clock.validate,
  };
}

function firstRun(clock: CronClock, runImmediately: boolean | number, now: number): number {
  const past = clock.alignToPrevious(now);
  if (runImmediately === true) return past;
  const future = clock.alignToNext(now);
  // Airflow takes `false` for "if it is not long ago": a tenth of the distance between runs, at least 5 minutes.
  const buffer =
    typeof runImmediately === "number" ? runImmediately * 1000 : Math.max((future - past) / 10, 300_000);
  return now - past <= buffer ? past : future;
}
