/** What data a model saw: a digest of columns and values, with their schema and profile, as MLflow records a dataset. */
import { createHash } from "node:crypto";
import { cellsOf, type Table } from "../data/table.ts";

export interface DataSnapshot {
  name: string;
  /** The first 16 hexadecimal digits of the SHA-256 of names, types and values in order. */
  digest: string;
  schema: { name: string; type: "number" | "boolean" | "text" }[];
  profile: { rows: number; columns: number; missing: Record<string, number> };
}

export function snapshotOf(table: Table, name = "dataset"): DataSnapshot {
  const hash = createHash("sha256");
  const schema = table.names.map((column) => ({ name: column, type: table.column(column).type }));
  hash.update(JSON.stringify(schema));
  for (const { name: column } of schema) {
    const { type, values } = table.column(column);
    if (type === "number") hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    else hash.update(JSON.stringify(cellsOf(table.column(column))));
  }
  const missing = table.missing();
  const profile = { rows: table.rows, columns: schema.length, missing };
  return { name, digest: hash.digest("hex").slice(0, 16), schema, profile };
}
