/**
 * A real Airflow's API server over as many rows. Its Dags come from Airflow's own import of bench/peers/airflow/fleet;
 * runs, instances, values and events are filled in by SQL. The environment is that of bench/peers/install.mjs.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { startEmbedded } from "../../src/store/embedded/start.ts";
import type { Server } from "./ask.ts";
import { type FleetSize, grids } from "./questions.ts";

const peers = join(import.meta.dirname, "../peers");
const venv = join(import.meta.dirname, "../../.cache/airflow");
const port = 18794;

export async function airflowLists(size: FleetSize): Promise<Server> {
  if (!existsSync(join(venv, "bin/airflow")))
    throw new Error("expected Airflow in .cache/airflow; node bench/peers/install.mjs --airflow installs it");
  const home = mkdtempSync(join(tmpdir(), "airflow-lists-"));
  const embedded = await startEmbedded({ home, role: "service", name: "bench" });
  const env = environment(home, embedded.url, size);
  const airflow = join(venv, "bin/airflow");
  const run = (...args: string[]) => promisify(execFile)(airflow, args, { env, maxBuffer: 2 ** 26 });
  await run("db", "migrate");
  await run("dags", "reserialize");
  const client = new pg.Client({ connectionString: embedded.url });
  await client.connect();
  await fillAirflow(client, size);
  await client.end();
  const child = spawn(airflow, ["api-server", "--port", String(port), "--workers", "1"], {
    env,
    stdio: "ignore",
    detached: true,
  });
  const url = `http://127.0.0.1:${port}`;
  const token = await firstToken(url, child);
  return {
    name: "Airflow 3.3",
    url,
    headers: { authorization: `Bearer ${token}` },
    async stop() {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      await embedded.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function environment(home: string, url: string, size: FleetSize): Record<string, string | undefined> {
  return {
    ...process.env,
    AIRFLOW_HOME: join(home, "airflow"),
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: url.replace(/^postgres(ql)?:/, "postgresql+psycopg2:"),
    AIRFLOW__CORE__DAGS_FOLDER: join(peers, "airflow/fleet"),
    AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT: "600",
    AIRFLOW__CORE__LOAD_EXAMPLES: "False",
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS: "True",
    AIRFLOW__API_AUTH__JWT_SECRET: "bench-".repeat(11),
    AIRFLOW__LOGGING__LOGGING_LEVEL: "ERROR",
    FLEET_DAGS: String(size.dags),
    FLEET_TASKS: String(size.tasks),
  };
}

async function firstToken(url: string, child: ChildProcess): Promise<string> {
  for (let tries = 0; tries < 300 && child.exitCode === null; tries++) {
    const response = await fetch(`${url}/auth/token`).catch(() => null);
    if (response?.ok) return ((await response.json()) as { access_token: string }).access_token;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error("Airflow's API server did not answer within 150 s");
}

/** In the order and with the times that Tradewind's rows have; indexes that can wait are made after the rows. */
async function fillAirflow(client: pg.Client, { runsOfEach, tasks }: FleetSize): Promise<void> {
  await client.query("SET session_replication_role = replica");
  const runs = (dags: string, count: number, step: string): string => `
    INSERT INTO dag_run (dag_id, run_id, run_type, state, logical_date, data_interval_start, data_interval_end, run_after,
      queued_at, start_date, end_date, created_at, updated_at, triggered_by, conf, clear_number, span_status,
      created_dag_version_id)
    SELECT v.dag_id, 'run_' || n, 'scheduled', CASE WHEN (n + v.dag) % 100 = 0 THEN 'failed' ELSE 'success' END, at, at, at,
      at, at, at, at + make_interval(secs => 30 + (n * 7 + v.dag) % 60), at, at, 'TIMETABLE', '{}', 0, 'not_started', v.id
    FROM (SELECT id, dag_id, coalesce(substring(dag_id from 'fleet_(\\d+)')::int, 1) AS dag FROM dag_version WHERE ${dags}) v
    CROSS JOIN generate_series(0, ${count - 1}) n
    CROSS JOIN LATERAL (SELECT now() - n * interval '${step}' - v.dag * interval '7 seconds' AS at) t ORDER BY at`;
  await client.query(runs("dag_id LIKE 'fleet%'", runsOfEach, "1 hour"));
  const waiting = await dropIndexes(client, "task_instance");
  const instances = (dags: string, count: number, prefix: string): string => `
    INSERT INTO task_instance (id, task_id, dag_id, run_id, map_index, start_date, end_date, duration, state, try_number,
      max_tries, hostname, unixname, pool, pool_slots, queue, priority_weight, operator, queued_dttm, scheduled_dttm, pid,
      executor_config, updated_at, span_status, task_display_name, dag_version_id)
    SELECT uuidv7(), '${prefix}' || lpad(t::text, 4, '0'), r.dag_id, r.run_id, -1,
      r.start_date + make_interval(secs => t * 0.9), r.start_date + make_interval(secs => t * 0.9 + (r.id + t) % 10 * 0.1),
      (r.id + t) % 10 * 0.1, CASE WHEN (r.id + t) % 500 = 0 THEN 'failed' ELSE 'success' END, 1, 0, 'host', 'me',
      'default_pool', 1, 'default', 1, 'EmptyOperator', r.start_date, r.start_date, 1, '\\x80057d942e', r.end_date,
      'not_started', '${prefix}' || lpad(t::text, 4, '0'), r.created_dag_version_id
    FROM dag_run r CROSS JOIN generate_series(0, ${count - 1}) t WHERE ${dags} ORDER BY r.id, t`;
  await client.query(instances("dag_id LIKE 'fleet%'", tasks, "t"));
  for (const { dagId, tasks: wide, runs: count } of grids) {
    await client.query(runs(`dag_id = '${dagId}'`, count, "1 day"));
    await client.query(instances(`dag_id = '${dagId}'`, wide, "task_"));
  }
  for (const definition of waiting) await client.query(definition);
  await client.query(`
    INSERT INTO xcom (dag_run_id, task_id, map_index, key, dag_id, run_id, value, timestamp)
    SELECT r.id, t.task_id, -1, 'return_value', r.dag_id, r.run_id, '{"rows": 12}', t.end_date
    FROM dag_run r JOIN task_instance t ON t.dag_id = r.dag_id AND t.run_id = r.run_id
    WHERE t.task_id IN ('t0000', 't0001', 't0002')`);
  await client.query(`
    INSERT INTO log (dttm, event, dag_id, run_id, owner, extra)
    SELECT start_date, 'trigger_dag_run', dag_id, run_id, 'bench', '{}' FROM dag_run ORDER BY id`);
  await client.query("VACUUM ANALYZE");
}

/** All but those of constraints; their definitions. */
async function dropIndexes(client: pg.Client, table: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `SELECT indexname AS name, indexdef AS definition FROM pg_indexes
     WHERE tablename = $1 AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conname = indexname)`,
    [table],
  );
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`);
  return rows.map(({ definition }) => definition);
}
