/** Runs of Dags, as other processes than the scheduler see and ask for them. */
import type { Json } from "../core/dag-model.ts";
import type { DagRunState, DagRunType, TriggeredBy } from "../core/states.ts";
import { TradewindError } from "../errors.ts";
import type { Executor } from "./connect.ts";
import { violatedConstraint } from "./database-errors.ts";
import type { Listing, Page } from "./page.ts";
import { defaultLimit } from "./page.ts";
import type { Statement } from "./sql.ts";
import { instant, json, sql } from "./sql.ts";

export interface DagRunRow {
  readonly id: number;
  readonly dagId: string;
  readonly runId: string;
  readonly runType: DagRunType;
  readonly state: DagRunState;
  readonly logicalDate: number | null;
  readonly dataIntervalStart: number | null;
  readonly dataIntervalEnd: number | null;
  readonly runAfter: number;
  readonly queuedAt: number;
  readonly startDate: number | null;
  readonly endDate: number | null;
  readonly triggeredBy: TriggeredBy;
  readonly triggeringUser: string | null;
  readonly conf: Json;
  readonly clearNumber: number;
  readonly backfillId: number | null;
  readonly versionId: number;
  readonly partitionKey: string | null;
  readonly note: string | null;
}

export const dagRunColumns = sql`
  id, dag_id AS "dagId", run_id AS "runId", run_type AS "runType", state, logical_date AS "logicalDate",
  data_interval_start AS "dataIntervalStart", data_interval_end AS "dataIntervalEnd", run_after AS "runAfter",
  queued_at AS "queuedAt", start_date AS "startDate", end_date AS "endDate", triggered_by AS "triggeredBy",
  triggering_user AS "triggeringUser", conf, clear_number AS "clearNumber", backfill_id AS "backfillId",
  version_id AS "versionId", partition_key AS "partitionKey", note`;

export interface NewDagRun {
  readonly dagId: string;
  readonly runId: string;
  readonly runType: DagRunType;
  readonly logicalDate: number | null;
  readonly dataInterval: { readonly start: number; readonly end: number } | null;
  readonly runAfter: number;
  readonly triggeredBy: TriggeredBy;
  readonly triggeringUser?: string | null;
  readonly conf?: Json;
  readonly versionId: number;
  readonly partitionKey?: string | null;
  readonly note?: string | null;
}

/**
 * A queued run; the scheduler that holds the Dag's lease starts it (tell it with `notify`).
 *
 * @throws TradewindError TW_DAG_RUN_EXISTS when the Dag has one of that run id or logical date.
 */
export async function createDagRun(executor: Executor, run: NewDagRun, now: number): Promise<DagRunRow> {
  try {
    const row = await executor.row<DagRunRow>(sql`
      INSERT INTO dag_run (dag_id, run_id, run_type, state, logical_date, data_interval_start, data_interval_end,
        run_after, queued_at, triggered_by, triggering_user, conf, version_id, partition_key, note)
      VALUES (${run.dagId}, ${run.runId}, ${run.runType}, 'queued', ${instant(run.logicalDate)},
        ${instant(run.dataInterval?.start)}, ${instant(run.dataInterval?.end)}, ${instant(run.runAfter)},
        ${instant(now)}, ${run.triggeredBy}, ${run.triggeringUser ?? null}, ${json(run.conf ?? {})}, ${run.versionId},
        ${run.partitionKey ?? null}, ${run.note ?? null})
      RETURNING ${dagRunColumns}`);
    return row as DagRunRow;
  } catch (error) {
    throw existing(run, error);
  }
}

function existing(run: NewDagRun, error: unknown): unknown {
  const constraint = violatedConstraint(error);
  const what =
    constraint === "dag_run_dag_id_run_id_key"
      ? `the run id ${run.runId}`
      : constraint === "dag_run_logical_date"
        ? `the logical date ${instant(run.logicalDate)}`
        : null;
  if (what === null) return error;
  return new TradewindError(
    "TW_DAG_RUN_EXISTS",
    `expected a new run of ${run.dagId}, got ${what}, which has a run already`,
    {
      hint: "clear that run to run it again, or give another run id and logical date",
      cause: error,
    },
  );
}

export interface DagRunFilter {
  readonly dagIds?: readonly string[] | null;
  readonly runIdPattern?: string | null;
  readonly states?: readonly DagRunState[] | null;
  readonly runTypes?: readonly DagRunType[] | null;
  readonly logicalDates?: readonly number[] | null;
  /** Bounds are included. */
  readonly logicalDateFrom?: number | null;
  readonly logicalDateTo?: number | null;
  readonly runAfterFrom?: number | null;
  readonly runAfterTo?: number | null;
  readonly startDateFrom?: number | null;
  readonly startDateTo?: number | null;
  readonly backfillId?: number | null;
}

/** A filter that is null falls away when the statement is planned, so that indexes are still used. */
function where(f: DagRunFilter): Statement {
  const pattern = f.runIdPattern === undefined || f.runIdPattern === null ? null : `%${f.runIdPattern}%`;
  const dates = f.logicalDates?.map((ms) => instant(ms)) ?? null;
  return sql`
    (${f.dagIds ?? null}::text[] IS NULL OR dag_id = ANY (${f.dagIds ?? null}))
    AND (${pattern}::text IS NULL OR run_id ILIKE ${pattern})
    AND (${f.states ?? null}::text[] IS NULL OR state = ANY (${f.states ?? null}))
    AND (${f.runTypes ?? null}::text[] IS NULL OR run_type = ANY (${f.runTypes ?? null}))
    AND (${dates}::timestamptz[] IS NULL OR logical_date = ANY (${dates}))
    AND (${instant(f.logicalDateFrom)}::timestamptz IS NULL OR logical_date >= ${instant(f.logicalDateFrom)})
    AND (${instant(f.logicalDateTo)}::timestamptz IS NULL OR logical_date <= ${instant(f.logicalDateTo)})
    AND (${instant(f.runAfterFrom)}::timestamptz IS NULL OR run_after >= ${instant(f.runAfterFrom)})
    AND (${instant(f.runAfterTo)}::timestamptz IS NULL OR run_after <= ${instant(f.runAfterTo)})
    AND (${instant(f.startDateFrom)}::timestamptz IS NULL OR start_date >= ${instant(f.startDateFrom)})
    AND (${instant(f.startDateTo)}::timestamptz IS NULL OR start_date <= ${instant(f.startDateTo)})
    AND (${f.backfillId ?? null}::bigint IS NULL OR backfill_id = ${f.backfillId ?? null})`;
}

/** Ways to order a list; each ends in the primary key. */
const orders = {
  "-run_after": sql`run_after DESC, id DESC`,
  run_after: sql`run_after, id`,
  "-logical_date": sql`logical_date DESC NULLS LAST, id DESC`,
  logical_date: sql`logical_date NULLS LAST, id`,
  "-start_date": sql`start_date DESC NULLS LAST, id DESC`,
  start_date: sql`start_date NULLS LAST, id`,
  "-end_date": sql`end_date DESC NULLS LAST, id DESC`,
  end_date: sql`end_date NULLS LAST, id`,
  state: sql`state, id`,
  "-state": sql`state DESC, id DESC`,
  dag_id: sql`dag_id, id`,
  "-dag_id": sql`dag_id DESC, id DESC`,
  id: sql`id`,
  "-id": sql`id DESC`,
} as const;

export type DagRunOrder = keyof typeof orders;

export const dagRunOrders = Object.keys(orders) as DagRunOrder[];

export async function listDagRuns(
  executor: Executor,
  filter: DagRunFilter = {},
  page: Page & { orderBy?: DagRunOrder } = {},
): Promise<Listing<DagRunRow>> {
  const rows = await executor.rows<DagRunRow>(sql`
    SELECT ${dagRunColumns} FROM dag_run WHERE ${where(filter)}
    ORDER BY ${orders[page.orderBy ?? "-run_after"]} LIMIT ${page.limit ?? defaultLimit} OFFSET ${page.offset ?? 0}`);
  const total = await executor.row<{ total: number }>(
    sql`SELECT count(*) AS total FROM dag_run WHERE ${where(filter)}`,
  );
  return { rows, total: total?.total ?? 0 };
}

export function findDagRun(executor: Executor, dagId: string, runId: string): Promise<DagRunRow | null> {
  return executor.row(
    sql`SELECT ${dagRunColumns} FROM dag_run WHERE dag_id = ${dagId} AND run_id = ${runId}`,
  );
}

export function findDagRunByLogicalDate(
  executor: Executor,
  dagId: string,
  logicalDate: number,
): Promise<DagRunRow | null> {
  return executor.row(
    sql`SELECT ${dagRunColumns} FROM dag_run WHERE dag_id = ${dagId} AND logical_date = ${instant(logicalDate)}`,
  );
}

/** @throws TradewindError TW_DAG_RUN_NOT_FOUND. */
export async function getDagRun(executor: Executor, dagId: string, runId: string): Promise<DagRunRow> {
  const run = await findDagRun(executor, dagId, runId);
  if (run !== null) return run;
  throw new TradewindError(
    "TW_DAG_RUN_NOT_FOUND",
    `expected a run of ${dagId}, got the run id ${JSON.stringify(runId)}`,
    {
      hint: `\`tradewind dags list-runs ${dagId}\` shows them`,
    },
  );
}

/** How many runs a Dag has in each state. */
export async function countDagRuns(
  executor: Executor,
  dagId: string | null = null,
): Promise<Record<DagRunState, number>> {
  const rows = await executor.rows<{ state: DagRunState; count: number }>(sql`
    SELECT state, count(*) AS count FROM dag_run WHERE (${dagId}::text IS NULL OR dag_id = ${dagId}) GROUP BY state`);
  const counts: Record<DagRunState, number> = { queued: 0, running: 0, success: 0, failed: 0 };
  for (const { state, count } of rows) counts[state] = count;
  return counts;
}

/** The newest run of each Dag, by `run_after`. */
export function latestDagRuns(executor: Executor, dagIds: readonly string[]): Promise<DagRunRow[]> {
  return executor.rows(sql`
    SELECT r.* FROM unnest(${dagIds}::text[]) AS d (dag_id)
    CROSS JOIN LATERAL (
      SELECT ${dagRunColumns} FROM dag_run WHERE dag_run.dag_id = d.dag_id ORDER BY run_after DESC, id DESC LIMIT 1
    ) r`);
}

export async function setDagRunNote(
  executor: Executor,
  dagId: string,
  runId: string,
  note: string | null,
): Promise<void> {
  const count = await executor.run(
    sql`UPDATE dag_run SET note = ${note} WHERE dag_id = ${dagId} AND run_id = ${runId}`,
  );
  if (count === 0) await getDagRun(executor, dagId, runId);
}

/** Runs of a partition key, or the run of an id where it has one; without `dryRun` they lose their key. */
export async function clearPartitions(
  executor: Executor,
  dagId: string,
  by: { key?: string | null; runId?: string | null },
  { dryRun }: { dryRun: boolean },
): Promise<{ rows: { runId: string }[] }> {
  const where = sql`dag_id = ${dagId} AND partition_key IS NOT NULL
    AND (${by.key ?? null}::text IS NULL OR partition_key = ${by.key ?? null})
    AND (${by.runId ?? null}::text IS NULL OR run_id = ${by.runId ?? null})
    AND num_nonnulls(${by.key ?? null}::text, ${by.runId ?? null}::text) > 0`;
  const rows = await executor.rows<{ runId: string }>(
    dryRun
      ? sql`SELECT run_id AS "runId" FROM dag_run WHERE ${where} ORDER BY id`
      : sql`UPDATE dag_run SET partition_key = NULL WHERE ${where} RETURNING run_id AS "runId"`,
  );
  return { rows };
}
