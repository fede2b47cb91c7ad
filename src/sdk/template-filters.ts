/** Jinja's filters and tests, and Airflow's five for dates. Arguments come evaluated. */
import { TemplateDate } from "./template-date.ts";
import { isDictionary, isTrue, itemsOf, pythonString, titleCase, Undefined } from "./template-values.ts";

type Kwargs = { [name: string]: unknown };
export type TemplateFilter = (value: unknown, args: unknown[], kwargs: Kwargs) => unknown;

/** Reads a date as templates do: a date of ours, an ISO string, or milliseconds. */
export function toTemplateDate(value: unknown, what: string): TemplateDate {
  if (value instanceof TemplateDate) return value;
  if (value instanceof Date) return new TemplateDate(value.getTime());
  if (typeof value === "string") return TemplateDate.parse(value);
  throw new TypeError(`${what} expected a date, got ${pythonString(value)}`);
}

/** Airflow's spellings of a date: `ts_nodash` has no zone, `ts_nodash_with_tz` has it as +0000. */
export const dateFilters = {
  ds: (date: TemplateDate) => date.strftime("%Y-%m-%d"),
  ds_nodash: (date: TemplateDate) => date.strftime("%Y%m%d"),
  ts: (date: TemplateDate) => date.isoformat(),
  ts_nodash: (date: TemplateDate) => date.strftime("%Y%m%dT%H%M%S"),
  ts_nodash_with_tz: (date: TemplateDate) => date.isoformat().replaceAll("-", "").replaceAll(":", ""),
};

function listOf(value: unknown, filter: string): unknown[] {
  const items = itemsOf(value);
  if (!items)
    throw new TypeError(`filter "${filter}" expected something to loop over, got ${pythonString(value)}`);
  return items;
}

function member(item: unknown, path: unknown): unknown {
  let current = item;
  for (const name of String(path).split(".")) {
    current =
      current !== null && typeof current === "object"
        ? (current as Kwargs)[name]
        : new Undefined(String(path));
  }
  return current;
}

function compare(left: unknown, right: unknown): number {
  if (typeof left === "string" && typeof right === "string") {
    const [a, b] = [left.toLowerCase(), right.toLowerCase()];
    return a < b ? -1 : a > b ? 1 : 0;
  }
  return Number(left) - Number(right);
}

function sorted(value: unknown, attribute: unknown, reverse: unknown, filter: string): unknown[] {
  const key = attribute === undefined ? (item: unknown) => item : (item: unknown) => member(item, attribute);
  const list = [...listOf(value, filter)].sort((a, b) => compare(key(a), key(b)));
  return isTrue(reverse) ? list.reverse() : list;
}

/** Rounds half to even at 0 digits as Python does, without the float noise of multiplying for the others. */
function round(value: unknown, [digits = 0, method = "common"]: unknown[], kwargs: Kwargs): number {
  const places = Number(kwargs["precision"] ?? digits);
  const how = String(kwargs["method"] ?? method);
  const scale = 10 ** places;
  const scaled = Number(value) * scale;
  if (how === "ceil") return Math.ceil(scaled) / scale;
  if (how === "floor") return Math.floor(scaled) / scale;
  return Number(Number(value).toFixed(Math.max(0, places)));
}

function toJson(value: unknown, indent: unknown): string {
  const text = JSON.stringify(
    value,
    (_, inner: unknown) => (inner instanceof TemplateDate ? inner.isoformat() : inner),
    Number(indent ?? 0),
  );
  if (typeof indent === "number") return text;
  // Python's json.dumps separates with ", " and ": ".
  return text.replace(
    /("(?:[^"\\]|\\.)*")|([,:])/g,
    (_, string: string | undefined, mark: string) => string ?? `${mark} `,
  );
}

/** C's printf as far as templates use it: %s %d %f %x with flags, width and precision. */
export function formatPercent(format: string, values: unknown[]): string {
  let next = 0;
  return format.replace(
    /%(?:\((\w+)\))?([-0+ ]*)(\d*)(?:\.(\d+))?([sdifxr%])/g,
    (_, name, flags: string, width: string, precision: string | undefined, type: string) => {
      if (type === "%") return "%";
      const value = name === undefined ? values[next++] : (values[0] as Kwargs)[name as string];
      let text: string;
      if (type === "s" || type === "r") text = pythonString(value);
      else if (type === "f") text = Number(value).toFixed(Number(precision ?? 6));
      else text = type === "x" ? Math.trunc(Number(value)).toString(16) : String(Math.trunc(Number(value)));
      if (flags.includes("-")) return text.padEnd(Number(width));
      return text.padStart(Number(width), flags.includes("0") ? "0" : " ");
    },
  );
}

const byTest =
  (keep: boolean, byAttribute: boolean): TemplateFilter =>
  (value, args) => {
    const [attribute, ...rest] = byAttribute ? args : [undefined, ...args];
    const [name = "truthy", ...testArgs] = rest;
    const test = name === "truthy" ? isTrue : templateTests[String(name)];
    if (!test) throw new TypeError(`expected the name of a test, got "${pythonString(name)}"`);
    return listOf(value, keep ? "select" : "reject").filter(
      (item) => test(byAttribute ? member(item, attribute) : item, testArgs) === keep,
    );
  };

const fallback: TemplateFilter = (value, [other = "", boolean = false], kwargs) =>
  value instanceof Undefined || ((kwargs["boolean"] ?? boolean) && !isTrue(value))
    ? (kwargs["default_value"] ?? other)
    : value;

export const templateFilters: { readonly [name: string]: TemplateFilter } = {
  ...Object.fromEntries(
    Object.entries(dateFilters).map(([name, format]): [string, TemplateFilter] => [
      name,
      (value) =>
        value === null || value === undefined ? null : format(toTemplateDate(value, `filter "${name}"`)),
    ]),
  ),
  abs: (value) => Math.abs(Number(value)),
  attr: (value, [name]) => member(value, name),
  batch: (value, [size]) => {
    const list = listOf(value, "batch");
    return Array.from({ length: Math.ceil(list.length / Number(size)) }, (_, i) =>
      list.slice(i * Number(size), (i + 1) * Number(size)),
    );
  },
  capitalize: (value) => {
    const text = pythonString(value);
    return text.charAt(0).toUpperCase() + text.slice(1).toLowerCase();
  },
  center: (value, [width = 80]) => {
    const text = pythonString(value);
    return text.padStart(text.length + Math.floor((Number(width) - text.length) / 2)).padEnd(Number(width));
  },
  count: (value) => listOf(value, "count").length,
  d: fallback,
  default: fallback,
  dictsort: (value) => Object.entries(value as object).sort(([a], [b]) => compare(a, b)),
  e: (value) => escapeHtml(pythonString(value)),
  escape: (value) => escapeHtml(pythonString(value)),
  first: (value) => listOf(value, "first")[0] ?? new Undefined("first item of an empty list"),
  float: (value, [other = 0]) =>
    Number.isNaN(Number.parseFloat(String(value))) ? other : Number.parseFloat(String(value)),
  format: (value, args, kwargs) =>
    formatPercent(pythonString(value), Object.keys(kwargs).length ? [kwargs] : args),
  groupby: (value, [attribute]) =>
    Object.entries(Object.groupBy(listOf(value, "groupby"), (item) => String(member(item, attribute)))),
  indent: (value, [width = 4]) =>
    pythonString(value).replaceAll(
      "\n",
      `\n${typeof width === "string" ? width : " ".repeat(Number(width))}`,
    ),
  int: (value, [other = 0]) =>
    Number.isNaN(Number.parseInt(String(value), 10)) ? other : Math.trunc(Number.parseFloat(String(value))),
  items: (value) => (value instanceof Undefined ? [] : Object.entries(value as object)),
  join: (value, [separator = "", attribute], kwargs) => {
    const name = kwargs["attribute"] ?? attribute;
    const list = listOf(value, "join");
    return list
      .map((item) => pythonString(name === undefined ? item : member(item, name)))
      .join(pythonString(kwargs["d"] ?? separator));
  },
  last: (value) => listOf(value, "last").at(-1) ?? new Undefined("last item of an empty list"),
  length: (value) => (isDictionary(value) ? Object.keys(value).length : listOf(value, "length").length),
  list: (value) => [...listOf(value, "list")],
  lower: (value) => pythonString(value).toLowerCase(),
  map: (value, [name, ...rest], kwargs) => {
    const list = listOf(value, "map");
    if (kwargs["attribute"] !== undefined) {
      return list.map(
        (item) =>
          member(item, kwargs["attribute"]) ??
          kwargs["default"] ??
          new Undefined(String(kwargs["attribute"])),
      );
    }
    const filter = templateFilters[String(name)];
    if (!filter)
      throw new TypeError(`filter "map" expected the name of a filter, got "${pythonString(name)}"`);
    return list.map((item) => filter(item, rest, kwargs));
  },
  max: (value, _, kwargs) => sorted(value, kwargs["attribute"], true, "max")[0],
  min: (value, _, kwargs) => sorted(value, kwargs["attribute"], false, "min")[0],
  reject: byTest(false, false),
  rejectattr: byTest(false, true),
  replace: (value, [from, to]) => pythonString(value).replaceAll(pythonString(from), () => pythonString(to)),
  reverse: (value) =>
    typeof value === "string" ? [...value].reverse().join("") : [...listOf(value, "reverse")].reverse(),
  round,
  safe: (value) => value,
  select: byTest(true, false),
  selectattr: byTest(true, true),
  sort: (value, [reverse], kwargs) =>
    sorted(value, kwargs["attribute"], kwargs["reverse"] ?? reverse, "sort"),
  string: (value) => pythonString(value),
  sum: (value, _, kwargs) =>
    listOf(value, "sum").reduce<number>(
      (total, item) =>
        total + Number(kwargs["attribute"] === undefined ? item : member(item, kwargs["attribute"])),
      Number(kwargs["start"] ?? 0),
    ),
  title: (value) => titleCase(pythonString(value)),
  tojson: (value, [indent], kwargs) => toJson(value, kwargs["indent"] ?? indent),
  trim: (value) => pythonString(value).trim(),
  truncate: (value, [length = 255], kwargs) => {
    const text = pythonString(value);
    const most = Number(kwargs["length"] ?? length);
    return text.length <= most ? text : `${text.slice(0, Math.max(0, most - 3))}...`;
  },
  unique: (value) => [...new Set(listOf(value, "unique"))],
  upper: (value) => pythonString(value).toUpperCase(),
  urlencode: (value) =>
    isDictionary(value)
      ? new URLSearchParams(
          Object.fromEntries(Object.entries(value).map(([k, v]) => [k, pythonString(v)])),
        ).toString()
      : encodeURIComponent(pythonString(value)).replaceAll("%2F", "/"),
  wordcount: (value) => pythonString(value).split(/\s+/).filter(Boolean).length,
};

export const templateTests: { readonly [name: string]: (value: unknown, args?: unknown[]) => boolean } = {
  boolean: (value) => typeof value === "boolean",
  callable: (value) => typeof value === "function",
  defined: (value) => !(value instanceof Undefined),
  eq: (value, [other] = []) => value === other,
  equalto: (value, [other] = []) => value === other,
  even: (value) => Number(value) % 2 === 0,
  false: (value) => value === false,
  float: (value) => typeof value === "number" && !Number.isInteger(value),
  ge: (value, [other] = []) => compare(value, other) >= 0,
  gt: (value, [other] = []) => compare(value, other) > 0,
  in: (value, [list] = []) => (itemsOf(list) ?? []).includes(value),
  integer: (value) => Number.isInteger(value),
  iterable: (value) => itemsOf(value) !== undefined,
  le: (value, [other] = []) => compare(value, other) <= 0,
  lower: (value) => typeof value === "string" && value === value.toLowerCase(),
  lt: (value, [other] = []) => compare(value, other) < 0,
  mapping: isDictionary,
  ne: (value, [other] = []) => value !== other,
  none: (value) => value === null,
  number: (value) => typeof value === "number",
  odd: (value) => Math.abs(Number(value) % 2) === 1,
  sequence: (value) => itemsOf(value) !== undefined,
  string: (value) => typeof value === "string",
  true: (value) => value === true,
  undefined: (value) => value instanceof Undefined,
  upper: (value) => typeof value === "string" && value === value.toUpperCase(),
};

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&#34;")
    .replaceAll("'", "&#39;");
}
