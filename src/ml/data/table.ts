/** A small table of typed columns: what a CSV file becomes, and what features are taken from. */
import { TradewindError } from "../../errors.ts";
import { Matrix } from "./matrix.ts";

export type ColumnType = "number" | "boolean" | "text";

/** A missing number is NaN, any other missing value null. */
export type Column =
  | { type: "number"; values: Float64Array }
  | { type: "boolean"; values: (boolean | null)[] }
  | { type: "text"; values: (string | null)[] };

/** A value of a table's cell; a missing one is null. */
export type Cell = string | number | boolean | null;

/** One column's cells. */
export type Cells = readonly Cell[];

/** The cells of a column, with NaN as missing. */
export function cellsOf(column: Column): Cells {
  if (column.type !== "number") return column.values;
  return Array.from(column.values, (value) => (Number.isNaN(value) ? null : value));
}

export class Table {
  readonly rows: number;
  readonly #columns: ReadonlyMap<string, Column>;

  constructor(rows: number, columns: ReadonlyMap<string, Column>) {
    for (const [name, column] of columns) {
      if (column.values.length === rows) continue;
      throw new TradewindError(
        "TW_ML_SHAPE",
        `expected ${rows} values in column "${name}", got ${column.values.length}`,
      );
    }
    this.rows = rows;
    this.#columns = columns;
  }

  /** From columns of numbers or texts. */
  static from(columns: Readonly<Record<string, ArrayLike<number> | readonly string[]>>): Table {
    const typed = Object.entries(columns).map(([name, values]): [string, Column] => {
      const isText = typeof values[0] === "string";
      return [
        name,
        isText
          ? { type: "text", values: [...(values as readonly string[])] }
          : numbers(values as ArrayLike<number>),
      ];
    });
    return new Table(typed[0]?.[1].values.length ?? 0, new Map(typed));
  }

  get names(): string[] {
    return [...this.#columns.keys()];
  }

  column(name: string): Column {
    const column = this.#columns.get(name);
    if (column) return column;
    throw new TradewindError("TW_CSV_VALUE", `there is no column "${name}"`, {
      hint: `The columns are ${this.names.join(", ")}.`,
    });
  }

  /** One value; null when it is missing. */
  value(name: string, row: number): Cell {
    const value = this.column(name).values[row] as Cell;
    return typeof value === "number" && Number.isNaN(value) ? null : value;
  }

  /** A column of numbers; booleans count as 0 and 1. A column of text is refused (`TW_CSV_VALUE`). */
  numbers(name: string): Float64Array {
    const column = this.column(name);
    if (column.type === "number") return column.values;
    if (column.type === "boolean") {
      return Float64Array.from(column.values, (value) => (value === null ? Number.NaN : Number(value)));
    }
    throw new TradewindError("TW_CSV_VALUE", `expected column "${name}" to be of numbers, got text`);
  }

  /** A column as texts; null where a value is missing. */
  texts(name: string): (string | null)[] {
    const column = this.column(name);
    if (column.type === "text") return column.values;
    return Array.from({ length: this.rows }, (_, row) => this.value(name, row)?.toString() ?? null);
  }

  /** Columns of numbers side by side, shape (rows, names). */
  matrix(names: readonly string[]): Matrix {
    return Matrix.fromColumns(names.map((name) => this.numbers(name)));
  }

  /** The given rows, in the given order. */
  select(rows: ArrayLike<number>): Table {
    const pick = <T>(values: ArrayLike<T>): T[] =>
      Array.from({ length: rows.length }, (_, i) => values[rows[i] as number] as T);
    const selected = [...this.#columns].map(([name, column]): [string, Column] => {
      if (column.type === "number") return [name, numbers(pick(column.values))];
      if (column.type === "boolean") return [name, { type: "boolean", values: pick(column.values) }];
      return [name, { type: "text", values: pick(column.values) }];
    });
    return new Table(rows.length, new Map(selected));
  }

  /** With columns added, or replaced where the name is there already. */
  with(columns: Readonly<Record<string, ArrayLike<number> | readonly string[]>>): Table {
    const added = Object.entries(columns).map(([name, values]): [string, Column] => [
      name,
      Table.from({ name: values }).column("name"),
    ]);
    return new Table(this.rows, new Map([...this.#columns, ...added]));
  }

  without(names: readonly string[]): Table {
    return new Table(this.rows, new Map([...this.#columns].filter(([name]) => !names.includes(name))));
  }

  /** How many values are missing, by column. */
  missing(): Record<string, number> {
    return Object.fromEntries(
      this.names.map((name) => {
        let count = 0;
        for (let row = 0; row < this.rows; row++) if (this.value(name, row) === null) count++;
        return [name, count];
      }),
    );
  }

  /** Numbers of the rows that repeat an earlier row in every column. */
  duplicates(): number[] {
    const seen = new Set<string>();
    const repeated: number[] = [];
    for (let row = 0; row < this.rows; row++) {
      const key = JSON.stringify(this.names.map((name) => this.value(name, row)));
      if (seen.has(key)) repeated.push(row);
      seen.add(key);
    }
    return repeated;
  }
}

function numbers(values: ArrayLike<number>): Column {
  return { type: "number", values: Float64Array.from(values) };
}
