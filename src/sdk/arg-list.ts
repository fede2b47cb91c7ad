/** Giving a task's inputs in order instead of by name, and reading the names off a handler's argument pattern. */

declare const listedValues: unique symbol;
const valuesKey = Symbol.for("tradewind.arg-list");

/** Made by `withArgList`. */
export interface ArgList<Values extends readonly unknown[] = readonly unknown[]> {
  /** Never set; for the compiler. */
  readonly [listedValues]: Values;
}

/**
 * Inputs in the order in which the handler destructures them.
 *
 * @example
 * transform(withArgList(extracted, "us")); // the same as transform({ rows: extracted, region: "us" })
 */
export function withArgList<const Values extends readonly unknown[]>(...values: Values): ArgList<Values> {
  return Object.freeze({ [valuesKey]: Object.freeze([...values]) }) as unknown as ArgList<Values>;
}

/** The values of an arg list; undefined for anything else. */
export function argListValues(value: unknown): readonly unknown[] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as { [valuesKey]?: readonly unknown[] })[valuesKey];
}

export interface ArgumentNames {
  readonly names: readonly string[];
  /** Whether a rest element takes every other name, so that no name is unknown. */
  readonly open: boolean;
}

/** Names that a handler destructures from its one argument; undefined where its source does not show them. */
export function argumentNames(handler: (...args: never[]) => unknown): ArgumentNames | undefined {
  const source = handler.toString();
  // Also of bound functions, whatever they take.
  if (source.endsWith("{ [native code] }")) return undefined;
  if (/^(?:async\b\s*)?(?:function\b\s*[\w$]*\s*)?\(\s*\)/.test(source)) return { names: [], open: false };
  const pattern =
    /^(?:async\b\s*)?(?:function\b\s*\*?\s*[\w$]*\s*|[\w$]+\s*(?=\())?\(\s*\{([^{}[\]()]*)\}/.exec(source);
  if (pattern === null) return undefined;
  const names: string[] = [];
  let open = false;
  for (const part of (pattern[1] ?? "").replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, "").split(",")) {
    const text = part.trim();
    if (text === "") continue;
    if (text.startsWith("...")) {
      open = true;
      continue;
    }
    const name = /^([\w$]+|"[^"]+"|'[^']+')\s*(?::\s*[\w$]+\s*)?(?:=.*)?$/s.exec(text)?.[1];
    if (name === undefined) return undefined;
    names.push(name.replace(/^["']|["']$/g, ""));
  }
  return { names, open };
}
