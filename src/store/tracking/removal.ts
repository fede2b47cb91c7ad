/**
 * Runs and experiments that go for good. Rows first, in one transaction; the places of their artifacts come back, for
 * the caller to empty: a crash in between leaves files that nobody names, never rows whose files are gone.
 */
import { TradewindError } from "../../errors.ts";
import type { Executor, Transactor } from "../connect.ts";
import { instant, sql } from "../sql.ts";
import { getExperiment } from "./experiments.ts";
import { getRun } from "./runs.ts";

const batchOfRuns = 500;

async function removeRows(tx: Executor, runIds: readonly string[]): Promise<void> {
  for (const statement of [
    sql`DELETE FROM run_metric WHERE run_id = ANY (${runIds}::uuid[])`,
    sql`DELETE FROM run_latest_metric WHERE run_id = ANY (${runIds}::uuid[])`,
    sql`DELETE FROM run_param WHERE run_id = ANY (${runIds}::uuid[])`,
    sql`DELETE FROM run_tag WHERE run_id = ANY (${runIds}::uuid[])`,
    sql`DELETE FROM run_dataset WHERE run_id = ANY (${runIds}::uuid[])`,
    sql`DELETE FROM run_model WHERE run_id = ANY (${runIds}::uuid[])`,
    sql`DELETE FROM metric_watch WHERE run_id = ANY (${runIds}::uuid[])`,
    sql`DELETE FROM metric_alert WHERE run_id = ANY (${runIds}::uuid[])`,
    sql`DELETE FROM logged_model_metric WHERE run_id = ANY (${runIds}::uuid[])`,
  ])
    await tx.run(statement);
}

function requireDeleted(what: string, id: string, stage: string): void {
  if (stage === "deleted") return;
  throw new TradewindError(
    "TW_TRACKING_STATE",
    `${what} ${id}: expected it in the 'deleted' state before it goes for good. Current state is ${stage}.`,
  );
}

/** Where its artifacts are. @throws TradewindError TW_TRACKING_NOT_FOUND, TW_TRACKING_STATE unless it is deleted. */
export async function removeRun(database: Transactor, id: string): Promise<string> {
  const run = await getRun(database, id);
  requireDeleted("run", id, run.lifecycleStage);
  await database.transaction(async (tx) => {
    await removeRows(tx, [run.runId]);
    await tx.run(sql`DELETE FROM run WHERE run_id = ${run.runId}`);
  });
  return run.artifactUri;
}

/** With its runs, models, data sets and traces. @throws TradewindError as `removeRun`. */
export async function removeExperiment(database: Transactor, id: string): Promise<string> {
  const experiment = await getExperiment(database, id);
  requireDeleted("experiment", id, experiment.lifecycleStage);
  const { experimentId } = experiment;
  await database.transaction(async (tx) => {
    const runs = await tx.rows<{ id: string }>(
      sql`DELETE FROM run WHERE experiment_id = ${experimentId} RETURNING run_id AS id`,
    );
    await removeRows(
      tx,
      runs.map(({ id: runId }) => runId),
    );
    const ofTraces = sql`SELECT trace_id FROM trace WHERE experiment_id = ${experimentId}`;
    await tx.run(sql`DELETE FROM trace_span WHERE trace_id IN (${ofTraces})`);
    await tx.run(sql`DELETE FROM trace_assessment WHERE trace_id IN (${ofTraces})`);
    await tx.run(sql`DELETE FROM trace WHERE experiment_id = ${experimentId}`);
    await tx.run(sql`DELETE FROM logged_model WHERE experiment_id = ${experimentId}`);
    await tx.run(sql`DELETE FROM dataset WHERE experiment_id = ${experimentId}`);
    await tx.run(sql`DELETE FROM experiment WHERE experiment_id = ${experimentId}`);
  });
  return experiment.artifactLocation;
}

/** Runs that were deleted before that instant, a batch of them; call it until none comes back. */
export function pruneDeletedRuns(database: Transactor, before: number): Promise<string[]> {
  return database.transaction(async (tx) => {
    const gone = await tx.rows<{ id: string; uri: string }>(sql`
      DELETE FROM run WHERE run_id IN (
        SELECT run_id FROM run WHERE deleted_at < ${instant(before)} ORDER BY deleted_at LIMIT ${batchOfRuns}
        FOR UPDATE SKIP LOCKED)
      RETURNING run_id AS id, artifact_uri AS uri`);
    await removeRows(
      tx,
      gone.map(({ id }) => id),
    );
    return gone.map(({ uri }) => uri);
  });
}
