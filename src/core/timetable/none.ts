import { exactInterval, type Timetable } from "./timetable.ts";

/** Starts nothing by itself; `NullTimetable`, the schedule of a Dag that names none. */
export const none: Timetable = {
  summary: "None",
  periodic: false,
  canBeScheduled: false,
  activeRunsLimit: null,
  next: () => null,
  manualDataInterval: exactInterval,
  validate: () => {},
};
