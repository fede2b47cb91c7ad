/** Reads the fields of a cron expression, with croniter's grammar and a message that names what is wrong. */
import { TradewindError } from "../errors.ts";
import type { Cron } from "./cron.ts";

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const weekdayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const monthNames = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const minuteField: Field = { name: "minute", min: 0, max: 59, names: [] };
const hourField: Field = { name: "hour", min: 0, max: 23, names: [] };
const dayField: Field = { name: "day of month", min: 1, max: 31, names: [] };
const monthField: Field = { name: "month", min: 1, max: 12, names: monthNames };
const weekdayField: Field = { name: "day of week", min: 0, max: 6, names: weekdayNames };
const secondField: Field = { name: "second", min: 0, max: 59, names: [] };
const yearField: Field = { name: "year", min: 1970, max: 2099, names: [] };

type Fields = Omit<Cron, "expression">;

export function parseCronFields(expression: string): Fields {
  const texts = expression.toLowerCase().match(/\S+/g) ?? [];
  if (texts.length < 5 || texts.length > 7) {
    throw syntax(
      expression,
      `expected 5 fields (minute, hour, day of month, month, day of week), 6 with seconds or 7 with years, got ${texts.length}`,
      texts.length === 1 && texts[0]?.startsWith("@")
        ? "presets are @hourly, @daily, @weekly, @monthly, @quarterly, @yearly, @once and @continuous"
        : undefined,
    );
  }
  const [minute = "", hour = "", day = "", month = "", weekday = "", second, year] = texts;
  const days = parseField(expression, dayField, day);
  const weekdays = parseField(expression, weekdayField, weekday);
  // All values listed are "every" one, unless the other day field is restricted: then either may match.
  const everyDay = days.star || (days.all && weekday.includes("*"));
  const everyWeekday = weekdays.star || (weekdays.all && day.includes("*"));
  checkNth(expression, weekdays);
  const hours = parseField(expression, hourField, hour);
  const months = parseField(expression, monthField, month);
  const years = year === undefined ? null : parseField(expression, yearField, year);
  return {
    minutes: listed(parseField(expression, minuteField, minute), minuteField),
    hours: listed(hours, hourField),
    months: months.star || months.all ? null : months.values,
    days: everyDay ? null : days.values,
    lastDay: days.last,
    nearestWeekdays: [...days.nearest],
    weekdays: everyWeekday ? null : weekdays.values,
    nthWeekdays: weekdays.nth,
    seconds: second === undefined ? null : listed(parseField(expression, secondField, second), secondField),
    years: years === null || years.star || years.all ? null : years.values,
    coversEveryHour: hours.star || hours.all,
  };
}

interface ParsedField {
  readonly values: Set<number>;
  star: boolean;
  all: boolean;
  last: boolean;
  readonly nearest: Set<number>;
  readonly nth: { weekday: number; nth: number | "last" }[];
}

function listed(field: ParsedField, of: Field): number[] {
  if (!field.star) return [...field.values].sort((a, b) => a - b);
  return Array.from({ length: of.max - of.min + 1 }, (_, i) => of.min + i);
}

function parseField(expression: string, field: Field, text: string): ParsedField {
  const parsed: ParsedField = {
    values: new Set(),
    star: false,
    all: false,
    last: false,
    nearest: new Set(),
    nth: [],
  };
  if (text === "?" && (field === dayField || field === weekdayField)) return { ...parsed, star: true };
  const parts = text.split(",");
  for (const part of parts) {
    const weekday = /^w(\d+)$|^(\d+)w$/.exec(part);
    if (field === dayField && weekday !== null) {
      if (parts.length > 1)
        throw syntax(expression, `day of month: "${part}" (nearest weekday) must stand alone, got "${text}"`);
      const wanted = number(expression, field, weekday[1] ?? weekday[2] ?? "");
      parsed.nearest.add(wanted);
      parsed.values.add(wanted);
    } else if (field === weekdayField && /#|^l\d+$/.test(part)) parseNth(expression, parsed, part);
    else parsePart(expression, field, part, parsed);
  }
  parsed.all = parsed.values.size === field.max - field.min + 1 && !parsed.last;
  return parsed;
}

/** Star, `5`, `mon`, `1-5`, star or value with a step (`10/5`), `fri-mon/2`, `l` in the day of the month. */
function parsePart(expression: string, field: Field, part: string, into: ParsedField): void {
  if (part === "*") {
    into.star = true;
    return;
  }
  if (part === "l" && field === dayField) {
    into.last = true;
    return;
  }
  const [range = "", step, ...more] = part.split("/");
  if (more.length > 0) throw syntax(expression, `${field.name}: expected at most one "/", got "${part}"`);
  const every = step === undefined ? 1 : Number(/^\d+$/.test(step) ? step : Number.NaN);
  if (!(every >= 1))
    throw syntax(expression, `${field.name}: expected a step of at least 1 after "/", got "${part}"`);
  for (const value of valuesOf(expression, field, range, every, step !== undefined)) into.values.add(value);
}

function valuesOf(expression: string, field: Field, range: string, step: number, stepped: boolean): number[] {
  if (range === "*") return sequence(field.min, field.max, step);
  const [from = "", to, ...more] = range.split("-");
  if (more.length > 0 || range.startsWith("-") || to === "")
    throw syntax(
      expression,
      `${field.name}: expected a value or a range such as ${field.min}-${field.max}, got "${range}"`,
    );
  const low = number(expression, field, from);
  if (to === undefined) return stepped ? sequence(low, field.max, step) : [low];
  const high = to === "l" && field === dayField ? field.max : number(expression, field, to);
  // croniter: an equal range such as Jan-Jan is the whole cycle.
  if (low === high) return sequence(field.min, field.max, step);
  if (low < high) return sequence(low, high, step);
  return wrapped(field, low, high, step);
}

/** A range over the end of its field (`fri-mon`), the step going on where it left off. */
function wrapped(field: Field, low: number, high: number, step: number): number[] {
  const head = sequence(low, field.max, step);
  const skipped = field.max - (head.at(-1) ?? low);
  const position = (head.at(-1) ?? low) - field.min;
  const skip = position + step > field.max - field.min + 1 && skipped < step ? step - skipped : 0;
  return [...head, ...sequence(field.min + skip, high, step)];
}

function sequence(from: number, to: number, step: number): number[] {
  const values: number[] = [];
  for (let value = from; value <= to; value += step) values.push(value);
  return values;
}

function number(expression: string, field: Field, text: string): number {
  const named = field.names.indexOf(text);
  if (named >= 0) return named + field.min;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (field === weekdayField && value === 7) return 0;
  if (value >= field.min && value <= field.max) return value;
  const names = field.names.length > 0 ? ` (or ${field.names[0]}–${field.names.at(-1)})` : "";
  throw syntax(expression, `${field.name} must be ${field.min}–${field.max}${names}, got "${text}"`);
}

/** `2#3`, `tue#3`, `mon-fri#1` (the nth of each), `l5` (the last Friday). */
function parseNth(expression: string, into: ParsedField, part: string): void {
  const lastOne = /^l(\d+)$/.exec(part);
  const [days = "", nth = ""] = lastOne === null ? part.split("#") : [lastOne[1] ?? ""];
  const count = lastOne === null ? Number(/^\d+$/.test(nth) ? nth : Number.NaN) : ("last" as const);
  if (count !== "last" && !(count >= 1 && count <= 5)) {
    throw syntax(expression, `day of week: expected an occurrence of 1–5 after "#", got "${part}"`);
  }
  for (const weekday of valuesOf(expression, weekdayField, days, 1, false)) {
    into.values.add(weekday);
    into.nth.push({ weekday, nth: count });
  }
}

function checkNth(expression: string, weekdays: ParsedField): void {
  if (weekdays.nth.length === 0 || weekdays.all) return;
  const counted = new Set(weekdays.nth.map((one) => one.weekday));
  if ([...weekdays.values].every((weekday) => counted.has(weekday))) return;
  throw syntax(expression, `day of week: days with "#" or "L" cannot be mixed with days without`);
}

function syntax(expression: string, problem: string, hint?: string): TradewindError {
  return new TradewindError("TW_CRON_SYNTAX", `cron "${expression}": ${problem}`, { hint });
}
