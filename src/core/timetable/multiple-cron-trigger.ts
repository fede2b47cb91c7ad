import { TradewindError } from "../../errors.ts";
import { type CronTriggerOptions, cronTrigger } from "./cron-trigger.ts";
import type { NextRun, Timetable } from "./timetable.ts";

/** Runs whenever one of several cron expressions does; at one instant only once. */
export function multipleCronTrigger(
  crons: readonly string[],
  options: Omit<CronTriggerOptions, "cron">,
): Timetable {
  const timetables = crons.map((cron) => cronTrigger({ ...options, cron }));
  if (timetables.length === 0)
    throw new TradewindError("TW_TIMETABLE", "expected at least one cron expression, got none");
  return {
    summary: timetables.map((one) => one.summary).join(", "),
    periodic: true,
    canBeScheduled: true,
    activeRunsLimit: null,
    next(query) {
      // Without catchup the newest run that is due goes first, and if none is due the earliest to come.
      const rank = (run: NextRun | null): number => {
        if (run === null) return Number.POSITIVE_INFINITY;
        return !query.catchup && run.logicalDate <= query.now ? -run.logicalDate : run.logicalDate;
      };
      return timetables
        .map((one) => one.next(query))
        .reduce((best, run) => (rank(run) < rank(best) ? run : best), null);
    },
    manualDataInterval(runAfter) {
      const intervals = timetables.map((one) => one.manualDataInterval(runAfter));
      return intervals.reduce((earliest, one) => (one.start < earliest.start ? one : earliest));
    },
    validate(now) {
      for (const one of timetables) one.validate(now);
    },
  };
}
