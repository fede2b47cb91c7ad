/** A Dags folder, a processor on it with real importing processes, and a sink that tests can wait on. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { DagProcessor, type DagProcessorOptions } from "../../src/dag-processor/dag-processor.ts";
import type { DagSink, FileOutcome, ImportedDag, ImportProblem } from "../../src/dag-processor/outcome.ts";
import { silentLog } from "../../src/log.ts";
import { systemClock } from "../../src/time.ts";

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
