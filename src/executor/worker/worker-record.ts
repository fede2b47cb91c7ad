/**
 * What a worker leaves on disk for its successor: who it is, which processes it leads, and ends of attempts that no
 * scheduler has acknowledged. One JSON file for each worker in `run/workers/`, replaced as a whole.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { delay } from "../../time.ts";
import type { EndReport } from "../link.ts";
import {
  bootId,
  familyOf,
  identify,
  isAlive,
  type ProcessIdentity,
  readProcess,
  scanProcesses,
  signalFamily,
} from "../process-table.ts";

export interface WorkerRecord {
  readonly workerId: string;
  readonly name: string;
  readonly bootId: string;
  readonly worker: ProcessIdentity;
  readonly children: readonly ProcessIdentity[];
  readonly unacknowledged: readonly EndReport[];
}

const killPollMs = 10;
const killPatienceMs = 5000;

export class WorkerRecordFile {
  readonly #path: string;
  #record: WorkerRecord;

  constructor(runFolder: string, workerId: string, name: string) {
    const folder = recordFolder(runFolder);
    mkdirSync(folder, { recursive: true });
    this.#path = join(folder, `${workerId}.json`);
    const worker = identify(process.pid);
    this.#record = { workerId, name, bootId: bootId(), worker, children: [], unacknowledged: [] };
    this.#save();
  }

  /**
   * Written when one is new. That one is gone waits for the next write: what the file names more than there is does no
   * harm, since a successor looks whether a pid is still the process that it names.
   */
  setChildren(children: readonly ProcessIdentity[]): void {
    const known = new Set(this.#record.children.map(({ pid, startTime }) => `${pid}/${startTime}`));
    this.#record = { ...this.#record, children };
    if (children.some(({ pid, startTime }) => !known.has(`${pid}/${startTime}`))) this.#save();
  }

  setUnacknowledged(unacknowledged: readonly EndReport[]): void {
    this.#record = { ...this.#record, unacknowledged };
    this.#save();
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }

  /** A disk that is full must not end the worker: the record only helps a successor. */
  #save(): void {
    try {
      this.#replace();
    } catch {
      rmSync(`${this.#path}.new`, { force: true });
    }
  }

  #replace(): void {
    writeFileSync(`${this.#path}.new`, JSON.stringify(this.#record), { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
  }
}

function recordFolder(runFolder: string): string {
  return join(runFolder, "workers");
}

/** Records of all workers of the home, dead or alive. Files that are no records are left out. */
export function readWorkerRecords(runFolder: string): WorkerRecord[] {
  let names: string[];
  try {
    names = readdirSync(recordFolder(runFolder));
  } catch {
    return [];
  }
  const records: WorkerRecord[] = [];
  for (const name of names.filter((name) => name.endsWith(".json"))) {
    try {
      records.push(JSON.parse(readFileSync(join(recordFolder(runFolder), name), "utf8")) as WorkerRecord);
    } catch {
      // Removed meanwhile, or not ours.
    }
  }
  return records;
}

export function isWorkerAlive(record: WorkerRecord): boolean {
  return record.bootId === bootId() && isAlive(record.worker);
}

/**
 * Ends what dead workers of this name left behind, waits until it is gone, and removes their records.
 * Returns the ends of attempts that they had no scheduler to tell.
 */
export async function inheritFromDeadWorkers(runFolder: string, name: string): Promise<EndReport[]> {
  const dead = readWorkerRecords(runFolder).filter(
    (record) => record.name === name && !isWorkerAlive(record),
  );
  for (const record of dead) {
    if (record.bootId === bootId()) await Promise.all(record.children.map(endLeftFamily));
    rmSync(join(recordFolder(runFolder), `${record.workerId}.json`), { force: true });
  }
  return dead.flatMap((record) => record.unacknowledged);
}

/**
 * Ends living workers of this name at once, and all that they lead. Their records stay: the next worker inherits
 * what they leave behind. Synchronous, for a process that is about to exit.
 */
export function killWorkers(runFolder: string, name: string): void {
  for (const record of readWorkerRecords(runFolder)) {
    if (record.name !== name || !isWorkerAlive(record)) continue;
    // First the one that would start new ones.
    process.kill(record.worker.pid, "SIGKILL");
    for (const child of record.children) if (!isAnothers(child)) signalFamily(child.pid, "SIGKILL");
  }
}

/**
 * Whether the pid was given out again. Then nobody of the leader's family is left, since a pid is not given out while
 * a group or session of that number has members.
 */
function isAnothers({ pid, startTime }: ProcessIdentity): boolean {
  const now = readProcess(pid);
  return now !== null && now.startTime !== startTime;
}

async function endLeftFamily(leader: ProcessIdentity): Promise<void> {
  for (let waited = 0; waited < killPatienceMs; waited += killPollMs) {
    if (isAnothers(leader)) return;
    if (familyOf(leader.pid, scanProcesses()).length === 0) return;
    signalFamily(leader.pid, "SIGKILL");
    await delay(killPollMs);
  }
}
