/** Columns of JSON as a table: numbers, texts or booleans, with nulls for what is missing. */
import { TradewindError } from "../../errors.ts";
import { type Column, Table } from "../../ml/data/table.ts";

type Value = number | string | boolean | null;

/** @throws TradewindError TW_ML_SHAPE for columns of different lengths, TW_ML_DATA for one of several types. */
export function tableOf(columns: { readonly [name: string]: readonly Value[] }): Table {
  const entries = Object.entries(columns);
  const rows = entries[0]?.[1].length ?? 0;
  return new Table(rows, new Map(entries.map(([name, values]) => [name, columnOf(name, values)])));
}

function columnOf(name: string, values: readonly Value[]): Column {
  const types = new Set(values.filter((value) => value !== null).map((value) => typeof value));
  if (types.size > 1)
    throw new TradewindError(
      "TW_ML_DATA",
      `column "${name}": expected values of one type, got ${[...types].sort().join(" and ")}`,
    );
  const [type = "string"] = types;
  if (type === "number")
    return { type: "number", values: Float64Array.from(values, (value) => (value ?? Number.NaN) as number) };
  if (type === "boolean") return { type: "boolean", values: [...values] as (boolean | null)[] };
  return { type: "text", values: [...values] as (string | null)[] };
}
