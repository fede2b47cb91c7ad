/** Reports of checks of data, drift and performance: written once, listed by what they are about, and as series. */
import type { Json } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import type { Executor } from "./connect.ts";
import { defaultLimit, type Listing, type Page } from "./page.ts";
import { instant, json, sql } from "./sql.ts";

export const checkKinds = ["validation", "drift", "performance"] as const;
export type CheckKind = (typeof checkKinds)[number];

export const checkOutcomes = ["passed", "warned", "failed"] as const;
export type CheckOutcome = (typeof checkOutcomes)[number];

/** What the outcome of a check rests on. */
export interface CheckSummary {
  readonly outcome: CheckOutcome;
  readonly score: number | null;
  readonly threshold: number | null;
  readonly checked: number;
  readonly failed: number;
}

/** The attempt of a task that made a report. */
export interface CheckOrigin {
  readonly dagId: string;
  readonly dagRunPk: number;
  readonly dagRunId: string;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly attemptId: string;
  readonly tryNumber: number;
}

export interface NewCheckReport extends CheckSummary {
  readonly kind: CheckKind;
  readonly name: string;
  readonly dataset: string;
  readonly datasetDigest: string | null;
  readonly modelName: string | null;
  readonly modelVersion: string | null;
  readonly endpoint: string | null;
  readonly actor: string;
  readonly origin: CheckOrigin | null;
  readonly report: Json;
}

export interface CheckRow extends Omit<NewCheckReport, "origin" | "report"> {
  readonly id: number;
  readonly createdAt: number;
  readonly dagId: string | null;
  readonly dagRunId: string | null;
  readonly taskId: string | null;
  readonly mapIndex: number | null;
  readonly tryNumber: number | null;
}

const columns = sql`
  c.id, c.kind, c.name, c.dataset, c.dataset_digest AS "datasetDigest", c.model_name AS "modelName",
  c.model_version AS "modelVersion", c.endpoint, c.created_at AS "createdAt", c.outcome, c.score, c.threshold,
  c.checked, c.failed, c.actor, c.dag_id AS "dagId", c.dag_run_id AS "dagRunId", c.task_id AS "taskId",
  c.map_index AS "mapIndex", c.try_number AS "tryNumber"`;

export async function insertCheckReport(on: Executor, one: NewCheckReport, now: number): Promise<CheckRow> {
  const { origin } = one;
  const row = await on.row<CheckRow>(sql`
    INSERT INTO check_report AS c (kind, name, dataset, dataset_digest, model_name, model_version, endpoint, created_at,
      outcome, score, threshold, checked, failed, report, actor,
      dag_id, dag_run_pk, dag_run_id, task_id, map_index, attempt_id, try_number)
    VALUES (${one.kind}, ${one.name}, ${one.dataset}, ${one.datasetDigest}, ${one.modelName}, ${one.modelVersion},
      ${one.endpoint}, ${instant(now)}, ${one.outcome}, ${one.score}, ${one.threshold}, ${one.checked}, ${one.failed},
      ${json(one.report)}, ${one.actor}, ${origin?.dagId}, ${origin?.dagRunPk}, ${origin?.dagRunId}, ${origin?.taskId},
      ${origin?.mapIndex}, ${origin?.attemptId}, ${origin?.tryNumber})
    RETURNING ${columns}`);
  return row as CheckRow;
}

/** What is absent or null does not narrow the list. */
export interface CheckFilter {
  readonly kind?: CheckKind | undefined;
  readonly name?: string | undefined;
  readonly dataset?: string | undefined;
  readonly outcome?: CheckOutcome | undefined;
  readonly modelName?: string | undefined;
  readonly modelVersion?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly dagId?: string | undefined;
  readonly dagRunId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly mapIndex?: number | undefined;
}

/** The newest first. */
export async function listCheckReports(
  on: Executor,
  filter: CheckFilter,
  page: Page = {},
): Promise<Listing<CheckRow>> {
  const { limit = defaultLimit, offset = 0 } = page;
  const where = matching(filter);
  const [rows, count] = await Promise.all([
    on.rows<CheckRow>(sql`
      SELECT ${columns} FROM check_report c WHERE ${where}
      ORDER BY c.created_at DESC, c.id DESC LIMIT ${limit} OFFSET ${offset}`),
    on.row<{ total: number }>(sql`SELECT count(*) AS total FROM check_report c WHERE ${where}`),
  ]);
  return { rows, total: count?.total ?? 0 };
}

function matching(filter: CheckFilter) {
  const { kind = null, name = null, dataset = null, outcome = null } = filter;
  const { modelName = null, modelVersion = null, endpoint = null } = filter;
  const { dagId = null, dagRunId = null, taskId = null, mapIndex = null } = filter;
  return sql`
    (${kind}::text IS NULL OR c.kind = ${kind}) AND (${name}::text IS NULL OR c.name = ${name})
    AND (${dataset}::text IS NULL OR c.dataset = ${dataset}) AND (${outcome}::text IS NULL OR c.outcome = ${outcome})
    AND (${modelName}::text IS NULL OR c.model_name = ${modelName})
    AND (${modelVersion}::text IS NULL OR c.model_version = ${modelVersion})
    AND (${endpoint}::text IS NULL OR c.endpoint = ${endpoint})
    AND (${dagId}::text IS NULL OR c.dag_id = ${dagId}) AND (${dagRunId}::text IS NULL OR c.dag_run_id = ${dagRunId})
    AND (${taskId}::text IS NULL OR c.task_id = ${taskId})
    AND (${mapIndex}::integer IS NULL OR c.map_index = ${mapIndex})`;
}

/** @throws TradewindError TW_CHECK_NOT_FOUND */
export async function findCheckReport(on: Executor, id: number): Promise<CheckRow & { report: Json }> {
  const row = await on.row<CheckRow & { report: Json }>(
    sql`SELECT ${columns}, c.report FROM check_report c WHERE c.id = ${id}`,
  );
  if (row === null) throw new TradewindError("TW_CHECK_NOT_FOUND", `there is no report of a check ${id}`);
  return row;
}

/** @throws TradewindError TW_CHECK_NOT_FOUND */
export async function deleteCheckReport(on: Executor, id: number): Promise<void> {
  const gone = await on.run(sql`DELETE FROM check_report WHERE id = ${id}`);
  if (gone === 0) throw new TradewindError("TW_CHECK_NOT_FOUND", `there is no report of a check ${id}`);
}

/** The newest reports of each series, the newest first. It jumps along the index from series to series. */
export function listCheckSeries(on: Executor, perSeries: number): Promise<CheckRow[]> {
  return on.rows(sql`
    WITH RECURSIVE series AS (
      (SELECT kind, name, dataset FROM check_report ORDER BY kind, name, dataset LIMIT 1)
      UNION ALL
      SELECT n.kind, n.name, n.dataset FROM series s CROSS JOIN LATERAL (
        SELECT c.kind, c.name, c.dataset FROM check_report c
        WHERE (c.kind, c.name, c.dataset) > (s.kind, s.name, s.dataset)
        ORDER BY c.kind, c.name, c.dataset LIMIT 1) n
    )
    SELECT ${columns} FROM series s CROSS JOIN LATERAL (
      SELECT * FROM check_report x WHERE x.kind = s.kind AND x.name = s.name AND x.dataset = s.dataset
      ORDER BY x.created_at DESC, x.id DESC LIMIT ${perSeries}) c
    ORDER BY c.created_at DESC, c.id DESC`);
}
