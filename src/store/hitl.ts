/**
 * Questions that attempts ask people, and their answers. One for each try of an instance: a try that asks again
 * replaces its question. The scheduler writes questions; answers come from outside, with a request for the scheduler.
 */
import type { Json } from "../core/dag-model.ts";
import type { Executor } from "./connect.ts";
import {
  allOf,
  contains,
  equals,
  isOneOf,
  type ListColumns,
  type ListPage,
  matches,
  type Range,
  startsWith,
  withinInstants,
} from "./list-query.ts";
import { type ListResult, readList } from "./read-list.ts";
import { instant, json, sql } from "./sql.ts";

export interface HumanUser {
  readonly id: string;
  readonly name: string;
}

export interface HumanQuestion {
  readonly subject: string;
  readonly body: string | null;
  readonly options: readonly string[];
  /** Chosen when nobody answers in time. */
  readonly defaults: readonly string[] | null;
  readonly multiple: boolean;
  /** Fields of the form: name → value, or param with its schema. */
  readonly params: { readonly [name: string]: Json };
  /** Who may answer; everybody when empty. */
  readonly assignedUsers: readonly HumanUser[];
}

export interface HumanInput extends HumanQuestion {
  readonly runPk: number;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly tryNumber: number;
  readonly attemptId: string;
  readonly createdAt: number;
  readonly respondedAt: number | null;
  readonly responderId: string | null;
  readonly responderName: string | null;
  readonly chosenOptions: string[] | null;
  readonly paramsInput: { readonly [name: string]: Json };
}

const columns = sql`
  h.run_pk AS "runPk", h.task_id AS "taskId", h.map_index AS "mapIndex", h.try_number AS "tryNumber",
  h.attempt_id AS "attemptId", h.subject, h.body, h.options, h.defaults, h.multiple, h.params,
  h.assigned_users AS "assignedUsers", h.created_at AS "createdAt", h.responded_at AS "respondedAt",
  h.responder_id AS "responderId", h.responder_name AS "responderName", h.chosen_options AS "chosenOptions",
  h.params_input AS "paramsInput"`;

/** Of the try; without `tryNumber` of the instance's newest. */
export function findHumanInput(
  executor: Executor,
  at: { runPk: number; taskId: string; mapIndex: number; tryNumber?: number },
): Promise<HumanInput | null> {
  return executor.row(sql`
    SELECT ${columns} FROM hitl_detail h
    WHERE h.run_pk = ${at.runPk} AND h.task_id = ${at.taskId} AND h.map_index = ${at.mapIndex}
      AND (${at.tryNumber ?? null}::int IS NULL OR h.try_number = ${at.tryNumber ?? null})
    ORDER BY h.try_number DESC LIMIT 1`);
}

export interface HumanAnswer {
  readonly responder: HumanUser;
  readonly chosenOptions: readonly string[];
  readonly paramsInput: { readonly [name: string]: Json };
}

/** False when it was answered already. */
export async function answerHumanInput(
  tx: Executor,
  at: { runPk: number; taskId: string; mapIndex: number; tryNumber: number },
  { responder, chosenOptions, paramsInput }: HumanAnswer,
  now: number,
): Promise<boolean> {
  const count = await tx.run(sql`
    UPDATE hitl_detail SET responded_at = ${instant(now)}, responder_id = ${responder.id},
      responder_name = ${responder.name}, chosen_options = ${chosenOptions}, params_input = ${json(paramsInput as Json)}
    WHERE run_pk = ${at.runPk} AND task_id = ${at.taskId} AND map_index = ${at.mapIndex}
      AND try_number = ${at.tryNumber} AND responded_at IS NULL`);
  return count === 1;
}

export interface HumanInputFilter {
  readonly dagIds?: readonly string[] | null | undefined;
  readonly runId?: string | null | undefined;
  readonly taskId?: string | null | undefined;
  readonly dagIdPattern?: string | null | undefined;
  readonly dagIdPrefix?: string | null | undefined;
  readonly taskIdPattern?: string | null | undefined;
  readonly taskIdPrefix?: string | null | undefined;
  readonly mapIndex?: number | null | undefined;
  readonly states?: readonly string[] | undefined;
  readonly isAnswered?: boolean | null | undefined;
  readonly responderIds?: readonly string[] | undefined;
  readonly responderNames?: readonly string[] | undefined;
  readonly subject?: string | null | undefined;
  readonly body?: string | null | undefined;
  readonly createdAt?: Range | undefined;
}

export const humanInputColumns = {
  run_pk: { column: sql`h.run_pk`, type: "bigint" },
  task_id: { column: sql`h.task_id`, type: "text" },
  map_index: { column: sql`h.map_index`, type: "bigint" },
  subject: { column: sql`h.subject`, type: "text" },
  responded_at: { column: sql`h.responded_at`, type: "timestamptz" },
  created_at: { column: sql`h.created_at`, type: "timestamptz" },
  responder_id: { column: sql`h.responder_id`, type: "text" },
  responder_name: { column: sql`h.responder_name`, type: "text" },
  dag_id: { column: sql`r.dag_id`, type: "text" },
  run_id: { column: sql`r.run_id`, type: "text" },
  run_after: { column: sql`r.run_after`, type: "timestamptz" },
  rendered_map_index: { column: sql`t.rendered_map_index`, type: "text" },
  operator: { column: sql`t.operator`, type: "text" },
  state: { column: sql`t.state`, type: "text" },
} as const satisfies ListColumns;

/** Of the newest try of each instance. Open ones come by the index hitl_detail_open. */
export async function listHumanInputs(
  executor: Executor,
  f: HumanInputFilter,
  page: ListPage,
): Promise<ListResult<HumanInput>> {
  const where = allOf([
    f.dagIds === null || f.dagIds === undefined ? null : sql`r.dag_id = ANY (${f.dagIds}::text[])`,
    equals(sql`r.run_id`, f.runId),
    equals(sql`h.task_id`, f.taskId),
    matches(sql`r.dag_id`, f.dagIdPattern),
    startsWith(sql`r.dag_id`, f.dagIdPrefix),
    matches(sql`h.task_id`, f.taskIdPattern),
    startsWith(sql`h.task_id`, f.taskIdPrefix),
    equals(sql`h.map_index`, f.mapIndex),
    isOneOf(sql`t.state`, f.states),
    f.isAnswered == null
      ? null
      : f.isAnswered
        ? sql`h.responded_at IS NOT NULL`
        : sql`h.responded_at IS NULL`,
    isOneOf(sql`h.responder_id`, f.responderIds),
    isOneOf(sql`h.responder_name`, f.responderNames),
    contains(sql`lower(h.subject)`, f.subject?.toLowerCase()),
    contains(sql`lower(h.body)`, f.body?.toLowerCase()),
    withinInstants(sql`h.created_at`, f.createdAt),
  ]);
  const from = sql`hitl_detail h JOIN dag_run r ON r.id = h.run_pk
    JOIN task_instance t ON t.run_pk = h.run_pk AND t.task_id = h.task_id AND t.map_index = h.map_index
      AND t.try_number = h.try_number`;
  return readList(executor, { select: columns, from, where, columns: humanInputColumns }, page);
}
