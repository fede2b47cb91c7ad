/** Tradewind over a fleet with a history: the rows, filled in by SQL, and the API's own process beside them. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Database, openDatabase } from "../../src/store/connect.ts";
import { startEmbedded } from "../../src/store/embedded/start.ts";
import { migrate } from "../../src/store/migrate.ts";
import { sql } from "../../src/store/sql.ts";
import { createUser } from "../../src/store/users.ts";
import { systemClock } from "../../src/time.ts";
import { addDag, addRun, task } from "../../tests/store/rows.ts";
import type { Server } from "./ask.ts";
import { type FleetSize, grids } from "./questions.ts";

const user = { username: "bench", email: null, roles: ["Admin"], password: "a password of the bench" };
const program = join(import.meta.dirname, "../../bin/tradewind.mjs");

/** @param home Kept where it is given, and used as it is where a fleet is in it already. */
export async function tradewindLists(size: FleetSize, home?: string): Promise<Server> {
  const folder = home ?? mkdtempSync(join(tmpdir(), "tradewind-lists-"));
  const embedded = await startEmbedded({ home: folder, role: "service", name: "bench" });
  const database = openDatabase({ url: embedded.url, poolSize: 5 });
  await migrate(database);
  const filled = await database.row(sql`SELECT 1 FROM app_user WHERE username = ${user.username}`);
  if (filled === null) {
    await fillTradewind(database, size);
    await createUser(database, user, systemClock.now());
  }
  await database.close();
  const api = await startApi(folder);
  const credentials = Buffer.from(`${user.username}:${user.password}`).toString("base64");
  return {
    name: "Tradewind",
    url: api.url,
    headers: { authorization: `Basic ${credentials}` },
    async stop() {
      await api.stop();
      await embedded.close();
      if (home === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startApi(home: string): Promise<{ url: string; stop(): Promise<void> }> {
  const args = [program, "api-server", "--home", home, "--port", "0", "--log-level", "warning"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const found = /are at (\S+)\./.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
    void ended.then(() => reject(new Error("the API server ended before it listened")));
  });
  return {
    url,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** The oldest rows first, as years of runs would have left them. */
export async function fillTradewind(
  database: Database,
  { dags, runsOfEach, tasks }: FleetSize,
): Promise<void> {
  const specs = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, index) => task(`${prefix}${String(index).padStart(4, "0")}`));
  for (let dag = 0; dag < dags; dag++) await addDag(database, `fleet_${dag}`, { tasks: specs("t", tasks) });
  await database.run(sql`
    INSERT INTO dag_run (dag_id, run_id, run_type, state, logical_date, data_interval_start, data_interval_end, run_after,
      queued_at, start_date, end_date, triggered_by, version_id)
    SELECT d.dag_id, 'run_' || n, 'scheduled', CASE WHEN (n + dag) % 100 = 0 THEN 'failed' ELSE 'success' END, at, at, at,
      at, at, at, at + make_interval(secs => 30 + (n * 7 + dag) % 60), 'timetable', d.current_version_id
    FROM (SELECT n, dag, now() - n * interval '1 hour' - dag * interval '7 seconds' AS at
          FROM generate_series(0, ${runsOfEach - 1}::int) n, generate_series(0, ${dags - 1}::int) dag) old
    JOIN dag d ON d.dag_id = 'fleet_' || dag ORDER BY at`);
  await database.run(sql`
    INSERT INTO task_instance (run_pk, task_id, attempt_id, state, try_number, max_tries, version_id, pool, pool_slots, queue,
      priority_weight, operator, scheduled_at, queued_at, start_date, end_date, hostname, pid)
    SELECT r.id, 't' || lpad(t::text, 4, '0'), gen_random_uuid(),
      CASE WHEN (r.id + t) % 500 = 0 THEN 'failed' ELSE 'success' END, 1, 0, r.version_id, 'default_pool', 1, 'default', 1,
      'EmptyOperator', r.start_date, r.start_date, r.start_date + make_interval(secs => t * 0.9),
      r.start_date + make_interval(secs => t * 0.9 + (r.id + t) % 10 * 0.1), 'host', 1
    FROM dag_run r CROSS JOIN generate_series(0, ${tasks - 1}::int) t ORDER BY r.id, t`);
  for (const { dagId, tasks: wide, runs } of grids)
    await fillGrid(database, dagId, { tasks: specs("task_", wide) }, runs);
  await database.run(sql`
    INSERT INTO xcom (run_pk, task_id, map_index, key, value, created_at)
    SELECT run_pk, task_id, map_index, 'return_value', '{"rows": 12}', end_date FROM task_instance
    WHERE task_id IN ('t0000', 't0001', 't0002')`);
  await database.run(sql`
    INSERT INTO log (dttm, event, dag_id, run_id, owner, extra)
    SELECT start_date, 'trigger_dag_run', dag_id, run_id, 'bench', '{}' FROM dag_run ORDER BY id`);
  await database.run({ text: "VACUUM ANALYZE", values: [] });
}

async function fillGrid(
  database: Database,
  dagId: string,
  spec: { tasks: ReturnType<typeof task>[] },
  runs: number,
): Promise<void> {
  const { versionId } = await addDag(database, dagId, spec);
  const ids = spec.tasks.map(({ taskId }) => taskId);
  for (let run = 0; run < runs; run++) {
    const at = Date.now() - run * 86_400_000;
    const { id } = await addRun(database, dagId, `run_${run}`, { state: "success", at, versionId });
    await database.run(sql`
      INSERT INTO task_instance (run_pk, task_id, attempt_id, state, try_number, max_tries, version_id, pool, pool_slots,
        queue, priority_weight, operator, start_date, end_date)
      SELECT r.id, name, gen_random_uuid(), 'success', 1, 1, r.version_id, 'default_pool', 1, 'default', 1,
        'EmptyOperator', r.run_after, r.run_after
      FROM dag_run r, unnest(${ids}::text[]) AS name WHERE r.id = ${id}`);
  }
}
