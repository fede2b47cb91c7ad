/**
 * Which scheduler works on which Dag. A scheduler lives while its session holds the advisory lock (7, job id);
 * leases are taken and given up in `scheduler-leases.ts`.
 */
import type { Executor } from "./connect.ts";
import { sql } from "./sql.ts";

export interface LeaseRow {
  readonly dagId: string;
  readonly schedulerId: number;
  readonly takenAt: number;
  /** Its scheduler holds its lock. */
  readonly isAlive: boolean;
  readonly hostname: string | null;
  readonly pid: number | null;
}

export function listLeases(executor: Executor, dagIds: readonly string[] | null = null): Promise<LeaseRow[]> {
  return executor.rows(sql`
    SELECT l.dag_id AS "dagId", l.scheduler_id AS "schedulerId", l.taken_at AS "takenAt", j.hostname, j.pid,
      EXISTS (SELECT FROM pg_locks k
              WHERE k.locktype = 'advisory' AND k.classid = 7 AND k.objid = l.scheduler_id::bigint::oid AND k.granted
                AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS "isAlive"
    FROM dag_lease l LEFT JOIN job j ON j.id = l.scheduler_id
    WHERE (${dagIds}::text[] IS NULL OR l.dag_id = ANY (${dagIds})) ORDER BY l.dag_id`);
}
