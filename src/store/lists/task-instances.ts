/** Lists of task instances: of a run, of a Dag, of all; and single ones with what answers say about them. */
import type { Json } from "../../core/dag-model.ts";
import type { Executor } from "../connect.ts";
import {
  allOf,
  isOneOf,
  type ListColumns,
  type ListPage,
  matches,
  type OrderKey,
  type Range,
  startsWith,
  withinInstants,
  withinNumbers,
} from "../list-query.ts";
import { type ListResult, readList } from "../read-list.ts";
import type { Statement } from "../sql.ts";
import { sql } from "../sql.ts";
import { type TaskInstanceRow, taskInstanceColumns } from "../task-instances.ts";
import { ofDagsWithId } from "./dags-named.ts";
import { boundedInstances, dates, waysOf } from "./instance-ranges.ts";

export interface TaskInstanceSummary extends TaskInstanceRow {
  readonly displayName: string;
  readonly rendered: { readonly [field: string]: Json } | null;
}

export interface TaskInstanceListFilter {
  /** Null: of all Dags. */
  readonly dagIds?: readonly string[] | null | undefined;
  readonly runIds?: readonly string[] | null | undefined;
  readonly taskIds?: readonly string[] | null | undefined;
  /** Only instances of mapped tasks. */
  readonly onlyMapped?: boolean | undefined;
  readonly runAfter?: Range | undefined;
  readonly logicalDate?: Range | undefined;
  readonly startDate?: Range | undefined;
  readonly endDate?: Range | undefined;
  readonly updatedAt?: Range | undefined;
  readonly duration?: Range | undefined;
  /** "none" (or null) finds instances without a state. */
  readonly states?: readonly (string | null)[] | null | undefined;
  readonly pools?: readonly string[] | null | undefined;
  readonly queues?: readonly string[] | null | undefined;
  readonly executors?: readonly string[] | null | undefined;
  readonly versionNumbers?: readonly number[] | undefined;
  readonly tryNumbers?: readonly number[] | undefined;
  readonly operators?: readonly string[] | undefined;
  readonly mapIndexes?: readonly number[] | undefined;
  readonly taskIdPattern?: string | null | undefined;
  readonly taskIdPrefix?: string | null | undefined;
  readonly dagIdPattern?: string | null | undefined;
  readonly dagIdPrefix?: string | null | undefined;
  readonly runIdPattern?: string | null | undefined;
  readonly runIdPrefix?: string | null | undefined;
  readonly poolPattern?: string | null | undefined;
  readonly poolPrefix?: string | null | undefined;
  readonly queuePattern?: string | null | undefined;
  readonly queuePrefix?: string | null | undefined;
  readonly operatorPattern?: string | null | undefined;
  readonly operatorPrefix?: string | null | undefined;
  readonly labelPattern?: string | null | undefined;
  readonly labelPrefix?: string | null | undefined;
}

const seconds = sql`extract(epoch FROM t.end_date - t.start_date)::float8`;
const updated = sql`coalesce(t.end_date, t.start_date, t.queued_at, t.scheduled_at)`;

export const taskInstanceListColumns = {
  run_pk: { column: sql`t.run_pk`, type: "bigint", required: true },
  task_id: { column: sql`t.task_id`, type: "text", required: true },
  map_index: { column: sql`t.map_index`, type: "bigint", required: true },
  state: { column: sql`t.state`, type: "text" },
  duration: { column: seconds, type: "float8" },
  start_date: { column: sql`t.start_date`, type: "timestamptz" },
  end_date: { column: sql`t.end_date`, type: "timestamptz" },
  try_number: { column: sql`t.try_number`, type: "bigint" },
  operator: { column: sql`t.operator`, type: "text" },
  rendered_map_index: { column: sql`t.rendered_map_index`, type: "text" },
  logical_date: { column: sql`r.logical_date`, type: "timestamptz" },
  run_after: { column: sql`r.run_after`, type: "timestamptz" },
  data_interval_start: { column: sql`r.data_interval_start`, type: "timestamptz" },
  data_interval_end: { column: sql`r.data_interval_end`, type: "timestamptz" },
} as const satisfies ListColumns;

/** The primary key's order, which ends every other. */
export const taskInstanceKey: readonly OrderKey[] = ["run_pk", "task_id", "map_index"].map((name) => ({
  name,
  descending: false,
}));

const from = sql`dag_run r JOIN task_instance t ON t.run_pk = r.id`;
const select = sql`${taskInstanceColumns},
  coalesce((SELECT d.display_name FROM dag d WHERE d.dag_id = r.dag_id), r.dag_id) AS "displayName",
  (SELECT f.fields FROM rendered_task_instance_fields f
   WHERE f.run_pk = t.run_pk AND f.task_id = t.task_id AND f.map_index = t.map_index) AS rendered`;

export async function listTaskInstanceSummaries(
  executor: Executor,
  filter: TaskInstanceListFilter,
  page: ListPage,
  now: number,
): Promise<ListResult<TaskInstanceSummary>> {
  const conditions = where(filter, now);
  const { instances, states } = await waysOf(executor, filter, page, now);
  // Every instance has its run: what asks nothing of the run need not join it.
  const withRun = (table: Statement, isAsked: boolean): Statement =>
    isAsked ? sql`dag_run r JOIN ${table} ON t.run_pk = r.id` : table;
  const filtersRuns = needsRun(filter);
  const ordersByRun = page.order.some(({ name }) => orderedByRun.has(name));
  return readList(
    executor,
    {
      select,
      from,
      where: states === null ? conditions : sql`${conditions} AND ${states}`,
      columns: taskInstanceListColumns,
      mayBeLong: true,
      countFrom: withRun(sql`task_instance t`, filtersRuns),
      key: {
        columns: sql`t.run_pk, t.task_id, t.map_index`,
        from: withRun(instances, filtersRuns || ordersByRun),
        join: joined,
      },
      bounded: boundedInstances((table) => withRun(table, filtersRuns)),
    },
    page,
  );
}

const orderedByRun: ReadonlySet<string> = new Set([
  "logical_date",
  "run_after",
  "data_interval_start",
  "data_interval_end",
]);

const joined = sql`
  JOIN task_instance t ON t.run_pk = chosen.run_pk AND t.task_id = chosen.task_id AND t.map_index = chosen.map_index
  JOIN dag_run r ON r.id = t.run_pk`;

function needsRun(f: TaskInstanceListFilter): boolean {
  const asked = [
    f.dagIds,
    f.runIds,
    f.runAfter,
    f.logicalDate,
    f.dagIdPattern,
    f.dagIdPrefix,
    f.runIdPattern,
    f.runIdPrefix,
  ];
  return asked.some((one) => one !== null && one !== undefined);
}

/** All that a choice of keys names, in the order of the primary key. */
export function findTaskInstanceSummaries(
  executor: Executor,
  at: {
    readonly dagId: string;
    readonly runId: string;
    readonly taskIds?: readonly string[] | null;
    readonly mapIndex?: number | null;
  },
): Promise<TaskInstanceSummary[]> {
  return executor.rows(sql`
    SELECT ${select} FROM ${from}
    WHERE r.dag_id = ${at.dagId} AND r.run_id = ${at.runId}
      AND (${at.taskIds ?? null}::text[] IS NULL OR t.task_id = ANY (${at.taskIds ?? null}))
      AND (${at.mapIndex ?? null}::int IS NULL OR t.map_index = ${at.mapIndex ?? null})
    ORDER BY t.run_pk, t.task_id, t.map_index`);
}

export interface InstanceKey {
  readonly runPk: number;
  readonly taskId: string;
  readonly mapIndex: number;
}

export function taskInstanceSummaries(
  executor: Executor,
  keys: readonly InstanceKey[],
): Promise<TaskInstanceSummary[]> {
  return executor.rows(sql`
    SELECT ${select}
    FROM unnest(${keys.map(({ runPk }) => runPk)}::bigint[], ${keys.map(({ taskId }) => taskId)}::text[],
      ${keys.map(({ mapIndex }) => mapIndex)}::int[]) AS u (run_pk, task_id, map_index)
    JOIN task_instance t ON t.run_pk = u.run_pk AND t.task_id = u.task_id AND t.map_index = u.map_index
    JOIN dag_run r ON r.id = t.run_pk
    ORDER BY t.run_pk, t.task_id, t.map_index`);
}

function where(f: TaskInstanceListFilter, now: number): Statement {
  return allOf([
    f.dagIds === null || f.dagIds === undefined ? null : sql`r.dag_id = ANY (${f.dagIds}::text[])`,
    isOneOf(sql`r.run_id`, f.runIds),
    f.taskIds === null || f.taskIds === undefined ? null : sql`t.task_id = ANY (${f.taskIds}::text[])`,
    f.onlyMapped === true ? sql`t.map_index >= 0` : null,
    withinInstants(sql`r.run_after`, f.runAfter),
    withinInstants(sql`r.logical_date`, f.logicalDate),
    ...dates(f, now),
    withinInstants(updated, f.updatedAt),
    withinNumbers(seconds, f.duration),
    isOneOf(sql`t.pool`, f.pools),
    isOneOf(sql`t.queue`, f.queues),
    executors(f.executors),
    versions(f.versionNumbers),
    isOneOf(sql`t.try_number`, f.tryNumbers, "bigint"),
    isOneOf(sql`t.operator`, f.operators),
    isOneOf(sql`t.map_index`, f.mapIndexes, "bigint"),
    matches(sql`t.task_id`, f.taskIdPattern),
    startsWith(sql`t.task_id`, f.taskIdPrefix),
    ofDagsWithId(sql`r.dag_id`, { pattern: f.dagIdPattern, prefix: f.dagIdPrefix }),
    matches(sql`r.run_id`, f.runIdPattern),
    startsWith(sql`r.run_id`, f.runIdPrefix),
    matches(sql`t.pool`, f.poolPattern),
    startsWith(sql`t.pool`, f.poolPrefix),
    matches(sql`t.queue`, f.queuePattern),
    startsWith(sql`t.queue`, f.queuePrefix),
    matches(sql`t.operator`, f.operatorPattern),
    startsWith(sql`t.operator`, f.operatorPrefix),
    matches(sql`coalesce(t.rendered_map_index, t.map_index::text)`, f.labelPattern),
    startsWith(sql`coalesce(t.rendered_map_index, t.map_index::text)`, f.labelPrefix),
  ]);
}

/** There is one executor; it has no name in the rows. */
function executors(wanted: TaskInstanceListFilter["executors"]): Statement | null {
  return wanted === null || wanted === undefined || wanted.length === 0 ? null : sql`FALSE`;
}

function versions(numbers: readonly number[] = []): Statement | null {
  if (numbers.length === 0) return null;
  return sql`EXISTS (SELECT FROM dag_version v WHERE v.id = t.version_id AND v.version_number = ANY (${numbers}::int[]))`;
}

/** What a deferred instance waits for, by its trigger's id. */
export function triggersOf(
  executor: Executor,
  ids: readonly number[],
): Promise<
  {
    id: number;
    classpath: string;
    kwargs: Buffer;
    createdAt: number;
    queue: string | null;
    triggererId: number | null;
  }[]
> {
  return executor.rows(sql`
    SELECT id, classpath, kwargs, created_at AS "createdAt", queue, triggerer_id AS "triggererId"
    FROM trigger WHERE id = ANY (${ids}::bigint[])`);
}

/** Of some runs the instances of some tasks, in the order of the primary key. */
export function instancesOfRuns(
  executor: Executor,
  of: { readonly runPks: readonly number[]; readonly taskIds: readonly string[] },
): Promise<TaskInstanceSummary[]> {
  return executor.rows(sql`
    SELECT ${select} FROM ${from}
    WHERE t.run_pk = ANY (${of.runPks}::bigint[]) AND t.task_id = ANY (${of.taskIds}::text[])
    ORDER BY t.run_pk, t.task_id, t.map_index`);
}
