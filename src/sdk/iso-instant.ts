import { instantOf } from "../core/time-zone.ts";

/** A string without an offset is a time of the Dag's zone; every other date is an instant already. */
export function isoInstant(date: Date | string, timezone: string): string {
  if (typeof date !== "string") return date.toISOString();
  const hasOffset = /(?:[zZ]|[+-]\d{2}:?\d{2})$/.test(date) && /\d[T ]\d/.test(date);
  if (hasOffset) return new Date(date).toISOString();
  const wall = Date.parse(`${/\d[T ]\d/.test(date) ? date : `${date}T00:00:00`}Z`);
  return new Date(instantOf(wall, timezone)).toISOString();
}
