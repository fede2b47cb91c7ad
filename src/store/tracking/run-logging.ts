/**
 * What runs log. Points of metrics are the hot path: one statement, and one commit, for any number of them.
 *
 * Writers of the same run meet only where they write the same key; each statement takes its rows in the order of
 * keys, so that two batches wait for each other and never crosswise.
 */
import type { KeyValue, LoggedBatch, LoggedMetric } from "../../core/tracking/limits.ts";
import { refuse } from "../../core/tracking/limits.ts";
import { TradewindError } from "../../errors.ts";
import type { Executor, Transactor } from "../connect.ts";
import type { Statement } from "../sql.ts";
import { prepared, sql } from "../sql.ts";
import { asRunId } from "./ids.ts";
import { getRun, noRun, notActive, putRunTags, requireActiveRun } from "./runs.ts";

function lastPoint(a: LoggedMetric, b: LoggedMetric): LoggedMetric {
  if (a.step !== b.step) return a.step > b.step ? a : b;
  if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp ? a : b;
  // As PostgreSQL orders them: NaN after every number.
  return Number.isNaN(a.value) || a.value > b.value ? a : b;
}

function lastPoints(metrics: readonly LoggedMetric[]): LoggedMetric[] {
  const last = new Map<string, LoggedMetric>();
  for (const metric of metrics) {
    const known = last.get(metric.key);
    last.set(metric.key, known === undefined ? metric : lastPoint(known, metric));
  }
  return [...last.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** `unnest` of points as `m (key, value, timestamp_ms, step)`. */
function points(metrics: readonly LoggedMetric[]): Statement {
  return sql`unnest(
    ${metrics.map(({ key }) => key)}::text[], ${metrics.map(({ value }) => String(value))}::double precision[],
    ${metrics.map(({ timestamp }) => timestamp)}::bigint[], ${metrics.map(({ step }) => step)}::bigint[]
  ) AS m (key, value, timestamp_ms, step)`;
}

/** Number of runs that it found: 0 when the run is not there or deleted, and then nothing was written. */
function insertMetrics(runId: string, metrics: readonly LoggedMetric[]): Statement {
  return prepared(
    "log-metrics",
    sql`
      WITH target AS (SELECT run_id, experiment_id FROM run WHERE run_id = ${runId} AND lifecycle_stage = 'active'),
      history AS (
        INSERT INTO run_metric (run_id, key, timestamp_ms, step, value)
        SELECT run_id, m.key, m.timestamp_ms, m.step, m.value FROM target, ${points(metrics)}
        ON CONFLICT DO NOTHING
      ), latest AS (
        INSERT INTO run_latest_metric AS l (run_id, experiment_id, key, timestamp_ms, step, value)
        SELECT run_id, experiment_id, m.key, m.timestamp_ms, m.step, m.value
        FROM target, ${points(lastPoints(metrics))}
        ON CONFLICT (run_id, key) DO UPDATE
        SET timestamp_ms = excluded.timestamp_ms, step = excluded.step, value = excluded.value
        WHERE (excluded.step, excluded.timestamp_ms, excluded.value) > (l.step, l.timestamp_ms, l.value)
      )
      SELECT count(*) AS found FROM target`,
  );
}

/**
 * A point that is there already changes nothing.
 *
 * @throws TradewindError TW_TRACKING_NOT_FOUND, TW_TRACKING_VALUE for a deleted run.
 */
export async function logMetrics(
  executor: Executor,
  id: string,
  metrics: readonly LoggedMetric[],
): Promise<void> {
  const runId = asRunId(id);
  if (runId === null) throw noRun(id);
  const row = await executor.row<{ found: number }>(insertMetrics(runId, metrics));
  if (row?.found !== 1) throw notActive(await getRun(executor, id));
}

/** The first param that has another value than it would get. */
interface ChangedParam {
  readonly key: string;
  readonly old: string;
  readonly new: string;
}

async function insertParams(tx: Executor, runId: string, params: readonly KeyValue[]): Promise<void> {
  const sorted = [...params].sort((a, b) => (a.key < b.key ? -1 : 1));
  const keys = sorted.map(({ key }) => key);
  const values = sorted.map(({ value }) => value);
  await tx.run(sql`
    INSERT INTO run_param (run_id, key, value)
    SELECT ${runId}::uuid, * FROM unnest(${keys}::text[], ${values}::text[]) ON CONFLICT (run_id, key) DO NOTHING`);
  // After the insert: it waited for whoever wrote the same key at the same moment.
  const changed = await tx.row<ChangedParam>(sql`
    SELECT p.key, p.value AS old, n.value AS new
    FROM unnest(${keys}::text[], ${values}::text[]) AS n (key, value)
    JOIN run_param p ON p.run_id = ${runId} AND p.key = n.key WHERE p.value <> n.value ORDER BY p.key LIMIT 1`);
  if (changed !== null)
    throw refuse(
      `Changing param values is not allowed. Param with key='${changed.key}' was already logged with ` +
        `value='${changed.old}' for run ID='${runId}'. Attempted logging new value '${changed.new}'.`,
    );
}

/**
 * All of the batch or nothing.
 *
 * @throws TradewindError TW_TRACKING_NOT_FOUND; TW_TRACKING_VALUE for a deleted run and for a param that would change.
 */
export async function logBatch(database: Transactor, id: string, batch: LoggedBatch): Promise<void> {
  const { metrics, params, tags } = batch;
  if (params.length === 0 && tags.length === 0 && metrics.length > 0)
    return logMetrics(database, id, metrics);
  const { runId } = await requireActiveRun(database, id);
  await database.transaction(async (tx) => {
    if (params.length > 0) await insertParams(tx, runId, params);
    if (metrics.length > 0) await logMetrics(tx, runId, metrics);
    await putRunTags(tx, runId, tags);
  });
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND for the run and for the tag. */
export async function deleteRunTag(executor: Executor, id: string, key: string): Promise<void> {
  const { runId } = await requireActiveRun(executor, id);
  const count = await executor.run(sql`DELETE FROM run_tag WHERE run_id = ${runId} AND key = ${key}`);
  if (count === 0)
    throw new TradewindError("TW_TRACKING_NOT_FOUND", `No tag with name: ${key} in run with id ${id}`);
}

/** The tag that holds a JSON list of models; one more is put at its end. For clients of 2.x. */
export async function appendLoggedModelHistory(
  database: Transactor,
  id: string,
  model: unknown,
): Promise<void> {
  const { runId } = await requireActiveRun(database, id);
  // jsonb's || under the row's lock: two that log at the same time are both kept.
  await database.run(sql`
    INSERT INTO run_tag AS t (run_id, key, value)
    VALUES (${runId}, 'mlflow.log-model.history', jsonb_build_array(${JSON.stringify(model)}::jsonb)::text)
    ON CONFLICT (run_id, key) DO UPDATE
    SET value = (t.value::jsonb || jsonb_build_array(${JSON.stringify(model)}::jsonb))::text`);
}
