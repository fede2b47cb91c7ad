/**
 * Wall clocks of IANA time zones, from the zone rules of the JavaScript engine (`Intl`).
 *
 * A wall-clock time is a number too: the milliseconds that the epoch would be away if the zone were UTC.
 */
import { TradewindError } from "../errors.ts";

const dayMs = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    try {
      format = new Intl.DateTimeFormat("en-US", {
        timeZone: zone,
        calendar: "gregory",
        numberingSystem: "latn",
        hourCycle: "h23",
        era: "short",
        year: "numeric",
        month: "numeric",
        day: "numeric",
        hour: "numeric",
        minute: "numeric",
        second: "numeric",
      });
    } catch (cause) {
      throw new TradewindError(
        "TW_TIME_ZONE",
        `expected an IANA time zone such as "Europe/Berlin", got "${zone}"`,
        { cause },
      );
    }
    formats.set(zone, format);
  }
  return format;
}

/** Throws TW_TIME_ZONE when the engine does not know the zone. The first format of a process takes milliseconds. */
export function checkTimeZone(zone: string): void {
  if (zone !== "UTC") formatOf(zone);
}

/** Distance of the zone's clock from UTC at an instant, in milliseconds; positive east of Greenwich. */
export function zoneOffset(instant: number, zone: string): number {
  if (zone === "UTC") return 0;
  const whole = Math.floor(instant / 1000) * 1000;
  const part = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  let beforeChrist = false;
  for (const { type, value } of formatOf(zone).formatToParts(whole)) {
    if (type === "era") beforeChrist = value.startsWith("B");
    else if (type in part) part[type as keyof typeof part] = Number(value);
  }
  const year = beforeChrist ? 1 - part.year : part.year;
  return utcMs(year, part.month, part.day, part.hour, part.minute, part.second) - whole;
}

/** `Date.UTC` with a 1-based month, and without its special meaning of the years 0 to 99. */
function utcMs(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number {
  return Date.UTC(year + 400, month - 1, day, hour, minute, second) - 146_097 * dayMs;
}

/** What the zone's clock shows at an instant. */
export function wallClock(instant: number, zone: string): number {
  return instant + zoneOffset(instant, zone);
}

/**
 * The instant at which the zone's clock shows `wall`. As Airflow's `make_aware`: where the clock is put back
 * and shows it twice, the second time; where it is put forward and never shows it, as much later as the gap
 * is long (02:30 becomes 03:30).
 */
export function instantOf(wall: number, zone: string): number {
  if (zone === "UTC") return wall;
  const before = zoneOffset(wall - dayMs, zone);
  const after = zoneOffset(wall + dayMs, zone);
  const late = wall - Math.min(before, after);
  const early = wall - Math.max(before, after);
  if (zoneOffset(late, zone) === wall - late) return late;
  if (zoneOffset(early, zone) === wall - early) return early;
  return wall - before;
}
