/** Runs: made, read, ended, deleted and brought back. What they log is written by `run-logging.ts`. */
import type { RunInfo, RunOrigin, RunStatus } from "../../core/tracking/entities.ts";
import type { KeyValue } from "../../core/tracking/limits.ts";
import { TradewindError } from "../../errors.ts";
import type { Executor, Transactor } from "../connect.ts";
import { instant, sql } from "../sql.ts";
import { requireActiveExperiment } from "./experiments.ts";
import { asRunId, hexId } from "./ids.ts";

export const runColumns = sql`
  ${hexId(sql`r.run_id`)} AS "runId", r.experiment_id AS "experimentId", r.name, r.user_id AS "userId", r.status,
  r.start_time AS "startTime", r.end_time AS "endTime", r.artifact_uri AS "artifactUri",
  r.lifecycle_stage AS "lifecycleStage"`;

/** The tag in which clients keep a run's name. */
export const runNameTag = "mlflow.runName";

export function noRun(id: string): TradewindError {
  return new TradewindError("TW_TRACKING_NOT_FOUND", `Run with id=${id} not found`);
}

/** What a deleted run answers to whoever would change it. */
export function notActive(info: Pick<RunInfo, "runId" | "lifecycleStage">): TradewindError {
  return new TradewindError(
    "TW_TRACKING_VALUE",
    `The run ${info.runId} must be in the 'active' state. Current state is ${info.lifecycleStage}.`,
  );
}

export interface NewRun {
  /** A UUID of version 7, so that neighbours in time lie together. */
  readonly runId: string;
  readonly experimentId: string;
  readonly name: string;
  readonly userId: string;
  readonly startTime: number;
  readonly tags: readonly KeyValue[];
  readonly origin: RunOrigin | null;
}

function joinUri(location: string, path: string): string {
  // s3://bucket/folder?version=1: the path goes before the question mark.
  const at = location.indexOf("?");
  const base = at < 0 ? location : location.slice(0, at);
  return `${base.replace(/\/+$/, "")}/${path}${at < 0 ? "" : location.slice(at)}`;
}

/** `<location>/<first>/<rest>` with the location's own query kept. */
export function artifactUriUnder(location: string, ...parts: readonly string[]): string {
  return joinUri(location, parts.join("/"));
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND or TW_TRACKING_STATE for the experiment. */
export async function createRun(database: Transactor, run: NewRun): Promise<RunInfo> {
  const experiment = await requireActiveExperiment(database, run.experimentId);
  const { origin } = run;
  const uri = artifactUriUnder(
    experiment.artifactLocation,
    run.runId.replaceAll("-", "").toLowerCase(),
    "artifacts",
  );
  return database.transaction(async (tx) => {
    const info = await tx.row<RunInfo>(sql`
      WITH r AS (
        INSERT INTO run (run_id, experiment_id, name, user_id, status, start_time, artifact_uri,
          dag_id, dag_run_pk, dag_run_id, task_id, map_index, attempt_id, try_number, dag_version_id)
        VALUES (${run.runId}, ${experiment.experimentId}, ${run.name}, ${run.userId}, 'RUNNING',
          ${instant(run.startTime)}, ${uri}, ${origin?.dagId}, ${origin?.dagRunPk}, ${origin?.dagRunId},
          ${origin?.taskId}, ${origin?.mapIndex}, ${origin?.attemptId}, ${origin?.tryNumber}, ${origin?.dagVersionId})
        RETURNING *)
      SELECT ${runColumns} FROM r`);
    await putRunTags(tx, run.runId, [{ key: runNameTag, value: run.name }, ...run.tags]);
    return info as RunInfo;
  });
}

/** Sets or replaces; the last of several for one key stays. */
export async function putRunTags(
  executor: Executor,
  runId: string,
  tags: readonly KeyValue[],
): Promise<void> {
  if (tags.length === 0) return;
  const last = new Map(tags.map(({ key, value }) => [key, value]));
  // In the order of keys: two writers of the same tags wait for each other, and never crosswise.
  const keys = [...last.keys()].sort();
  await executor.run(sql`
    INSERT INTO run_tag (run_id, key, value)
    SELECT ${runId}::uuid, * FROM unnest(${keys}::text[], ${keys.map((key) => last.get(key))}::text[])
    ON CONFLICT (run_id, key) DO UPDATE SET value = excluded.value`);
  const name = last.get(runNameTag);
  if (name !== undefined)
    await executor.run(sql`UPDATE run SET name = ${name} WHERE run_id = ${runId} AND name <> ${name}`);
}

export async function findRun(executor: Executor, id: string): Promise<RunInfo | null> {
  const runId = asRunId(id);
  if (runId === null) return null;
  return executor.row(sql`SELECT ${runColumns} FROM run r WHERE r.run_id = ${runId}`);
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function getRun(executor: Executor, id: string): Promise<RunInfo> {
  const run = await findRun(executor, id);
  if (run === null) throw noRun(id);
  return run;
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND, TW_TRACKING_VALUE for a deleted one. */
export async function requireActiveRun(executor: Executor, id: string): Promise<RunInfo> {
  const run = await getRun(executor, id);
  if (run.lifecycleStage !== "active") throw notActive(run);
  return run;
}

export interface RunChange {
  readonly status: RunStatus | null;
  readonly endTime: number | null;
  readonly name: string | null;
}

/** What is null stays. @throws TradewindError TW_TRACKING_NOT_FOUND, TW_TRACKING_VALUE for a deleted one. */
export async function updateRun(database: Transactor, id: string, change: RunChange): Promise<RunInfo> {
  const { runId } = await requireActiveRun(database, id);
  return database.transaction(async (tx) => {
    const row = await tx.row<RunInfo>(sql`
      UPDATE run r SET status = coalesce(${change.status}, status), name = coalesce(${change.name}, name),
        end_time = coalesce(${instant(change.endTime)}::timestamptz, end_time)
      WHERE run_id = ${runId} RETURNING ${runColumns}`);
    if (row === null) throw noRun(id);
    if (change.name !== null) await putRunTags(tx, runId, [{ key: runNameTag, value: change.name }]);
    return row;
  });
}

/** Again for one that is deleted already changes nothing. @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function setRunStage(
  executor: Executor,
  id: string,
  stage: "active" | "deleted",
  now: number,
): Promise<void> {
  const { runId, experimentId, lifecycleStage } = await getRun(executor, id);
  if (lifecycleStage === stage) return;
  if (stage === "active") await requireActiveExperiment(executor, String(experimentId));
  await executor.run(sql`
    UPDATE run SET lifecycle_stage = ${stage}, deleted_at = ${stage === "deleted" ? instant(now) : null}
    WHERE run_id = ${runId}`);
}
