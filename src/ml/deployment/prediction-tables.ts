/** Answers, and rows that were put aside, as tables beside the number of their row in the input. */
import { Table } from "../data/table.ts";
import type { BadRow } from "./judge-rows.ts";

export function answerTable(
  input: Table,
  answers: ReadonlyMap<number, unknown>,
  keep: readonly string[],
  from: number,
): Table {
  const rows = [...answers.keys()].sort((a, b) => a - b);
  const kept = input.select(rows);
  const predictions = rows.map((row) => answers.get(row));
  const isNumeric = predictions.every((value) => value === null || typeof value === "number");
  const columns = new Map(keep.map((name) => [name, kept.column(name)] as const));
  return new Table(
    rows.length,
    new Map([
      ["row", { type: "number", values: Float64Array.from(rows, (row) => row + from) }],
      ...columns,
      [
        "prediction",
        isNumeric
          ? { type: "number", values: Float64Array.from(predictions, (value) => Number(value ?? Number.NaN)) }
          : { type: "text", values: predictions.map(textOf) },
      ],
    ]),
  );
}

/** With all columns of the input, so that it can be mended and tried again. */
export function badTable(input: Table, bad: readonly BadRow[], from: number): Table {
  return input.select(bad.map(({ row }) => row)).with({
    row: Float64Array.from(bad, ({ row }) => row + from),
    reason: bad.map(({ reason }) => reason),
  });
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}
