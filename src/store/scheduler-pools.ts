/** Reservations of pool slots, one row for each pool and scheduler; see `scheduler/pools.ts`. */
import type { Database, Executor } from "./connect.ts";
import { channel } from "./notify.ts";
import { schedulerLockClass } from "./scheduler-session.ts";
import { type Statement, sql } from "./sql.ts";

export interface PoolDemand {
  readonly used: ReadonlyMap<string, number>;
  readonly deferred: ReadonlyMap<string, number>;
  /** Whether any instance waits for a slot. */
  readonly waiting: boolean;
}

export interface Reservation {
  readonly name: string;
  /** What this scheduler may use; -1 without limit. */
  readonly slots: number;
  readonly includeDeferred: boolean;
}

interface PoolRow {
  readonly name: string;
  readonly slots: number;
  readonly includeDeferred: boolean;
  readonly elsewhere: number;
}

/** Locks the rows of all pools in the order of their names, so that two schedulers cannot wait for each other. */
export async function reserveSlots(
  database: Database,
  schedulerId: number,
  demand: PoolDemand,
  yields: boolean,
): Promise<{ reservations: Reservation[]; starving: boolean }> {
  return database.transaction(async (tx) => {
    const pools = await tx.rows<PoolRow>(sql`
      SELECT p.name, p.slots, p.include_deferred AS "includeDeferred",
        coalesce((SELECT sum(u.taken) FROM slot_pool_usage u WHERE u.pool = p.name AND u.scheduler_id <> ${schedulerId}), 0)::int
          AS elsewhere
      FROM slot_pool p ORDER BY p.name FOR UPDATE`);
    const live = await liveCount(tx, schedulerId);
    let starving = false;
    const reservations = pools.map(({ name, slots, includeDeferred, elsewhere }): Reservation => {
      if (slots < 0) return { name, slots, includeDeferred };
      const used = (demand.used.get(name) ?? 0) + (includeDeferred ? (demand.deferred.get(name) ?? 0) : 0);
      const mine = share({ slots, elsewhere, used, live, yields, waiting: demand.waiting });
      if (live > 1 && demand.waiting && mine < Math.ceil(slots / live)) starving = true;
      return { name, slots: mine, includeDeferred };
    });
    await writeReservations(
      tx,
      schedulerId,
      reservations.filter(({ slots }) => slots >= 0),
    );
    return { reservations, starving };
  });
}

interface Share {
  readonly slots: number;
  readonly elsewhere: number;
  readonly used: number;
  readonly live: number;
  readonly yields: boolean;
  readonly waiting: boolean;
}

function share({ slots, elsewhere, used, live, yields, waiting }: Share): number {
  const open = Math.max(0, slots - elsewhere);
  if (live <= 1) return Math.max(used, open);
  const fair = Math.ceil(slots / live);
  const wanted = waiting ? open : Math.min(open, used);
  return Math.max(used, yields ? Math.min(wanted, fair) : wanted);
}

async function liveCount(tx: Executor, schedulerId: number): Promise<number> {
  const row = await tx.row<{ others: number }>(sql`
    SELECT count(*) AS others FROM pg_locks
    WHERE locktype = 'advisory' AND classid = ${schedulerLockClass}::oid AND objsubid = 2 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND objid <> ${schedulerId}::oid`);
  return 1 + (row?.others ?? 0);
}

async function writeReservations(
  tx: Executor,
  schedulerId: number,
  rows: readonly Reservation[],
): Promise<void> {
  await tx.run(sql`
    INSERT INTO slot_pool_usage (pool, scheduler_id, taken)
    SELECT u.pool, ${schedulerId}, u.taken
    FROM unnest(${rows.map(({ name }) => name)}::text[], ${rows.map(({ slots }) => slots)}::int[]) AS u (pool, taken)
    ON CONFLICT (pool, scheduler_id) DO UPDATE SET taken = excluded.taken
    WHERE slot_pool_usage.taken <> excluded.taken`);
}

/** Tells the others that this scheduler has work and no slots for it. */
export function starvedNotice(schedulerId: number): Statement {
  return sql`SELECT pg_notify(${channel}, ${`pools-wanted:${schedulerId}`})`;
}
