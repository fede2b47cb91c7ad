/** Points of metrics over time: of one run, and of many for a chart. */
import type { Slice } from "../../core/tracking/entities.ts";
import type { LoggedMetric } from "../../core/tracking/limits.ts";
import type { Executor } from "../connect.ts";
import { sql } from "../sql.ts";
import { hexId } from "./ids.ts";

const columns = sql`m.key, m.value, m.timestamp_ms AS "timestamp", m.step`;

/** By instant, step and value: the order of the primary key, so that the history is read and never sorted. */
export async function readMetricHistory(
  executor: Executor,
  query: { runId: string; key: string; limit: number | null; offset: number },
): Promise<Slice<LoggedMetric>> {
  const limit = query.limit === null ? null : query.limit + 1;
  const rows = await executor.rows<LoggedMetric>(sql`
    SELECT ${columns} FROM run_metric m WHERE m.run_id = ${query.runId} AND m.key = ${query.key}
    ORDER BY m.run_id, m.key, m.timestamp_ms, m.step, m.value LIMIT ${limit} OFFSET ${query.offset}`);
  return query.limit === null
    ? { rows, hasMore: false }
    : { rows: rows.slice(0, query.limit), hasMore: rows.length > query.limit };
}

export interface RunPoint extends LoggedMetric {
  readonly runId: string;
}

/** The first `limit` points of all the runs together, by run, instant, step and value. */
export function readBulkHistory(
  executor: Executor,
  query: { runIds: readonly string[]; key: string; limit: number },
): Promise<RunPoint[]> {
  return executor.rows(sql`
    SELECT ${hexId(sql`m.run_id`)} AS "runId", ${columns} FROM run_metric m
    WHERE m.run_id = ANY (${query.runIds}::uuid[]) AND m.key = ${query.key}
    ORDER BY m.run_id, m.timestamp_ms, m.step, m.value LIMIT ${query.limit}`);
}

export interface IntervalQuery {
  readonly runIds: readonly string[];
  readonly key: string;
  readonly startStep: number | null;
  readonly endStep: number | null;
  /** Steps at most, beside the first and the last of each run. */
  readonly maxSteps: number;
}

/**
 * Points at evenly spaced steps out of those that exist within the interval, with the last one, and the first and the
 * last of each run, so that no line is cut short. By step, then instant, for each run.
 */
export function readSampledHistory(executor: Executor, query: IntervalQuery): Promise<RunPoint[]> {
  return executor.rows(sql`
    WITH inside AS MATERIALIZED (
      SELECT m.run_id, m.key, m.value, m.timestamp_ms, m.step FROM run_metric m
      WHERE m.run_id = ANY (${query.runIds}::uuid[]) AND m.key = ${query.key}
        AND (${query.startStep}::bigint IS NULL OR m.step BETWEEN ${query.startStep} AND ${query.endStep})
    ), steps AS (
      SELECT step, row_number() OVER (ORDER BY step) - 1 AS position, count(*) OVER () AS total
      FROM (SELECT DISTINCT step FROM inside) s
    ), every AS (
      -- Every n-th, n rounded up, so that there are never more than asked for.
      SELECT step FROM steps
      WHERE total <= ${query.maxSteps}::bigint OR position = total - 1
        OR position % ((total + ${query.maxSteps}::bigint - 1) / ${query.maxSteps}::bigint) = 0
    ), chosen AS (
      SELECT step FROM every
      UNION SELECT min(step) FROM inside GROUP BY run_id
      UNION SELECT max(step) FROM inside GROUP BY run_id
    )
    SELECT ${hexId(sql`m.run_id`)} AS "runId", ${columns} FROM inside m JOIN chosen USING (step)
    ORDER BY array_position(${query.runIds}::uuid[], m.run_id), m.step, m.timestamp_ms, m.value`);
}
