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

type Kind = WrittenColumn["type"];

/** Names and types of the columns of a file. */
export class RequestShape {
  readonly #inputs = new Map<string, Kind | null>();
  #prediction: Kind | null = null;

  /** Every request of the file has to have passed here before the first column is made. */
  learn({ input, prediction }: LoggedRequest): void {
    const rows = Math.min(input.rows.length, mostRowsOfRequest);
    const names = namesOf(input);
    for (let row = 0; row < rows; row++) {
      const values = input.rows[row] as readonly unknown[];
      for (const [place, name] of names.entries())
        this.#inputs.set(name, kindWith(this.#inputs.get(name) ?? null, values[place]));
      this.#prediction = kindWith(this.#prediction, prediction?.predictions[row]);
    }
  }

  /** A row for each row that was asked: `request_id`, `row`, `time`, …, `prediction`, and `input.NAME` for each feature. */
  columns(requests: readonly LoggedRequest[]): WrittenColumn[] {
    const column = (name: string, type: Kind): WrittenColumn => ({ name, type, data: [] });
    const [id, at, time, variant, version] = [
      column("request_id", "STRING"),
      column("row", "DOUBLE"),
      column("time", "STRING"),
      column("variant", "STRING"),
      column("model_version", "STRING"),
    ] as const;
    const [latency, failed] = [column("latency_ms", "DOUBLE"), column("failed", "BOOLEAN")] as const;
    const answer = column("prediction", this.#prediction ?? "STRING");
    const names = [...this.#inputs.keys()];
    const inputs = names.map((name) => column(inputPrefix + name, this.#inputs.get(name) ?? "STRING"));
    for (const request of requests) {
      const places = placesOf(names, namesOf(request.input));
      const iso = new Date(request.time).toISOString();
      for (const [row, values] of request.input.rows.slice(0, mostRowsOfRequest).entries()) {
        id.data.push(request.requestId);
        at.data.push(row);
        time.data.push(iso);
        variant.data.push(request.variant);
        version.data.push(request.modelVersion);
        latency.data.push(request.latency);
        failed.data.push(request.prediction === null);
        answer.data.push(cellOf(request.prediction?.predictions[row], answer.type));
        for (const [index, input] of inputs.entries())
          input.data.push(cellOf(values[places[index] as number], input.type));
      }
    }
    return [id, at, time, variant, version, latency, failed, answer, ...inputs];
  }
}

function namesOf({ columns, rows }: Rows): readonly string[] {
  return columns ?? Array.from({ length: rows[0]?.length ?? 0 }, (_, place) => String(place));
}

/** Most requests of an endpoint name their columns in one order, which needs no looking up. */
function placesOf(names: readonly string[], own: readonly string[]): number[] {
  return names.map((name, index) => (own[index] === name ? index : own.indexOf(name)));
}

/** Numbers, booleans, or texts; what is of several kinds, a list or an object is told as text. */
function kindWith(known: Kind | null, value: unknown): Kind | null {
  if (value === null || value === undefined) return known;
  const kind = typeof value === "number" ? "DOUBLE" : typeof value === "boolean" ? "BOOLEAN" : "STRING";
  return known === null || known === kind ? kind : "STRING";
}

function cellOf(value: unknown, kind: Kind): WrittenColumn["data"][number] {
  if (value === null || value === undefined) return null;
  if (kind !== "STRING") return value as number | boolean;
  return typeof value === "string" ? value : JSON.stringify(value);
}
