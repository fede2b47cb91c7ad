/** A Dags folder, a processor on it with real importing processes, and a sink that tests can wait on. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { watch } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { DagProcessor, type DagProcessorOptions } from "../../src/dag-processor/dag-processor.ts";
import type { DagSink, FileOutcome, ImportedDag, ImportProblem } from "../../src/dag-processor/outcome.ts";
import { silentLog } from "../../src/log.ts";
import { type Clock, systemClock, type Timer } from "../../src/time.ts";

/** Keeps what the database would: current versions, import errors, and which Dags are stale. */
export class MemorySink implements DagSink {
  readonly dags = new Map<string, ImportedDag & { relativeFile: string }>();
  readonly problems = new Map<string, ImportProblem>();
  readonly outcomes: FileOutcome[] = [];
  #waiting: (() => void)[] = [];

  async owners(): Promise<[string, string][]> {
    return [...this.dags].map(([dagId, dag]) => [dagId, dag.relativeFile]);
  }

  async store(outcome: FileOutcome): Promise<void> {
    this.outcomes.push(outcome);
    if (outcome.others === "none") this.#drop((dag) => dag.relativeFile === outcome.relativeFile);
    for (const dag of outcome.dags)
      this.dags.set(dag.spec.dagId, { ...dag, relativeFile: outcome.relativeFile });
    if (outcome.problem === null) this.problems.delete(outcome.relativeFile);
    else this.problems.set(outcome.relativeFile, outcome.problem);
    this.#wake();
  }

  async keepOnly(relativeFiles: readonly string[]): Promise<void> {
    this.#drop((dag) => !relativeFiles.includes(dag.relativeFile));
    for (const file of this.problems.keys()) if (!relativeFiles.includes(file)) this.problems.delete(file);
    this.#wake();
  }

  /** Resolves as soon as the condition holds after a write. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #drop(which: (dag: { relativeFile: string }) => boolean): void {
    for (const [dagId, dag] of this.dags) if (which(dag)) this.dags.delete(dagId);
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** From here on a timer is a limit, and not a pause between two things. */
const limitMs = 1000;

/** Limits are over when the test says so: a slow machine is no file that hangs. */
export class PatientClock implements Clock {
  readonly #limits = new Map<object, { readonly ms: number; readonly callback: () => void }>();

  now(): number {
    return systemClock.now();
  }

  after(ms: number, callback: () => void): Timer {
    if (ms < limitMs) return systemClock.after(ms, callback);
    const limit = {};
    this.#limits.set(limit, { ms, callback });
    return { cancel: () => void this.#limits.delete(limit) };
  }

  /** All limits of that length that were set and not cancelled. */
  pass(ms: number): void {
    for (const [limit, one] of this.#limits) {
      if (one.ms !== ms) continue;
      this.#limits.delete(limit);
      one.callback();
    }
  }
}

/** Resolves when the file is there. */
export async function appearance(folder: string, name: string): Promise<void> {
  const changes = watch(folder);
  if (existsSync(join(folder, name))) return;
  for await (const { filename } of changes) if (filename === name) return;
}

export interface Bench {
  readonly folder: string;
  readonly versionsFolder: string;
  readonly sink: MemorySink;
  readonly processor: DagProcessor;
  write(files: Record<string, string>): void;
}

/** Does not start the processor. Everything is taken down when the test ends. */
export function bench(files: Record<string, string>, options: Partial<DagProcessorOptions> = {}): Bench {
  const root = mkdtempSync(join(tmpdir(), "tw-dags-"));
  const folder = join(root, "dags");
  const versionsFolder = join(root, "versions");
  mkdirSync(folder);
  const write = (texts: Record<string, string>): void => {
    for (const [name, text] of Object.entries(texts)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
  };
  write(files);
  const sink = new MemorySink();
  const processor = new DagProcessor({
    dagsFolder: folder,
    versionsFolder,
    sink,
    clock: systemClock,
    log: silentLog(),
    environment: { PATH: process.env["PATH"] },
    importTimeout: 20,
    pollSeconds: 60,
    idleSeconds: 5,
    filesPerChild: 100,
    parallelism: 2,
    ...options,
  });
  onTestFinished(async () => {
    await processor.stop();
    rmSync(root, { recursive: true, force: true });
  });
  return { folder, versionsFolder, sink, processor, write };
}

/** A Dag file with one task. */
export function dagText(dagId: string, more = ""): string {
  return `import { Dag } from "tradewind";
${more}
export const dag = new Dag("${dagId}", { schedule: null });
const hello = dag.task("hello", async () => "hello");
hello();
`;
}
