import { exactInterval, runOver, type Timetable } from "./timetable.ts";

/** A run as soon as the one before it has ended; `ContinuousTimetable`. */
export const continuous: Timetable = {
  summary: "@continuous",
  periodic: false,
  canBeScheduled: true,
  activeRunsLimit: 1,
  next({ last, now, start, end }) {
    const first = start ?? now;
    let from = first;
    let to = Math.max(first, now);
    if (last !== null && last.end > now) to = first + (last.end - last.start);
    else if (last !== null) {
      from = last.end;
      to = now;
    }
    return end !== null && to > end ? null : runOver(from, to);
  },
  manualDataInterval: exactInterval,
  validate: () => {},
};
