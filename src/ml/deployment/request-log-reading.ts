/** The request log of an endpoint as a table, out of the artifact store. */

import { parquetTable } from "../data/parquet.ts";
import { type Column, Table } from "../data/table.ts";
import { requestLogRoot } from "../serving/request-log.ts";
import { inputPrefix } from "../serving/request-log-table.ts";

/** Files below the root of the artifacts. */
export interface LogFiles {
  /** Paths of the files below a folder; empty when it is not there. */
  list(folder: string): Promise<readonly string[]>;
  read(path: string): Promise<Uint8Array>;
}

export interface RequestWindow {
  /** Epoch milliseconds; from `since` on, before `until`. */
  readonly since: number;
  readonly until: number;
  /** Only what this one answered. */
  readonly variant?: string;
}

/**
 * The requests of a window: what was asked under the features' own names, beside `request_id`, `time`, `variant`,
 * `model_version`, `latency_ms`, `failed` and `prediction`. A feature of one of those names has "input." before it.
 */
export async function readRequestLog(
  files: LogFiles,
  endpoint: string,
  window: RequestWindow,
): Promise<Table> {
  const root = `${requestLogRoot}/${endpoint}`;
  const wanted = (await files.list(root)).filter((path) => isInHours(path, window)).sort();
  const tables: Table[] = [];
  for (const path of wanted) {
    const table = await parquetTable(await files.read(`${root}/${path}`), path);
    tables.push(table.select(rowsOf(table, window)));
  }
  return withFeatureNames(stack(tables.filter(({ rows }) => rows > 0)));
}

/** `date=2026-03-01/hour=14/….parquet`: files of other hours are not opened. */
function isInHours(path: string, { since, until }: RequestWindow): boolean {
  const [, date, hour] = /^date=([\d-]{10})\/hour=(\d\d)\/.+\.parquet$/.exec(path) ?? [];
  if (date === undefined) return false;
  const start = Date.parse(`${date}T${hour}:00:00Z`);
  return start + 3_600_000 > since && start < until;
}

function rowsOf(table: Table, { since, until, variant }: RequestWindow): number[] {
  const times = table.texts("time");
  const variants = table.texts("variant");
  return times.flatMap((time, row) => {
    const at = Date.parse(time ?? "");
    return at >= since && at < until && (variant === undefined || variants[row] === variant) ? [row] : [];
  });
}

/** One below the other. A column that a table lacks is missing there; one that is of two types becomes text. */
export function stack(tables: readonly Table[]): Table {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const names = [...new Set(tables.flatMap((table) => table.names))];
  return new Table(rows, new Map(names.map((name) => [name, stackColumn(tables, name)])));
}

function stackColumn(tables: readonly Table[], name: string): Column {
  const having = tables.filter((table) => table.names.includes(name));
  // A column without a value is of any type.
  const types = new Set(
    having.filter((table) => hasValue(table, name)).map((table) => table.column(name).type),
  );
  const [only = "text"] = types;
  const cells = tables.flatMap((table) =>
    Array.from({ length: table.rows }, (_, row) =>
      table.names.includes(name) ? table.value(name, row) : null,
    ),
  );
  if (types.size <= 1 && only === "number")
    return {
      type: "number",
      values: Float64Array.from(cells, (cell) => (cell === null ? Number.NaN : Number(cell))),
    };
  if (types.size <= 1 && only === "boolean") return { type: "boolean", values: cells as (boolean | null)[] };
  return { type: "text", values: cells.map((cell) => (cell === null ? null : String(cell))) };
}

function hasValue(table: Table, name: string): boolean {
  for (let row = 0; row < table.rows; row++) if (table.value(name, row) !== null) return true;
  return false;
}

function withFeatureNames(table: Table): Table {
  const taken = new Set(table.names);
  const renamed = table.names.map((name) => {
    const feature = name.startsWith(inputPrefix) ? name.slice(inputPrefix.length) : name;
    return [feature !== name && taken.has(feature) ? name : feature, table.column(name)] as const;
  });
  return new Table(table.rows, new Map(renamed));
}
