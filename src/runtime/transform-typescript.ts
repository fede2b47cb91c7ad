/** TypeScript that has to be compiled: enums, namespaces, parameter properties, decorators, untyped type imports. */
import { createRequire } from "node:module";
import type { HelperMode, transformSync } from "oxc-transform";
import { TradewindError } from "../errors.ts";

/** What compiled decorators call, as TypeScript's own `__decorate` and `__param`. */
const decoratorHelpers = `var babelHelpers = {
  decorate(decorators, target, key, descriptor) {
    const own = arguments.length < 3 ? target : descriptor === null ? Object.getOwnPropertyDescriptor(target, key) : descriptor;
    let result = own;
    for (const one of decorators.toReversed()) {
      result = (arguments.length < 3 ? one(result) : arguments.length > 3 ? one(target, key, result) : one(target, key)) || result;
    }
    if (arguments.length > 3 && result) Object.defineProperty(target, key, result);
    return result;
  },
  decorateParam: (index, decorator) => (target, key) => decorator(target, key, index),
  decorateMetadata: () => undefined,
};`;

// Loaded when the first file needs it: a native module of some megabytes.
let transform: typeof transformSync | undefined;

function oxc(): typeof transformSync {
  transform ??= (createRequire(import.meta.url)("oxc-transform") as { transformSync: typeof transformSync })
    .transformSync;
  return transform;
}

const compiledSyntax = [
  /^\s*(?:export\s+)?(?:const\s+)?enum\s+\w+\s*\{/m,
  /^\s*(?:export\s+)?(?:namespace|module)\s+[\w.]+\s*\{/m,
  /^\s*(?:export\s+)?import\s+\w+\s*=/m,
  /^\s*@\w/m,
  /\bconstructor\s*\([^)]*\b(?:private|protected|public|readonly)\s/,
];

/** Whether a text has what Node cannot merely strip. Wrong guesses cost a compilation, or a second import. */
export function mustCompile(text: string): boolean {
  return compiledSyntax.some((pattern) => pattern.test(text));
}

/**
 * Compiles a file to JavaScript with its source map inside, and lets stack traces name the original lines.
 * Throws TW_SYNTAX with line and column.
 */
export function transformTypeScript(path: string, text: string): string {
  const { code, map, errors } = oxc()(path, text, {
    sourcemap: true,
    target: "node22",
    decorator: { legacy: true },
    helpers: { mode: "External" as HelperMode },
  });
  const problem = firstProblem(path, text, errors);
  if (problem !== null) throw problem;
  process.setSourceMapsEnabled(true);
  // The helpers take the first line, so the map says nothing about it.
  const helpers = code.includes("babelHelpers.") ? `${decoratorHelpers.replaceAll("\n", " ")}\n` : "";
  const shifted = { ...map, mappings: `${helpers === "" ? "" : ";"}${map?.mappings ?? ""}` };
  const encoded = Buffer.from(JSON.stringify(shifted)).toString("base64");
  return `${helpers}${code}\n//# sourceMappingURL=data:application/json;base64,${encoded}`;
}

/** The first syntax error of a text in a place that V8 and Node do not tell, or null when there is none. */
export function findSyntaxError(path: string, text: string): TradewindError | null {
  return firstProblem(path, text, oxc()(path, text, { sourcemap: false }).errors);
}

interface Problem {
  readonly message: string;
  readonly labels: readonly { readonly start: number }[];
  readonly helpMessage: string | null;
}

function firstProblem(path: string, text: string, errors: readonly Problem[]): TradewindError | null {
  const [error] = errors;
  if (error === undefined) return null;
  // The last label is the place of the mistake; those before it say what it clashes with.
  const offset = error.labels.at(-1)?.start;
  const position = offset === undefined ? {} : positionAt(text, offset);
  return new TradewindError("TW_SYNTAX", error.message, {
    at: { file: path, ...position },
    hint: error.helpMessage ?? undefined,
  });
}

/** 1-based line and column of a UTF-8 byte offset. */
function positionAt(text: string, offset: number): { line: number; column: number } {
  const lines = Buffer.from(text).subarray(0, offset).toString("utf8").split("\n");
  return { line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
}
