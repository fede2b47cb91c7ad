/** Deadlines whose instant has come; partial index deadline_due. */
import type { Executor } from "./connect.ts";
import { instant, sql } from "./sql.ts";

export interface DueDeadline {
  readonly id: number;
  readonly runPk: number;
  readonly dagId: string;
  readonly deadlineAt: number;
  readonly callback: number;
  readonly endDate: number | null;
}

export function dueDeadlinesOf(on: Executor, dagIds: readonly string[], now: number): Promise<DueDeadline[]> {
  return on.rows<DueDeadline>(sql`
    SELECT d.id, d.run_pk AS "runPk", d.dag_id AS "dagId", d.deadline_at AS "deadlineAt", d.callback, r.end_date AS "endDate"
    FROM deadline d JOIN dag_run r ON r.id = d.run_pk
    WHERE d.missed_at IS NULL AND d.deadline_at <= ${instant(now)} AND d.dag_id = ANY (${dagIds}::text[])
    ORDER BY d.deadline_at, d.id LIMIT 500`);
}
