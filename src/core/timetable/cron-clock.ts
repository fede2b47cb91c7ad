/** A cron expression on the clock of a zone, with Airflow's answers at both edges of daylight saving. */
import { TradewindError } from "../../errors.ts";
import { type Cron, checkFires, nextMatch, parseCron, previousMatch } from "../cron.ts";
import { checkTimeZone, instantOf, wallClock } from "../time-zone.ts";
import type { Ticks } from "./timetable.ts";

export interface CronClock extends Ticks {
  readonly cron: Cron;
  validate(now: number): void;
}

export function cronClock(expression: string, zone: string): CronClock {
  const cron = parseCron(expression);
  checkTimeZone(zone);

  /**
   * An expression that fires in every hour advances by elapsed time, so that the hour that comes twice is run
   * twice; any other names a time of the clock, which is run once, at its second coming.
   */
  const step = (current: number, find: typeof nextMatch): number => {
    const wall = wallClock(current, zone);
    const match = find(cron, wall);
    if (match === null) throw neverAgain(cron, current);
    return cron.coversEveryHour ? current + (match - wall) : instantOf(match, zone);
  };
  const next = (current: number): number => step(current, nextMatch);
  const previous = (current: number): number => step(current, previousMatch);

  return {
    cron,
    next,
    previous,
    alignToNext(current) {
      const after = next(current);
      return previous(after) === current ? current : after;
    },
    alignToPrevious(current) {
      const before = previous(current);
      return next(before) === current ? current : before;
    },
    validate: (now) => checkFires(cron, wallClock(now, zone)),
  };
}

function neverAgain(cron: Cron, current: number): TradewindError {
  return new TradewindError(
    "TW_CRON_NEVER_FIRES",
    `cron "${cron.expression}" has no date within 50 years of ${new Date(current).toISOString()}`,
  );
}
