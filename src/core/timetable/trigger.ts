/** What timetables share that start a run at each instant of a schedule (`_TriggerTimetable` of Airflow). */
import { type Interval, latest, type NextRun, type NextRunQuery, runOver, type Ticks } from "./timetable.ts";

/**
 * The run after `query.last`. With catchup none is left out; without it everything is, but the newest that is
 * already due. `intervalMs` is how far the data interval reaches back. `firstRun` answers where neither a run
 * nor a start date says when to begin.
 */
export function nextTriggeredRun(
  ticks: Ticks,
  intervalMs: number,
  query: NextRunQuery,
  firstRun: (now: number) => number,
): NextRun | null {
  const { last, now, start, end, catchup } = query;
  let at: number;
  if (catchup) {
    if (last !== null) at = ticks.next(last.end);
    else at = start === null ? firstRun(now) : ticks.alignToNext(start);
  } else {
    at = ticks.alignToPrevious(now);
    if (last !== null) at = latest(at, ticks.next(last.end));
    else if (start === null) at = latest(at, firstRun(now));
    if (start !== null) at = latest(at, ticks.alignToNext(start));
  }
  if (end !== null && end < at) return null;
  return runOver(at - intervalMs, at);
}

export function manualTriggerInterval(intervalMs: number, runAfter: number): Interval {
  return { start: runAfter - intervalMs, end: runAfter };
}
