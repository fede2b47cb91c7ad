/**
 * Task instances and XComs of all Dags, those of the newest runs first. What a person filters by has no index: an index
 * on states would be written with each change of one (ADR 42), and the history is millions of rows. So runs are looked
 * through from the newest on, a growing window at a time, until there are enough rows or the answer is due; whoever
 * wants more goes on from `next` (ADR 150).
 */
import type { Executor } from "../connect.ts";
import type { Statement } from "../sql.ts";
import { containing, instant, sql } from "../sql.ts";
import { type InstanceViewRow, instanceViewColumns } from "./run-views.ts";

export interface RunsLookedThrough {
  /** Null: of all Dags. */
  readonly permitted: readonly string[] | null;
  /** Part of a Dag's id, any case. */
  readonly dag?: string | null;
  /** Part of a run's id, any case. */
  readonly run?: string | null;
  /** Bounds of `run_after`, both included. */
  readonly from?: number | null;
  readonly to?: number | null;
  /** What is looked for is only in runs that are under way. */
  readonly onlyUnfinished?: boolean;
}

/** Where to go on: behind this row of this run, or behind the whole run. */
export interface LookedTo {
  readonly runAfter: number;
  readonly runPk: number;
  readonly row: { readonly taskId: string; readonly mapIndex: number; readonly key: string } | null;
}

export interface Look {
  readonly after: LookedTo | null;
  readonly limit: number;
  /** Asked between windows: true ends the look with what is there. */
  readonly isDue: () => boolean;
}

export interface Found<Row> {
  readonly rows: Row[];
  /** Runs that became due later than this were looked through; null where there was none. */
  readonly lookedBackTo: number | null;
  /** Null: everything was looked through. */
  readonly next: LookedTo | null;
}

interface OfRun {
  readonly dagId: string;
  readonly runId: string;
  readonly runAfter: number;
}

interface RunRow extends OfRun {
  readonly id: number;
}

interface Keyed {
  readonly runPk: number;
  readonly taskId: string;
  readonly mapIndex: number;
}

const firstWindow = 16;
const largestWindow = 1024;
/** With more Dags than this the runs of all are read in the order of time, and those of others passed over. */
const dagsAtOnce = 20;

/** The rows that `read` finds in runs, run by run. `read` answers at most `limit` rows. */
async function lookThrough<Row extends Keyed & { readonly key?: string }>(
  executor: Executor,
  runs: RunsLookedThrough,
  look: Look,
  read: (runPks: readonly number[], after: LookedTo | null, limit: number) => Promise<Row[]>,
): Promise<Found<Row & OfRun>> {
  const dagIds = await dagsOf(executor, runs);
  const rows: (Row & OfRun)[] = [];
  let { after } = look;
  for (let size = firstWindow; ; size = Math.min(size * 2, largestWindow)) {
    const window = await runsBehind(executor, dagIds, runs, after, size);
    const byPk = new Map(window.map((run) => [run.id, run]));
    const wanted = look.limit - rows.length;
    const found = window.length === 0 ? [] : await read([...byPk.keys()], after, wanted + 1);
    for (const row of found.slice(0, wanted)) rows.push({ ...row, ...ofRun(byPk.get(row.runPk)) });
    if (found.length > wanted) {
      const last = rows.at(-1) as Row & OfRun;
      after = { ...last, row: { taskId: last.taskId, mapIndex: last.mapIndex, key: last.key ?? "" } };
      return { rows, lookedBackTo: last.runAfter, next: after };
    }
    const last = window.at(-1);
    if (last !== undefined) after = { runAfter: last.runAfter, runPk: last.id, row: null };
    const lookedBackTo = after?.runAfter ?? null;
    if (window.length < size) return { rows, lookedBackTo, next: null };
    if (rows.length === look.limit || look.isDue()) return { rows, lookedBackTo, next: after };
  }
}

function ofRun(run: RunRow | undefined): OfRun {
  return { dagId: run?.dagId ?? "", runId: run?.runId ?? "", runAfter: run?.runAfter ?? 0 };
}

/** Null: all. Dags are few; their runs are many. */
async function dagsOf(executor: Executor, runs: RunsLookedThrough): Promise<readonly string[] | null> {
  const dag = containing(runs.dag);
  if (dag === null) return runs.permitted;
  const rows = await executor.rows<{ id: string }>(sql`
    SELECT dag_id AS id FROM dag
    WHERE dag_id ILIKE ${dag} AND (${runs.permitted}::text[] IS NULL OR dag_id = ANY (${runs.permitted}))`);
  return rows.map(({ id }) => id);
}

/**
 * Newest first: of a few Dags by dag_run_recent, a scan for each; of all by dag_run_by_time. A run whose rows are not all told yet comes again.
 */
function runsBehind(
  executor: Executor,
  dagIds: readonly string[] | null,
  runs: RunsLookedThrough,
  after: LookedTo | null,
  limit: number,
): Promise<RunRow[]> {
  const columns = sql`r.id, r.dag_id AS "dagId", r.run_id AS "runId", r.run_after AS "runAfter"`;
  const run = containing(runs.run);
  const where = sql`
    ${behind(after)}
    AND (${instant(runs.from)}::timestamptz IS NULL OR r.run_after >= ${instant(runs.from)})
    AND (${instant(runs.to)}::timestamptz IS NULL OR r.run_after <= ${instant(runs.to)})
    AND (${run}::text IS NULL OR r.run_id ILIKE ${run})
    AND (NOT ${runs.onlyUnfinished ?? false}::boolean OR r.end_date IS NULL)`;
  const newest = sql`ORDER BY r.run_after DESC, r.id DESC LIMIT ${limit}`;
  if (dagIds === null || dagIds.length > dagsAtOnce)
    return executor.rows(sql`
      SELECT ${columns} FROM dag_run r
      WHERE (${dagIds}::text[] IS NULL OR r.dag_id = ANY (${dagIds})) AND ${where} ${newest}`);
  return executor.rows(sql`
    SELECT ${columns} FROM unnest(${dagIds}::text[]) AS d (dag_id)
    CROSS JOIN LATERAL (SELECT * FROM dag_run r WHERE r.dag_id = d.dag_id AND ${where} ${newest}) r ${newest}`);
}

/** The instant comes from the row where it is still there: it may be finer than the milliseconds of ours. */
function behind(after: LookedTo | null): Statement {
  if (after === null) return sql`TRUE`;
  const at = sql`coalesce((SELECT run_after FROM dag_run WHERE id = ${after.runPk}), ${instant(after.runAfter)}::timestamptz)`;
  return after.row === null
    ? sql`(r.run_after, r.id) < (${at}, ${after.runPk}::bigint)`
    : sql`(r.run_after, r.id) <= (${at}, ${after.runPk}::bigint)`;
}

export type FoundInstance = InstanceViewRow & Keyed & OfRun;

export interface InstanceLookFilter extends RunsLookedThrough {
  /** "none" is no state yet. */
  readonly states?: readonly string[] | null;
  /** Parts of texts, any case. */
  readonly task?: string | null;
  readonly operator?: string | null;
  readonly pool?: string | null;
}

/** Each run is read by the primary key of its instances, in its order. */
export function lookForInstances(
  executor: Executor,
  filter: InstanceLookFilter,
  look: Look,
): Promise<Found<FoundInstance>> {
  const { states = null } = filter;
  const [task, operator] = [containing(filter.task), containing(filter.operator)];
  return lookThrough(executor, filter, look, (runPks, after, limit) =>
    executor.rows(sql`
      SELECT t.* FROM unnest(${runPks}::bigint[]) WITH ORDINALITY AS u (run_pk, place)
      CROSS JOIN LATERAL (
        SELECT run_pk AS "runPk", ${instanceViewColumns}
        FROM task_instance i
        WHERE i.run_pk = u.run_pk
          AND (${after?.row?.taskId ?? null}::text IS NULL OR i.run_pk <> ${after?.runPk ?? null}::bigint
            OR (i.task_id, i.map_index) > (${after?.row?.taskId ?? null}::text, ${after?.row?.mapIndex ?? null}::int))
          AND (${states}::text[] IS NULL OR coalesce(i.state, 'none') = ANY (${states}))
          AND (${task}::text IS NULL OR i.task_id ILIKE ${task})
          AND (${operator}::text IS NULL OR i.operator ILIKE ${operator})
          AND (${filter.pool ?? null}::text IS NULL OR i.pool = ${filter.pool ?? null})
        ORDER BY i.run_pk, i.task_id, i.map_index LIMIT ${limit}
      ) t ORDER BY u.place, t."taskId", t."mapIndex" LIMIT ${limit}`),
  );
}

export interface FoundXCom extends Keyed, OfRun {
  readonly key: string;
  readonly createdAt: number;
  /** The beginning of the JSON; null for a value in a file. */
  readonly preview: string | null;
  readonly ref: { readonly uri: string; readonly bytes: number; readonly mediaType: string } | null;
}

export interface XComLookFilter extends RunsLookedThrough {
  readonly task?: string | null;
  readonly key?: string | null;
}

/** Each run is read by the primary key of its XComs, in its order. */
export function lookForXComs(
  executor: Executor,
  filter: XComLookFilter,
  look: Look & { readonly previewLength: number },
): Promise<Found<FoundXCom>> {
  const [task, key] = [containing(filter.task), containing(filter.key)];
  return lookThrough(executor, filter, look, (runPks, after, limit) =>
    executor.rows(sql`
      SELECT t.* FROM unnest(${runPks}::bigint[]) WITH ORDINALITY AS u (run_pk, place)
      CROSS JOIN LATERAL (
        SELECT run_pk AS "runPk", task_id AS "taskId", map_index AS "mapIndex", key, created_at AS "createdAt",
          left(value::text, ${look.previewLength}) AS preview, ref
        FROM xcom i
        WHERE i.run_pk = u.run_pk
          AND (${after?.row?.taskId ?? null}::text IS NULL OR i.run_pk <> ${after?.runPk ?? null}::bigint
            OR (i.task_id, i.map_index, i.key) > (${after?.row?.taskId ?? null}::text, ${after?.row?.mapIndex ?? null}::int, ${after?.row?.key ?? null}::text))
          AND (${task}::text IS NULL OR i.task_id ILIKE ${task})
          AND (${key}::text IS NULL OR i.key ILIKE ${key})
        ORDER BY i.run_pk, i.task_id, i.map_index, i.key LIMIT ${limit}
      ) t ORDER BY u.place, t."taskId", t."mapIndex", t.key LIMIT ${limit}`),
  );
}
