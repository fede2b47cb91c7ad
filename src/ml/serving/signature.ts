/**
 * What a model takes: MLflow's signature, read from `MLmodel`, and how rows are brought into its order and types.
 * The rules and the words of the errors are those of MLflow's schema enforcement, which its clients match on.
 */
import { TradewindError } from "../../errors.ts";
import type { Rows } from "./rows.ts";

/** MLflow's column types; a tensor's dtype is read as the nearest of them. */
export type ColumnType =
  | "boolean"
  | "integer"
  | "long"
  | "float"
  | "double"
  | "string"
  | "binary"
  | "datetime";

export interface InputColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly required: boolean;
}

export interface Signature {
  /** Columns in the order in which the model takes them; null when the model takes one unnamed tensor. */
  readonly columns: readonly InputColumn[] | null;
  /** Width of an unnamed tensor's rows; null when it says none. */
  readonly width: number | null;
}

interface TensorSpec {
  readonly dtype: string;
  readonly shape: readonly number[];
}

interface SchemaEntry {
  readonly name?: string;
  readonly type: string;
  readonly required?: boolean;
  readonly "tensor-spec"?: TensorSpec;
}

/**
 * @param inputs `signature.inputs` of an `MLmodel`: JSON text.
 * @throws TradewindError TW_MODEL_PACKAGE when it is none.
 */
export function parseSignature(inputs: string): Signature {
  let entries: unknown;
  try {
    entries = JSON.parse(inputs);
  } catch (cause) {
    throw new TradewindError("TW_MODEL_PACKAGE", "expected the signature's inputs as JSON", { cause });
  }
  if (!Array.isArray(entries) || !entries.every(isEntry))
    throw new TradewindError("TW_MODEL_PACKAGE", "expected the signature's inputs as a list of columns");
  const [only] = entries;
  if (entries.length === 1 && only?.name === undefined)
    return { columns: null, width: only?.["tensor-spec"]?.shape.at(-1) ?? null };
  const columns = entries.map((entry, index) => ({
    name: entry.name ?? String(index),
    type: columnType(entry),
    required: entry.required ?? true,
  }));
  return { columns, width: columns.length };
}

function isEntry(value: unknown): value is SchemaEntry {
  return typeof value === "object" && value !== null && typeof (value as SchemaEntry).type === "string";
}

function columnType(entry: SchemaEntry): ColumnType {
  if (entry.type !== "tensor") return entry.type as ColumnType;
  const dtype = entry["tensor-spec"]?.dtype ?? "float64";
  if (dtype === "bool") return "boolean";
  if (/^u?int(8|16|32)$/.test(dtype)) return "integer";
  if (/^u?int64$/.test(dtype)) return "long";
  if (dtype === "float32") return "float";
  return dtype === "float64" ? "double" : "string";
}

/**
 * The rows with the signature's columns, in its order, each value of its column's type.
 * @throws TradewindError TW_MODEL_INPUT that names the missing column, or the value that does not convert.
 */
export function enforceSignature(signature: Signature | null, input: Rows): Rows {
  if (signature === null) return input;
  if (signature.columns === null) {
    if (signature.width !== null && signature.width > 0) checkWidth(input, signature.width);
    return input;
  }
  const order = columnOrder(signature.columns, input);
  const columns = signature.columns;
  const rows = input.rows.map((row, at) =>
    order.map((from, index) => {
      const column = columns[index] as InputColumn;
      const value = from < 0 ? null : row[from];
      return convert(value, column, at);
    }),
  );
  return { columns: columns.map(({ name }) => name), rows };
}

function checkWidth(input: Rows, width: number): void {
  const at = input.rows.findIndex((row) => row.length !== width);
  if (at < 0) return;
  throw new TradewindError(
    "TW_MODEL_INPUT",
    `expected ${width} values in each row, got ${input.rows[at]?.length} in row ${at}`,
  );
}

/** For each column of the signature its place in the rows, or −1 where an optional one is absent. */
function columnOrder(wanted: readonly InputColumn[], input: Rows): number[] {
  if (input.columns === null) {
    checkWidth(input, wanted.length);
    return wanted.map((_, index) => index);
  }
  const places = new Map(input.columns.map((name, index) => [name, index]));
  const missing = wanted.filter(({ name, required }) => required && !places.has(name));
  if (missing.length > 0) {
    const names = missing.map(({ name }) => `'${name}'`).join(", ");
    throw new TradewindError("TW_MODEL_INPUT", `Model is missing inputs [${names}].`);
  }
  return wanted.map(({ name }) => places.get(name) ?? -1);
}

const numberTypes: { readonly [type in ColumnType]?: string } = {
  integer: "int32",
  long: "int64",
  float: "float32",
  double: "float64",
};

function convert(value: unknown, column: InputColumn, row: number): unknown {
  if (value === null || value === undefined) {
    if (!column.required) return null;
    // A gap in a column of floats is NaN, as pandas has it; the model decides whether it can work with that.
    if (column.type === "double" || column.type === "float") return Number.NaN;
    throw mismatch(column, row, "a missing value");
  }
  const kind = numberTypes[column.type];
  if (kind !== undefined) {
    const number = typeof value === "boolean" ? Number(value) : value;
    if (typeof number !== "number") throw mismatch(column, row, JSON.stringify(value));
    if (kind.startsWith("int") && !Number.isInteger(number)) throw mismatch(column, row, String(number));
    return number;
  }
  if (column.type === "boolean" && typeof value !== "boolean")
    throw mismatch(column, row, JSON.stringify(value));
  if (column.type === "string" && typeof value !== "string")
    throw mismatch(column, row, JSON.stringify(value));
  return value;
}

function mismatch(column: InputColumn, row: number, got: string): TradewindError {
  const type = numberTypes[column.type] ?? column.type;
  return new TradewindError(
    "TW_MODEL_INPUT",
    `Data is not compatible with model signature. Failed to convert column ${column.name} to type '${type}': got ${got.slice(0, 80)} in row ${row}.`,
  );
}
