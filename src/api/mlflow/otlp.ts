/**
 * OTLP's ExportTraceServiceRequest (opentelemetry/proto/collector/trace/v1): spans out of protobuf, by trace, in the
 * JSON that protobuf gives them.
 */
import { PbfReader } from "pbf";
import type { SpanStatus, TraceSpan } from "../../core/tracking/traces.ts";
import { TradewindError } from "../../errors.ts";

type Fields = Record<string, unknown>;
type Read = (tag: number, into: Fields, pbf: PbfReader) => void;

/** Nanoseconds have more digits than a number holds. */
function fixed64(pbf: PbfReader): string {
  const low = BigInt(pbf.readFixed32());
  return String(low + (BigInt(pbf.readFixed32()) << 32n));
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

function add(into: Fields, name: string, item: unknown): void {
  const list = into[name];
  if (Array.isArray(list)) list.push(item);
  else into[name] = [item];
}

const message = (pbf: PbfReader, read: Read): Fields => pbf.readMessage(read, {});

const readAny: Read = (tag, into, pbf) => {
  if (tag === 1) into["string_value"] = pbf.readString();
  else if (tag === 2) into["bool_value"] = pbf.readBoolean();
  else if (tag === 3) into["int_value"] = String(pbf.readVarint(true));
  else if (tag === 4) into["double_value"] = doubleText(pbf.readDouble());
  else if (tag === 5) into["array_value"] = message(pbf, readList);
  else if (tag === 6) into["kvlist_value"] = message(pbf, readPairs);
  else if (tag === 7) into["bytes_value"] = base64(pbf.readBytes());
};

const doubleText = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

const readList: Read = (tag, into, pbf) => {
  if (tag === 1) add(into, "values", message(pbf, readAny));
};

const readPairs: Read = (tag, into, pbf) => {
  if (tag === 1) add(into, "values", message(pbf, readPair));
};

const readPair: Read = (tag, into, pbf) => {
  if (tag === 1) into["key"] = pbf.readString();
  else if (tag === 2) into["value"] = message(pbf, readAny);
};

const readEvent: Read = (tag, into, pbf) => {
  if (tag === 1) into["time_unix_nano"] = fixed64(pbf);
  else if (tag === 2) into["name"] = pbf.readString();
  else if (tag === 3) add(into, "attributes", message(pbf, readPair));
};

const readLink: Read = (tag, into, pbf) => {
  if (tag === 1) into["trace_id"] = base64(pbf.readBytes());
  else if (tag === 2) into["span_id"] = base64(pbf.readBytes());
  else if (tag === 3) into["trace_state"] = pbf.readString();
  else if (tag === 4) add(into, "attributes", message(pbf, readPair));
};

const statusCodes = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"];

const readStatus: Read = (tag, into, pbf) => {
  if (tag === 2) into["message"] = pbf.readString();
  else if (tag === 3) into["code"] = statusCodes[pbf.readVarint()] ?? "STATUS_CODE_UNSET";
};

const readSpan: Read = (tag, into, pbf) => {
  if (tag === 1) into["trace_id"] = base64(pbf.readBytes());
  else if (tag === 2) into["span_id"] = base64(pbf.readBytes());
  else if (tag === 3) into["trace_state"] = pbf.readString();
  else if (tag === 4) into["parent_span_id"] = base64(pbf.readBytes());
  else if (tag === 5) into["name"] = pbf.readString();
  else if (tag === 6) into["kind"] = pbf.readVarint();
  else if (tag === 7) into["start_time_unix_nano"] = fixed64(pbf);
  else if (tag === 8) into["end_time_unix_nano"] = fixed64(pbf);
  else if (tag === 9) add(into, "attributes", message(pbf, readPair));
  else if (tag === 11) add(into, "events", message(pbf, readEvent));
  else if (tag === 13) add(into, "links", message(pbf, readLink));
  else if (tag === 15) into["status"] = message(pbf, readStatus);
};

const readScope: Read = (tag, into, pbf) => {
  if (tag === 2) add(into, "spans", message(pbf, readSpan));
};

const readResource: Read = (tag, into, pbf) => {
  if (tag === 2) add(into, "scopes", message(pbf, readScope));
};

const readRequest: Read = (tag, into, pbf) => {
  if (tag === 1) add(into, "resources", message(pbf, readResource));
};

const listOf = (fields: Fields, name: string): Fields[] => (fields[name] as Fields[] | undefined) ?? [];

export interface ReadSpan extends TraceSpan {
  readonly traceId: string;
}

function invalid(what: string): TradewindError {
  return new TradewindError("TW_TRACKING_VALUE", `Invalid OpenTelemetry protobuf format: ${what}`);
}

function idOf(span: Fields, name: string, bytes: number): string {
  const id = Buffer.from((span[name] as string | undefined) ?? "", "base64");
  if (id.length !== bytes) throw invalid(`expected ${bytes} bytes of ${name}, got ${id.length}`);
  return hex(id);
}

function attribute(span: Fields, key: string): string | null {
  const value = listOf(span, "attributes").find((pair) => pair["key"] === key)?.["value"] as
    | Fields
    | undefined;
  const text = value?.["string_value"];
  if (typeof text !== "string") return null;
  // MLflow's client writes values as JSON within the text.
  return text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}

function toSpan(span: Fields): ReadSpan {
  const status = (span["status"] as Fields | undefined)?.["code"] as string | undefined;
  const parent = span["parent_span_id"];
  const end = span["end_time_unix_nano"] as string | undefined;
  return {
    traceId: `tr-${idOf(span, "trace_id", 16)}`,
    spanId: idOf(span, "span_id", 8),
    parentSpanId: parent === undefined || parent === "" ? null : idOf(span, "parent_span_id", 8),
    name: (span["name"] as string | undefined) ?? "",
    type: attribute(span, "mlflow.spanType"),
    status: (status?.replace("STATUS_CODE_", "") ?? "UNSET") as SpanStatus,
    startNs: (span["start_time_unix_nano"] as string | undefined) ?? "0",
    endNs: end === undefined || end === "0" ? null : end,
    content: span,
  };
}

/** @throws TradewindError TW_TRACKING_VALUE for bytes that are no such request, or hold no span. */
export function readOtlpSpans(body: Uint8Array): ReadSpan[] {
  let request: Fields;
  try {
    request = new PbfReader(body).readFields(readRequest, {});
  } catch (cause) {
    throw invalid((cause as Error).message);
  }
  const spans = listOf(request, "resources").flatMap((resource) =>
    listOf(resource, "scopes").flatMap((scope) => listOf(scope, "spans").map(toSpan)),
  );
  if (spans.length === 0) throw invalid("no spans found");
  return spans;
}
