/** Values that are tables by their shape, as rows: however pandas, a cursor or a loop wrote them down. */
import type { Json } from "../api/types.ts";

export type Row = { readonly [column: string]: Json };

const isPlain = (value: Json): boolean => value === null || typeof value !== "object";
const isObject = (value: Json): value is { [name: string]: Json } =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** Null for what is no table. Columns without names are called by their numbers. */
export function asRows(value: Json): readonly Row[] | null {
  if (Array.isArray(value)) return rowsOfList(value);
  if (!isObject(value)) return null;
  return split(value) ?? columns(value);
}

/** Objects, or lists of one length, with nothing but plain values in them. */
function rowsOfList(list: readonly Json[]): readonly Row[] | null {
  if (list.length === 0) return null;
  if (list.every((row) => isObject(row) && Object.values(row).every(isPlain))) return list as Row[];
  const [first] = list;
  if (!Array.isArray(first) || first.length === 0) return null;
  const same = list.every((row) => Array.isArray(row) && row.length === first.length && row.every(isPlain));
  return same ? (list as Json[][]).map((row) => Object.fromEntries(row.entries())) : null;
}

/** `{"columns": […], "data": [[…], …]}`, as pandas says `orient="split"`. */
function split(value: { [name: string]: Json }): readonly Row[] | null {
  const { columns: names, data } = value;
  if (!Array.isArray(names) || !Array.isArray(data) || data.length === 0) return null;
  const fits = data.every((row) => Array.isArray(row) && row.length === names.length && row.every(isPlain));
  if (!fits) return null;
  return (data as Json[][]).map((row) =>
    Object.fromEntries(row.map((one, index) => [String(names[index]), one])),
  );
}

/** Two columns or more of one length: `{"x": [1, 2], "y": [3, 4]}`. */
function columns(value: { [name: string]: Json }): readonly Row[] | null {
  const entries = Object.entries(value);
  const length = Array.isArray(entries[0]?.[1]) ? entries[0][1].length : 0;
  if (entries.length < 2 || length === 0) return null;
  const fits = entries.every(
    ([, list]) => Array.isArray(list) && list.length === length && list.every(isPlain),
  );
  if (!fits) return null;
  return Array.from({ length }, (_, index) =>
    Object.fromEntries(entries.map(([name, list]) => [name, (list as Json[])[index] ?? null])),
  );
}
