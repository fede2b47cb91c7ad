/** Turns what an import threw into what its author needs: the place, the message, and the likely cause. */

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { nearest } from "../did-you-mean.ts";
import { TradewindError } from "../errors.ts";
import { cleanStack } from "../runtime/error-info.ts";
import { findSyntaxError } from "../runtime/transform-typescript.ts";
import { userFrame } from "../sdk/call-site.ts";
import type { ImportProblem } from "./outcome.ts";

export interface ImportContext {
  readonly dagsFolder: string;
  readonly relativeFile: string;
  /** Texts that were read, by path relative to the Dags folder. */
  readonly files: { readonly [relativeFile: string]: string };
}

const ownSources = new URL("../", import.meta.url).pathname;

interface Place {
  readonly file: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

export function importProblem(thrown: unknown, context: ImportContext): ImportProblem {
  const error =
    thrown instanceof Error
      ? thrown
      : new TradewindError("TW_DAG_FILE_THROWS", `expected an Error to be thrown, got ${show(thrown)}`);
  const syntax = error instanceof SyntaxError ? syntaxPlace(error, context) : null;
  const place = syntax?.place ?? errorPlace(error);
  const message = syntax?.message ?? messageOf(error);
  const hint =
    (error instanceof TradewindError ? error.hint : undefined) ?? syntax?.hint ?? likelyCause(error, context);
  const dagFile = resolve(context.dagsFolder, context.relativeFile);
  const elsewhere = place !== null && resolve(place.file) !== dagFile;
  const at = elsewhere
    ? `${relativeName(place.file, context)}${place.line === undefined ? "" : `:${place.line}:${place.column ?? 1}`}: `
    : "";
  return {
    code: codeOf(error),
    message: `${at}${message}${hint === undefined ? "" : `\nLikely cause: ${hint}`}`,
    stacktrace: cleanStack(error.stack ?? message),
    line: elsewhere ? importLine(place.file, context) : (place?.line ?? null),
    column: elsewhere ? null : (place?.column ?? null),
  };
}

function codeOf(error: Error): string {
  if (error instanceof TradewindError) return error.code;
  return error instanceof SyntaxError ? "TW_SYNTAX" : "TW_DAG_FILE_THROWS";
}

function messageOf(error: Error): string {
  if (error instanceof TradewindError) return error.message;
  const cause = error.cause instanceof Error ? ` (cause: ${error.cause.message})` : "";
  return `${error.name}: ${error.message}${cause}`;
}

function errorPlace(error: Error): Place | null {
  if (error instanceof TradewindError && error.at !== undefined) return error.at;
  const lines = (error.stack ?? "").split("\n").filter((line) => !line.includes(ownSources));
  return userFrame(lines.join("\n")) ?? null;
}

/** V8 and Node put the place of a syntax error above the stack: file:line, the line, and a caret below it. */
function syntaxPlace(
  error: SyntaxError,
  context: ImportContext,
): { place: Place; message?: string; hint?: string | undefined } | null {
  const [head = "", ...below] = (error.stack ?? "").split("\n");
  const match = /^(?<address>(?:file:\/\/)?\/.*?)(?:\?tradewind=[\w-]+)?:(?<line>\d+)$/.exec(head);
  if (match?.groups !== undefined) {
    const { address = "", line } = match.groups;
    const file = address.startsWith("file:") ? fileURLToPath(address) : address;
    const caret = below.find((text) => /^\s*\^+\s*$/.test(text));
    const hint = missingExport(error, file, context);
    return {
      place: { file, line: Number(line), column: caret === undefined ? undefined : caret.indexOf("^") + 1 },
      hint,
    };
  }
  // "Identifier has already been declared" and its like come without a place: a second parser finds it.
  for (const [name, text] of Object.entries(context.files)) {
    const found = name.endsWith(".json") ? null : findSyntaxError(resolve(context.dagsFolder, name), text);
    if (found?.at !== undefined)
      return { place: found.at, message: `SyntaxError: ${error.message}`, hint: found.hint };
  }
  return null;
}

/** "The requested module './lib.ts' does not provide an export named 'x'": which names it does have. */
function missingExport(error: SyntaxError, importer: string, context: ImportContext): string | undefined {
  const match = /requested module '([^']+)' does not provide an export named '([^']+)'/.exec(error.message);
  if (match === null) return undefined;
  const [, specifier = "", wanted = ""] = match;
  const path = specifier.startsWith(".") ? resolve(importer, "..", specifier) : null;
  const text = Object.entries(context.files).find(
    ([name]) => resolve(context.dagsFolder, name) === path,
  )?.[1];
  const names = [
    ...(text ?? "").matchAll(
      /\bexport\s+(?:async\s+)?(?:const|let|var|function\*?|class|enum|interface|type)\s+(\w+)/g,
    ),
  ].map((one) => one[1] ?? "");
  const near = nearest(wanted, names);
  if (near !== null) return `"${wanted}" is misspelt; did you mean "${near}"?`;
  if (names.length > 0) return `${specifier} exports ${names.join(", ")}`;
  return `${specifier} has no export of that name`;
}

const causes: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [/require is not defined/, "Dag files are ES modules: write import … from, or name the file .cjs"],
  [/__dirname is not defined/, "Dag files are ES modules: use import.meta.dirname"],
  [/__filename is not defined/, "Dag files are ES modules: use import.meta.filename"],
  [
    /module is not defined|exports is not defined/,
    "Dag files are ES modules: write export instead of module.exports",
  ],
  [
    /Cannot access '(.+)' before initialization/,
    "a name is used above the line that defines it, or two files import each other",
  ],
  [/ENOENT/, "a path is relative to where the service was started; join it with import.meta.dirname"],
  [
    /ECONNREFUSED|ETIMEDOUT|ENOTFOUND/,
    "the file talks to another system while it is imported; move that into a task",
  ],
];

function likelyCause(error: Error, { relativeFile }: ImportContext): string | undefined {
  const found = causes.find(([pattern]) => pattern.test(error.message))?.[1];
  if (found !== undefined) return found;
  const undefinedName = /^(\w+) is not defined$/.exec(error.message)?.[1];
  if (undefinedName !== undefined && error instanceof ReferenceError) {
    return `"${undefinedName}" is neither imported nor declared in ${relativeFile}`;
  }
  return undefined;
}

/** Line of the Dag file that imports another one, when that is where the mistake lies. */
function importLine(file: string, context: ImportContext): number | null {
  const name =
    file
      .split("/")
      .at(-1)
      ?.replace(/\.\w+$/, "") ?? "";
  const lines = (context.files[context.relativeFile] ?? "").split("\n");
  const index = lines.findIndex((line) => /\bfrom\b|\bimport\b/.test(line) && line.includes(name));
  return index < 0 ? null : index + 1;
}

function relativeName(file: string, context: ImportContext): string {
  const found = Object.keys(context.files).find(
    (name) => resolve(context.dagsFolder, name) === resolve(file),
  );
  return found ?? file;
}

function show(thrown: unknown): string {
  if (typeof thrown === "string") return JSON.stringify(thrown);
  try {
    return typeof thrown === "object" ? (JSON.stringify(thrown) ?? String(thrown)) : String(thrown);
  } catch {
    return Object.prototype.toString.call(thrown);
  }
}
