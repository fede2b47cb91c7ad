import { cronClock } from "./cron-clock.ts";
import { nextIntervalRun } from "./data-interval.ts";
import { latest, type Timetable } from "./timetable.ts";

/** Runs at the end of each interval between two instants of a cron expression; `CronDataIntervalTimetable`. */
export function cronDataInterval(cron: string, timezone: string): Timetable {
  const clock = cronClock(cron, timezone);
  const skipToLatest = (now: number, start: number | null): number => {
    const lastTick = clock.previous(now);
    // On the boundary the interval that ends now is complete; between two, the one before the last tick.
    const newest = clock.next(lastTick) === now ? lastTick : clock.previous(lastTick);
    return start === null ? newest : latest(newest, clock.alignToNext(start));
  };
  return {
    summary: clock.cron.expression,
    periodic: true,
    canBeScheduled: true,
    activeRunsLimit: null,
    next: (query) => nextIntervalRun(clock, query, skipToLatest),
    manualDataInterval(runAfter) {
      const end = clock.alignToPrevious(runAfter);
      return { start: clock.previous(end), end };
    },
    validate: clock.validate,
  };
}
