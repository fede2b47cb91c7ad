/** Who did what: every change that a person or another program asked for. */
import type { Executor } from "./connect.ts";
import type { Listing, Page } from "./page.ts";
import { defaultLimit } from "./page.ts";
import { instant, sql } from "./sql.ts";

export interface AuditEntry {
  readonly id: number;
  readonly dttm: number;
  readonly event: string;
  readonly dagId: string | null;
  readonly taskId: string | null;
  readonly runId: string | null;
  readonly mapIndex: number | null;
  readonly tryNumber: number | null;
  readonly owner: string | null;
  readonly extra: string | null;
}

export type NewAuditEntry = { readonly event: string } & Partial<Omit<AuditEntry, "id" | "dttm" | "event">>;

export async function addAuditEntry(executor: Executor, entry: NewAuditEntry, now: number): Promise<void> {
  await executor.run(sql`
    INSERT INTO log (dttm, event, dag_id, task_id, run_id, map_index, try_number, owner, extra)
    VALUES (${instant(now)}, ${entry.event}, ${entry.dagId ?? null}, ${entry.taskId ?? null}, ${entry.runId ?? null},
      ${entry.mapIndex ?? null}, ${entry.tryNumber ?? null}, ${entry.owner ?? null}, ${entry.extra ?? null})`);
}

/** Newest first. */
export async function listAuditEntries(
  executor: Executor,
  filter: {
    dagId?: string | null;
    taskId?: string | null;
    runId?: string | null;
    owner?: string | null;
    events?: readonly string[] | null;
    before?: number | null;
    after?: number | null;
  } = {},
  page: Page = {},
): Promise<Listing<AuditEntry>> {
  const where = sql`
    (${filter.dagId ?? null}::text IS NULL OR dag_id = ${filter.dagId ?? null})
    AND (${filter.taskId ?? null}::text IS NULL OR task_id = ${filter.taskId ?? null})
    AND (${filter.runId ?? null}::text IS NULL OR run_id = ${filter.runId ?? null})
    AND (${filter.owner ?? null}::text IS NULL OR owner = ${filter.owner ?? null})
    AND (${filter.events ?? null}::text[] IS NULL OR event = ANY (${filter.events ?? null}))
    AND (${instant(filter.before)}::timestamptz IS NULL OR dttm < ${instant(filter.before)})
    AND (${instant(filter.after)}::timestamptz IS NULL OR dttm > ${instant(filter.after)})`;
  const rows = await executor.rows<AuditEntry>(sql`
    SELECT id, dttm, event, dag_id AS "dagId", task_id AS "taskId", run_id AS "runId", map_index AS "mapIndex",
      try_number AS "tryNumber", owner, extra
    FROM log WHERE ${where} ORDER BY dttm DESC, id DESC
    LIMIT ${page.limit ?? defaultLimit} OFFSET ${page.offset ?? 0}`);
  const total = await executor.row<{ total: number }>(sql`SELECT count(*) AS total FROM log WHERE ${where}`);
  return { rows, total: total?.total ?? 0 };
}
