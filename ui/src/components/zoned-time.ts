/** What fields for a date and a time hold: a wall clock's time, "2026-01-31T08:00", without its zone. */
import { instantOf, wallClock } from "../../../src/core/time-zone.ts";

/** The instant at which the zone's clock shows "2026-01-31T08:00"; null for what is no date. */
export function instantIn(zone: string, text: string): number | null {
  const wall = text === "" ? Number.NaN : Date.parse(`${text}Z`);
  return Number.isNaN(wall) ? null : instantOf(wall, zone);
}

/** What a field shows of an instant, as `instantIn` reads it; the seconds only where there are some. */
export function wallText(zone: string, at: number): string {
  const text = new Date(wallClock(at, zone)).toISOString();
  return text.slice(0, text.slice(17, 19) === "00" ? 16 : 19);
}
