/** Logged models: what a run made, before and beside the registry. */
import type { LoggedModel, LoggedModelMetric, LoggedModelStatus } from "../../core/tracking/entities.ts";
import type { KeyValue } from "../../core/tracking/limits.ts";
import { TradewindError } from "../../errors.ts";
import type { Executor, Transactor } from "../connect.ts";
import { instant, sql } from "../sql.ts";
import { requireActiveExperiment } from "./experiments.ts";
import { asRunId, hexId } from "./ids.ts";
import { artifactUriUnder, noRun } from "./runs.ts";

const pairs = (table: ReturnType<typeof sql>) => sql`
  coalesce((SELECT json_agg(json_build_object('key', x.key, 'value', x.value) ORDER BY x.key)
    FROM ${table} x WHERE x.model_id = m.model_id), '[]')`;

/** The last point of each key, run and data set. */
export const loggedModelColumns = sql`
  m.model_id AS "modelId", m.experiment_id AS "experimentId", m.name, m.model_type AS "modelType",
  ${hexId(sql`m.source_run_id`)} AS "sourceRunId", m.artifact_uri AS "artifactUri", m.status,
  m.status_message AS "statusMessage", m.creation_time AS "creationTime", m.last_update_time AS "lastUpdateTime",
  ${pairs(sql`logged_model_param`)} AS params, ${pairs(sql`logged_model_tag`)} AS tags,
  coalesce((SELECT json_agg(json_build_object('modelId', l.model_id, 'key', l.key, 'value', l.value,
      'timestamp', l.timestamp_ms, 'step', l.step, 'runId', ${hexId(sql`l.run_id`)},
      'datasetName', l.dataset_name, 'datasetDigest', l.dataset_digest))
    FROM (SELECT DISTINCT ON (key, run_id, dataset_name, dataset_digest) * FROM logged_model_metric x
      WHERE x.model_id = m.model_id
      ORDER BY key, run_id, dataset_name, dataset_digest, timestamp_ms DESC, step DESC, value DESC) l), '[]') AS metrics`;

/** Numbers that JSON has no way to write came as strings. */
export function toLoggedModel(row: LoggedModel): LoggedModel {
  return { ...row, metrics: row.metrics.map((metric) => ({ ...metric, value: Number(metric.value) })) };
}

export function noLoggedModel(id: string): TradewindError {
  return new TradewindError("TW_TRACKING_NOT_FOUND", `Logged model with ID '${id}' not found.`);
}

export interface NewLoggedModel {
  /** `m-` and 32 hexadecimal digits. */
  readonly modelId: string;
  readonly experimentId: string;
  readonly name: string;
  readonly modelType: string | null;
  readonly sourceRunId: string | null;
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND, TW_TRACKING_STATE for the experiment. */
export async function createLoggedModel(
  database: Transactor,
  model: NewLoggedModel,
  now: number,
): Promise<LoggedModel> {
  const experiment = await requireActiveExperiment(database, model.experimentId);
  const sourceRunId = model.sourceRunId === null ? null : asRunId(model.sourceRunId);
  if (model.sourceRunId !== null && sourceRunId === null) throw noRun(model.sourceRunId);
  const uri = artifactUriUnder(experiment.artifactLocation, "models", model.modelId, "artifacts");
  await database.transaction(async (tx) => {
    await tx.run(sql`
      INSERT INTO logged_model (model_id, experiment_id, name, model_type, source_run_id, artifact_uri, status,
        creation_time, last_update_time)
      VALUES (${model.modelId}, ${experiment.experimentId}, ${model.name}, ${model.modelType}, ${sourceRunId}, ${uri},
        'PENDING', ${instant(now)}, ${instant(now)})`);
    await putParams(tx, model.modelId, model.params);
    await putTags(tx, model.modelId, model.tags);
  });
  return getLoggedModel(database, model.modelId);
}

async function putTags(executor: Executor, modelId: string, tags: readonly KeyValue[]): Promise<void> {
  const last = new Map(tags.map(({ key, value }) => [key, value]));
  await executor.run(sql`
    INSERT INTO logged_model_tag (model_id, key, value)
    SELECT ${modelId}::text, * FROM unnest(${[...last.keys()]}::text[], ${[...last.values()]}::text[])
    ON CONFLICT (model_id, key) DO UPDATE SET value = excluded.value`);
}

async function putParams(executor: Executor, modelId: string, params: readonly KeyValue[]): Promise<void> {
  const last = new Map(params.map(({ key, value }) => [key, value]));
  await executor.run(sql`
    INSERT INTO logged_model_param (model_id, key, value)
    SELECT ${modelId}::text, * FROM unnest(${[...last.keys()]}::text[], ${[...last.values()]}::text[])
    ON CONFLICT (model_id, key) DO UPDATE SET value = excluded.value`);
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND, also for a deleted one. */
export async function getLoggedModel(executor: Executor, id: string): Promise<LoggedModel> {
  const row = await executor.row<LoggedModel>(sql`
    SELECT ${loggedModelColumns} FROM logged_model m WHERE m.model_id = ${id} AND m.deleted_at IS NULL`);
  if (row === null) throw noLoggedModel(id);
  return toLoggedModel(row);
}

/** Those of the given that there are, by name. */
export async function listLoggedModels(executor: Executor, ids: readonly string[]): Promise<LoggedModel[]> {
  if (ids.length === 0) return [];
  const rows = await executor.rows<LoggedModel>(sql`
    SELECT ${loggedModelColumns} FROM logged_model m
    WHERE m.model_id = ANY (${ids}::text[]) AND m.deleted_at IS NULL ORDER BY m.name, m.creation_time`);
  return rows.map(toLoggedModel);
}

async function touch(executor: Executor, id: string, now: number): Promise<void> {
  const count = await executor.run(sql`
    UPDATE logged_model SET last_update_time = ${instant(now)} WHERE model_id = ${id} AND deleted_at IS NULL`);
  if (count === 0) throw noLoggedModel(id);
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function finalizeLoggedModel(
  executor: Executor,
  id: string,
  status: LoggedModelStatus,
  now: number,
): Promise<LoggedModel> {
  await touch(executor, id, now);
  await executor.run(sql`UPDATE logged_model SET status = ${status} WHERE model_id = ${id}`);
  return getLoggedModel(executor, id);
}

/** It stays in the database until it is taken out for good. @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function deleteLoggedModel(executor: Executor, id: string, now: number): Promise<void> {
  const count = await executor.run(sql`
    UPDATE logged_model SET deleted_at = ${instant(now)} WHERE model_id = ${id} AND deleted_at IS NULL`);
  if (count === 0) throw noLoggedModel(id);
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function setLoggedModelTags(
  database: Transactor,
  id: string,
  tags: readonly KeyValue[],
  now: number,
): Promise<LoggedModel> {
  await database.transaction(async (tx) => {
    await touch(tx, id, now);
    await putTags(tx, id, tags);
  });
  return getLoggedModel(database, id);
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND for the model and for the tag. */
export async function deleteLoggedModelTag(executor: Executor, id: string, key: string): Promise<void> {
  await getLoggedModel(executor, id);
  const count = await executor.run(sql`DELETE FROM logged_model_tag WHERE model_id = ${id} AND key = ${key}`);
  if (count === 0)
    throw new TradewindError(
      "TW_TRACKING_NOT_FOUND",
      `No tag with key '${key}' found for model with ID '${id}'.`,
    );
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function logLoggedModelParams(
  database: Transactor,
  id: string,
  params: readonly KeyValue[],
  now: number,
): Promise<void> {
  await database.transaction(async (tx) => {
    await touch(tx, id, now);
    await putParams(tx, id, params);
  });
}

/** Points that were measured on a model; of models that are not there, none are kept. */
export async function logLoggedModelMetrics(
  executor: Executor,
  metrics: readonly LoggedModelMetric[],
): Promise<void> {
  if (metrics.length === 0) return;
  await executor.run(sql`
    INSERT INTO logged_model_metric (model_id, key, timestamp_ms, step, value, run_id, dataset_name, dataset_digest)
    SELECT p.* FROM unnest(${metrics.map(({ modelId }) => modelId)}::text[], ${metrics.map(({ key }) => key)}::text[],
      ${metrics.map(({ timestamp }) => timestamp)}::bigint[], ${metrics.map(({ step }) => step)}::bigint[],
      ${metrics.map(({ value }) => String(value))}::double precision[], ${metrics.map(({ runId }) => runId)}::uuid[],
      ${metrics.map(({ datasetName }) => datasetName)}::text[], ${metrics.map(({ datasetDigest }) => datasetDigest)}::text[]
    ) AS p (model_id, key, timestamp_ms, step, value, run_id, dataset_name, dataset_digest)
    JOIN logged_model m ON m.model_id = p.model_id
    ORDER BY p.model_id, p.key ON CONFLICT DO NOTHING`);
}
