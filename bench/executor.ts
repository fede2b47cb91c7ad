/**
 * Latencies and throughput of the local executor without a database: `node bench/executor.ts [--json]`.
 * The scheduler's side begins what is taken at once. Measured with a child that answers at once, and with the one
 * that runs TypeScript tasks.
 * Times of different processes are compared by the system's monotonic clock.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AttemptEnd, ExecutorEvents, Workload } from "../src/executor/executor.ts";
import { LocalExecutor } from "../src/executor/local.ts";
import { silentLog } from "../src/log.ts";
import { textHash, writeSnapshot } from "../src/runtime/code-snapshot.ts";
import { systemClock } from "../src/time.ts";
import { workload } from "../tests/executor/workload.ts";

interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly budget?: number;
}

class Stopwatch implements ExecutorEvents {
  executor: LocalExecutor | null = null;
  readonly taken_ = new Map<string, number>();
  ended: ((attemptId: string, end: AttemptEnd) => void) | null = null;

  taken(attemptId: string): void {
    this.taken_.set(attemptId, now());
    this.executor?.begin(attemptId);
  }
  finished(attemptId: string, end: AttemptEnd): void {
    this.executor?.acknowledge([attemptId]);
    this.ended?.(attemptId, end);
  }
  lost(attemptId: string, { message }: { message: string }): void {
    throw new Error(`attempt ${attemptId} was lost: ${message}`);
  }
  alive(): void {}
  slots(): void {}
  request(): Promise<null> {
    return Promise.resolve(null);
  }
}

const now = (): number => Number(process.hrtime.bigint());

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

type MakeWork = () => Workload;

async function latencies(
  executor: LocalExecutor,
  watch: Stopwatch,
  rounds: number,
  make: MakeWork,
): Promise<Row[]> {
  const steps: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let i = 0; i < rounds; i++) {
    const work = make();
    const done = Promise.withResolvers<AttemptEnd>();
    watch.ended = (_, end) => done.resolve(end);
    const dispatched = now();
    executor.dispatch(work);
    const { result } = await done.promise;
    const finished = now();
    const taken = watch.taken_.get(work.attemptId) ?? 0;
    if (result.outcome !== "success" || result.value === undefined || !("json" in result.value))
      throw new Error(result.outcome);
    const { started, ended } = result.value.json as { started: number; ended: number };
    if (i < rounds / 10) continue;
    for (const [step, ns] of [
      taken - dispatched,
      started - taken,
      finished - ended,
      finished - dispatched,
    ].entries()) {
      steps[step]?.push(ns / 1e6);
    }
  }
  return [
    { name: "dispatch → taken (median)", value: median(steps[0]), unit: "ms", budget: 0.2 },
    { name: "begin → handler (median)", value: median(steps[1]), unit: "ms", budget: 0.3 },
    { name: "result → finished (median)", value: median(steps[2]), unit: "ms", budget: 0.3 },
    { name: "dispatch → finished (median)", value: median(steps[3]), unit: "ms" },
  ];
}

async function throughput(
  executor: LocalExecutor,
  watch: Stopwatch,
  count: number,
  make: MakeWork,
): Promise<Row[]> {
  const pids = [process.pid, ...executor.workerPids()];
  const works = Array.from({ length: count }, make);
  const all = Promise.withResolvers<void>();
  let left = count;
  watch.ended = () => {
    if (--left === 0) all.resolve();
  };
  const cpuBefore = pids.map(cpuSeconds);
  const began = now();
  for (const work of works) executor.dispatch(work);
  await all.promise;
  const seconds = (now() - began) / 1e9;
  const [scheduler, worker] = pids.map((pid, i) => (cpuSeconds(pid) - (cpuBefore[i] ?? 0)) * (1e6 / count));
  return [
    { name: "no-op tasks", value: count / seconds, unit: "tasks/s", budget: 4000 },
    { name: "CPU per task, scheduler's side", value: scheduler ?? 0, unit: "µs" },
    { name: "CPU per task, worker", value: worker ?? 0, unit: "µs" },
  ];
}

function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const dagFile = `
import { Dag } from "tradewind";
const dag = new Dag("bench", { schedule: null });
const now = () => Number(process.hrtime.bigint());
dag.task("time", async () => ({ started: now(), ended: now() }))();
`;

/** Tasks of a real Dag file, for the program that runs TypeScript tasks. */
function dagWork(home: string): MakeWork {
  const dagsFolder = join(home, "dags");
  mkdirSync(dagsFolder);
  writeFileSync(join(dagsFolder, "bench.ts"), dagFile);
  const hash = textHash(dagFile);
  const snapshotFolder = join(home, "versions");
  writeSnapshot(snapshotFolder, [[hash, dagFile]]);
  const where = { dagsFolder, relativeFile: "bench.ts", versionHash: hash, snapshotFolder };
  const code = { ...where, files: { "bench.ts": hash }, interpreter: "node" };
  return () => {
    const work = workload({ do: "succeed" }, { start: { code, artifactRoot: join(home, "artifacts") } });
    const task = { ...work.start.task, dagId: "bench", taskId: "time" };
    return { ...work, start: { ...work.start, task } };
  };
}

async function measure(
  title: string,
  childEntry: string | null,
  count: number,
  makeWork: (home: string) => MakeWork,
) {
  const home = mkdtempSync(join(tmpdir(), "tradewind-bench-"));
  const executor = new LocalExecutor({
    clock: systemClock,
    log: silentLog(),
    runFolder: join(home, "run"),
    logFolder: join(home, "logs"),
    workers: [{ name: "bench", slots: 2, ...(childEntry === null ? {} : { childEntry }) }],
  });
  const watch = new Stopwatch();
  watch.executor = executor;
  const starting = now();
  await executor.start(watch);
  const rows: Row[] = [{ name: "worker started", value: (now() - starting) / 1e6, unit: "ms" }];
  const make = makeWork(home);
  rows.push(...(await latencies(executor, watch, 2000, make)));
  rows.push(...(await throughput(executor, watch, count, make)));
  await executor.stop({ keepRunning: false, graceMs: 1000 });
  rmSync(home, { recursive: true, force: true });
  if (process.argv.includes("--json")) console.log(JSON.stringify({ title, rows }));
  else console.log([title, ...rows.map(line)].join("\n"));
}

async function main(): Promise<void> {
  const fixture = join(import.meta.dirname, "..", "tests", "executor", "fixtures", "child.ts");
  await measure("a child that answers at once", fixture, 20_000, () => () => workload({ do: "time" }));
  await measure("the child that runs TypeScript tasks", null, 10_000, dagWork);
}

function line({ name, value, unit, budget }: Row): string {
  const figure = `${value.toFixed(unit === "ms" ? 3 : 0)} ${unit}`;
  return `${name.padEnd(32)} ${figure.padStart(16)}${budget === undefined ? "" : `   (budget ${budget})`}`;
}

await main();
