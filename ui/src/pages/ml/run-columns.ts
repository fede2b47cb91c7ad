/** Columns of a table of runs: which there are, which are shown, and what stands in each. */
import type { RunColumns, RunRow } from "../../api/tracking-types.ts";

export const attributeColumns = [
  "start_time",
  "duration",
  "user_id",
  "source",
  "task",
  "datasets",
  "models",
  "status",
  "run_id",
] as const;
export type AttributeColumn = (typeof attributeColumns)[number];

export type ColumnGroup = "attributes" | "metrics" | "params" | "tags";

export interface RunColumn {
  /** `metrics.loss`; an attribute alone is its own name. */
  id: string;
  group: ColumnGroup;
  name: string;
}

const shownAtFirst = 5;
/** Kept by clients for themselves. */
const isInternal = (key: string): boolean => /^(mlflow|tradewind)\./.test(key);
const isSystem = (key: string): boolean => key.startsWith("system/");

export function columnOf(id: string): RunColumn {
  const dot = id.indexOf(".");
  const group = dot < 0 ? "" : id.slice(0, dot);
  if (group === "metrics" || group === "params" || group === "tags")
    return { id, group, name: id.slice(dot + 1) };
  return { id, group: "attributes", name: id };
}

/** All that can be shown, in the order in which they stand beside each other. */
export function allColumns({ metrics, params, tags }: RunColumns): RunColumn[] {
  return [
    ...attributeColumns,
    ...metrics.map((key) => `metrics.${key}`),
    ...params.map((key) => `params.${key}`),
    ...tags.filter((key) => !isInternal(key)).map((key) => `tags.${key}`),
  ].map(columnOf);
}

/** What is shown until somebody chooses. */
export function usualColumns({ metrics, params }: RunColumns): string[] {
  const numbers = metrics.filter((key) => !isSystem(key)).slice(0, shownAtFirst);
  const settings = params.slice(0, shownAtFirst);
  return [
    "start_time",
    "duration",
    ...numbers.map((key) => `metrics.${key}`),
    ...settings.map((key) => `params.${key}`),
    "models",
  ];
}

/** Attributes first, then what was measured, then what was set. */
export function inOrder(ids: readonly string[], known: RunColumns): RunColumn[] {
  const order = new Map(allColumns(known).map(({ id }, index) => [id, index]));
  return ids
    .map(columnOf)
    .sort((a, b) => (order.get(a.id) ?? Number.MAX_VALUE) - (order.get(b.id) ?? Number.MAX_VALUE));
}

/** In an address: names may hold commas. */
export const writeColumns = (ids: readonly string[]): string => JSON.stringify(ids);
export function readColumns(text: string | undefined): string[] | null {
  if (text === undefined) return null;
  try {
    const list = JSON.parse(text) as unknown;
    return Array.isArray(list) ? list.filter((one) => typeof one === "string") : null;
  } catch {
    return null;
  }
}

const sortable: ReadonlySet<string> = new Set(["start_time", "user_id", "status", "run_id", "run_name"]);

/** The column in a clause of `order_by`; null where the server cannot order by it. */
export function orderKey({ id, group, name }: RunColumn): string | null {
  if (group !== "attributes") return `${group}.\`${name}\``;
  return sortable.has(id) ? `attributes.${id}` : null;
}

export const widthOf = ({ id, group }: RunColumn): number => {
  if (group === "metrics") return 116;
  if (id === "datasets" || id === "source" || id === "task" || id === "models") return 170;
  return id === "run_id" ? 250 : 130;
};

export const runColumnKeys = (columns: readonly RunColumn[]): string[] =>
  columns.filter(({ group }) => group !== "attributes").map(({ id }) => id);

/** Milliseconds that it took, so far. */
export const durationOf = (run: RunRow, now: number): number | null =>
  run.startTime === 0 ? null : (run.endTime ?? now) - run.startTime;
