/** Errors as they travel: name, message, stack with the user's frames, and the whole chain of causes. */
import type { ErrorInfo } from "./protocol.ts";

/** Longest message and stack that travel, in characters; the rest says how much was cut. */
const longestText = 64 * 1024;
const mostCauses = 20;

/** Describes anything that was thrown, an Error or not. Never throws. */
export function describeError(thrown: unknown): ErrorInfo {
  if (!isError(thrown)) return describeOther(thrown);
  const causes: ErrorInfo["causes"] = [];
  const seen = new Set<unknown>([thrown]);
  for (const cause of causesOf(thrown, seen)) {
    causes.push(isError(cause) ? describeOne(cause) : { name: "Error", message: preview(cause) });
    if (causes.length >= mostCauses) break;
  }
  const code: unknown = (thrown as { code?: unknown }).code;
  const hint: unknown = (thrown as { hint?: unknown }).hint;
  const described = describeOne(thrown);
  return {
    ...described,
    message: typeof hint === "string" ? `${described.message} (${hint})` : described.message,
    ...(typeof code === "string" ? { code } : {}),
    causes,
  };
}

/** The chain of `cause`, and the members of an AggregateError, depth first, each once. */
function* causesOf(error: Error, seen: Set<unknown>): Generator<unknown> {
  const nested: unknown[] = [];
  if (error.cause !== undefined) nested.push(error.cause);
  if (error instanceof AggregateError) nested.push(...(error.errors as unknown[]));
  for (const cause of nested) {
    if (seen.has(cause)) continue;
    seen.add(cause);
    yield cause;
    if (isError(cause)) yield* causesOf(cause, seen);
  }
}

function describeOne(error: Error): { name: string; message: string; stack?: string } {
  // User classes may have getters that throw; the report must come out all the same.
  const read = (name: "name" | "message" | "stack"): string => {
    try {
      const value: unknown = error[name];
      return typeof value === "string" ? cut(value) : "";
    } catch {
      return "";
    }
  };
  const stack = cleanStack(read("stack"));
  return { name: read("name") || "Error", message: read("message"), ...(stack === "" ? {} : { stack }) };
}

function describeOther(thrown: unknown): ErrorInfo {
  return {
    name: "ThrownValue",
    message: `expected the handler to throw an Error, it threw ${preview(thrown)}`,
    code: "TW_THROWN_VALUE",
    causes: [],
  };
}

/** A value in a message: its type and the beginning of what it prints. */
export function preview(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "function") return `a function${value.name === "" ? "" : ` ${value.name}`}`;
  let text: string;
  try {
    text = typeof value === "object" ? JSON.stringify(value) : String(value as string);
  } catch {
    text = Object.prototype.toString.call(value);
  }
  return `a ${typeof value}: ${text.length > 200 ? `${text.slice(0, 200)}…` : text}`;
}

/** Also errors of other realms (`vm`), which are not `instanceof Error` here. */
function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}

const ownFolders = ["runtime", "sdk", "dag-processor"].map(
  (name) => new URL(`../${name}/`, import.meta.url).pathname,
);

/** Frames of Node, and of what imports a file and calls a handler: they say nothing about the failure. */
function isUninteresting(line: string): boolean {
  return (
    /^\s+at /.test(line) &&
    (line.includes("node:internal/") || ownFolders.some((folder) => line.includes(folder)))
  );
}

/**
 * Leaves the frames of the user's files (without the version mark of their URL) and of packages; takes out
 * those of Node and of this runtime.
 */
export function cleanStack(stack: string): string {
  return stack
    .split("\n")
    .filter((line) => !isUninteresting(line))
    .join("\n")
    .replaceAll(/\?tradewind=[\w-]+/g, "");
}

function cut(text: string): string {
  if (text.length <= longestText) return text;
  return `${text.slice(0, longestText)}… (${text.length - longestText} characters cut)`;
}
