/** What a feature view is, in Feast's words: features of an entity, with the time at which they became true. */
import { TradewindError } from "../../errors.ts";
import { type Cell, cellsOf, type Table } from "../data/table.ts";

export interface FeatureView {
  readonly name: string;
  /** Default 1. Values of different versions live side by side. */
  readonly version?: number;
  /** Columns that together name the entity. */
  readonly joinKeys: readonly string[];
  readonly features: Readonly<Record<string, "number" | "text" | "boolean">>;
  /** Column of the time at which a value became true: ISO text, or milliseconds. */
  readonly eventTime: string;
  /** Column of the time at which it was written; decides between values of one event time. */
  readonly createdTime?: string;
  /** Seconds for which a value holds; absent or 0 is for ever. */
  readonly ttl?: number;
  /** What the join keys name, for people: "driver". */
  readonly entity?: string;
  /** Where its data comes from: an asset, a table, an address. */
  readonly source?: string;
  readonly description?: string;
  readonly owner?: string;
}

/** With what was left out filled in. */
export interface CheckedView extends Omit<FeatureView, "createdTime"> {
  readonly version: number;
  readonly ttl: number;
  readonly createdTime: string | null;
}

/** TW_FEATURE for a view that cannot be. */
export function checkView(view: FeatureView): CheckedView {
  const refuse = (what: string): never => {
    throw new TradewindError("TW_FEATURE", `feature view ${JSON.stringify(view.name)}: ${what}`);
  };
  const { version = 1, ttl = 0, joinKeys, features } = view;
  if (typeof view.name !== "string" || view.name === "") refuse("expected a name");
  if (!Number.isInteger(version) || version < 1) refuse(`expected a version from 1 on, got ${version}`);
  if (joinKeys.length === 0) refuse("expected at least one join key, got none");
  if (Object.keys(features).length === 0) refuse("expected at least one feature, got none");
  if (!(ttl >= 0)) refuse(`expected ttl in seconds, got ${ttl}`);
  return { ...view, version, ttl, createdTime: view.createdTime ?? null };
}

/** Milliseconds since the epoch; a text without an offset is UTC. */
export function timeOf(cell: Cell, where: string): number {
  if (typeof cell === "number") return cell;
  const bare = typeof cell === "string" && !/(Z|[+-]\d\d:?\d\d)$/.test(cell) && cell.length > 10;
  const time = Date.parse(bare ? `${String(cell).replace(" ", "T")}Z` : String(cell));
  if (!Number.isNaN(time)) return time;
  throw new TradewindError("TW_FEATURE", `${where}: expected a time, got ${JSON.stringify(cell)}`);
}

/** One value of a view's entity. */
export interface FeatureRow {
  readonly key: string;
  readonly eventAt: number;
  readonly createdAt: number;
  readonly values: { readonly [feature: string]: Cell };
}

/** The entity's key as text: its parts in the order of the join keys. */
export const entityKey = (parts: readonly Cell[]): string => JSON.stringify(parts);

/** The rows of a table that holds a view's data; a feature column that is missing is null, one of another type refused. */
export function rowsOfView(view: FeatureView, table: Table): FeatureRow[] {
  const { joinKeys, features, eventTime, createdTime, name } = checkView(view);
  const keys = joinKeys.map((key) => cellsOf(table.column(key)));
  const events = cellsOf(table.column(eventTime));
  const created = createdTime === null ? null : cellsOf(table.column(createdTime));
  const values = Object.entries(features).map(([feature, type]) => {
    if (!table.names.includes(feature)) return [feature, null] as const;
    const column = table.column(feature);
    const cells = cellsOf(column);
    if (column.type !== type && cells.some((cell) => cell !== null))
      throw new TradewindError(
        "TW_FEATURE",
        `feature view "${name}": expected ${feature} to be of ${type}, got ${column.type}`,
      );
    return [feature, cells] as const;
  });
  return events.map((event, row) => ({
    key: entityKey(keys.map((cells) => cells[row] ?? null)),
    eventAt: timeOf(event, `feature view "${name}", row ${row}`),
    createdAt: created === null ? 0 : timeOf(created[row] ?? null, `feature view "${name}", row ${row}`),
    values: Object.fromEntries(values.map(([feature, cells]) => [feature, (cells?.[row] ?? null) as Cell])),
  }));
}
