/** Traces, their spans and what people say about them. */
import {
  sourceRunKey,
  spansInStore,
  spansLocationTag,
  type TraceInfo,
  type TraceSpan,
  traceArtifactTag,
} from "../../core/tracking/traces.ts";
import { TradewindError } from "../../errors.ts";
import type { Executor, Transactor } from "../connect.ts";
import { instant, json, sql } from "../sql.ts";
import { requireActiveExperiment } from "./experiments.ts";
import { artifactUriUnder } from "./runs.ts";

export const traceColumns = sql`
  t.trace_id AS "traceId", t.experiment_id AS "experimentId", t.client_request_id AS "clientRequestId",
  t.request_time AS "requestTime", t.execution_ms AS "executionMs", t.state, t.request_preview AS "requestPreview",
  t.response_preview AS "responsePreview", t.tags, t.metadata`;

export function noTrace(id: string): TradewindError {
  return new TradewindError("TW_TRACKING_NOT_FOUND", `Trace with ID ${id} is not found.`);
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function getTrace(executor: Executor, id: string): Promise<TraceInfo> {
  const row = await executor.row<TraceInfo>(
    sql`SELECT ${traceColumns} FROM trace t WHERE t.trace_id = ${id}`,
  );
  if (row === null) throw noTrace(id);
  return row;
}

/** In the order of the given ids; those that are not there are left out. */
export function listTraces(executor: Executor, ids: readonly string[]): Promise<TraceInfo[]> {
  return executor.rows(sql`
    SELECT ${traceColumns} FROM trace t WHERE t.trace_id = ANY (${ids}::text[])
    ORDER BY array_position(${ids}::text[], t.trace_id)`);
}

/** By start, of each trace. */
export async function listSpans(
  executor: Executor,
  ids: readonly string[],
): Promise<Map<string, TraceSpan[]>> {
  const rows = await executor.rows<TraceSpan & { traceId: string }>(sql`
    SELECT trace_id AS "traceId", span_id AS "spanId", parent_span_id AS "parentSpanId", name, span_type AS type,
      status, start_ns::text AS "startNs", end_ns::text AS "endNs", content
    FROM trace_span WHERE trace_id = ANY (${ids}::text[])
    ORDER BY trace_id, start_ns, parent_span_id NULLS FIRST, span_id`);
  return Map.groupBy(rows, ({ traceId }) => traceId);
}

export type NewTrace = Omit<TraceInfo, "experimentId"> & { readonly experimentId: string };

/**
 * What a client knows of the whole, which may come before or after the spans: it sets what it names and keeps what the
 * spans have told.
 */
export async function putTrace(database: Transactor, trace: NewTrace): Promise<TraceInfo> {
  const experiment = await requireActiveExperiment(database, trace.experimentId);
  const tags = {
    [traceArtifactTag]: artifactUriUnder(experiment.artifactLocation, "traces", trace.traceId, "artifacts"),
    ...trace.tags,
  };
  await database.run(sql`
    INSERT INTO trace AS t (trace_id, experiment_id, client_request_id, request_time, execution_ms, state,
      request_preview, response_preview, tags, metadata)
    VALUES (${trace.traceId}, ${experiment.experimentId}, ${trace.clientRequestId}, ${instant(trace.requestTime)},
      ${trace.executionMs}, ${trace.state}, ${trace.requestPreview}, ${trace.responsePreview}, ${json(tags)},
      ${json(trace.metadata)})
    ON CONFLICT (trace_id) DO UPDATE SET request_time = excluded.request_time,
      execution_ms = coalesce(excluded.execution_ms, t.execution_ms), state = excluded.state,
      client_request_id = coalesce(excluded.client_request_id, t.client_request_id),
      request_preview = coalesce(excluded.request_preview, t.request_preview),
      response_preview = coalesce(excluded.response_preview, t.response_preview),
      tags = t.tags || excluded.tags, metadata = t.metadata || excluded.metadata`);
  return getTrace(database, trace.traceId);
}

/** A trace that is not there yet starts with its spans; the root's end is the trace's. */
export async function putSpans(
  database: Transactor,
  at: { traceId: string; experimentId: string },
  spans: readonly TraceSpan[],
): Promise<void> {
  const experiment = await requireActiveExperiment(database, at.experimentId);
  const tags = {
    [traceArtifactTag]: artifactUriUnder(experiment.artifactLocation, "traces", at.traceId, "artifacts"),
    [spansLocationTag]: spansInStore,
  };
  const rows = JSON.stringify(
    spans.map(({ content, ...span }) => ({ ...span, content: JSON.stringify(content) })),
  );
  await database.transaction(async (tx) => {
    await tx.run(sql`
      INSERT INTO trace (trace_id, experiment_id, request_time, state, tags)
      VALUES (${at.traceId}, ${experiment.experimentId}, to_timestamp(${msOf(firstStart(spans))}::float8 / 1000),
        'IN_PROGRESS', ${json({ [traceArtifactTag]: tags[traceArtifactTag] as string })})
      ON CONFLICT (trace_id) DO NOTHING`);
    await tx.run(sql`
      INSERT INTO trace_span (trace_id, span_id, parent_span_id, name, span_type, status, start_ns, end_ns, content)
      SELECT ${at.traceId}::text, s."spanId", s."parentSpanId", s.name, s.type, s.status, s."startNs", s."endNs",
        s.content::json
      FROM json_to_recordset(${rows}) AS s ("spanId" text, "parentSpanId" text, name text, type text, status text,
        "startNs" numeric, "endNs" numeric, content text)
      ORDER BY s."spanId"
      ON CONFLICT (trace_id, span_id) DO UPDATE SET status = excluded.status, end_ns = excluded.end_ns,
        name = excluded.name, span_type = excluded.span_type, content = excluded.content`);
    await tx.run(sql`
      UPDATE trace t SET tags = t.tags || ${json(tags)}::jsonb,
        request_time = to_timestamp(least(extract(epoch FROM t.request_time), s.first / 1e9)::float8),
        execution_ms = greatest(coalesce(t.execution_ms, 0), floor((s.last - s.first) / 1e6)::bigint),
        state = CASE WHEN t.state IN ('IN_PROGRESS', 'STATE_UNSPECIFIED') THEN coalesce(s.state, t.state) ELSE t.state END
      FROM (
        SELECT min(start_ns) AS first, coalesce(max(end_ns), min(start_ns)) AS last,
          max(CASE WHEN parent_span_id IS NULL THEN CASE status WHEN 'ERROR' THEN 'ERROR' ELSE 'OK' END END) AS state
        FROM trace_span WHERE trace_id = ${at.traceId}) s
      WHERE t.trace_id = ${at.traceId}`);
  });
}

const firstStart = (spans: readonly TraceSpan[]): bigint =>
  spans.map(({ startNs }) => BigInt(startNs)).reduce((a, b) => (a < b ? a : b));

const msOf = (ns: bigint): number => Number(ns / 1_000_000n);

/** @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function setTraceTag(executor: Executor, id: string, key: string, value: string): Promise<void> {
  const count = await executor.run(
    sql`UPDATE trace SET tags = tags || ${json({ [key]: value })}::jsonb WHERE trace_id = ${id}`,
  );
  if (count === 0) throw noTrace(id);
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND for the trace and for the tag. */
export async function deleteTraceTag(executor: Executor, id: string, key: string): Promise<void> {
  const { tags } = await getTrace(executor, id);
  if (!(key in tags))
    throw new TradewindError("TW_TRACKING_NOT_FOUND", `No tag with name: ${key} in trace with ID ${id}`);
  await executor.run(sql`UPDATE trace SET tags = tags - ${key}::text WHERE trace_id = ${id}`);
}

/** Those that have no run of their own. */
export async function linkTracesToRun(
  executor: Executor,
  ids: readonly string[],
  runId: string,
): Promise<void> {
  await executor.run(sql`
    UPDATE trace SET metadata = ${json({ [sourceRunKey]: runId })}::jsonb || metadata
    WHERE trace_id = ANY (${ids}::text[])`);
}

export interface TraceDeletion {
  readonly experimentId: number;
  /** Of these; null: the oldest ones. */
  readonly traceIds: readonly string[] | null;
  readonly beforeMs: number | null;
  readonly limit: number | null;
}

/** How many went, with their spans. */
export function deleteTraces(database: Transactor, deletion: TraceDeletion): Promise<number> {
  const { traceIds, beforeMs } = deletion;
  return database.transaction(async (tx) => {
    const gone = await tx.rows<{ id: string }>(sql`
      DELETE FROM trace WHERE trace_id IN (
        SELECT trace_id FROM trace WHERE experiment_id = ${deletion.experimentId}
          AND (${traceIds}::text[] IS NULL OR trace_id = ANY (${traceIds}))
          AND (${instant(beforeMs)}::timestamptz IS NULL OR request_time <= ${instant(beforeMs)})
        ORDER BY request_time, trace_id LIMIT ${deletion.limit})
      RETURNING trace_id AS id`);
    const ids = gone.map(({ id }) => id);
    await tx.run(sql`DELETE FROM trace_span WHERE trace_id = ANY (${ids}::text[])`);
    await tx.run(sql`DELETE FROM trace_assessment WHERE trace_id = ANY (${ids}::text[])`);
    return ids.length;
  });
}

export interface Assessment {
  readonly assessmentId: string;
  readonly traceId: string;
  /** As it came, in the protocol's JSON. */
  readonly content: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  readonly updatedAt: number;
}

const assessmentColumns = sql`
  assessment_id AS "assessmentId", trace_id AS "traceId", content, created_at AS "createdAt", updated_at AS "updatedAt"`;

export async function listAssessments(
  executor: Executor,
  ids: readonly string[],
): Promise<Map<string, Assessment[]>> {
  const rows = await executor.rows<Assessment>(sql`
    SELECT ${assessmentColumns} FROM trace_assessment WHERE trace_id = ANY (${ids}::text[])
    ORDER BY trace_id, created_at, assessment_id`);
  return Map.groupBy(rows, ({ traceId }) => traceId);
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function getAssessment(executor: Executor, traceId: string, id: string): Promise<Assessment> {
  const row = await executor.row<Assessment>(sql`
    SELECT ${assessmentColumns} FROM trace_assessment WHERE assessment_id = ${id} AND trace_id = ${traceId}`);
  if (row !== null) return row;
  throw new TradewindError(
    "TW_TRACKING_NOT_FOUND",
    `Assessment with ID '${id}' not found for trace '${traceId}'`,
  );
}

/** Sets or replaces. @throws TradewindError TW_TRACKING_NOT_FOUND for the trace. */
export async function putAssessment(
  executor: Executor,
  assessment: Pick<Assessment, "assessmentId" | "traceId" | "content">,
  now: number,
): Promise<Assessment> {
  await getTrace(executor, assessment.traceId);
  await executor.run(sql`
    INSERT INTO trace_assessment (assessment_id, trace_id, content, created_at, updated_at)
    VALUES (${assessment.assessmentId}, ${assessment.traceId}, ${JSON.stringify(assessment.content)}, ${instant(now)},
      ${instant(now)})
    ON CONFLICT (assessment_id) DO UPDATE SET content = excluded.content, updated_at = excluded.updated_at`);
  return getAssessment(executor, assessment.traceId, assessment.assessmentId);
}

/** @throws TradewindError TW_TRACKING_NOT_FOUND. */
export async function deleteAssessment(executor: Executor, traceId: string, id: string): Promise<void> {
  await getAssessment(executor, traceId, id);
  await executor.run(sql`DELETE FROM trace_assessment WHERE assessment_id = ${id}`);
}
