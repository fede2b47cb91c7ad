/**
 * Frames and arrays of Python as TypeScript sees them, and tables of TypeScript as Python reads them: Parquet and npy.
 * The readers are loaded with the first value of that kind.
 */
import { TradewindError } from "../errors.ts";

const parquetType = "application/vnd.apache.parquet";
const npyType = "application/vnd.numpy.npy";
const pickledTypes = ["application/vnd.python.pickle", "application/vnd.python.joblib"];

/** A table of `tradewind/ml`, by its shape: this side must not import that one. */
export interface TableLike {
  readonly rows: number;
  readonly names: readonly string[];
  column(name: string): { readonly type: "number" | "boolean" | "text"; readonly values: ArrayLike<unknown> };
}

export function isTableLike(value: unknown): value is TableLike {
  const table = value as Partial<TableLike> | null;
  return (
    typeof table === "object" &&
    table !== null &&
    typeof table.rows === "number" &&
    Array.isArray(table.names) &&
    typeof table.column === "function"
  );
}

/**
 * A frame as its rows, a series as its values, an array as a typed array (of typed arrays, where it has more dimensions);
 * undefined for other types.
 *
 * @throws TradewindError TW_XCOM_VALUE for what only Python can read.
 */
export async function decodeFrame(bytes: Buffer, mediaType: string, uri: string): Promise<unknown> {
  if (mediaType.startsWith(parquetType)) return readParquet(bytes, mediaType);
  if (mediaType === npyType) return readNpy(bytes, uri);
  if (pickledTypes.includes(mediaType))
    throw new TradewindError("TW_XCOM_VALUE", `expected a value that TypeScript can read, got ${uri}`, {
      hint: "it is pickled, and only a task in Python can read it",
    });
  return undefined;
}

async function readParquet(bytes: Buffer, mediaType: string): Promise<unknown> {
  const { parquetReadObjects } = await import("hyparquet");
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const rows = await parquetReadObjects({ file });
  const plain = rows.map((row) =>
    Object.fromEntries(
      Object.entries(row)
        // A column that pandas adds for an index without a name.
        .filter(([name]) => !name.startsWith("__index_level_"))
        .map(([name, value]) => [name, plainNumber(value)]),
    ),
  );
  return /kind=(?:series|index|polars-series)/.test(mediaType)
    ? plain.map((row) => Object.values(row)[0] ?? null)
    : plain;
}

/** Whole numbers of 64 bits are numbers where a number can hold them. */
function plainNumber(value: unknown): unknown {
  if (typeof value !== "bigint") return value ?? null;
  return BigInt.asIntN(53, value) === value || Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

const npyKinds: Readonly<
  Record<
    string,
    new (
      buffer: ArrayBuffer,
    ) => ArrayLike<unknown> & { subarray(a: number, b: number): unknown }
  >
> = {
  i1: Int8Array,
  u1: Uint8Array,
  b1: Uint8Array,
  i2: Int16Array,
  u2: Uint16Array,
  i4: Int32Array,
  u4: Uint32Array,
  i8: BigInt64Array,
  u8: BigUint64Array,
  f4: Float32Array,
  f8: Float64Array,
};

function readNpy(bytes: Buffer, uri: string): unknown {
  const wide = (bytes[6] ?? 1) > 1;
  const start = wide ? 12 : 10;
  const length = wide ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8);
  const header = bytes.toString("latin1", start, start + length);
  const kind = /'descr': '[<|=]([a-z]\d)'/.exec(header)?.[1] ?? "";
  const isFortran = /'fortran_order': True/.test(header);
  const shape = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? "")
    .split(",")
    .filter((part) => part.trim() !== "");
  const Kind = npyKinds[kind];
  if (Kind === undefined || (isFortran && shape.length > 1))
    throw new TradewindError(
      "TW_XCOM_VALUE",
      `expected an array of numbers in rows, got ${header.trim()} (${uri})`,
      { hint: "numpy.ascontiguousarray(array, dtype=float) in the task that returns it" },
    );
  const at = bytes.byteOffset + start + length;
  const flat = new Kind(bytes.buffer.slice(at, bytes.byteOffset + bytes.byteLength) as ArrayBuffer);
  return nested(flat, shape.map(Number));
}

function nested(
  flat: ArrayLike<unknown> & { subarray(a: number, b: number): unknown },
  shape: number[],
): unknown {
  if (shape.length === 0) return flat[0];
  if (shape.length === 1) return flat;
  const [rows = 0, ...rest] = shape;
  const size = rest.reduce((product, one) => product * one, 1);
  return Array.from({ length: rows }, (_, row) =>
    nested(flat.subarray(row * size, (row + 1) * size) as typeof flat, rest),
  );
}

/** The table as Parquet, which a task in Python gets as a frame of pandas. */
export async function encodeTable(table: TableLike): Promise<{ bytes: Buffer; mediaType: string }> {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const kinds = { number: "DOUBLE", boolean: "BOOLEAN", text: "STRING" } as const;
  const columnData = table.names.map((name) => {
    const { type, values } = table.column(name);
    return { name, data: Array.from(values), type: kinds[type], nullable: true };
  });
  return { bytes: Buffer.from(parquetWriteBuffer({ columnData })), mediaType: parquetType };
}
