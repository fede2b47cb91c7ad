/**
 * W6: 500 Dags × 30 tasks (ten chains of three) fall due in the same instant, with 0, 300 000 and 3 000 000 finished
 * task instances in the database; then retention takes the history away.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { delay } from "../../src/time.ts";
import { summary } from "../engine.ts";
import { atMost, median } from "../figures.ts";
import { cpuSeconds } from "../processes.ts";
import type { Tradewind } from "../tradewind/tradewind.ts";
import { type Bench, type Workload, withTradewind } from "./workload.ts";

const [dags, tasks, dagsPerFile] = [500, 30, 10];
const between = 25_000;
/** History ends before the day that retention keeps. */
const settings = { "retention.days": 1 };

interface Round {
  readonly first: ReturnType<typeof summary>;
  readonly drainMs: number;
  /** Of the scheduler and the database, for each task. */
  readonly cpuMicroseconds: number;
}

export const w6: Workload = {
  id: "W6",
  title: "500 Dags × 30 tasks due at once, with history",
  async tradewind(bench) {
    const histories = bench.quick ? [0, 300_000] : [0, 300_000, 3_000_000];
    const costs: { drainMs: number; cpu: number }[] = [];
    for (const history of histories) costs.push(await withHistory(bench, history));
    const [none] = costs;
    for (const [i, cost] of costs.entries()) {
      if (none === undefined || i === 0) continue;
      const of = `${histories[i]} finished tasks against none`;
      const target = histories[i] === 3_000_000 ? { target: atMost(1.2) } : {};
      const engine = { engine: "Tradewind", isolation: "B", unit: "×" } as const;
      bench.report({ ...engine, name: `drain, ${of}`, value: cost.drainMs / none.drainMs, ...target });
      bench.report({
        ...engine,
        name: `CPU of scheduler and database, ${of}`,
        value: cost.cpu / none.cpu,
        ...target,
      });
    }
  },
};

async function withHistory(bench: Bench, history: number): Promise<{ drainMs: number; cpu: number }> {
  const dagsFolder = mkdtempSync(join(tmpdir(), "tradewind-fleet-"));
  let cost = { drainMs: Number.NaN, cpu: Number.NaN };
  try {
    await withTradewind(bench, { settings, dagsFolder }, async (engine) => {
      bench.say(`loading ${history} finished task instances`);
      if (history > 0) await load(engine, history);
      const rounds = await measure(engine, dagsFolder, bench.quick ? 2 : 4);
      // The first round imports 500 Dags into every task process.
      const warm = rounds.slice(1);
      const { name, isolation } = engine;
      const report = (what: string, values: number[], unit: string): void =>
        bench.report({
          engine: name,
          isolation,
          name: `${history} finished: ${what}`,
          value: median(values),
          unit,
          samples: values,
        });
      report(
        "due → first start, p50",
        warm.map(({ first }) => first.median),
        "ms",
      );
      report(
        "due → first start, p95",
        warm.map(({ first }) => first.p95),
        "ms",
      );
      report(
        "due → all ended",
        warm.map(({ drainMs }) => drainMs),
        "ms",
      );
      report(
        "tasks/s",
        warm.map(({ drainMs }) => (dags * tasks * 1000) / drainMs),
        "tasks/s",
      );
      report(
        "CPU per task, scheduler and database",
        warm.map(({ cpuMicroseconds }) => cpuMicroseconds),
        "µs",
      );
      cost = {
        drainMs: median(warm.map(({ drainMs }) => drainMs)),
        cpu: median(warm.map((r) => r.cpuMicroseconds)),
      };
      if (history > 0) await retention(engine, bench, history);
    });
  } finally {
    rmSync(dagsFolder, { recursive: true, force: true });
  }
  return cost;
}

/** Runs of the same Dags, one an hour, the newest two days ago. */
async function load({ database }: Tradewind, history: number): Promise<void> {
  const runs = Math.ceil(history / tasks);
  await database.run({
    text: `
      INSERT INTO dag_run (dag_id, run_id, run_type, state, logical_date, data_interval_start, data_interval_end,
        run_after, queued_at, start_date, end_date, triggered_by, version_id)
      SELECT 'fleet_' || (i % ${dags}), 'old__' || i, 'scheduled', 'success', at, at, at, at, at, at, at + interval '1 minute',
        'timetable', 1
      FROM (SELECT i, date_trunc('hour', now()) - interval '2 days' - (i / ${dags}) * interval '1 hour' AS at
            FROM generate_series(0, ${runs - 1}) i) old ORDER BY at`,
    values: [],
  });
  await database.run({
    text: `
      INSERT INTO task_instance (run_pk, task_id, attempt_id, state, try_number, max_tries, version_id, pool, pool_slots,
        queue, priority_weight, operator, scheduled_at, queued_at, start_date, end_date, hostname, pid)
      SELECT r.id, 't' || t, gen_random_uuid(), 'success', 1, 0, 1, 'default_pool', 1, 'default', 1, '@task',
        r.start_date, r.start_date, r.start_date, r.end_date, 'host', 1
      FROM dag_run r CROSS JOIN generate_series(0, ${tasks - 1}) t WHERE r.run_id LIKE 'old\\_\\_%' ORDER BY r.id, t`,
    values: [],
  });
  await database.run({ text: "VACUUM ANALYZE", values: [] });
}

async function measure(engine: Tradewind, dagsFolder: string, count: number): Promise<Round[]> {
  const first = Math.ceil(Date.now() / 1000) * 1000 + 30_000;
  const dues = Array.from({ length: count }, (_, i) => first + i * between);
  writeFleet(dagsFolder, dues);
  while (
    (await numberOf(engine, `SELECT count(*) AS n FROM dag WHERE current_version_id IS NOT NULL`)) < dags
  )
    await delay(200);
  if (Date.now() > first - 2000) throw new Error("the Dags of the fleet were not imported in time");
  const rounds: Round[] = [];
  for (const due of dues) rounds.push(await oneRound(engine, due));
  return rounds;
}

async function oneRound(engine: Tradewind, due: number): Promise<Round> {
  await delay(due - 300 - Date.now());
  const used = (): number => cpuSeconds([...engine.pids().main, ...engine.pids().database]);
  const before = used();
  const at = `to_timestamp(${due / 1000})`;
  const ended = `SELECT count(*) AS n FROM dag_run WHERE run_after = ${at} AND end_date IS NOT NULL`;
  while ((await numberOf(engine, ended)) < dags) await delay(200);
  const cpu = used() - before;
  const rows = await engine.database.rows<{ first: number; last: number; failed: number }>({
    text: `
      SELECT min(t.start_date) AS first, max(r.end_date) AS last, count(*) FILTER (WHERE t.state <> 'success')::int AS failed
      FROM dag_run r JOIN task_instance t ON t.run_pk = r.id WHERE r.run_after = ${at} GROUP BY r.id`,
    values: [],
  });
  if (rows.some(({ failed }) => failed > 0)) throw new Error("tasks of the fleet failed");
  return {
    first: summary(rows.map(({ first }) => first - due)),
    drainMs: Math.max(...rows.map(({ last }) => last)) - due,
    cpuMicroseconds: (cpu / (dags * tasks)) * 1e6,
  };
}

function writeFleet(folder: string, dues: readonly number[]): void {
  mkdirSync(folder, { recursive: true });
  const dates = JSON.stringify(dues.map((due) => new Date(due).toISOString()));
  for (let file = 0; file < dags / dagsPerFile; file++) {
    const text = `import { Dag, events } from "tradewind";
for (let d = ${file * dagsPerFile}; d < ${(file + 1) * dagsPerFile}; d++) {
  const dag = new Dag("fleet_" + d, {
    schedule: events(${dates}),
    startDate: "2024-01-01",
    catchup: false,
    isPausedUponCreation: false,
  });
  const tasks = [];
  for (let t = 0; t < ${tasks}; t++) {
    const task = dag.task("t" + t, () => null)();
    if (t >= 10) task.after(tasks[t - 10]);
    tasks.push(task);
  }
}
`;
    writeFileSync(join(folder, `fleet_${file}.ts`), text);
  }
}

async function retention(engine: Tradewind, bench: Bench, history: number): Promise<void> {
  const count = "SELECT count(*) AS n FROM task_instance";
  const before = await numberOf(engine, count);
  const { ms } = await engine.order("prune");
  const gone = before - (await numberOf(engine, count));
  const { name, isolation } = engine;
  bench.report({
    engine: name,
    isolation,
    name: `${history} finished: retention, task instances removed`,
    value: (gone / ms) * 1000,
    unit: "rows/s",
    note: `${gone} of ${before} rows, with their runs`,
  });
}

async function numberOf({ database }: Tradewind, text: string): Promise<number> {
  return (await database.row<{ n: number }>({ text, values: [] }))?.n ?? 0;
}
