import { exactInterval, runAt, type Timetable } from "./timetable.ts";

/** One run, at the start date or as soon as possible; `OnceTimetable`. */
export const once: Timetable = {
  summary: "@once",
  periodic: false,
  canBeScheduled: true,
  activeRunsLimit: null,
  next({ last, start, end, now }) {
    if (last !== null) return null;
    const at = start ?? now;
    return end !== null && at > end ? null : runAt(at);
  },
  manualDataInterval: exactInterval,
  validate: () => {},
};
