/** What timetables share that cut time into data intervals and run at the end of each (`_DataIntervalTimetable`). */
import { TradewindError } from "../../errors.ts";
import { latest, type NextRun, type NextRunQuery, runOver, type Ticks } from "./timetable.ts";

/** `skipToLatest` gives the start of the newest interval that is over at `now`, but none before `start`. */
export function nextIntervalRun(
  ticks: Ticks,
  query: NextRunQuery,
  skipToLatest: (now: number, start: number | null) => number,
): NextRun | null {
  const { last, now, end, catchup } = query;
  let earliest = query.start;
  if (!catchup) earliest = skipToLatest(now, earliest);
  else if (earliest !== null) earliest = ticks.alignToNext(earliest);
  let start: number;
  if (last === null) {
    if (earliest === null) return null;
    start = earliest;
  } else {
    start = latest(ticks.alignToPrevious(last.end), earliest);
    // After a change of the schedule the aligned start may be the previous run's own: one step leads past it.
    if (start <= last.start) start = ticks.next(start);
    if (start <= last.start) {
      throw new TradewindError(
        "TW_TIMETABLE",
        `the schedule did not advance past ${new Date(last.start).toISOString()}`,
      );
    }
  }
  if (end !== null && start > end) return null;
  return runOver(start, ticks.next(start));
}
