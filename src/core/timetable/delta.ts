/** Steps of time: a number of seconds, or calendar fields as in dateutil's `relativedelta`, added in UTC. */
import { TradewindError } from "../../errors.ts";
import type { DeltaSpec } from "../dag-model.ts";
import type { Ticks } from "./timetable.ts";

/** Adds a step to an instant; the day is cut to the length of the month (31 January + 1 month = 28 February). */
export function addDelta(instant: number, delta: DeltaSpec, sign: 1 | -1 = 1): number {
  if (typeof delta === "number") return instant + sign * delta * 1000;
  const { years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0 } = delta;
  const date = new Date(instant);
  const month = date.getUTCFullYear() * 12 + date.getUTCMonth() + sign * (years * 12 + months);
  const year = Math.floor(month / 12);
  const lastDay = new Date(Date.UTC(year, (month % 12) + 1, 0)).getUTCDate();
  const midnight = Date.UTC(year, ((month % 12) + 12) % 12, Math.min(date.getUTCDate(), lastDay));
  const time = ((instant % 86_400_000) + 86_400_000) % 86_400_000;
  const rest = ((weeks * 7 + days) * 86_400 + hours * 3600 + minutes * 60 + seconds) * 1000;
  return midnight + time + sign * rest;
}

/** Every instant is one of the schedule: it has no grid of its own, each run counts from the one before. */
export function deltaTicks(delta: DeltaSpec): Ticks {
  return {
    next: (current) => addDelta(current, delta),
    previous: (current) => addDelta(current, delta, -1),
    alignToNext: (current) => current,
    alignToPrevious: (current) => current,
  };
}

export function checkDelta(delta: DeltaSpec, now: number): void {
  if (addDelta(now, delta) > now) return;
  throw new TradewindError(
    "TW_TIMETABLE",
    `expected a step of time longer than 0, got ${deltaSummary(delta)}`,
  );
}

const pad = (value: number): string => String(value).padStart(2, "0");

/** `str(timedelta)` of Python for seconds ("1 day, 0:00:00"), `repr(relativedelta)` for calendar fields. */
export function deltaSummary(delta: DeltaSpec): string {
  if (typeof delta !== "number") {
    const { weeks = 0, ...fields } = delta;
    const shown = { ...fields, days: (fields.days ?? 0) + weeks * 7 };
    const order = ["years", "months", "days", "hours", "minutes", "seconds"] as const;
    const parts = order
      .filter((name) => (shown[name] ?? 0) !== 0)
      .map((name) => `${name}=${(shown[name] ?? 0) > 0 ? "+" : ""}${shown[name]}`);
    return `relativedelta(${parts.join(", ")})`;
  }
  const days = Math.floor(delta / 86_400);
  const rest = delta - days * 86_400;
  const whole = Math.floor(rest);
  const fraction = rest === whole ? "" : `.${String(Math.round((rest - whole) * 1e6)).padStart(6, "0")}`;
  const time = `${Math.floor(whole / 3600)}:${pad(Math.floor(whole / 60) % 60)}:${pad(whole % 60)}${fraction}`;
  return days === 0 ? time : `${days} day${Math.abs(days) === 1 ? "" : "s"}, ${time}`;
}
