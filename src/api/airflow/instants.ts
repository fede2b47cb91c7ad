/** Dates in requests and answers. */

const pattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(?:([zZ])|([+ -])(\d{2}):?(\d{2})?)?)?$/;

/**
 * Milliseconds since the epoch of an ISO 8601 date or instant, UTC where it has no offset; null when it is none. A `+`
 * that a query turned into a space is one again.
 */
export function parseInstant(text: string): number | null {
  const match = pattern.exec(text.trim());
  if (match === null) return null;
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "0", , sign, hours, minutes] =
    match;
  const ms = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    Math.floor(Number(`0.${fraction}`) * 1000),
  );
  const back = new Date(ms);
  const isReal =
    back.getUTCMonth() === Number(month) - 1 &&
    back.getUTCDate() === Number(day) &&
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60;
  if (!isReal) return null;
  const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
  return sign === "-" ? ms + offset : ms - offset;
}

/** As answers write it. */
export function isoDate(ms: number): string;
export function isoDate(ms: number | null): string | null;
export function isoDate(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** Seconds from start to end; null while one of them is not there. */
export function duration(start: number | null, end: number | null): number | null {
  return start === null || end === null ? null : (end - start) / 1000;
}
