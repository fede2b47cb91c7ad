import { useMemo, useState } from "react";
import type { LogLine } from "../api/types.ts";
import { type Group, groupsOf, type LogRow, placeOf, rowsOf } from "./groups.ts";

export interface Folding {
  readonly rows: readonly LogRow[];
  readonly hasGroups: boolean;
  readonly allOpen: boolean;
  isOpen(group: Group): boolean;
  toggle(group: Group): void;
  foldAll(): void;
  unfoldAll(): void;
  /** Opens what a line is in. */
  reveal(index: number): void;
  placeOf(index: number): number;
}

/** Groups are folded at first, but for those in which something went wrong. While somebody searches all are open. */
export function useFolding(lines: readonly LogLine[], isSearched: boolean): Folding {
  const [chosen, setChosen] = useState<ReadonlyMap<number, boolean>>(new Map());
  const groups = useMemo(() => groupsOf(lines), [lines]);
  const rows = useMemo(
    () => rowsOf(lines, groups, (group) => isGroupOpen(group, chosen, isSearched)),
    [lines, groups, chosen, isSearched],
  );
  const set = (some: readonly Group[], open: boolean): void =>
    setChosen((old) => new Map([...old, ...some.map(({ start }) => [start, open] as const)]));
  const isOpen = (group: Group): boolean => isGroupOpen(group, chosen, isSearched);
  return {
    rows,
    hasGroups: groups.length > 0,
    allOpen: groups.every(isOpen),
    isOpen,
    toggle: (group) => set([group], !isOpen(group)),
    foldAll: () => set(groups, false),
    unfoldAll: () => set(groups, true),
    reveal: (index) => {
      const around = groups.filter((group) => group.start < index && index < group.end && !isOpen(group));
      if (around.length > 0) set(around, true);
    },
    placeOf: (index) => placeOf(rows, index),
  };
}

function isGroupOpen(
  { start, hasError }: Group,
  chosen: ReadonlyMap<number, boolean>,
  isSearched: boolean,
): boolean {
  return isSearched || (chosen.get(start) ?? hasError);
}
