/**
 * What the system says of processes, from /proc. On systems without it every question is answered "unknown", and
 * only what signals to process groups can do is done.
 */
import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { hostname } from "node:os";

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Clock ticks between boot and start: with the pid it names a process uniquely until the next boot. */
  readonly startTime: number;
  readonly rssPages: number;
  readonly zombie: boolean;
}

/** A process that is meant for certain, also after its pid went to another. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: number;
}

export function readProcess(pid: number): ProcessEntry | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return null;
  }
  // The name stands in parentheses and may hold anything, parentheses too: fields are counted after the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const number = (index: number): number => Number(fields[index - 3]);
  return {
    pid,
    zombie: fields[0] === "Z" || fields[0] === "X",
    parent: number(4),
    group: number(5),
    session: number(6),
    startTime: number(22),
    rssPages: number(24),
  };
}

/** All processes; empty where there is no /proc. */
export function scanProcesses(): ProcessEntry[] {
  let names: string[];
  try {
    names = readdirSync("/proc");
  } catch {
    return [];
  }
  const entries: ProcessEntry[] = [];
  for (const name of names) {
    const first = name.charCodeAt(0);
    if (first < 48 || first > 57) continue;
    const entry = readProcess(Number(name));
    if (entry !== null) entries.push(entry);
  }
  return entries;
}

/**
 * The living processes that a task's process leads: those of its group and of its session, and their descendants
 * wherever those went. The leader's pid cannot be given to another while its group or session has members.
 */
export function familyOf(leader: number, processes: readonly ProcessEntry[]): ProcessEntry[] {
  const family = new Map<number, ProcessEntry>();
  for (const entry of processes) {
    if (entry.pid === leader || entry.group === leader || entry.session === leader)
      family.set(entry.pid, entry);
  }
  for (let grown = true; grown; ) {
    grown = false;
    for (const entry of processes) {
      if (family.has(entry.pid) || !family.has(entry.parent)) continue;
      family.set(entry.pid, entry);
      grown = true;
    }
  }
  return [...family.values()].filter((entry) => !entry.zombie);
}

/** Tells of one process, again and again, whether its main thread has children: one read of an open file. */
export class ChildrenWatch {
  readonly #pid: number;
  readonly #bytes = Buffer.alloc(4096);
  /** Null before the first look, -1 where the system does not tell. */
  #fd: number | null = null;

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** How many live now; 0 where that is unknown. */
  count(): number {
    try {
      this.#fd ??= openSync(`/proc/${this.#pid}/task/${this.#pid}/children`, "r");
      const length = this.#fd < 0 ? 0 : readSync(this.#fd, this.#bytes, 0, this.#bytes.length, 0);
      return length === 0 ? 0 : this.#bytes.toString("latin1", 0, length).trim().split(" ").length;
    } catch {
      this.close();
      return 0;
    }
  }

  close(): void {
    if (this.#fd !== null && this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }
}

export function isAlive(identity: ProcessIdentity): boolean {
  const entry = readProcess(identity.pid);
  if (entry !== null) return !entry.zombie && entry.startTime === identity.startTime;
  return identity.startTime === 0 && signal(identity.pid, 0);
}

/** Start time is 0 where the system does not tell it. */
export function identify(pid: number): ProcessIdentity {
  return { pid, startTime: readProcess(pid)?.startTime ?? 0 };
}

/** Sends a signal; a negative pid means a process group. False when nobody is there to get it. */
export function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Sends a signal to a task's group and to every other member of its family. */
export function signalFamily(leader: number, name: NodeJS.Signals): void {
  const family = familyOf(leader, scanProcesses());
  signal(-leader, name);
  for (const entry of family) if (entry.group !== leader) signal(entry.pid, name);
}

/** Changes with each boot: pids and start times of another boot mean nothing. */
export function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  } catch {
    return hostname();
  }
}

let knownPageBytes = 0;

/** Bytes of a memory page, from what the system says of this very process in both units. */
export function pageBytes(): number {
  if (knownPageBytes > 0) return knownPageBytes;
  const pages = readProcess(process.pid)?.rssPages ?? 0;
  const measured = pages > 0 ? process.memoryUsage.rss() / pages : 4096;
  knownPageBytes = 2 ** Math.round(Math.log2(measured));
  return knownPageBytes;
}
