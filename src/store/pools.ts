/** Pools and how full they are. */
import { TradewindError } from "../errors.ts";
import type { Executor } from "./connect.ts";
import { sql } from "./sql.ts";

export const defaultPool = "default_pool";

export interface Pool {
  readonly name: string;
  /** -1 is without limit. */
  readonly slots: number;
  readonly description: string | null;
  readonly includeDeferred: boolean;
}

export interface PoolUsage extends Pool {
  readonly runningSlots: number;
  readonly queuedSlots: number;
  readonly scheduledSlots: number;
  readonly deferredSlots: number;
  /** What counts against `slots`: running and queued, and deferred where the pool says so. */
  readonly occupiedSlots: number;
  /** Null without limit. */
  readonly openSlots: number | null;
}

const columns = sql`name, slots, description, include_deferred AS "includeDeferred"`;

export function findPool(executor: Executor, name: string): Promise<Pool | null> {
  return executor.row(sql`SELECT ${columns} FROM slot_pool WHERE name = ${name}`);
}

/** @throws TradewindError TW_POOL_NOT_FOUND. */
export async function getPool(executor: Executor, name: string): Promise<Pool> {
  const pool = await findPool(executor, name);
  if (pool !== null) return pool;
  throw new TradewindError("TW_POOL_NOT_FOUND", `expected a pool ${JSON.stringify(name)}, got none`);
}

/** The default pool first. */
export function listPools(executor: Executor): Promise<Pool[]> {
  return executor.rows(sql`SELECT ${columns} FROM slot_pool ORDER BY name <> ${defaultPool}, name`);
}

/** Counted from the unfinished runs only (index dag_run_unfinished), so that history costs nothing. */
export function listPoolUsage(executor: Executor, name: string | null = null): Promise<PoolUsage[]> {
  return executor.rows(sql`
    WITH used AS (
      SELECT t.pool,
        coalesce(sum(t.pool_slots) FILTER (WHERE t.state IN ('running', 'restarting')), 0) AS running,
        coalesce(sum(t.pool_slots) FILTER (WHERE t.state = 'queued'), 0) AS queued,
        coalesce(sum(t.pool_slots) FILTER (WHERE t.state = 'scheduled'), 0) AS scheduled,
        coalesce(sum(t.pool_slots) FILTER (WHERE t.state = 'deferred'), 0) AS deferred
      FROM dag_run r JOIN task_instance t ON t.run_pk = r.id
      WHERE r.end_date IS NULL AND t.state IN ('running', 'restarting', 'queued', 'scheduled', 'deferred')
      GROUP BY t.pool
    ), counted AS (
      SELECT p.*, coalesce(u.running, 0) AS running, coalesce(u.queued, 0) AS queued,
        coalesce(u.scheduled, 0) AS scheduled, coalesce(u.deferred, 0) AS deferred,
        coalesce(u.running + u.queued + CASE WHEN p.include_deferred THEN u.deferred ELSE 0 END, 0) AS occupied
      FROM slot_pool p LEFT JOIN used u ON u.pool = p.name
      WHERE (${name}::text IS NULL OR p.name = ${name})
    )
    SELECT ${columns}, running AS "runningSlots", queued AS "queuedSlots", scheduled AS "scheduledSlots",
      deferred AS "deferredSlots", occupied AS "occupiedSlots",
      CASE WHEN slots < 0 THEN NULL ELSE slots - occupied END AS "openSlots"
    FROM counted ORDER BY name <> ${defaultPool}, name`);
}

/**
 * Makes or changes a pool. An `undefined` field leaves what is there.
 *
 * @throws TradewindError TW_POOL_SLOTS.
 */
export async function setPool(
  executor: Executor,
  pool: {
    name: string;
    slots: number;
    description?: string | null | undefined;
    includeDeferred?: boolean | undefined;
  },
): Promise<Pool> {
  if (!Number.isInteger(pool.slots) || pool.slots < -1) {
    throw new TradewindError(
      "TW_POOL_SLOTS",
      `expected a whole number from -1 (no limit) on as slots of ${pool.name}, got ${pool.slots}`,
    );
  }
  const row = await executor.row<Pool>(sql`
    INSERT INTO slot_pool (name, slots, description, include_deferred)
    VALUES (${pool.name}, ${pool.slots}, ${pool.description ?? null}, ${pool.includeDeferred ?? false})
    ON CONFLICT (name) DO UPDATE SET slots = excluded.slots,
      description = CASE WHEN ${pool.description !== undefined}::boolean THEN excluded.description ELSE slot_pool.description END,
      include_deferred = CASE WHEN ${pool.includeDeferred !== undefined}::boolean THEN excluded.include_deferred ELSE slot_pool.include_deferred END
    RETURNING ${columns}`);
  return row as Pool;
}

/** @throws TradewindError TW_POOL_DEFAULT, TW_POOL_NOT_FOUND. */
export async function deletePool(executor: Executor, name: string): Promise<void> {
  if (name === defaultPool)
    throw new TradewindError(
      "TW_POOL_DEFAULT",
      `expected another pool than ${defaultPool}, which is always there`,
    );
  const count = await executor.run(sql`DELETE FROM slot_pool WHERE name = ${name}`);
  if (count === 0) await getPool(executor, name);
}
