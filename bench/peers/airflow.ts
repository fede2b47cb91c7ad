/**
 * Apache Airflow with the LocalExecutor on the same PostgreSQL (class C: a process for each task). Runs are timed
 * from Airflow's own rows: `queued_at` of the first run to `end_date` of the last, so that the command that
 * triggers them costs nothing.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import type { Engine } from "../engine.ts";

const venv = join(import.meta.dirname, "../../.cache/airflow");

/** `database` is a PostgreSQL URL over TCP or with `?host=` of a socket folder. */
export async function airflow(database: string): Promise<Engine> {
  const home = mkdtempSync(join(tmpdir(), "airflow-"));
  const env = environment(home, database);
  const client = new pg.Client({ connectionString: database });
  const processes: ChildProcess[] = [];
  const command = (...args: string[]): Promise<unknown> =>
    promisify(execFile)(join(venv, "bin/airflow"), args, { env, maxBuffer: 2 ** 26 });
  const run = (dagIds: readonly string[]): Promise<number> => trigger(dagIds, command, client);
  return {
    name: "Airflow 3.3 (LocalExecutor)",
    isolation: "C",
    async start() {
      await client.connect();
      await command("db", "migrate");
      for (const component of [
        ["scheduler"],
        ["dag-processor"],
        ["api-server", "--port", "18793", "--workers", "1"],
      ])
        processes.push(spawn(join(venv, "bin/airflow"), component, { env, stdio: "ignore", detached: true }));
      await until(
        async () =>
          Number(
            (await client.query("SELECT count(*) FROM dag WHERE NOT is_paused AND NOT is_stale")).rows[0]
              .count,
          ) >= 14,
        180,
      );
    },
    async stop() {
      for (const child of processes) if (child.pid) process.kill(-child.pid, "SIGKILL");
      await client.end();
      rmSync(home, { recursive: true, force: true });
    },
    chain: (length) => run([{ 40: "w1_chain_40", 10: "w2_chain_10", 3: "w3_three_steps" }[length] ?? ""]),
    chains: (runs) => run(Array.from({ length: runs }, () => "w3_three_steps")),
    independent: (dags) => run(Array.from({ length: dags }, (_, i) => `w4_independent_${i}`)),
    fanOut: () => run(["w5_fan_out"]),
  };
}

function environment(home: string, database: string): Record<string, string | undefined> {
  return {
    ...process.env,
    AIRFLOW_HOME: home,
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: database.replace(/^postgres(ql)?:/, "postgresql+psycopg2:"),
    AIRFLOW__CORE__EXECUTOR: "LocalExecutor",
    AIRFLOW__CORE__PARALLELISM: "8",
    AIRFLOW__CORE__DAGS_FOLDER: join(import.meta.dirname, "airflow/dags"),
    AIRFLOW__CORE__LOAD_EXAMPLES: "False",
    AIRFLOW__CORE__EXECUTION_API_SERVER_URL: "http://localhost:18793/execution/",
    AIRFLOW__API__PORT: "18793",
    AIRFLOW__API_AUTH__JWT_SECRET: "bench-bench-bench-bench-bench-bench-bench-bench-bench-bench-bench",
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS: "True",
    AIRFLOW__LOGGING__LOGGING_LEVEL: "ERROR",
    AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME: "0.1",
  };
}

/** Triggers with one Python process for all, then waits for Airflow's rows. */
async function trigger(
  dagIds: readonly string[],
  command: (...args: string[]) => Promise<unknown>,
  client: pg.Client,
): Promise<number> {
  const runs = dagIds.map((dagId, i) => ({ dagId, runId: `bench_${process.hrtime.bigint()}_${i}` }));
  for (const { dagId, runId } of runs) await command("dags", "trigger", dagId, "--run-id", runId);
  const ids = runs.map(({ runId }) => runId);
  const unfinished = async (): Promise<boolean> =>
    Number(
      (
        await client.query(
          "SELECT count(*) FROM dag_run WHERE run_id = ANY($1) AND state IN ('success', 'failed')",
          [ids],
        )
      ).rows[0].count,
    ) === ids.length;
  await until(unfinished, 900);
  const { rows } = await client.query(
    "SELECT extract(epoch FROM max(end_date) - min(queued_at)) * 1000 AS ms, count(*) FILTER (WHERE state = 'failed') AS failed FROM dag_run WHERE run_id = ANY($1)",
    [ids],
  );
  if (Number(rows[0].failed) > 0) throw new Error(`${rows[0].failed} of Airflow's runs failed`);
  return Number(rows[0].ms);
}

async function until(ask: () => Promise<boolean>, seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await ask())) {
    if (performance.now() > end) throw new Error(`Airflow did not get there within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
