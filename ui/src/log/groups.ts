/**
 * Parts of a log that fold: what stands between `::group::Title` and `::endgroup::`, as Airflow and GitHub write them,
 * or `##[group]Title` and `##[endgroup]`. Groups may hold groups; one that nobody ends goes to the end of the log.
 */
import type { LogLine } from "../api/types.ts";

export interface Group {
  /** Place of the line that begins it. */
  readonly start: number;
  /** Place behind its last line; the line that ends it is in it. */
  readonly end: number;
  readonly title: string;
  readonly depth: number;
  readonly hasError: boolean;
}

const begins = /^(?:::group::|##\[group\])(.*)$/s;
const ends = /^(?:::endgroup::|##\[endgroup\])/;

/** In the order of their first lines. */
export function groupsOf(lines: readonly LogLine[]): Group[] {
  const found: { -readonly [Field in keyof Group]: Group[Field] }[] = [];
  const open: typeof found = [];
  for (const [index, { message, level }] of lines.entries()) {
    if (level === "error" || level === "critical") for (const group of open) group.hasError = true;
    // Few lines begin so: the rest is not looked at twice.
    if (!message.startsWith("::") && !message.startsWith("##[")) continue;
    const title = begins.exec(message)?.[1];
    if (title !== undefined) {
      const group = { start: index, end: lines.length, title, depth: open.length, hasError: false };
      found.push(group);
      open.push(group);
    } else if (ends.test(message)) {
      const group = open.pop();
      if (group !== undefined) group.end = index + 1;
    }
  }
  return found;
}

export interface LogRow {
  /** Place of the line. */
  readonly index: number;
  /** How many groups it is in. */
  readonly depth: number;
  /** Set where the line begins one. */
  readonly group: Group | null;
}

/** The lines that are seen while some groups are folded. The lines that end groups are not. */
export function rowsOf(
  lines: readonly LogLine[],
  groups: readonly Group[],
  isOpen: (group: Group) => boolean,
): LogRow[] {
  const rows: LogRow[] = [];
  const within: Group[] = [];
  let next = 0;
  for (let index = 0; index < lines.length; ) {
    while (within.length > 0 && (within.at(-1) as Group).end <= index) within.pop();
    const group = groups[next]?.start === index ? (groups[next++] as Group) : null;
    if (group !== null) {
      rows.push({ index, depth: group.depth, group });
      if (!isOpen(group)) {
        index = group.end;
        while (next < groups.length && (groups[next] as Group).start < index) next++;
        continue;
      }
      within.push(group);
    } else if (!ends.test(lines[index]?.message ?? "")) {
      rows.push({ index, depth: within.length, group: null });
    }
    index++;
  }
  return rows;
}

/** Where a line stands among the rows; the row before it where it is folded away. */
export function placeOf(rows: readonly LogRow[], index: number): number {
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((rows[middle] as LogRow).index <= index) low = middle;
    else high = middle - 1;
  }
  return low;
}
