import type { TimetableSpec } from "../dag-model.ts";
import { exactInterval, type Timetable } from "./timetable.ts";

export type CustomTimetable = Extract<TimetableSpec, { kind: "custom" }>;

/**
 * A timetable of the user's own, as far as data tells: which run is next only its own language knows, so that
 * whoever makes runs asks there and never here.
 */
export function custom(spec: CustomTimetable): Timetable {
  return {
    summary: spec.summary,
    periodic: spec.periodic ?? true,
    canBeScheduled: spec.canBeScheduled ?? true,
    activeRunsLimit: spec.activeRunsLimit ?? null,
    next: () => null,
    manualDataInterval: exactInterval,
    validate: () => {},
  };
}

/** The timetable that has to be asked in its own language: the schedule itself, or the one beside its assets. */
export function customOf(spec: TimetableSpec): CustomTimetable | null {
  if (spec.kind === "asset-or-time") return customOf(spec.timetable);
  return spec.kind === "custom" ? spec : null;
}
