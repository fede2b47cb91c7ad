/** Runs as the page lists them: a window of a long list, with the columns that are shown and nothing else. */
import type { RunStatus, ViewType } from "../../core/tracking/entities.ts";
import type { TermFilter } from "../../core/tracking/filter-terms.ts";
import type { OrderTerm } from "../../core/tracking/order-by.ts";
import type { Executor } from "../connect.ts";
import type { Statement } from "../sql.ts";
import { sql } from "../sql.ts";
import { hexId } from "../tracking/ids.ts";
import { inStages, ofExperiments, runTarget } from "../tracking/run-search.ts";
import { compileSearch } from "../tracking/search-sql.ts";

/** The tag in which clients keep the run that a run belongs to. */
export const parentTag = "mlflow.parentRunId";

export interface WindowQuery {
  readonly experimentIds: readonly number[];
  readonly view: ViewType;
  readonly filter: TermFilter | null;
  readonly order: readonly OrderTerm[];
  /** "roots": runs that are in no other run of the list; a run's id: those within it; "all": both. */
  readonly within: "roots" | "all" | { readonly runId: string };
  readonly limit: number;
  readonly offset: number;
}

export interface ListedRun {
  readonly runId: string;
  readonly experimentId: number;
  readonly name: string;
  readonly userId: string;
  readonly status: RunStatus;
  readonly startTime: number;
  readonly endTime: number | null;
  readonly lifecycleStage: "active" | "deleted";
  readonly dagId: string | null;
  readonly dagRunId: string | null;
  readonly taskId: string | null;
  readonly mapIndex: number | null;
  readonly tryNumber: number | null;
}

const listedColumns = sql`${hexId(sql`r.run_id`)} AS "runId", r.experiment_id AS "experimentId", r.name,
  r.user_id AS "userId", r.status, r.start_time AS "startTime", r.end_time AS "endTime",
  r.lifecycle_stage AS "lifecycleStage", r.dag_id AS "dagId", r.dag_run_id AS "dagRunId", r.task_id AS "taskId",
  r.map_index AS "mapIndex", r.try_number AS "tryNumber"`;

/** A text that is no run's id names none, and must not stop the statement. */
const parentOf = (tag: Statement): Statement =>
  sql`(CASE WHEN ${tag} ~ '^[0-9a-f]{32}$' THEN ${tag}::uuid END)`;

function isWithin({ within, experimentIds, view }: WindowQuery): Statement {
  if (within === "all") return sql`true`;
  if (within !== "roots")
    return sql`EXISTS (SELECT FROM run_tag c WHERE c.run_id = r.run_id AND c.key = ${parentTag}
      AND c.value = ${within.runId})`;
  const parents =
    experimentIds.length === 1
      ? sql`p.experiment_id = ${experimentIds[0]}`
      : sql`p.experiment_id = ANY (${experimentIds}::bigint[])`;
  const stage =
    view === "ALL" ? sql`true` : sql`p.lifecycle_stage = ${view === "ACTIVE_ONLY" ? "active" : "deleted"}`;
  return sql`NOT EXISTS (SELECT FROM run_tag c JOIN run p ON p.run_id = ${parentOf(sql`c.value`)}
    WHERE c.run_id = r.run_id AND c.key = ${parentTag} AND ${parents} AND ${stage})`;
}

/** By the given order, then the newest first. */
export async function listRunWindow(
  executor: Executor,
  query: WindowQuery,
): Promise<{ rows: ListedRun[]; total: number }> {
  const { joins, where, orderBy } = compileSearch(runTarget, query.filter, query.order);
  const found = sql`FROM run r ${joins}
    WHERE ${ofExperiments(query.experimentIds)} AND ${inStages(query.view)} AND ${isWithin(query)} AND ${where}`;
  const [rows, count] = await Promise.all([
    executor.rows<ListedRun>(sql`
      SELECT ${listedColumns} ${found}
      ORDER BY ${orderBy} r.start_time DESC, r.run_id LIMIT ${query.limit} OFFSET ${query.offset}`),
    executor.row<{ total: number }>(sql`SELECT count(*) AS total ${found}`),
  ]);
  return { rows, total: count?.total ?? 0 };
}

export interface WantedKeys {
  readonly metrics: readonly string[];
  readonly params: readonly string[];
  readonly tags: readonly string[];
}

export interface ListedValue {
  readonly runId: string;
  readonly column: string;
  readonly value: string | number;
}

/** The values of some keys, as `metrics.loss` and so on. */
export async function listValues(
  executor: Executor,
  runIds: readonly string[],
  wanted: WantedKeys,
): Promise<ListedValue[]> {
  const ids = sql`run_id = ANY (${runIds}::uuid[])`;
  const of = (table: Statement, entity: string, keys: readonly string[]): Promise<ListedValue[]> =>
    keys.length === 0
      ? Promise.resolve([])
      : executor.rows(sql`SELECT ${hexId(sql`run_id`)} AS "runId", ${entity}::text || '.' || key AS "column", value
          FROM ${table} WHERE ${ids} AND key = ANY (${keys}::text[])`);
  const found = await Promise.all([
    of(sql`run_latest_metric`, "metrics", wanted.metrics),
    of(sql`run_param`, "params", wanted.params),
    of(sql`run_tag`, "tags", wanted.tags),
  ]);
  return found.flat();
}

export interface ListedExtras {
  readonly runId: string;
  readonly source: string | null;
  readonly children: number;
  readonly datasets: { name: string; digest: string; context: string }[];
  readonly versions: { name: string; version: number }[];
}

/** What belongs to runs of one window beside what they logged. */
export function listExtras(executor: Executor, runIds: readonly string[]): Promise<ListedExtras[]> {
  return executor.rows(sql`
    WITH page AS (SELECT unnest(${runIds}::uuid[]) AS run_id), nested AS (
      SELECT c.value AS parent, count(*) AS count FROM run_tag c JOIN run r ON r.run_id = c.run_id
      WHERE c.key = ${parentTag} AND c.value = ANY (${runIds}::text[]) AND r.lifecycle_stage = 'active'
      GROUP BY c.value)
    SELECT ${hexId(sql`p.run_id`)} AS "runId",
      (SELECT t.value FROM run_tag t WHERE t.run_id = p.run_id AND t.key = 'mlflow.source.name') AS source,
      coalesce((SELECT n.count FROM nested n WHERE n.parent = ${hexId(sql`p.run_id`)}), 0) AS children,
      coalesce((SELECT json_agg(json_build_object('name', d.name, 'digest', d.digest,
          'context', coalesce(i.tags ->> 'mlflow.data.context', '')) ORDER BY d.id)
        FROM run_dataset i JOIN dataset d ON d.id = i.dataset_id WHERE i.run_id = p.run_id), '[]') AS datasets,
      coalesce((SELECT json_agg(json_build_object('name', v.name, 'version', v.version) ORDER BY v.name, v.version)
        FROM model_version v WHERE v.run_id = p.run_id), '[]') AS versions
    FROM page p`);
}

/** Runs whose keys tell which columns there are: more would say little that is new. */
const runsLookedAt = 1000;

/** Keys that the newest runs of the experiments have, by name. */
export async function listColumns(executor: Executor, experimentIds: readonly number[]): Promise<WantedKeys> {
  const keys = (table: Statement): Promise<{ key: string }[]> =>
    executor.rows(sql`
      WITH newest AS MATERIALIZED (SELECT r.run_id FROM run r WHERE ${ofExperiments(experimentIds)}
        ORDER BY r.start_time DESC, r.run_id LIMIT ${runsLookedAt})
      SELECT DISTINCT key FROM newest JOIN ${table} USING (run_id) ORDER BY key`);
  const [metrics, params, tags] = await Promise.all([
    keys(sql`run_latest_metric`),
    keys(sql`run_param`),
    keys(sql`run_tag`),
  ]);
  const names = (rows: readonly { key: string }[]): string[] => rows.map(({ key }) => key);
  return { metrics: names(metrics), params: names(params), tags: names(tags) };
}

export interface RunTies {
  readonly experimentName: string;
  readonly dagId: string | null;
  readonly dagRunId: string | null;
  readonly taskId: string | null;
  readonly mapIndex: number | null;
  readonly tryNumber: number | null;
  readonly parent: { runId: string; name: string } | null;
  readonly children: { runId: string; name: string; status: RunStatus }[];
  readonly versions: { name: string; version: number; stage: string; aliases: string[] }[];
}

const mostChildren = 200;

/** What a run is tied to: its experiment, the attempt, its parent and children, versions of models. */
export function readRunTies(executor: Executor, runId: string): Promise<RunTies | null> {
  return executor.row(sql`
    SELECT e.name AS "experimentName", r.dag_id AS "dagId", r.dag_run_id AS "dagRunId", r.task_id AS "taskId",
      r.map_index AS "mapIndex", r.try_number AS "tryNumber",
      (SELECT json_build_object('runId', ${hexId(sql`p.run_id`)}, 'name', p.name)
        FROM run_tag t JOIN run p ON p.run_id = ${parentOf(sql`t.value`)}
        WHERE t.run_id = r.run_id AND t.key = ${parentTag}) AS parent,
      coalesce((SELECT json_agg(json_build_object('runId', c."runId", 'name', c.name, 'status', c.status))
        FROM (SELECT ${hexId(sql`k.run_id`)} AS "runId", k.name, k.status
          FROM run_tag t JOIN run k ON k.run_id = t.run_id
          WHERE t.key = ${parentTag} AND t.value = ${runId} AND k.lifecycle_stage = 'active'
          ORDER BY k.start_time DESC, k.run_id LIMIT ${mostChildren}) c), '[]') AS children,
      coalesce((SELECT json_agg(json_build_object('name', v.name, 'version', v.version, 'stage', v.current_stage,
          'aliases', ARRAY(SELECT a.alias FROM registered_model_alias a
            WHERE a.name = v.name AND a.version = v.version ORDER BY a.alias)) ORDER BY v.name, v.version)
        FROM model_version v WHERE v.run_id = r.run_id), '[]') AS versions
    FROM run r JOIN experiment e ON e.experiment_id = r.experiment_id WHERE r.run_id = ${runId}`);
}

export interface AttemptRun extends ListedRun {
  readonly experimentName: string;
  readonly metrics: { key: string; value: number | string }[];
}

const mostOfDagRun = 500;

/** Runs that the tasks of a Dag run started, the newest first (index run_by_task); of one task where it is named. */
export function listRunsOfDagRun(
  executor: Executor,
  at: { dagRunPk: number; taskId: string | null; mapIndex: number | null },
): Promise<AttemptRun[]> {
  return executor.rows(sql`
    SELECT ${listedColumns}, e.name AS "experimentName",
      coalesce((SELECT json_agg(json_build_object('key', m.key, 'value', m.value))
        FROM (SELECT key, value FROM run_latest_metric l WHERE l.run_id = r.run_id AND l.key NOT LIKE 'system/%'
          ORDER BY key LIMIT 6) m), '[]') AS metrics
    FROM run r JOIN experiment e ON e.experiment_id = r.experiment_id
    WHERE r.dag_run_pk = ${at.dagRunPk} AND r.lifecycle_stage = 'active'
      AND (${at.taskId}::text IS NULL OR r.task_id = ${at.taskId})
      AND (${at.mapIndex}::int IS NULL OR r.map_index = ${at.mapIndex})
    ORDER BY r.start_time DESC, r.run_id LIMIT ${mostOfDagRun}`);
}
