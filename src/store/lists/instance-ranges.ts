/**
 * How a list of instances reads the table, where the planner knows too little: it takes dates and states for strewn over
 * the table, and they come in the order in which it was written. Index task_instance_ranges says which of its pages hold
 * a date or a state.
 */
import { isFinished, type TaskInstanceState } from "../../core/states.ts";
import type { Executor } from "../connect.ts";
import type { BoundedOrders } from "../list-bound.ts";
import { allOf, type ListPage, withinPending } from "../list-query.ts";
import { planOf } from "../plan.ts";
import type { Statement } from "../sql.ts";
import { sql } from "../sql.ts";
import type { TaskInstanceListFilter } from "./task-instances.ts";

const boundedColumns: readonly string[] = ["start_date", "end_date"];
/** Rows of a filter by date that are sorted rather than looked for along the primary key. */
const mostSorted = 500_000;
/** A state that more instances have is met soon along the primary key. */
const fewOfState = 1000;

/** The table, or the part of it between dates; and the condition on states. */
export async function waysOf(
  executor: Executor,
  filter: TaskInstanceListFilter,
  page: ListPage,
  now: number,
): Promise<{ instances: Statement; states: Statement | null }> {
  const [instances, states] = await Promise.all([
    between(executor, filter, page, now),
    inStates(executor, filter.states),
  ]);
  return { instances, states };
}

export function dates(f: TaskInstanceListFilter, now: number): (Statement | null)[] {
  return [withinPending(sql`t.start_date`, f.startDate, now), withinPending(sql`t.end_date`, f.endDate, now)];
}

async function between(
  executor: Executor,
  filter: TaskInstanceListFilter,
  page: ListPage,
  now: number,
): Promise<Statement> {
  const all = sql`task_instance t`;
  const isBounded = page.cursor === undefined && boundedColumns.includes(page.order[0]?.name ?? "");
  if (isBounded || (filter.startDate === undefined && filter.endDate === undefined)) return all;
  const within = sql`SELECT * FROM task_instance t WHERE ${allOf(dates(filter, now))}`;
  const { rows } = await planOf(executor, within);
  // OFFSET 0 keeps the planner from looking along the primary key for rows that are all at its end.
  return rows > mostSorted ? all : sql`(${within} OFFSET 0) t`;
}

async function inStates(
  executor: Executor,
  wanted: TaskInstanceListFilter["states"],
): Promise<Statement | null> {
  if (wanted === null || wanted === undefined || wanted.length === 0) return null;
  const named = wanted.filter((state) => state !== null && state !== "none");
  const any = sql`t.state = ANY (${named}::text[])`;
  if (named.length < wanted.length) return sql`(t.state IS NULL OR ${any})`;
  // A run ends when what its tasks do has; one that had to give up leaves tasks without a state.
  if (named.every((state) => !isFinished(state as TaskInstanceState)))
    return sql`${any} AND t.run_pk IN (SELECT id FROM dag_run WHERE end_date IS NULL)`;
  const { rows } = await planOf(executor, sql`SELECT FROM task_instance t WHERE ${any}`);
  return rows > fewOfState ? sql`coalesce(t.state, '') = ANY (${named}::text[])` : any;
}

const fewestOfRun = 10;

/** The newest runs have most of the newest dates. */
export function boundedInstances(withRun: (table: Statement) => Statement): BoundedOrders {
  return {
    columns: boundedColumns,
    sample(descending, rows) {
      const order = descending ? sql`run_after DESC, id DESC` : sql`run_after, id`;
      return withRun(sql`(
        SELECT i.* FROM (SELECT id FROM dag_run ORDER BY ${order} LIMIT ${rows / fewestOfRun}) n
        JOIN task_instance i ON i.run_pk = n.id LIMIT ${rows}
      ) t`);
    },
  };
}
