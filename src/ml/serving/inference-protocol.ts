/**
 * The bodies of the Open Inference Protocol, version 2 (KServe's `inference_rest.md`): tensors by name, data flat in
 * row-major order or nested.
 */
import { TradewindError } from "../../errors.ts";
import type { Prediction, Rows } from "./rows.ts";
import type { ColumnType, Signature } from "./signature.ts";

export const datatypes = [
  "BOOL",
  "UINT8",
  "UINT16",
  "UINT32",
  "UINT64",
  "INT8",
  "INT16",
  "INT32",
  "INT64",
  "FP16",
  "FP32",
  "FP64",
  "BYTES",
] as const;
export type Datatype = (typeof datatypes)[number];

export interface InferTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: Datatype;
  readonly data: readonly unknown[];
}

export interface TensorMetadata {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}

/**
 * The rows of a request: one tensor of shape (n, features), or one of shape (n) or (n, 1) for each column.
 * @throws TradewindError TW_MODEL_INPUT when shapes and data do not fit together.
 */
export function rowsOf(inputs: readonly InferTensor[]): Rows {
  const [only] = inputs;
  if (only === undefined) throw wrong("inputs: expected at least one tensor, got none");
  const flat = inputs.map(flatData);
  const width = only.shape.length > 1 ? only.shape.slice(1).reduce((product, size) => product * size, 1) : 1;
  if (inputs.length === 1 && width > 1) {
    const [values] = flat as [readonly unknown[]];
    const length = only.shape[0] ?? 0;
    return {
      columns: null,
      rows: Array.from({ length }, (_, row) => values.slice(row * width, (row + 1) * width)),
    };
  }
  const length = flat[0]?.length ?? 0;
  const uneven = flat.findIndex((values) => values.length !== length);
  if (uneven >= 0)
    throw wrong(
      `${inputs[uneven]?.name}: expected ${length} values, as ${only.name} has, got ${flat[uneven]?.length}`,
    );
  return {
    columns: inputs.map(({ name }) => name),
    rows: Array.from({ length }, (_, row) => flat.map((values) => values[row])),
  };
}

function flatData({ name, shape, data }: InferTensor): readonly unknown[] {
  const values = data.some(Array.isArray) ? (data.flat(Number.POSITIVE_INFINITY) as unknown[]) : data;
  const expected = shape.reduce((product, size) => product * size, 1);
  if (shape.length === 0 || values.length !== expected)
    throw wrong(
      `${name}: expected ${expected} values for the shape [${shape.join(", ")}], got ${values.length}`,
    );
  return values;
}

/** A prediction as tensors; the first is named "predict", as MLServer names it. */
export function tensorsOf(prediction: Prediction, wanted: readonly string[] | null): InferTensor[] {
  const all = { predict: prediction.predictions, ...prediction.more };
  const names = wanted ?? Object.keys(all);
  return names.map((name) => {
    const values = (all as { [name: string]: readonly unknown[] | undefined })[name];
    if (values === undefined) throw wrong(`outputs: expected ${Object.keys(all).join(" or ")}, got ${name}`);
    return tensor(name, values);
  });
}

function tensor(name: string, values: readonly unknown[]): InferTensor {
  const [first] = values;
  const width = Array.isArray(first) ? first.length : 1;
  const data = values.flat();
  return { name, shape: [values.length, width], datatype: datatypeOf(data), data };
}

function datatypeOf(data: readonly unknown[]): Datatype {
  if (data.every((value) => typeof value === "number"))
    return data.every(Number.isInteger) ? "INT64" : "FP64";
  return data.every((value) => typeof value === "boolean") ? "BOOL" : "BYTES";
}

const ofColumns: { readonly [type in ColumnType]: Datatype } = {
  boolean: "BOOL",
  integer: "INT32",
  long: "INT64",
  float: "FP32",
  double: "FP64",
  string: "BYTES",
  binary: "BYTES",
  datetime: "BYTES",
};

/** What a model takes, in the protocol's words; −1 is any number of rows. */
export function metadataOf(signature: Signature | null): TensorMetadata[] {
  if (signature === null) return [];
  if (signature.columns === null)
    return [{ name: "input", datatype: "FP64", shape: [-1, signature.width ?? -1] }];
  return signature.columns.map(({ name, type }) => ({ name, datatype: ofColumns[type], shape: [-1, 1] }));
}

function wrong(message: string): TradewindError {
  return new TradewindError("TW_MODEL_INPUT", message);
}
