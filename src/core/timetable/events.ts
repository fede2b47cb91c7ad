import { exactInterval, runAt, type Timetable } from "./timetable.ts";

/**
 * Runs at listed instants; `EventsTimetable`. With `restrictToEvents` a manual run takes the date of the newest
 * event that is past, or of the first when all are to come.
 */
export function events(dates: readonly number[], restrictToEvents: boolean, description?: string): Timetable {
  const sorted = [...dates].sort((a, b) => a - b);
  return {
    summary: description ?? `${sorted.length} events`,
    periodic: true,
    canBeScheduled: true,
    activeRunsLimit: null,
    next({ last, now, start, end, catchup }) {
      const earliest = catchup || (start !== null && now <= start) ? start : now;
      const next = sorted.find(
        (date) => (earliest === null || date >= earliest) && (last === null || date > last.end),
      );
      return next === undefined || (end !== null && next > end) ? null : runAt(next);
    },
    manualDataInterval(runAfter) {
      const [first] = sorted;
      if (!restrictToEvents || first === undefined) return exactInterval(runAfter);
      return exactInterval(sorted.findLast((date) => date <= runAfter) ?? first);
    },
    validate: () => {},
  };
}
