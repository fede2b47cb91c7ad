/**
 * The scheduler on the workloads W1, W3, W4, W5 (and W6's drain with `--history ROWS`), on a PostgreSQL of its own
 * with fsync on: `node bench/scheduler.ts [--worker] [--only w1,w3] [--mapped 1000,10000] [--history N] [--json]`.
 * Without `--worker` tasks end in the scheduler's process (class A: the scheduler and the store alone); with it they
 * run in warm worker processes (class B).
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { storeDagSink } from "../src/cli/store-dag-sink.ts";
import { loadConfig } from "../src/config.ts";
import { DagProcessor } from "../src/dag-processor/dag-processor.ts";
import type { Executor } from "../src/executor/executor.ts";
import { LocalExecutor } from "../src/executor/local.ts";
import { createLog, silentLog } from "../src/log.ts";
import { Scheduler } from "../src/scheduler/scheduler.ts";
import { schedulerSettings } from "../src/scheduler/settings.ts";
import { type Database, openDatabase } from "../src/store/connect.ts";
import { storeDag } from "../src/store/dag-versions.ts";
import { setPaused } from "../src/store/dags.ts";
import { startEmbedded } from "../src/store/embedded/start.ts";
import { migrate } from "../src/store/migrate.ts";
import { loadSecrets } from "../src/store/secrets.ts";
import { sql } from "../src/store/sql.ts";
import { delay, systemClock } from "../src/time.ts";
import { dagSpecOf } from "../tests/core/support/build-dag.ts";
import { ScriptedExecutor, success } from "../tests/support/scripted-executor.ts";
import { summary } from "./engine.ts";

const { values: flags } = parseArgs({
  options: {
    worker: { type: "boolean", default: false },
    only: { type: "string", default: "w1,w3,w4,w5" },
    mapped: { type: "string", default: "100,1000,10000" },
    history: { type: "string", default: "0" },
    slots: { type: "string", default: "0" },
    json: { type: "boolean", default: false },
    rounds: { type: "string", default: "4" },
    verbose: { type: "boolean", default: false },
  },
});

const rows: { name: string; value: number; unit: string }[] = [];
function report(name: string, value: number, unit: string): void {
  rows.push({ name, value, unit });
  if (!flags.json)
    process.stdout.write(`${name.padEnd(44)} ${value.toFixed(value < 10 ? 2 : 0).padStart(9)} ${unit}\n`);
}

const now = (): number => performance.now();

const dagFile = `
import { Dag } from "tradewind";
const fibo = (n: number): number => (n < 2 ? n : fibo(n - 1) + fibo(n - 2));
function chain(id: string, length: number, body: () => number): void {
  const dag = new Dag(id, { schedule: null, isPausedUponCreation: false, maxActiveRuns: 2000 });
  let before;
  for (let i = 0; i < length; i++) {
    const task = dag.task("t" + i, body)();
    if (before) before.before(task);
    before = task;
  }
}
chain("chain40", 40, () => fibo(10));
chain("chain3", 3, () => 1);
for (let d = 0; d < 10; d++) {
  const dag = new Dag("flat" + d, { schedule: null, isPausedUponCreation: false, maxActiveTasks: 1000 });
  for (let i = 0; i < 100; i++) dag.task("t" + i, () => 1)();
}
`;

/** Dags of W5 have their length in their id: a handler cannot be told by conf in every mode alike. */
function mappedFile(lengths: readonly number[]): string {
  return `
import { Dag } from "tradewind";
for (const n of ${JSON.stringify(lengths)}) {
  const dag = new Dag("mapped" + n, { schedule: null, isPausedUponCreation: false, maxActiveTasks: 100000 });
  const make = dag.task("make", () => Array.from({ length: n }, (_, i) => i))();
  const work = dag.task("work", ({ x }: { x: number }) => x).expand({ x: make });
  dag.task("reduce", () => 1)().after(work);
}
`;
}

async function importDags(database: Database, home: string, lengths: readonly number[]): Promise<void> {
  const config = loadConfig({ home, environment: {} });
  mkdirSync(config.paths.dagsFolder, { recursive: true });
  writeFileSync(join(config.paths.dagsFolder, "bench.ts"), dagFile);
  writeFileSync(join(config.paths.dagsFolder, "mapped.ts"), mappedFile(lengths));
  const processor = new DagProcessor({
    dagsFolder: config.paths.dagsFolder,
    versionsFolder: config.paths.versions,
    sink: storeDagSink(database, config, {
      name: "dags-folder",
      folder: config.paths.dagsFolder,
      version: () => null,
    }),
    clock: systemClock,
    log: silentLog(),
    environment: process.env,
    importTimeout: 30,
    pollSeconds: 10,
    idleSeconds: 1,
    filesPerChild: 100,
    parallelism: 2,
  } as never);
  await processor.runOnce();
  await processor.stop();
  const errors = await database.rows<{ message: string }>(sql`SELECT message FROM import_error`);
  for (const { message } of errors) throw new Error(message);
  const dags = await database.rows<{ dag_id: string }>(sql`SELECT dag_id FROM dag`);
  await setPaused(
    database,
    dags.map(({ dag_id }) => dag_id),
    false,
  );
}

async function history(database: Database, count: number): Promise<void> {
  const version = await database.row<{ id: number }>(sql`SELECT id FROM dag_version LIMIT 1`);
  const runs = Math.ceil(count / 30);
  await database.run(sql`
    INSERT INTO dag_run (dag_id, run_id, run_type, state, run_after, queued_at, start_date, end_date, triggered_by, version_id)
    SELECT 'flat' || (i % 10), 'old__' || i, 'manual', 'success', now() - i * interval '1 minute', now(), now(), now(), 'test',
      ${version?.id ?? 0} FROM generate_series(1, ${runs}::int) i`);
  await database.run(sql`
    INSERT INTO task_instance (run_pk, task_id, attempt_id, state, try_number, max_tries, version_id, pool, pool_slots, queue,
      priority_weight, operator, scheduled_at, queued_at, start_date, end_date)
    SELECT r.id, 't' || t, gen_random_uuid(), 'success', 1, 0, ${version?.id ?? 0}, 'default_pool', 1, 'default', 1, '@task',
      now(), now(), now(), now() FROM dag_run r CROSS JOIN generate_series(0, 29) t WHERE r.run_id LIKE 'old__%'`);
  await database.run(sql`ANALYZE`);
}

async function endOf(scheduler: Scheduler, dagId: string): Promise<void> {
  const run = await scheduler.triggerRun({ dagId, triggeredBy: "test" });
  const { state } = await scheduler.waitForRun(run.pk);
  if (state !== "success") throw new Error(`${dagId}: ${state}`);
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const from = now();
  await act();
  return now() - from;
}

async function w1(scheduler: Scheduler): Promise<void> {
  for (let i = 0; i < 3; i++) await endOf(scheduler, "chain40");
  const walls: number[] = [];
  for (let i = 0; i < 10; i++) walls.push(await timed(() => endOf(scheduler, "chain40")));
  report("W1 chain of 40, median", summary(walls).median, "ms");
}

async function w3(scheduler: Scheduler): Promise<void> {
  for (let i = 0; i < 5; i++) await endOf(scheduler, "chain3");
  const walls: number[] = [];
  for (let i = 0; i < 50; i++) walls.push(await timed(() => endOf(scheduler, "chain3")));
  report("W3 chain of 3, one after another, median", summary(walls).median, "ms");
  report("W3 chain of 3, one after another, p95", summary(walls).p95, "ms");
  for (const count of [100, 1000]) {
    const wall = await timed(() =>
      Promise.all(Array.from({ length: count }, () => endOf(scheduler, "chain3"))),
    );
    report(`W3 ${count} at once`, (count / wall) * 1000, "runs/s");
  }
}

async function w4(scheduler: Scheduler): Promise<void> {
  for (let round = 0; round < Number(flags.rounds); round++) {
    const wall = await timed(() =>
      Promise.all(Array.from({ length: 10 }, (_, i) => endOf(scheduler, `flat${i}`))),
    );
    if (round > 0) report("W4 10 Dags of 100 tasks", (1000 / wall) * 1000, "tasks/s");
  }
}

async function w5(scheduler: Scheduler, lengths: readonly number[]): Promise<void> {
  const walls: [number, number][] = [];
  for (const length of lengths) {
    const wall = await timed(() => endOf(scheduler, `mapped${length}`));
    walls.push([length, wall]);
    report(`W5 mapped ${length}`, wall, "ms");
  }
  const [first, last] = [walls.at(-2), walls.at(-1)];
  if (first !== undefined && last !== undefined) {
    report(
      `W5 exponent ${first[0]} → ${last[0]}`,
      Math.log(last[1] / first[1]) / Math.log(last[0] / first[0]),
      "",
    );
  }
}

/** A fleet of 500 Dags of 30 tasks whose runs fall due in the same instant; without `--worker` only. */
async function storeFleet(database: Database, dueAt: number): Promise<void> {
  const words = Array.from(
    { length: 30 },
    (_, i) => [`t${i}`, i < 3 ? {} : { after: [`t${i - 3}`] }] as const,
  );
  for (let d = 0; d < 500; d++) {
    const spec = dagSpecOf(Object.fromEntries(words), {
      dagId: `fleet${d}`,
      startDate: "2024-01-01T00:00:00Z",
      timetable: { kind: "events", dates: [new Date(dueAt).toISOString()], restrictToEvents: false },
    });
    await database.transaction((tx) =>
      storeDag(
        tx,
        {
          spec,
          hash: spec.dagId,
          files: {},
          texts: new Map(),
          interpreter: "node",
          bundleName: "bench",
          dagsFolder: "/dags",
          timetableSummary: null,
          timetableDescription: null,
          pausedAtCreation: false,
        },
        Date.now(),
      ),
    );
  }
}

async function w6(scheduler: Scheduler, database: Database, dueAt: number): Promise<void> {
  for (;;) {
    const row = await database.row<{ left: number }>(
      sql`SELECT 500 - count(*) AS left FROM dag_run WHERE dag_id LIKE 'fleet%' AND state = 'success'`,
    );
    if (row?.left === 0) break;
    await scheduler.signals.next("batch");
    await delay(20);
  }
  const times = await database.rows<{ first: number; last: number }>(sql`
    SELECT min(t.start_date) AS first, max(t.end_date) AS last FROM dag_run r JOIN task_instance t ON t.run_pk = r.id
    WHERE r.dag_id LIKE 'fleet%' GROUP BY r.id`);
  const starts = summary(times.map(({ first }) => first - dueAt));
  report("W6 due → first start, median", starts.median, "ms");
  report("W6 due → first start, p95", starts.p95, "ms");
  report("W6 500 runs of 30 tasks drained in", Math.max(...times.map(({ last }) => last)) - dueAt, "ms");
}

/** Longest time that a timer of 1 ms came late: how long the loop was held. */
function watchLoop(): { longest(): number } {
  let longest = 0;
  let last = now();
  const timer = setInterval(() => {
    const at = now();
    longest = Math.max(longest, at - last);
    last = at;
  }, 1);
  timer.unref();
  return {
    longest() {
      const value = longest;
      longest = 0;
      return value;
    },
  };
}

async function main(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "tw-bench-"));
  const lengths = flags.mapped.split(",").map(Number);
  const server = await startEmbedded({ home, role: "service", name: "bench" });
  const database = openDatabase({ url: server.url, poolSize: 5 });
  await migrate(database);
  await importDags(database, home, lengths);
  if (Number(flags.history) > 0) await history(database, Number(flags.history));
  const wantsFleet = flags.only.split(",").includes("w6");
  const dueAt = Date.now() + 6000;
  if (wantsFleet) await storeFleet(database, dueAt);
  const config = loadConfig({ home, environment: {} });
  const log = flags.verbose ? createLog({ level: "debug", format: "text", component: "bench" }) : silentLog();
  const slots = Number(flags.slots) || (flags.worker ? 4 : 32);
  const makes = (dagId: string): number[] =>
    Array.from({ length: Number(dagId.slice("mapped".length)) }, (_, i) => i);
  const executor: Executor = flags.worker
    ? new LocalExecutor({
        clock: systemClock,
        log,
        runFolder: join(home, "run"),
        logFolder: config.paths.logs,
        workers: [{ name: "local", slots }],
      })
    : new ScriptedExecutor(
        ({ task }) => (task.taskId === "make" ? success(makes(task.dagId)) : success(1)),
        slots,
      );
  const scheduler = await Scheduler.create({
    database,
    secrets: loadSecrets(join(home, "secret.key")),
    environment: {},
    executor,
    clock: systemClock,
    log,
    settings: { ...schedulerSettings(config), maxMapLength: 1_000_000 },
  });
  await scheduler.start();
  const loop = watchLoop();
  try {
    for (const [name, run] of Object.entries({
      w1,
      w3,
      w4,
      w5: (s: Scheduler) => w5(s, lengths),
      w6: (s: Scheduler) => w6(s, database, dueAt),
    })) {
      if (!flags.only.split(",").includes(name)) continue;
      loop.longest();
      const { engine } = scheduler.services;
      const [passes, from] = [engine.passes, now()];
      await run(scheduler);
      const batches = engine.passes - passes;
      report(`${name.toUpperCase()} batches`, batches, "");
      report(`${name.toUpperCase()} time for a batch`, (now() - from) / batches, "ms");
      report(`${name.toUpperCase()} loop held at most`, loop.longest(), "ms");
    }
  } finally {
    await scheduler.stop({ keepRunning: false, graceMs: 1000 });
    await database.close();
    await server.close();
    rmSync(home, { recursive: true, force: true });
  }
  if (flags.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
}

await main();
