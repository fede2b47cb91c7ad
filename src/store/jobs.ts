/** Long-lived processes and their heartbeats. */
import type { Json } from "../core/dag-model.ts";
import type { Executor } from "./connect.ts";
import { instant, json, sql } from "./sql.ts";

export type JobKind = "scheduler" | "worker" | "triggerer" | "dag-processor" | "api";

export interface JobRow {
  readonly id: number;
  readonly kind: JobKind;
  readonly state: "running" | "success" | "failed";
  readonly hostname: string;
  readonly pid: number;
  readonly startedAt: number;
  readonly latestHeartbeat: number;
  readonly endedAt: number | null;
  readonly details: { [key: string]: Json };
}

const columns = sql`
  id, kind, state, hostname, pid, started_at AS "startedAt", latest_heartbeat AS "latestHeartbeat",
  ended_at AS "endedAt", details`;

export async function startJob(
  executor: Executor,
  job: { kind: JobKind; hostname: string; pid: number; details?: { [key: string]: Json } },
  now: number,
): Promise<number> {
  const row = await executor.row<{ id: number }>(sql`
    INSERT INTO job (kind, hostname, pid, started_at, latest_heartbeat, details)
    VALUES (${job.kind}, ${job.hostname}, ${job.pid}, ${instant(now)}, ${instant(now)}, ${json(job.details ?? {})})
    RETURNING id`);
  return row?.id ?? 0;
}

/** False when the job was ended by somebody who thought it dead: it is to stop. */
export async function heartbeat(executor: Executor, id: number, now: number): Promise<boolean> {
  const count = await executor.run(
    sql`UPDATE job SET latest_heartbeat = ${instant(now)} WHERE id = ${id} AND state = 'running'`,
  );
  return count === 1;
}

/** Frees what a triggerer watched. */
export async function endJob(
  executor: Executor,
  id: number,
  state: "success" | "failed",
  now: number,
): Promise<void> {
  await executor.run(sql`
    WITH ended AS (
      UPDATE job SET state = ${state}, ended_at = ${instant(now)} WHERE id = ${id} AND state = 'running' RETURNING id
    )
    UPDATE trigger t SET triggerer_id = NULL FROM ended WHERE t.triggerer_id = ended.id AND t.fired_at IS NULL`);
}

/** Ends jobs of a kind that have been silent since `before`, and frees what they watched. Returns their ids. */
export async function endSilentJobs(
  executor: Executor,
  kind: JobKind,
  before: number,
  now: number,
): Promise<number[]> {
  const rows = await executor.rows<{ id: number }>(sql`
    WITH ended AS (
      UPDATE job SET state = 'failed', ended_at = ${instant(now)}
      WHERE kind = ${kind} AND state = 'running' AND latest_heartbeat < ${instant(before)} RETURNING id
    ), freed AS (
      UPDATE trigger t SET triggerer_id = NULL FROM ended WHERE t.triggerer_id = ended.id AND t.fired_at IS NULL
    )
    SELECT id FROM ended ORDER BY id`);
  return rows.map(({ id }) => id);
}

/** Newest first. */
export function listJobs(
  executor: Executor,
  filter: {
    kind?: JobKind | null;
    hostname?: string | null;
    onlyRunning?: boolean;
    aliveSince?: number | null;
    limit?: number;
  } = {},
): Promise<JobRow[]> {
  return executor.rows(sql`
    SELECT ${columns} FROM job
    WHERE (${filter.kind ?? null}::text IS NULL OR kind = ${filter.kind ?? null})
      AND (${filter.hostname ?? null}::text IS NULL OR hostname = ${filter.hostname ?? null})
      AND (NOT ${filter.onlyRunning ?? false}::boolean OR state = 'running')
      AND (${instant(filter.aliveSince)}::timestamptz IS NULL OR latest_heartbeat >= ${instant(filter.aliveSince)})
    ORDER BY id DESC LIMIT ${filter.limit ?? 100}`);
}
