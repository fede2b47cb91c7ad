/** What a tree of processes uses, read from /proc. */
import { readdirSync, readFileSync } from "node:fs";

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly cpuSeconds: number;
  /** Of its children that have ended. */
  readonly childrenSeconds: number;
}

const ticksPerSecond = 100;

function stat(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const seconds = (...at: number[]): number =>
      at.reduce((sum, i) => sum + Number(fields[i]), 0) / ticksPerSecond;
    return { pid, parent: Number(fields[1]), cpuSeconds: seconds(11, 12), childrenSeconds: seconds(13, 14) };
  } catch {
    return null;
  }
}

/** The processes and all that descend from them. */
export function tree(roots: readonly number[]): number[] {
  const all = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? (stat(Number(name)) ?? []) : []));
  const found = new Set(all.filter(({ pid }) => roots.includes(pid)).map(({ pid }) => pid));
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

/** User and system time of the children of these that have ended, in seconds. */
export function endedChildrenSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + (stat(pid)?.childrenSeconds ?? 0), 0);
}

/** User and system time of these processes, in seconds; ended children are not counted. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + (stat(pid)?.cpuSeconds ?? 0), 0);
}

export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}

/** Memory in MiB: `pss` shares what several processes map, so that the sum over a tree counts nothing twice. */
export function memory(pid: number): { pss: number; rss: number } {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    const field = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0) / 1024;
    return { pss: field("Pss"), rss: field("Rss") };
  } catch {
    return { pss: 0, rss: 0 };
  }
}
