/**
 * Features as they were known at each row's time: of a view's values the newest with time − ttl ≤ event ≤ time; of several at
 * one event time the one that was written last. No row is lost or doubled, and nothing of the future is seen.
 */
import { TradewindError } from "../../errors.ts";
import { type Cell, type Column, cellsOf, Table } from "../data/table.ts";
import { recordLineage } from "../lineage/record.ts";
import {
  checkView,
  entityKey,
  type FeatureRow,
  type FeatureView,
  rowsOfView,
  timeOf,
} from "./feature-view.ts";

export interface HistoricalOptions {
  /** Column of the entity rows that says at what time. Default "event_timestamp". */
  timeColumn?: string;
  /** Names features `view__feature`. Default: only where two views have one of the same name, which is refused otherwise. */
  fullFeatureNames?: boolean;
  /** Leaves out values that were written only after the row's time. */
  filterByCreatedTimestamp?: boolean;
}

/** The entity rows with the features of each view as columns. TW_FEATURE, TW_CSV_VALUE where a column is missing. */
export function historicalFeatures(
  entities: Table,
  sources: readonly { view: FeatureView; data: Table }[],
  options: HistoricalOptions = {},
): Table {
  const { timeColumn = "event_timestamp", fullFeatureNames = false } = options;
  const times = cellsOf(entities.column(timeColumn)).map((cell, row) => timeOf(cell, `entity row ${row}`));
  const columns = new Map<string, Column>(entities.names.map((name) => [name, entities.column(name)]));
  for (const { view, data } of sources) {
    const picked = pickRows(view, data, entities, times, options.filterByCreatedTimestamp === true);
    for (const [feature, type] of Object.entries(view.features)) {
      const name = fullFeatureNames ? `${view.name}__${feature}` : feature;
      if (columns.has(name))
        throw new TradewindError("TW_FEATURE", `two columns are named "${name}"`, {
          hint: "Give fullFeatureNames: true.",
        });
      columns.set(
        name,
        columnOf(
          type,
          picked.map((row) => row?.values[feature] ?? null),
        ),
      );
    }
  }
  return new Table(entities.rows, columns);
}

function pickRows(
  view: FeatureView,
  data: Table,
  entities: Table,
  times: readonly number[],
  onlyWritten: boolean,
): (FeatureRow | null)[] {
  const { name, version, joinKeys, ttl } = checkView(view);
  recordLineage({ inputs: [{ kind: "feature_view", name, version }] });
  const byKey = new Map<string, FeatureRow[]>();
  for (const row of rowsOfView(view, data)) {
    const rows = byKey.get(row.key);
    if (rows === undefined) byKey.set(row.key, [row]);
    else rows.push(row);
  }
  for (const rows of byKey.values()) rows.sort((a, b) => a.eventAt - b.eventAt || a.createdAt - b.createdAt);
  const keys = joinKeys.map((key) => cellsOf(entities.column(key)));
  return times.map((time, at) => {
    const rows = byKey.get(entityKey(keys.map((cells) => cells[at]))) ?? [];
    for (let i = lastUpTo(rows, time); i >= 0; i--) {
      if (ttl > 0 && rows[i].eventAt < time - ttl * 1000) return null;
      if (!onlyWritten || rows[i].createdAt <= time) return rows[i];
    }
    return null;
  });
}

/** Position of the last row whose event is not after the time; −1 when there is none. */
function lastUpTo(rows: readonly FeatureRow[], time: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].eventAt <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function columnOf(type: Column["type"], cells: readonly Cell[]): Column {
  if (type === "number")
    return { type, values: Float64Array.from(cells, (cell) => (cell === null ? Number.NaN : Number(cell))) };
  if (type === "boolean") return { type, values: cells as (boolean | null)[] };
  return { type, values: cells as (string | null)[] };
}
