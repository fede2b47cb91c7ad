/**
 * Values inside a template, with Python's manners: how they print, when they are true, which methods strings,
 * lists and dictionaries have. Values are plain JavaScript ones, `TemplateDate`, `TemplateDelta` and `Lookup`.
 */
import { TemplateDate, TemplateDelta } from "./template-date.ts";

/** A name or member that is not there. Using it is an error; `default` and `is defined` may look at it. */
export class Undefined {
  readonly path: string;
  constructor(path: string) {
    this.path = path;
  }
}

/** Members that must be asked for (variables, connections): `get` may answer later. */
export class Lookup {
  readonly describe: string;
  readonly get: (name: string) => unknown;
  readonly methods: { readonly [name: string]: TemplateFunction };
  constructor(
    describe: string,
    get: (name: string) => unknown,
    methods: { [name: string]: TemplateFunction } = {},
  ) {
    this.describe = describe;
    this.get = get;
    this.methods = methods;
  }
}

/** A name whose value is asked for when a template uses it. */
export class Later {
  readonly get: () => Promise<unknown>;
  constructor(get: () => Promise<unknown>) {
    this.get = get;
  }
}

/** What a template can call. `kwargs` are its keyword arguments. */
export class TemplateFunction {
  readonly call: (args: unknown[], kwargs: { [name: string]: unknown }) => unknown;
  /** Members of a function that is also a namespace, such as `macros.datetime`. */
  readonly members: { readonly [name: string]: unknown };
  constructor(
    call: (args: unknown[], kwargs: { [name: string]: unknown }) => unknown,
    members: { [name: string]: unknown } = {},
  ) {
    this.call = call;
    this.members = members;
  }
}

export function isTrue(value: unknown): boolean {
  if (value === null || value === undefined || value instanceof Undefined) return false;
  if (typeof value === "string" || Array.isArray(value)) return value.length > 0;
  if (value instanceof TemplateDelta) return value.ms !== 0;
  if (isDictionary(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

export function isDictionary(value: unknown): value is { [key: string]: unknown } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Python's `str()`. */
export function pythonString(value: unknown): string {
  return typeof value === "string" ? value : pythonRepr(value);
}

/** Python's `repr()`, for what is printed inside lists and dictionaries. */
export function pythonRepr(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") return Number.isNaN(value) ? "nan" : String(value);
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(", ")}]`;
  if (value instanceof TemplateDate || value instanceof TemplateDelta) return value.toString();
  if (isDictionary(value)) {
    return `{${Object.entries(value)
      .map(([key, inner]) => `${quote(key)}: ${pythonRepr(inner)}`)
      .join(", ")}}`;
  }
  if (value instanceof TemplateFunction) return "<function>";
  if (value instanceof Lookup) return `<${value.describe}>`;
  return String(value as bigint);
}

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\n")
    .replaceAll("\t", "\\t")
    .replaceAll("\r", "\\r");
  return mark + (mark === "'" ? escaped.replaceAll("'", "\\'") : escaped) + mark;
}

/** Items of whatever can be looped over: a list, the keys of a dictionary, the characters of a string. */
export function itemsOf(value: unknown): unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (typeof value === "string") return [...value];
  if (isDictionary(value)) return Object.keys(value);
  return undefined;
}

type Method = (self: never, args: unknown[], kwargs: { [name: string]: unknown }) => unknown;

const stringMethods: { [name: string]: Method } = {
  upper: (self: string) => self.toUpperCase(),
  lower: (self: string) => self.toLowerCase(),
  title: (self: string) => titleCase(self),
  capitalize: (self: string) => self.charAt(0).toUpperCase() + self.slice(1).toLowerCase(),
  strip: (self: string, [chars]) => strip(self, chars, true, true),
  lstrip: (self: string, [chars]) => strip(self, chars, true, false),
  rstrip: (self: string, [chars]) => strip(self, chars, false, true),
  startswith: (self: string, [prefix]) => anyOf(prefix, (p) => self.startsWith(p)),
  endswith: (self: string, [suffix]) => anyOf(suffix, (s) => self.endsWith(s)),
  replace: (self: string, [from, to]) => self.replaceAll(pythonString(from), () => pythonString(to)),
  split: (self: string, [separator, limit]) => split(self, separator, limit),
  splitlines: (self: string) => self.split(/\r\n|\r|\n/),
  join: (self: string, [list]) => (itemsOf(list) ?? []).map(pythonString).join(self),
  format: (self: string, args, kwargs) => formatBraces(self, args, kwargs),
  zfill: (self: string, [width]) => self.padStart(Number(width), "0"),
  find: (self: string, [part]) => self.indexOf(pythonString(part)),
  count: (self: string, [part]) => self.split(pythonString(part)).length - 1,
  isdigit: (self: string) => /^\d+$/.test(self),
  removeprefix: (self: string, [prefix]) =>
    self.startsWith(String(prefix)) ? self.slice(String(prefix).length) : self,
  removesuffix: (self: string, [suffix]) =>
    self.endsWith(String(suffix)) ? self.slice(0, -String(suffix).length) : self,
};

const dictionaryMethods: { [name: string]: Method } = {
  items: (self: object) => Object.entries(self),
  keys: (self: object) => Object.keys(self),
  values: (self: object) => Object.values(self),
  get: (self: { [key: string]: unknown }, [key, fallback]) =>
    Object.hasOwn(self, String(key)) ? self[String(key)] : (fallback ?? null),
};

const listMethods: { [name: string]: Method } = {
  index: (self: unknown[], [value]) => self.indexOf(value),
  count: (self: unknown[], [value]) => self.filter((item) => item === value).length,
  append: (self: unknown[], [value]) => {
    self.push(value);
    return null;
  },
};

/** The named method of a string, list or dictionary, bound to it. */
export function builtinMethod(self: unknown, name: string): TemplateFunction | undefined {
  const table =
    typeof self === "string"
      ? stringMethods
      : Array.isArray(self)
        ? listMethods
        : isDictionary(self)
          ? dictionaryMethods
          : {};
  const method = Object.hasOwn(table, name) ? table[name] : undefined;
  return method && new TemplateFunction((args, kwargs) => method(self as never, args, kwargs));
}

export function titleCase(text: string): string {
  return text
    .toLowerCase()
    .replace(/(^|[^\p{L}])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase());
}

function strip(text: string, chars: unknown, start: boolean, end: boolean): string {
  if (typeof chars !== "string") return start ? (end ? text.trim() : text.trimStart()) : text.trimEnd();
  let from = 0;
  let to = text.length;
  if (start) while (from < to && chars.includes(text.charAt(from))) from++;
  if (end) while (to > from && chars.includes(text.charAt(to - 1))) to--;
  return text.slice(from, to);
}

function anyOf(value: unknown, test: (text: string) => boolean): boolean {
  return Array.isArray(value) ? value.some((item) => test(String(item))) : test(String(value));
}

function split(text: string, separator: unknown, limit: unknown): string[] {
  const parts = typeof separator === "string" ? text.split(separator) : text.trim().split(/\s+/);
  const most = typeof limit === "number" && limit >= 0 ? limit : parts.length;
  if (parts.length <= most + 1) return parts;
  return [...parts.slice(0, most), parts.slice(most).join(typeof separator === "string" ? separator : " ")];
}

/** `"{} of {name}".format(1, name="x")`, without format specifications. */
function formatBraces(text: string, args: unknown[], kwargs: { [name: string]: unknown }): string {
  let next = 0;
  return text.replace(/\{\{|\}\}|\{(\w*)\}/g, (whole, name: string | undefined) => {
    if (name === undefined) return whole.charAt(0);
    if (name === "") return pythonString(args[next++]);
    return pythonString(/^\d+$/.test(name) ? args[Number(name)] : kwargs[name]);
  });
}
