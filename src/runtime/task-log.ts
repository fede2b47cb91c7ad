/** Fields of a log line as JSON, whatever a handler puts into them. */
import type { Json } from "../core/dag-model.ts";
import { describeError } from "./error-info.ts";

/** Longest text of one field, in characters. */
const longestField = 16 * 1024;

export function toLogFields(fields: { [key: string]: unknown }): { [key: string]: Json } {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, toField(value)]));
}

function toField(value: unknown): Json {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "string") return cut(value);
  if (value instanceof Error) return cut(describeError(value).stack ?? value.message);
  try {
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) return String(value as symbol);
    return text.length > longestField ? cut(text) : (JSON.parse(text) as Json);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

function cut(text: string): string {
  return text.length > longestField
    ? `${text.slice(0, longestField)}… (${text.length - longestField} characters cut)`
    : text;
}
