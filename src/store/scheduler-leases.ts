/**
 * Who works on which Dag. A lease counts while its scheduler's session holds the advisory lock; the others are
 * free for anybody. Claims use SKIP LOCKED, so that schedulers that claim at once take different Dags.
 */
import type { Database, Executor } from "./connect.ts";
import { endSchedulerSession, schedulerLockClass } from "./scheduler-session.ts";
import { sql } from "./sql.ts";

/** Job ids of schedulers whose session lives, from the lock table. */
const liveSchedulers = sql`
  SELECT objid::bigint AS id FROM pg_locks
  WHERE locktype = 'advisory' AND classid = ${schedulerLockClass}::oid AND objsubid = 2 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

export interface LeaseView {
  /** Live schedulers, this one included. */
  readonly live: readonly number[];
  /** Schedulers that hold leases or pool slots without a live session. */
  readonly dead: readonly number[];
  /** Dags without a lease, stale ones without unfinished runs left out. */
  readonly free: number;
  readonly total: number;
  /** Milliseconds since the server started: just after, nobody has had time to come back. */
  readonly serverUptime: number;
}

export async function viewLeases(database: Database): Promise<LeaseView> {
  const row = await database.row<LeaseView & { live: number[] | null; dead: number[] | null }>(sql`
    WITH live AS (${liveSchedulers})
    SELECT (SELECT array_agg(id ORDER BY id) FROM live) AS live,
      (SELECT array_agg(DISTINCT s.scheduler_id) FROM (
         SELECT scheduler_id FROM dag_lease UNION SELECT scheduler_id FROM slot_pool_usage) s
       WHERE s.scheduler_id NOT IN (SELECT id FROM live)) AS dead,
      (SELECT count(*) FROM dag d WHERE NOT EXISTS (SELECT FROM dag_lease l WHERE l.dag_id = d.dag_id)) AS free,
      (SELECT count(*) FROM dag) AS total,
      extract(epoch FROM clock_timestamp() - pg_postmaster_start_time()) * 1000 AS "serverUptime"`);
  return {
    live: row?.live ?? [],
    dead: row?.dead ?? [],
    free: row?.free ?? 0,
    total: row?.total ?? 0,
    serverUptime: row?.serverUptime ?? 0,
  };
}

/** Takes up to `limit` Dags that nobody has; with `only`, none but these. */
export async function claimFreeDags(
  database: Database,
  schedulerId: number,
  limit: number,
  now: number,
  only: readonly string[] | null = null,
): Promise<string[]> {
  const rows = await database.rows<{ dagId: string }>(sql`
    INSERT INTO dag_lease (dag_id, scheduler_id, taken_at)
    SELECT d.dag_id, ${schedulerId}, ${new Date(now)} FROM dag d
    WHERE NOT EXISTS (SELECT FROM dag_lease l WHERE l.dag_id = d.dag_id)
      AND (${only}::text[] IS NULL OR d.dag_id = ANY (${only}))
    ORDER BY d.dag_id LIMIT ${limit} FOR UPDATE OF d SKIP LOCKED
    ON CONFLICT DO NOTHING RETURNING dag_id AS "dagId"`);
  return rows.map(({ dagId }) => dagId);
}

/**
 * Takes over the leases of a dead scheduler together with the pool slots that it had reserved. The advisory lock
 * is tried inside the transaction: whoever lives again in this very moment keeps its leases.
 */
export async function takeOverDags(
  database: Database,
  schedulerId: number,
  deadId: number,
  now: number,
): Promise<string[]> {
  return database.transaction(async (tx) => {
    const gone = await tx.row<{ locked: boolean }>(
      sql`SELECT pg_try_advisory_xact_lock(${schedulerLockClass}::int, ${deadId}::int) AS locked`,
    );
    if (gone?.locked !== true) return [];
    const rows = await tx.rows<{ dagId: string }>(sql`
      WITH free AS (
        SELECT dag_id FROM dag_lease WHERE scheduler_id = ${deadId} ORDER BY dag_id FOR UPDATE SKIP LOCKED)
      UPDATE dag_lease l SET scheduler_id = ${schedulerId}, taken_at = ${new Date(now)} FROM free
      WHERE l.dag_id = free.dag_id RETURNING l.dag_id AS "dagId"`);
    await moveReservations(tx, schedulerId, deadId);
    await tx.run(sql`
      UPDATE job SET state = 'failed', ended_at = ${new Date(now)} WHERE id = ${deadId} AND state = 'running'`);
    return rows.map(({ dagId }) => dagId);
  });
}

/** The same for chosen Dags: the other leases, the reservations and the job are left for a whole scheduler. */
export async function takeOverChosenDags(
  database: Database,
  schedulerId: number,
  deadId: number,
  only: readonly string[],
  now: number,
): Promise<string[]> {
  return database.transaction(async (tx) => {
    const gone = await tx.row<{ locked: boolean }>(
      sql`SELECT pg_try_advisory_xact_lock(${schedulerLockClass}::int, ${deadId}::int) AS locked`,
    );
    if (gone?.locked !== true) return [];
    const rows = await tx.rows<{ dagId: string }>(sql`
      UPDATE dag_lease SET scheduler_id = ${schedulerId}, taken_at = ${new Date(now)}
      WHERE scheduler_id = ${deadId} AND dag_id = ANY (${only}::text[]) RETURNING dag_id AS "dagId"`);
    return rows.map(({ dagId }) => dagId);
  });
}

async function moveReservations(tx: Executor, schedulerId: number, deadId: number): Promise<void> {
  await tx.run(sql`
    WITH gone AS (DELETE FROM slot_pool_usage WHERE scheduler_id = ${deadId} RETURNING pool, taken)
    INSERT INTO slot_pool_usage (pool, scheduler_id, taken) SELECT pool, ${schedulerId}, taken FROM gone
    ON CONFLICT (pool, scheduler_id) DO UPDATE SET taken = slot_pool_usage.taken + excluded.taken`);
}

/** Leases that stand under this scheduler's name now. */
export async function ownLeases(database: Database, schedulerId: number): Promise<string[]> {
  const rows = await database.rows<{ dagId: string }>(
    sql`SELECT dag_id AS "dagId" FROM dag_lease WHERE scheduler_id = ${schedulerId} ORDER BY dag_id`,
  );
  return rows.map(({ dagId }) => dagId);
}

/** Lets go of Dags, whoever asks for them next may have them. */
export async function releaseDags(
  on: Executor,
  schedulerId: number,
  dagIds: readonly string[],
): Promise<void> {
  await on.run(
    sql`DELETE FROM dag_lease WHERE scheduler_id = ${schedulerId} AND dag_id = ANY (${dagIds}::text[])`,
  );
}

/** Ends schedulers that hold their lock and have not beaten since `before`: they hang. */
export async function endHungSchedulers(
  database: Database,
  schedulerId: number,
  before: number,
): Promise<number[]> {
  const rows = await database.rows<{ id: number }>(sql`
    SELECT j.id FROM job j JOIN (${liveSchedulers}) live ON live.id = j.id
    WHERE j.kind = 'scheduler' AND j.id <> ${schedulerId} AND j.latest_heartbeat < ${new Date(before)}`);
  for (const { id } of rows) await endSchedulerSession(database, id);
  return rows.map(({ id }) => id);
}
