/**
 * W6A: what people's pages and Airflow's clients ask for, over 500 Dags × 200 runs × 30 tasks: three million task
 * instances; and the grids of 900 tasks × 25 runs and 6000 × 10. Asked over HTTP of a server beside the rows; nothing
 * is scheduled meanwhile.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApiServer } from "../../src/api/server.ts";
import { loadConfig } from "../../src/config.ts";
import { silentLog } from "../../src/log.ts";
import { type Database, openDatabase } from "../../src/store/connect.ts";
import { startEmbedded } from "../../src/store/embedded/start.ts";
import { migrate } from "../../src/store/migrate.ts";
import { loadSecrets } from "../../src/store/secrets.ts";
import { sql } from "../../src/store/sql.ts";
import { createUser } from "../../src/store/users.ts";
import { systemClock } from "../../src/time.ts";
import { addDag, addRun, day, noon, task } from "../../tests/store/rows.ts";
import { atMost, median, repeated } from "../figures.ts";
import type { Bench, Workload } from "./workload.ts";

const [dags, tasks] = [500, 30];
const user = { username: "bench", email: null, roles: ["Admin"], password: "a password of the bench" };
const listTarget = 50;

/** Path → what it is, and what it may take, in milliseconds. */
const questions: readonly (readonly [path: string, name: string, target?: number])[] = [
  ["/ui/dags?limit=50", "page: list of Dags", listTarget],
  ["/ui/runs?limit=50", "page: list of runs", listTarget],
  ["/ui/home", "page: home"],
  ["/ui/task-instances?limit=50", "page: task instances", listTarget],
  ["/ui/task-instances?limit=50&state=failed", "page: task instances that failed", listTarget],
  ["/ui/task-instances?limit=50&state=removed", "page: one look for what is not there", listTarget],
  ["/ui/xcoms?limit=50", "page: XComs", listTarget],
  ["/api/v2/dags?limit=50", "dags", listTarget],
  ["/api/v2/dags/~/dagRuns?limit=50&order_by=-run_after", "dagRuns of all Dags", listTarget],
  ["/api/v2/dags/fleet_7/dagRuns?limit=50", "dagRuns of one Dag", listTarget],
  ["/api/v2/dags/~/dagRuns/~/taskInstances?limit=50", "taskInstances of all Dags", listTarget],
  ["/api/v2/dags/~/dagRuns/~/taskInstances?limit=50&state=failed", "taskInstances that failed", listTarget],
  ["/api/v2/dags/fleet_7/dagRuns/~/taskInstances?limit=50", "taskInstances of one Dag", listTarget],
  ["/api/v2/dags/~/dagRuns/~/taskInstances?limit=50&cursor=", "taskInstances by cursor", listTarget],
  ["/api/v2/dags/~/dagRuns/~/taskInstances/~/xcomEntries?limit=50", "xcomEntries of all Dags", listTarget],
  ["/ui/dags/wide/grid?limit=25", "grid 900 × 25", 100],
  ["/ui/dags/huge/grid?limit=10", "grid 6000 × 10", 250],
];

export const w6a: Workload = {
  id: "W6A",
  title: "pages and lists over 500 Dags and 3 000 000 finished task instances",
  async tradewind(bench) {
    const home = mkdtempSync(join(tmpdir(), "tradewind-lists-"));
    const embedded = await startEmbedded({ home, role: "service", name: "bench", settings: {} });
    const database = openDatabase({ url: embedded.url, poolSize: 5 });
    const config = loadConfig({ home, environment: { TRADEWIND__API__PORT: "0" } });
    const secrets = loadSecrets(config.paths.secretKey);
    const server = await createApiServer({
      database,
      secrets,
      clock: systemClock,
      config,
      log: silentLog(),
    });
    try {
      await migrate(database);
      await createUser(database, user, systemClock.now());
      await fill(bench, database);
      await ask(bench, await server.listen());
    } finally {
      await server.stop(0);
      await database.close();
      await embedded.close();
      rmSync(home, { recursive: true, force: true });
    }
  },
};

async function fill(bench: Bench, database: Database): Promise<void> {
  const runs = bench.quick ? 20 : 200;
  bench.say(`loading ${dags * runs * tasks} task instances`);
  const specs = (count: number) =>
    Array.from({ length: count }, (_, index) => task(`t${String(index).padStart(4, "0")}`));
  let versionId = 0;
  for (let dag = 0; dag < dags; dag++)
    ({ versionId } = await addDag(database, `fleet_${dag}`, { tasks: specs(tasks) }));
  await database.run(sql`
    INSERT INTO dag_run (dag_id, run_id, run_type, state, logical_date, data_interval_start, data_interval_end, run_after,
      queued_at, start_date, end_date, triggered_by, version_id)
    SELECT 'fleet_' || (i % ${dags}::int), 'old__' || i, 'scheduled', 'success', at, at, at, at, at, at,
      at + interval '1 minute', 'timetable', ${versionId}
    FROM (SELECT i, now() - (i / ${dags}::int) * interval '1 hour' AS at
          FROM generate_series(0, ${dags * runs - 1}::int) i) old`);
  await database.run(sql`
    INSERT INTO task_instance (run_pk, task_id, attempt_id, state, try_number, max_tries, version_id, pool, pool_slots, queue,
      priority_weight, operator, scheduled_at, queued_at, start_date, end_date, hostname, pid)
    SELECT r.id, 't' || lpad(t::text, 4, '0'), gen_random_uuid(), CASE WHEN (r.id + t) % 500 = 0 THEN 'failed' ELSE 'success' END, 1, 0,
      ${versionId}, 'default_pool', 1, 'default', 1, '@task', r.start_date, r.start_date, r.start_date, r.end_date, 'host', 1
    FROM dag_run r CROSS JOIN generate_series(0, ${tasks - 1}::int) t ORDER BY r.id, t`);
  await grid(database, "wide", 900, 25);
  await grid(database, "huge", 6000, 10);
  await database.run({ text: "VACUUM ANALYZE", values: [] });
}

async function grid(database: Database, dagId: string, count: number, runs: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, index) => `task_${String(index).padStart(4, "0")}`);
  const { versionId } = await addDag(database, dagId, { tasks: ids.map((id) => task(id)) });
  for (let run = 0; run < runs; run++) {
    const { id } = await addRun(database, dagId, `run_${run}`, {
      state: "success",
      at: noon + run * day,
      versionId,
    });
    await database.run(sql`
      INSERT INTO task_instance (run_pk, task_id, attempt_id, state, try_number, max_tries, version_id, pool, pool_slots, queue,
        priority_weight, operator, start_date, end_date)
      SELECT ${id}, name, gen_random_uuid(), 'success', 1, 1, ${versionId}, 'default_pool', 1, 'default', 1, '@task', now(), now()
      FROM unnest(${ids}::text[]) AS name`);
  }
}

async function ask(bench: Bench, url: string): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString("base64")}`;
  for (const [path, name, target] of questions) {
    let bytes = 0;
    const samples = await repeated(bench.quick ? 5 : 15, async () => {
      const begin = performance.now();
      const response = await fetch(url + path, { headers: { authorization } });
      bytes = (await response.arrayBuffer()).byteLength;
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      return performance.now() - begin;
    });
    bench.report({
      engine: "Tradewind",
      isolation: "A",
      name,
      value: median(samples),
      unit: "ms",
      samples,
      note: `${path}, ${Math.ceil(bytes / 1024)} kB`,
      ...(target === undefined ? {} : { target: atMost(target) }),
    });
  }
}
