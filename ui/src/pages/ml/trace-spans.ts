/** Spans of a trace in one form, however the client that logged them writes them down, and their tree. */
import type { Json } from "../../api/types.ts";

export interface ShownSpan {
  id: string;
  parentId: string | null;
  name: string;
  /** "LLM", "RETRIEVER", …; null where nobody said. */
  type: string | null;
  isFailed: boolean;
  /** Why it failed. */
  message: string;
  /** Milliseconds after the start of the trace. */
  start: number;
  /** Milliseconds; null while it runs. */
  took: number | null;
  inputs: Json | undefined;
  outputs: Json | undefined;
  attributes: { [name: string]: Json };
  events: { name: string; at: number; attributes: { [name: string]: Json } }[];
}

export interface SpanRow {
  span: ShownSpan;
  depth: number;
  hasChildren: boolean;
}

type Wire = Readonly<Record<string, unknown>>;

/** OpenTelemetry's JSON as the server keeps it, or that of the files which clients write. The earliest comes first. */
export function spansOf(wire: readonly Wire[]): ShownSpan[] {
  const starts = wire.map((span) => nanoseconds(span["start_time_unix_nano"] ?? span["start_time"]));
  const first = starts.reduce<bigint | null>(
    (least, start) => (start !== null && (least === null || start < least) ? start : least),
    null,
  );
  return wire
    .map((span, index) => spanOf(span, starts[index] ?? null, first ?? 0n))
    .sort((a, b) => a.start - b.start);
}

function spanOf(span: Wire, start: bigint | null, first: bigint): ShownSpan {
  const end = nanoseconds(span["end_time_unix_nano"] ?? span["end_time"]);
  const attributes = attributesOf(span["attributes"]);
  const status = statusOf(span);
  const {
    "mlflow.spanType": type,
    "mlflow.spanInputs": inputs,
    "mlflow.spanOutputs": outputs,
    ...others
  } = attributes;
  return {
    id: idOf(span, "span_id") ?? "",
    parentId: idOf(span, "parent_span_id") ?? textOf(span["parent_id"]),
    name: textOf(span["name"]) ?? "?",
    type: textOf(type) === "UNKNOWN" ? null : textOf(type),
    isFailed: status.code.endsWith("ERROR"),
    message: status.message,
    start: start === null ? 0 : msBetween(first, start),
    took: start === null || end === null || end === 0n ? null : msBetween(start, end),
    inputs,
    outputs,
    // What MLflow notes for itself (ids, function names) stands with the rest.
    attributes: others,
    events: listOf(span["events"]).map((event) => ({
      name: textOf(event["name"]) ?? "?",
      at: msBetween(first, nanoseconds(event["time_unix_nano"] ?? event["timestamp"]) ?? first),
      attributes: attributesOf(event["attributes"]),
    })),
  };
}

/** Parents before their children, whoever started earlier first; what has no parent here stands at the top. */
export function rowsOf(spans: readonly ShownSpan[], folded: ReadonlySet<string>): SpanRow[] {
  const known = new Set(spans.map(({ id }) => id));
  const children = Map.groupBy(spans, ({ parentId }) =>
    parentId !== null && known.has(parentId) ? parentId : "",
  );
  const rows: SpanRow[] = [];
  const seen = new Set<string>();
  const walk = (parent: string, depth: number): void => {
    for (const span of children.get(parent) ?? []) {
      // A span that names itself as its own ancestor would never end.
      if (seen.has(span.id)) continue;
      seen.add(span.id);
      rows.push({ span, depth, hasChildren: children.has(span.id) });
      if (!folded.has(span.id)) walk(span.id, depth + 1);
    }
  };
  walk("", 0);
  return rows;
}

const textOf = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
const listOf = (value: unknown): Wire[] => (Array.isArray(value) ? (value as Wire[]) : []);

function idOf(span: Wire, name: string): string | null {
  const context = span["context"] as Wire | undefined;
  return textOf(span[name]) ?? (name === "span_id" ? textOf(context?.["span_id"]) : null);
}

/** More digits than a number holds come as texts. */
function nanoseconds(value: unknown): bigint | null {
  if (typeof value === "number" && Number.isFinite(value)) return BigInt(Math.round(value));
  return typeof value === "string" && /^\d+$/.test(value) ? BigInt(value) : null;
}

const msBetween = (from: bigint, to: bigint): number => Number(to - from) / 1e6;

function statusOf(span: Wire): { code: string; message: string } {
  const status = span["status"];
  if (typeof status === "object" && status !== null) {
    const { code, message } = status as { code?: string | number; message?: string };
    return { code: code === 2 ? "ERROR" : String(code ?? ""), message: message ?? "" };
  }
  return { code: textOf(span["status_code"]) ?? "", message: textOf(span["status_message"]) ?? "" };
}

/** An object, or OpenTelemetry's list of keys and typed values. MLflow's clients write each value as JSON in a text. */
function attributesOf(value: unknown): { [name: string]: Json } {
  if (Array.isArray(value))
    return Object.fromEntries(
      (value as { key?: string; value?: Wire }[]).map(({ key, value: typed }) => [
        key ?? "",
        unwrapped(anyOf(typed)),
      ]),
    );
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, unwrapped(one as Json)]));
}

function anyOf(typed: Wire | undefined): Json {
  const [kind, value] = Object.entries(typed ?? {})[0] ?? [];
  if (kind === "int_value") return Number(value);
  if (kind === "array_value") return listOf((value as Wire)["values"]).map(anyOf);
  if (kind === "kvlist_value") return attributesOf((value as Wire)["values"]);
  return (value as Json | undefined) ?? null;
}

function unwrapped(value: Json): Json {
  if (typeof value !== "string" || !/^\s*(?:["[{]|-?\d|true$|false$|null$)/.test(value)) return value;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}
