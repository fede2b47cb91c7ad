/** Signs that a model would see what it must not: rows of the test part, the target itself, the future. */
import { type Cell, cellsOf, type Table } from "../data/table.ts";
import { correlation } from "../selection/univariate.ts";

export interface Leak {
  kind: "overlap" | "target-copy" | "future";
  /** Columns that are concerned. */
  columns: string[];
  /** Rows of the test part, or of the table. */
  rows: number[];
  message: string;
}

const keyOf = (columns: readonly (readonly Cell[])[], row: number): string =>
  JSON.stringify(columns.map((cells) => cells[row]));

/** Rows of the test part that are in the training part as well, by the given columns (default: all that both have). */
export function trainTestOverlap(train: Table, test: Table, columns?: readonly string[]): Leak | null {
  const names = columns ?? train.names.filter((name) => test.names.includes(name));
  const cells = (table: Table): (readonly Cell[])[] => names.map((name) => cellsOf(table.column(name)));
  const [left, right] = [cells(train), cells(test)];
  const known = new Set(Array.from({ length: train.rows }, (_, row) => keyOf(left, row)));
  const rows = Array.from({ length: test.rows }, (_, row) => row).filter((row) =>
    known.has(keyOf(right, row)),
  );
  if (rows.length === 0) return null;
  return {
    kind: "overlap",
    columns: [...names],
    rows,
    message: `${rows.length} of ${test.rows} test rows are in the training part`,
  };
}

/** Columns that say the target: equal to it, one to one with its values, or correlated beyond the threshold. */
export function targetCopies(table: Table, target: string, threshold = 0.999): Leak[] {
  const wanted = cellsOf(table.column(target));
  return table.names
    .filter((name) => name !== target)
    .flatMap((name): Leak[] => {
      const why = copies(table, name, wanted, target, threshold);
      return why === null
        ? []
        : [{ kind: "target-copy", columns: [name], rows: [], message: `${name} ${why}` }];
    });
}

function copies(
  table: Table,
  name: string,
  wanted: readonly Cell[],
  target: string,
  threshold: number,
): string | null {
  const column = table.column(name);
  const cells = cellsOf(column);
  if (column.type === "number" && table.column(target).type !== "text") {
    const rows = [...cells.keys()].filter((row) => cells[row] !== null && wanted[row] !== null);
    const r = correlation(
      rows.map((row) => Number(cells[row])),
      rows.map((row) => Number(wanted[row])),
    );
    if (Math.abs(r) >= threshold) return `correlates with ${target} at ${r.toFixed(4)}`;
  }
  const distinct = new Set(cells).size;
  if (distinct < 2 || distinct > table.rows / 2 || distinct !== new Set(wanted).size) return null;
  const pairs = new Set(cells.map((cell, row) => JSON.stringify([cell, wanted[row]])));
  return pairs.size === distinct ? `is ${target} under other names` : null;
}

/** Rows whose value was known only after the event: each column of times against the time of the event. */
export function futureColumns(table: Table, eventTime: string, columns: readonly string[]): Leak[] {
  const times = cellsOf(table.column(eventTime)).map(timeOf);
  return columns.flatMap((name): Leak[] => {
    const rows = cellsOf(table.column(name)).flatMap((cell, row) => (timeOf(cell) > times[row] ? [row] : []));
    if (rows.length === 0) return [];
    return [
      {
        kind: "future",
        columns: [name],
        rows,
        message: `${name} is later than ${eventTime} in ${rows.length} of ${table.rows} rows`,
      },
    ];
  });
}

const timeOf = (cell: Cell): number => (typeof cell === "number" ? cell : Date.parse(String(cell)));
