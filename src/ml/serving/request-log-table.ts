/** What is kept of requests, as columns. */
import type { WrittenColumn } from "../data/parquet-writing.ts";
import type { Prediction, Rows } from "./rows.ts";

export interface LoggedRequest {
  readonly endpoint: string;
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly variant: string;
  /** Empty where the model has none. */
  readonly modelVersion: string;
  /** Milliseconds. */
  readonly latency: number;
  readonly input: Rows;
  /** Null when the model failed. */
  readonly prediction: Prediction | null;
}

/** Before the names of what was asked, so that a feature called "time" is told from the time. */
export const inputPrefix = "input.";

/** Of a request with many rows the first ones: one that scores a file would be most of the log. */
const mostRowsOfRequest = 100;

/** A row for each row that was asked: `request_id`, `row`, `time`, …, `prediction`, and `input.NAME` for each feature. */
export function requestColumns(requests: readonly LoggedRequest[]): WrittenColumn[] {
  const rows = requests.flatMap((request) =>
    request.input.rows.slice(0, mostRowsOfRequest).map((input, row) => ({ request, input, row })),
  );
  const names = new Set(requests.flatMap(({ input }) => namesOf(input)));
  const places = new Map(
    requests.map((request) => [request, new Map(namesOf(request.input).map((name, place) => [name, place]))]),
  );
  const column = (name: string, value: (of: (typeof rows)[number]) => unknown): WrittenColumn =>
    columnOf(name, rows.map(value));
  const inputs = [...names].map((name) =>
    column(inputPrefix + name, ({ request, input }) => {
      const place = places.get(request)?.get(name);
      return place === undefined ? null : input[place];
    }),
  );
  return [
    column("request_id", ({ request }) => request.requestId),
    column("row", ({ row }) => row),
    column("time", ({ request }) => new Date(request.time).toISOString()),
    column("variant", ({ request }) => request.variant),
    column("model_version", ({ request }) => request.modelVersion),
    column("latency_ms", ({ request }) => request.latency),
    column("failed", ({ request }) => request.prediction === null),
    column("prediction", ({ request, row }) => request.prediction?.predictions[row] ?? null),
    ...inputs,
  ];
}

function namesOf({ columns, rows }: Rows): readonly string[] {
  return columns ?? Array.from({ length: rows[0]?.length ?? 0 }, (_, place) => String(place));
}

/** Numbers, booleans, or texts; what is of several kinds, a list or an object is told as text. */
function columnOf(name: string, values: readonly unknown[]): WrittenColumn {
  const present = values.filter((value) => value !== null && value !== undefined);
  const isAll = (type: string): boolean =>
    present.length > 0 && present.every((value) => typeof value === type);
  if (isAll("number"))
    return { name, type: "DOUBLE", data: values.map((value) => (value as number | undefined) ?? null) };
  if (isAll("boolean"))
    return { name, type: "BOOLEAN", data: values.map((value) => (value as boolean | undefined) ?? null) };
  return { name, type: "STRING", data: values.map(textOf) };
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}
