/**
 * Takes runs away with everything that belongs to them. No foreign keys stand between the hot tables, so this is
 * the one place that knows which tables hold rows of a run; a test compares it with the catalogue.
 */
import { TradewindError } from "../errors.ts";
import type { Executor, Transactor } from "./connect.ts";
import { identifier, sql } from "./sql.ts";

/** Tables with a column `run_pk`, by whose index (or primary key) the rows are found. */
export const tablesOfRuns = [
  "task_instance",
  "task_instance_history",
  "task_reschedule",
  "task_map",
  "xcom",
  "rendered_task_instance_fields",
  "trigger",
  "dagrun_asset_event",
  "partition_run",
  "deadline",
  "callback",
  "hitl_detail",
  "task_state",
  "step_cache",
  "step_cache_lookup",
] as const;

export interface DeletedRuns {
  readonly runs: { readonly dagId: string; readonly runId: string }[];
  /** Files of large values in the artifact store, which nobody refers to any more. */
  readonly artifacts: string[];
}

export const nothingDeleted: DeletedRuns = { runs: [], artifacts: [] };

/** In one transaction of the caller, who has locked the runs. */
export async function deleteRuns(tx: Executor, runPks: readonly number[]): Promise<DeletedRuns> {
  if (runPks.length === 0) return nothingDeleted;
  const refs = await tx.rows<{ uri: string }>(
    sql`SELECT ref ->> 'uri' AS uri FROM xcom WHERE run_pk = ANY (${runPks}::bigint[]) AND ref IS NOT NULL`,
  );
  await tx.run(sql`
    DELETE FROM partition_run_event WHERE partition_run_id IN (
      SELECT id FROM partition_run WHERE run_pk = ANY (${runPks}::bigint[]))`);
  for (const table of tablesOfRuns) {
    await tx.run(sql`DELETE FROM ${identifier(table)} WHERE run_pk = ANY (${runPks}::bigint[])`);
  }
  await tx.run(
    sql`UPDATE backfill_dag_run SET dag_run_id = NULL WHERE dag_run_id = ANY (${runPks}::bigint[])`,
  );
  const runs = await tx.rows<{ dagId: string; runId: string }>(
    sql`DELETE FROM dag_run WHERE id = ANY (${runPks}::bigint[]) RETURNING dag_id AS "dagId", run_id AS "runId"`,
  );
  return { runs, artifacts: refs.map(({ uri }) => uri) };
}

/** Runs of a batch: small enough that no lock is held for long, and large enough to be few statements. */
export const batchOfRuns = 200;

/**
 * A Dag with its versions, runs and all that is left of them. Its file, when it is still there, brings it back at
 * the next import.
 *
 * @throws TradewindError TW_DAG_HAS_RUNNING_TASKS, TW_DAG_NOT_FOUND.
 */
export async function deleteDag(database: Transactor, dagId: string): Promise<DeletedRuns> {
  const running = await database.row<{ found: boolean }>(sql`
    SELECT EXISTS (
      SELECT FROM dag_run r JOIN task_instance t ON t.run_pk = r.id
      WHERE r.dag_id = ${dagId} AND r.end_date IS NULL AND t.state IN ('queued', 'running', 'restarting')) AS found`);
  if (running?.found === true) {
    throw new TradewindError("TW_DAG_HAS_RUNNING_TASKS", `expected no running task of ${dagId}, got some`, {
      hint: "pause the Dag and wait, or mark its runs as failed",
    });
  }
  const all: DeletedRuns = { runs: [], artifacts: [] };
  for (;;) {
    const deleted = await database.transaction(async (tx) => {
      const ids = await tx.rows<{ id: number }>(
        sql`SELECT id FROM dag_run WHERE dag_id = ${dagId} ORDER BY id LIMIT ${batchOfRuns} FOR UPDATE`,
      );
      return deleteRuns(
        tx,
        ids.map(({ id }) => id),
      );
    });
    if (deleted.runs.length === 0) break;
    all.runs.push(...deleted.runs);
    all.artifacts.push(...deleted.artifacts);
  }
  const count = await database.transaction((tx) => deleteDagRow(tx, dagId));
  if (count === 0 && all.runs.length === 0) {
    throw new TradewindError("TW_DAG_NOT_FOUND", `expected the id of a Dag, got ${JSON.stringify(dagId)}`);
  }
  return all;
}

async function deleteDagRow(tx: Executor, dagId: string): Promise<number> {
  await tx.run(sql`DELETE FROM backfill WHERE dag_id = ${dagId}`);
  await tx.run(sql`DELETE FROM asset_dag_run_queue WHERE dag_id = ${dagId}`);
  await tx.run(sql`DELETE FROM scheduler_request WHERE dag_id = ${dagId}`);
  await tx.run(sql`DELETE FROM dag_lease WHERE dag_id = ${dagId}`);
  await tx.run(sql`DELETE FROM trigger WHERE dag_id = ${dagId}`);
  // Versions, warnings and asset references go with it by their foreign keys.
  return tx.run(sql`DELETE FROM dag WHERE dag_id = ${dagId}`);
}

/**
 * One run. A scheduler may work on it: ask for it by a request while one lives.
 *
 * @throws TradewindError TW_DAG_RUN_NOT_FOUND, TW_DAG_HAS_RUNNING_TASKS.
 */
export async function deleteDagRun(tx: Executor, dagId: string, runId: string): Promise<DeletedRuns> {
  const run = await tx.row<{ id: number; busy: boolean }>(sql`
    SELECT r.id, EXISTS (SELECT FROM task_instance t
      WHERE t.run_pk = r.id AND t.state IN ('queued', 'running', 'restarting')) AS busy
    FROM dag_run r WHERE r.dag_id = ${dagId} AND r.run_id = ${runId} FOR UPDATE OF r`);
  if (run === null) {
    throw new TradewindError(
      "TW_DAG_RUN_NOT_FOUND",
      `expected a run of ${dagId}, got the run id ${JSON.stringify(runId)}`,
    );
  }
  if (run.busy) {
    throw new TradewindError(
      "TW_DAG_HAS_RUNNING_TASKS",
      `expected no running task in run ${runId} of ${dagId}, got some`,
      {
        hint: "mark the run as failed first",
      },
    );
  }
  return deleteRuns(tx, [run.id]);
}
