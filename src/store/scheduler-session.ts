/**
 * The identity of a scheduler: a session that holds the advisory lock (classid 7, objid = job id) and through
 * which alone its batches are written. The session gone, the lock is gone: others may take its leases at once,
 * and nothing can be written under the old name any more.
 */
import { TradewindError } from "../errors.ts";
import type { Connection, Database } from "./connect.ts";
import { channel } from "./notify.ts";
import { sql } from "./sql.ts";

export const schedulerLockClass = 7;

/** Key look-ups only: a plan made while the tables were empty must not scan them when they have grown. */
const settings = sql`
  SELECT set_config('enable_seqscan', 'off', false), set_config('enable_hashjoin', 'off', false),
    set_config('enable_mergejoin', 'off', false), set_config('plan_cache_mode', 'force_generic_plan', false),
    set_config('jit', 'off', false), set_config('statement_timeout', '60s', false)`;

export async function registerJob(
  database: Database,
  job: { hostname: string; pid: number; now: number },
): Promise<number> {
  const row = await database.row<{ id: number }>(sql`
    INSERT INTO job (kind, hostname, pid, started_at, latest_heartbeat)
    VALUES ('scheduler', ${job.hostname}, ${job.pid}, ${new Date(job.now)}, ${new Date(job.now)}) RETURNING id`);
  if (row === null) throw new TradewindError("TW_INTERNAL", "expected the new job's id, got no row");
  return row.id;
}

/**
 * Opens the session and takes the lock. A session of ours that the server still believes in (its end was not
 * noticed yet) is ended first; false is returned while it is still there.
 */
export async function openSchedulerSession(
  database: Database,
  jobId: number,
  onNotification: (payload: string) => void,
): Promise<Connection | null> {
  const connection = await database.connect({
    pipeline: true,
    applicationName: `tradewind scheduler ${jobId}`,
  });
  try {
    await connection.row(settings);
    const locked = await connection.row<{ locked: boolean }>(
      sql`SELECT pg_try_advisory_lock(${schedulerLockClass}::int, ${jobId}::int) AS locked`,
    );
    if (locked?.locked !== true) {
      await endSchedulerSession(connection, jobId);
      await connection.close();
      return null;
    }
    connection.client.on("notification", ({ payload }) => onNotification(payload ?? ""));
    await connection.run({ text: `LISTEN ${channel}`, values: [] });
    return connection;
  } catch (error) {
    await connection.close().catch(() => undefined);
    throw error;
  }
}

/** Ends the session that holds a scheduler's lock. Needs the right to signal it: the same role, or superuser. */
export async function endSchedulerSession(on: Pick<Database, "run">, jobId: number): Promise<void> {
  await on.run(sql`
    SELECT pg_terminate_backend(pid) FROM pg_locks
    WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND classid = ${schedulerLockClass}::oid AND objid = ${jobId}::oid AND objsubid = 2 AND granted`);
}

/** Ids from the sequence of a table's identity column, taken before rows are inserted that refer to one another. */
export async function takeIds(
  on: Pick<Database, "rows">,
  table: "dag_run" | "trigger",
  count: number,
): Promise<number[]> {
  const rows = await on.rows<{ id: number }>(
    sql`SELECT nextval(pg_get_serial_sequence(${table}, 'id')) AS id FROM generate_series(1, ${count}::int)`,
  );
  return rows.map(({ id }) => id);
}

export async function heartbeatJob(on: Pick<Database, "run">, jobId: number, now: number): Promise<void> {
  await on.run(sql`UPDATE job SET latest_heartbeat = ${new Date(now)} WHERE id = ${jobId}`);
}

/** A job that ended on purpose; its leases are free at once. */
export async function endJob(database: Database, jobId: number, now: number): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.run(sql`DELETE FROM dag_lease WHERE scheduler_id = ${jobId}`);
    await tx.run(sql`DELETE FROM slot_pool_usage WHERE scheduler_id = ${jobId}`);
    await tx.run(sql`
      UPDATE job SET state = 'success', ended_at = ${new Date(now)}, latest_heartbeat = ${new Date(now)}
      WHERE id = ${jobId} AND state = 'running'`);
  });
}
