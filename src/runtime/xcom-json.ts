/**
 * What may travel between tasks: JSON. A value that JSON would lose or change without a word (a function, a
 * Map, NaN, a cycle) is refused with its path, so that the author sees it where it is made.
 */
import { TradewindError } from "../errors.ts";

/** Deepest nesting; JSON.stringify itself gives up somewhere above. */
const deepest = 1000;

/**
 * @param what the value in words: "the result of the handler"
 * @throws TW_XCOM_VALUE with the path of the first part that cannot travel
 */
export function checkJson(value: unknown, what: string): void {
  switch (typeof value) {
    case "string":
    case "boolean":
      return;
    default:
      check(value, what, [], new Set());
  }
}

type Path = (string | number)[];

function check(value: unknown, what: string, path: Path, above: Set<object>): void {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "undefined":
      return;
    case "number":
      if (!Number.isFinite(value)) throw refuse(what, path, `${value}`, "use null, or a string");
      return;
    case "bigint":
      throw refuse(what, path, "a BigInt", "use Number(value) or String(value)");
    case "function":
    case "symbol":
      throw refuse(what, path, `a ${typeof value}`, "return data; a function cannot leave its process");
    default:
      if (value !== null) checkObject(value as object, what, path, above);
  }
}

function checkObject(value: object, what: string, path: Path, above: Set<object>): void {
  if (above.has(value)) throw refuse(what, path, "a reference to an object that contains it", undefined);
  if (path.length > deepest)
    throw refuse(what, path.slice(0, 5), `nested more than ${deepest} levels deep`, undefined);
  if (typeof (value as { toJSON?: unknown }).toJSON === "function" && !Buffer.isBuffer(value)) return;
  const kind = unserializableKind(value);
  if (kind) throw refuse(what, path, kind[0], kind[1]);
  above.add(value);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) checkAt(value[i], what, path, i, above);
  } else {
    for (const key of Object.keys(value))
      checkAt((value as { [key: string]: unknown })[key], what, path, key, above);
  }
  above.delete(value);
}

function checkAt(value: unknown, what: string, path: Path, key: string | number, above: Set<object>): void {
  if (typeof value === "string" || typeof value === "boolean") return;
  path.push(key);
  check(value, what, path, above);
  path.pop();
}

function unserializableKind(value: object): [string, string] | undefined {
  if (value instanceof Map) return ["a Map", "use Object.fromEntries(map)"];
  if (value instanceof Set) return ["a Set", "use [...set]"];
  if (value instanceof Promise) return ["a Promise", "await it"];
  if (value instanceof WeakMap || value instanceof WeakSet) return ["a weak collection", "return data"];
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return [
      `a ${value.constructor.name} inside another value`,
      "use Array.from(array), or return the array by itself",
    ];
  }
  if (value instanceof Error) return ["an Error", "use its message"];
  return undefined;
}

function refuse(what: string, path: Path, got: string, hint: string | undefined): TradewindError {
  const place = path.length === 0 ? what : `${what} at ${pathText(path)}`;
  return new TradewindError("TW_XCOM_VALUE", `expected ${place} to be a JSON value, got ${got}`, { hint });
}

/** `rows[3].name`, as one would write it in code. */
export function pathText(path: readonly (string | number)[]): string {
  let text = "";
  for (const key of path) {
    if (typeof key === "number") text += `[${key}]`;
    else
      text += /^[A-Za-z_$][\w$]*$/.test(key) ? `${text === "" ? "" : "."}${key}` : `[${JSON.stringify(key)}]`;
  }
  return text;
}
