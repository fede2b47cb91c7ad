/** Which rows a model can be asked about: the others are put aside with the reason, and do not spoil their neighbours. */
import { TradewindError } from "../../errors.ts";
import { type Cell, cellsOf, type Table } from "../data/table.ts";
import type { InputColumn, Signature } from "../serving/signature.ts";
import type { AskedModel } from "./loaded-model.ts";

export interface BadRow {
  readonly row: number;
  readonly reason: string;
}

const numeric = new Set(["integer", "long", "float", "double"]);

/** @throws TradewindError TW_MODEL_INPUT when a column is missing altogether: no row can be asked about. */
export function requireColumns(table: Table, signature: Signature | null): void {
  const missing = (signature?.columns ?? []).filter(
    ({ name, required }) => required && !table.names.includes(name),
  );
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(", ");
  throw new TradewindError(
    "TW_MODEL_INPUT",
    `expected the columns of the model's signature, got none for ${names}; there are ${table.names.join(", ")}`,
  );
}

/** Texts in columns of numbers, as a CSV file has them where one value is none, become numbers again. */
export function withNumbers(table: Table, signature: Signature | null): { table: Table; bad: BadRow[] } {
  const bad = new Map<number, string>();
  const columns: { [name: string]: Float64Array } = {};
  for (const column of signature?.columns ?? []) {
    if (!numeric.has(column.type) || !table.names.includes(column.name)) continue;
    const cells = cellsOf(table.column(column.name));
    const values = cells.map((cell, row) => numberOf(cell, column, (reason) => bad.set(row, reason)));
    columns[column.name] = Float64Array.from(values);
  }
  const rows = [...bad].map(([row, reason]) => ({ row, reason })).sort((a, b) => a.row - b.row);
  return { table: Object.keys(columns).length === 0 ? table : table.with(columns), bad: rows };
}

function numberOf(
  cell: Cell,
  { name, type, required }: InputColumn,
  refuse: (reason: string) => void,
): number {
  if (cell === null || cell === "") {
    const isFloat = type === "float" || type === "double";
    if (required && !isFloat) refuse(`${name}: expected ${type}, got nothing`);
    return Number.NaN;
  }
  const number = typeof cell === "string" ? Number(cell.trim()) : Number(cell);
  if (Number.isFinite(number)) return number;
  refuse(
    `${name}: expected a finite number, got ${JSON.stringify(typeof cell === "number" ? String(cell) : cell)}`,
  );
  return Number.NaN;
}

/**
 * Asks about a table; where the model refuses, about each half of it, until the rows that it refuses are found.
 * @param most Refused rows at which to give up. @returns the answers by row; those of refused rows are left out.
 */
export async function askAll(
  model: AskedModel,
  table: Table,
  rows: readonly number[],
  most: number,
): Promise<{ answers: Map<number, unknown>; bad: BadRow[] }> {
  const answers = new Map<number, unknown>();
  const bad: BadRow[] = [];
  const ask = async (part: readonly number[]): Promise<void> => {
    if (part.length === 0 || bad.length > most) return;
    try {
      const predictions = await model.predict(table.select(part));
      for (const [at, row] of part.entries()) answers.set(row, predictions[at]);
    } catch (error) {
      if (!(error instanceof TradewindError) || error.code !== "TW_MODEL_INPUT") throw error;
      if (part.length === 1) {
        bad.push({ row: part[0], reason: error.message });
        return;
      }
      const half = part.length >> 1;
      await ask(part.slice(0, half));
      await ask(part.slice(half));
    }
  };
  await ask(rows);
  return { answers, bad };
}
