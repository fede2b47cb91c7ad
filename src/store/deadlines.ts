/** Deadlines of runs. The scheduler makes, misses and forgets them; here they are read. */
import type { Executor } from "./connect.ts";
import { instant, sql } from "./sql.ts";

export interface DeadlineRow {
  readonly id: number;
  readonly runPk: number;
  readonly dagId: string;
  readonly name: string | null;
  readonly deadlineAt: number;
  /** Index into the Dag file's callbacks. */
  readonly callback: number;
  readonly missedAt: number | null;
}

const columns = sql`
  id, run_pk AS "runPk", dag_id AS "dagId", name, deadline_at AS "deadlineAt", callback, missed_at AS "missedAt"`;

export function deadlinesOfRun(executor: Executor, runPk: number): Promise<DeadlineRow[]> {
  return executor.rows(sql`SELECT ${columns} FROM deadline WHERE run_pk = ${runPk} ORDER BY deadline_at, id`);
}

/** Passed and not missed yet, oldest first (index deadline_due). */
export function dueDeadlines(executor: Executor, now: number, limit: number): Promise<DeadlineRow[]> {
  return executor.rows(sql`
    SELECT ${columns} FROM deadline WHERE missed_at IS NULL AND deadline_at <= ${instant(now)}
    ORDER BY deadline_at, id LIMIT ${limit}`);
}

export function listDeadlines(
  executor: Executor,
  filter: { dagId?: string | null; onlyMissed?: boolean } = {},
): Promise<DeadlineRow[]> {
  return executor.rows(sql`
    SELECT ${columns} FROM deadline
    WHERE (${filter.dagId ?? null}::text IS NULL OR dag_id = ${filter.dagId ?? null})
      AND (NOT ${filter.onlyMissed ?? false}::boolean OR missed_at IS NOT NULL)
    ORDER BY deadline_at DESC, id DESC`);
}
