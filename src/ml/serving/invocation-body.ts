/**
 * The bodies of `/invocations`, as MLflow's scoring server takes them: JSON with exactly one of `dataframe_split`,
 * `dataframe_records`, `instances` and `inputs`, or CSV with a header.
 */
import { TradewindError } from "../../errors.ts";
import { numericCode } from "./numeric-code.ts";
import type { PredictParams, Rows } from "./rows.ts";

export interface Invocation {
  readonly input: Rows;
  readonly params: PredictParams;
}

const formats = ["dataframe_split", "dataframe_records", "instances", "inputs"] as const;
const expected = `one of ${formats.join(", ")}`;

/** @throws TradewindError TW_MODEL_INPUT that says what was expected instead. */
export function parseInvocation(body: unknown): Invocation {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw wrong(`expected a JSON object with exactly ${expected}, got ${nameOf(body)}`);
  const given = formats.filter((format) => Object.hasOwn(body, format));
  const [format] = given;
  if (format === undefined || given.length > 1) {
    const got =
      given.length > 1 ? given.join(" and ") : Object.keys(body).slice(0, 10).join(", ") || "no key";
    throw wrong(`expected a JSON object with exactly ${expected}, got ${got}`);
  }
  const { [format]: value, params = {} } = body as { [name: string]: unknown };
  if (typeof params !== "object" || params === null || Array.isArray(params))
    throw wrong(`params: expected an object, got ${nameOf(params)}`);
  return { input: readers[format](value), params: params as PredictParams };
}

const readers: { readonly [format in (typeof formats)[number]]: (value: unknown) => Rows } = {
  dataframe_split: split,
  dataframe_records: (value) => records(list("dataframe_records", value), "dataframe_records"),
  instances: (value) => instances(list("instances", value)),
  inputs,
};

function split(value: unknown): Rows {
  const { columns, data } = (value ?? {}) as { columns?: unknown; data?: unknown };
  if (!Array.isArray(data)) throw wrong("dataframe_split: expected columns and data, got no list of data");
  if (columns !== undefined && !Array.isArray(columns))
    throw wrong(`dataframe_split.columns: expected a list of names, got ${nameOf(columns)}`);
  const names = columns === undefined ? null : columns.map(String);
  data.forEach((row: unknown, at) => {
    if (!Array.isArray(row)) throw wrong(`dataframe_split.data[${at}]: expected a list, got ${nameOf(row)}`);
    if (names !== null && row.length !== names.length)
      throw wrong(`dataframe_split.data[${at}]: expected ${names.length} values, got ${row.length}`);
  });
  return { columns: names, rows: data as unknown[][] };
}

function records(rows: readonly unknown[], where: string): Rows {
  const columns = new Set<string>();
  rows.forEach((row, at) => {
    if (typeof row !== "object" || row === null || Array.isArray(row))
      throw wrong(`${where}[${at}]: expected an object, got ${nameOf(row)}`);
    for (const name of Object.keys(row)) columns.add(name);
  });
  const names = [...columns];
  return {
    columns: names,
    rows: rows.map((row) => names.map((name) => (row as { [name: string]: unknown })[name])),
  };
}

/** Rows as objects, as lists, or as single values. */
function instances(values: readonly unknown[]): Rows {
  const [first] = values;
  if (typeof first === "object" && first !== null && !Array.isArray(first))
    return records(values, "instances");
  return { columns: null, rows: values.map((value) => (Array.isArray(value) ? value : [value])) };
}

/** Columns by name, a list of rows, or one row of single values. */
function inputs(value: unknown): Rows {
  if (Array.isArray(value)) return instances(value);
  if (typeof value !== "object" || value === null)
    throw wrong(`inputs: expected an object of columns or a list, got ${nameOf(value)}`);
  const entries = Object.entries(value as { [name: string]: unknown }).map(([name, column]) => ({
    name,
    values: Array.isArray(column) ? (column as unknown[]) : [column],
  }));
  const length = entries[0]?.values.length ?? 0;
  const uneven = entries.find(({ values }) => values.length !== length);
  if (uneven)
    throw wrong(
      `inputs.${uneven.name}: expected ${length} values, as ${entries[0]?.name} has, got ${uneven.values.length}`,
    );
  return {
    columns: entries.map(({ name }) => name),
    rows: Array.from({ length }, (_, row) => entries.map(({ values }) => unwrapped(values[row]))),
  };
}

/** A column of shape (n, 1) counts as one of shape (n). */
function unwrapped(value: unknown): unknown {
  return Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;
}

/**
 * CSV with a header; numbers are read as numbers and empty fields as missing, as pandas does.
 * @throws TradewindError TW_CSV_SYNTAX
 */
export async function parseCsvInvocation(text: string): Promise<Invocation> {
  const table = (await numericCode()).parseCsv(text);
  const { names } = table;
  const rows = Array.from({ length: table.rows }, (_, row) => names.map((name) => table.value(name, row)));
  return { input: { columns: names, rows }, params: {} };
}

function list(where: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw wrong(`${where}: expected a list, got ${nameOf(value)}`);
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}

function wrong(message: string): TradewindError {
  return new TradewindError("TW_MODEL_INPUT", message);
}
