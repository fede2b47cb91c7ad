/**
 * Cron expressions with the syntax and the answers of croniter, which Airflow asks: five fields, a sixth for
 * seconds, a seventh for years (1970–2099); names, lists, ranges that wrap (`fri-mon`), steps, `?`, `L` (last
 * day of the month, `L5` last Friday), `2#3` (third Tuesday), `15W` (weekday nearest to the 15th).
 *
 * Where both the day of the month and the day of the week are restricted, either may match.
 * Everything here is wall-clock time (see `time-zone.ts`); `timetable/cron-clock.ts` adds the zone.
 */

import { TradewindError } from "../errors.ts";
import { parseCronFields } from "./cron-fields.ts";

export interface Cron {
  /** As written, or what a preset such as "@daily" stands for. */
  readonly expression: string;
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** Null where every month, day or year will do. */
  readonly months: ReadonlySet<number> | null;
  readonly days: ReadonlySet<number> | null;
  readonly lastDay: boolean;
  /** Days of the month of which the nearest Monday to Friday is meant. */
  readonly nearestWeekdays: readonly number[];
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number> | null;
  /** Which occurrence of a weekday in the month: 1 to 5, or "last". */
  readonly nthWeekdays: readonly { weekday: number; nth: number | "last" }[];
  /** Null: fires at second 0, and is searched minute by minute. */
  readonly seconds: readonly number[] | null;
  readonly years: ReadonlySet<number> | null;
  readonly coversEveryHour: boolean;
}

export const cronPresets: { readonly [name: string]: string } = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@quarterly": "0 0 1 */3 *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

/** Years that a search goes from its start before it gives up, as in croniter. */
const searchYears = 50;
const dayMs = 86_400_000;

/** Throws TW_CRON_SYNTAX, naming the field, its range and what came. */
export function parseCron(text: string): Cron {
  const expression = cronPresets[text.trim().toLowerCase()] ?? text;
  return { expression, ...parseCronFields(expression) };
}

/** First match after `wall` (exclusive), or null when none comes within 50 years. */
export function nextMatch(cron: Cron, wall: number): number | null {
  const step = cron.seconds === null ? 60_000 : 1000;
  const from = Math.floor(wall / step) * step + step;
  const times = timesOf(cron);
  const firstDay = Math.floor(from / dayMs) * dayMs;
  const last = yearOf(from) + searchYears;
  for (let day = nextDay(cron, firstDay, last); day !== null; day = nextDay(cron, day + dayMs, last)) {
    if (day > firstDay) return day + times.first;
    const time = times.atOrAfter(from - firstDay);
    if (time !== null) return day + time;
  }
  return null;
}

/** Last match before `wall` (exclusive), or null when there is none in 50 years. */
export function previousMatch(cron: Cron, wall: number): number | null {
  const to = wall - 1;
  const times = timesOf(cron);
  const firstDay = Math.floor(to / dayMs) * dayMs;
  const last = yearOf(to) - searchYears;
  for (
    let day = previousDay(cron, firstDay, last);
    day !== null;
    day = previousDay(cron, day - dayMs, last)
  ) {
    if (day < firstDay) return day + times.last;
    const time = times.atOrBefore(to - firstDay);
    if (time !== null) return day + time;
  }
  return null;
}

/** Throws TW_CRON_NEVER_FIRES where no date fits, such as 31 February. */
export function checkFires(cron: Cron, wall: number): void {
  if (nextMatch(cron, wall) !== null) return;
  throw new TradewindError(
    "TW_CRON_NEVER_FIRES",
    `cron "${cron.expression}" never fires: no date in the ${searchYears} years after ${new Date(wall).toISOString().slice(0, 10)} has its day, month and year`,
    { hint: "check the day of the month against the month" },
  );
}

function yearOf(wall: number): number {
  return new Date(wall).getUTCFullYear();
}

interface TimesOfDay {
  readonly first: number;
  readonly last: number;
  atOrAfter(time: number): number | null;
  atOrBefore(time: number): number | null;
}

const timeMs = (hour: number, minute: number, second: number): number =>
  (hour * 3600 + minute * 60 + second) * 1000;

const knownTimes = new WeakMap<Cron, TimesOfDay>();

function timesOf(cron: Cron): TimesOfDay {
  let times = knownTimes.get(cron);
  if (times === undefined) {
    times = timesOfDay(cron);
    knownTimes.set(cron, times);
  }
  return times;
}

/** The times of a day at which the expression fires, as milliseconds since midnight. */
function timesOfDay(cron: Cron): TimesOfDay {
  const { hours, minutes } = cron;
  const seconds = cron.seconds ?? [0];
  const ends = {
    first: timeMs(first(hours), first(minutes), first(seconds)),
    last: timeMs(last(hours), last(minutes), last(seconds)),
  };
  return {
    ...ends,
    atOrAfter(time) {
      if (time > ends.last) return null;
      for (const hour of hours) {
        if (timeMs(hour, last(minutes), last(seconds)) < time) continue;
        for (const minute of minutes) {
          if (timeMs(hour, minute, last(seconds)) < time) continue;
          for (const second of seconds)
            if (timeMs(hour, minute, second) >= time) return timeMs(hour, minute, second);
        }
      }
      return null;
    },
    atOrBefore(time) {
      if (time < ends.first) return null;
      for (const hour of hours.toReversed()) {
        if (timeMs(hour, first(minutes), first(seconds)) > time) continue;
        for (const minute of minutes.toReversed()) {
          if (timeMs(hour, minute, first(seconds)) > time) continue;
          for (const second of seconds.toReversed())
            if (timeMs(hour, minute, second) <= time) return timeMs(hour, minute, second);
        }
      }
      return null;
    },
  };
}

const first = (values: readonly number[]): number => values[0] ?? 0;
const last = (values: readonly number[]): number => values.at(-1) ?? 0;

/** First matching day at or after `day`, up to the year `lastYear`. */
function nextDay(cron: Cron, day: number, lastYear: number): number | null {
  for (let at = day; ; ) {
    const date = new Date(at);
    const year = date.getUTCFullYear();
    const month = date.getUTCMonth() + 1;
    if (year > lastYear) return null;
    if (cron.years !== null && !cron.years.has(year)) at = Date.UTC(year + 1, 0, 1);
    else if (cron.months !== null && !cron.months.has(month)) at = Date.UTC(year, month, 1);
    else if (dayMatches(cron, year, month, date.getUTCDate())) return at;
    else at += dayMs;
  }
}

function previousDay(cron: Cron, day: number, firstYear: number): number | null {
  for (let at = day; ; ) {
    const date = new Date(at);
    const year = date.getUTCFullYear();
    const month = date.getUTCMonth() + 1;
    if (year < firstYear) return null;
    if (cron.years !== null && !cron.years.has(year)) at = Date.UTC(year, 0, 0);
    else if (cron.months !== null && !cron.months.has(month)) at = Date.UTC(year, month - 1, 0);
    else if (dayMatches(cron, year, month, date.getUTCDate())) return at;
    else at -= dayMs;
  }
}

function dayMatches(cron: Cron, year: number, month: number, day: number): boolean {
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  const anyDay = cron.days === null && cron.nearestWeekdays.length === 0;
  const anyWeekday = cron.weekdays === null && cron.nthWeekdays.length === 0;
  // W replaces the day of the month and # the day of the week, on both sides of the "or" below.
  const byDay =
    cron.nearestWeekdays.length > 0
      ? cron.nearestWeekdays.some((wanted) => nearestWeekday(year, month, wanted, length) === day)
      : cron.days === null || cron.days.has(day) || (cron.lastDay && day === length);
  const byWeekday =
    cron.nthWeekdays.length > 0
      ? cron.nthWeekdays.some(
          (one) =>
            one.weekday === weekday &&
            (one.nth === "last" ? day + 7 > length : Math.ceil(day / 7) === one.nth),
        )
      : cron.weekdays === null || cron.weekdays.has(weekday);
  if (anyDay || anyWeekday) return byDay && byWeekday;
  const daySide = byDay && (cron.nthWeekdays.length === 0 || byWeekday);
  const weekdaySide = byWeekday && (cron.nearestWeekdays.length === 0 || byDay);
  return daySide || weekdaySide;
}

/** The Monday to Friday nearest to a day, without leaving the month. */
function nearestWeekday(year: number, month: number, wanted: number, length: number): number {
  const day = Math.min(wanted, length);
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  if (weekday === 6) return day > 1 ? day - 1 : day + 2;
  if (weekday === 0) return day < length ? day + 1 : day - 2;
  return day;
}
