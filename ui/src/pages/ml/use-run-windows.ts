/**
 * A long list of runs of which only what is looked at is loaded: windows of 100 rows, each a query of its own. A live
 * event asks again for the windows on the screen, and for no others.
 */
import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import type { Query } from "../../api/client.ts";
import { runWindowQuery } from "../../api/tracking.ts";
import type { RunRow } from "../../api/tracking-types.ts";

export const windowSize = 100;
const mostChildren = 1000;

export interface ListedRow {
  run: RunRow;
  depth: 0 | 1;
}

export interface RunList {
  /** Of rows, with the unfolded ones. */
  count: number;
  /** Of runs that fit. */
  total: number;
  /** Undefined while it loads. */
  row: (index: number) => ListedRow | undefined;
  rows: readonly ListedRow[];
  isLoading: boolean;
  error: unknown;
  refetch: () => void;
}

export function useRunWindows(
  ids: readonly string[],
  query: Query,
  /** First and last row on the screen. */
  range: readonly [number, number],
  unfolded: readonly string[],
): RunList {
  const head = useQuery({
    ...runWindowQuery(ids, { ...query, limit: windowSize, offset: 0 }),
    placeholderData: keepPreviousData,
  });
  const total = head.data?.total ?? 0;
  const first = Math.max(0, Math.floor(range[0] / windowSize));
  const last = Math.min(Math.floor(range[1] / windowSize), Math.max(0, Math.ceil(total / windowSize) - 1));
  const pages = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index).filter(
    (page) => page > 0,
  );
  const windows = useQueries({
    queries: pages.map((page) => ({
      ...runWindowQuery(ids, { ...query, limit: windowSize, offset: page * windowSize }),
      staleTime: 30_000,
    })),
  });
  const inside = useQueries({
    queries: unfolded.map((runId) =>
      runWindowQuery(ids, {
        column: query["column"],
        view: query["view"],
        within: runId,
        limit: mostChildren,
        order_by: query["order_by"],
      }),
    ),
  });
  const rows = new Map<number, RunRow>();
  for (const [place, page] of [0, ...pages].entries())
    for (const [index, run] of ((place === 0 ? head : windows[place - 1])?.data?.runs ?? []).entries())
      rows.set(page * windowSize + index, run);
  const children = new Map(unfolded.map((runId, index) => [runId, inside[index]?.data?.runs ?? []]));
  return {
    ...arranged(rows, children, total),
    total,
    isLoading: head.data === undefined && !head.error,
    error: head.error,
    refetch: () => void head.refetch(),
  };
}

/** Rows of the list with what is unfolded between them. */
function arranged(
  rows: ReadonlyMap<number, RunRow>,
  children: ReadonlyMap<string, readonly RunRow[]>,
  total: number,
): Pick<RunList, "count" | "row" | "rows"> {
  const open = [...rows].flatMap(([index, run]) => {
    const own = children.get(run.runId) ?? [];
    return own.length === 0 ? [] : [{ index, own }];
  });
  open.sort((a, b) => a.index - b.index);
  const row = (index: number): ListedRow | undefined => {
    let at = index;
    for (const { index: parent, own } of open) {
      if (at <= parent) break;
      const run = own[at - parent - 1];
      if (run !== undefined) return { run, depth: 1 };
      at -= own.length;
    }
    const run = rows.get(at);
    return run === undefined ? undefined : { run, depth: 0 };
  };
  return {
    row,
    count: total + open.reduce((sum, { own }) => sum + own.length, 0),
    rows: [...rows].flatMap(([, run]): ListedRow[] => [
      { run, depth: 0 },
      ...(children.get(run.runId) ?? []).map((child): ListedRow => ({ run: child, depth: 1 })),
    ]),
  };
}
