import { useMemo, useState } from "react";
import type { LogLine } from "../api/types.ts";
import { isError } from "./line-view.tsx";
import { found } from "./log-lines.ts";
import type { LineList } from "./use-line-list.ts";

export interface Jumps {
  /** How many lines hold what is looked for. */
  readonly matches: number;
  /** Which of them is shown, from 1; 0 before the first. */
  readonly match: number;
  toMatch(step: 1 | -1): void;
  readonly errors: number;
  /** The line that is marked is an error with another after it. */
  readonly isAmongErrors: boolean;
  /** To the next error after the marked line; after the last one the first. */
  toError(): void;
}

export function useJumps(lines: readonly LogLine[], search: string, list: LineList): Jumps {
  const matches = useMemo(() => found(lines, search), [lines, search]);
  const errors = useMemo(() => lines.flatMap((line, index) => (isError(line) ? [index] : [])), [lines]);
  const [at, setAt] = useState<{ search: string; match: number }>({ search, match: -1 });
  const match = at.search === search ? at.match : -1;
  const next = errors.find((index) => index > list.marked);
  return {
    matches: matches.length,
    match: match + 1,
    toMatch(step) {
      if (matches.length === 0) return;
      const to =
        match < 0 && step < 0 ? matches.length - 1 : (match + step + matches.length) % matches.length;
      setAt({ search, match: to });
      list.show(matches[to] as number);
    },
    errors: errors.length,
    isAmongErrors: errors.includes(list.marked) && next !== undefined,
    toError() {
      const to = next ?? errors[0];
      if (to !== undefined) list.show(to);
    },
  };
}
