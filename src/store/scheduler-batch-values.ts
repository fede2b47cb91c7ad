/** Set statements on what task instances leave behind: XComs, map lengths, pokes, rendered fields, triggers. */
import type { Json } from "../core/dag-model.ts";
import type { XComValue } from "../runtime/protocol.ts";
import type { CallbackRow } from "./callbacks.ts";
import type { HumanQuestion } from "./hitl.ts";
import { plainArray, textArray } from "./scheduler-arrays.ts";
import type { BatchStatement, SchedulerBatch } from "./scheduler-batch.ts";
import type { InstanceRef } from "./scheduler-batch-instances.ts";
import { refArrays } from "./scheduler-batch-instances.ts";

export interface XComWrite extends InstanceRef {
  readonly key: string;
  readonly value: XComValue;
}

export interface TaskMapWrite extends InstanceRef {
  readonly length: number;
  readonly keys: readonly string[] | null;
}

export interface RescheduleWrite extends InstanceRef {
  readonly attemptId: string;
  readonly startDate: number;
  readonly endDate: number;
  readonly at: number;
}

export interface RenderedWrite extends InstanceRef {
  readonly fields: { [name: string]: Json };
}

export interface QuestionWrite extends InstanceRef {
  readonly attemptId: string;
  readonly tryNumber: number;
  readonly question: HumanQuestion;
}

export interface AnswerByDefault extends InstanceRef {
  readonly tryNumber: number;
}

export interface TriggerInsert extends InstanceRef {
  /** Taken from the sequence before, so that the instance can name it in the same transaction. */
  readonly id: number;
  readonly classpath: string;
  /** Sealed: kwargs may hold secrets. */
  readonly kwargs: Uint8Array;
  readonly versionId: number;
  readonly attemptId: string;
}

export type CallbackWrite = CallbackRow & { readonly runPk: number };

const refs = "$1::bigint[], $2::text[], $3::int[]";
const sameInstance = "t.run_pk = u.run_pk AND t.task_id = u.task_id AND t.map_index = u.map_index";

const xcomSql = `
INSERT INTO xcom (run_pk, task_id, map_index, key, value, ref, created_at)
SELECT u.run_pk, u.task_id, u.map_index, u.key, u.value, u.ref, to_timestamp($7::float8 / 1000.0)
FROM unnest(${refs}, $4::text[], $5::json[], $6::json[]) AS u (run_pk, task_id, map_index, key, value, ref)
ON CONFLICT (run_pk, task_id, map_index, key)
DO UPDATE SET value = excluded.value, ref = excluded.ref, created_at = excluded.created_at`;

const xcomClearSql = `
DELETE FROM xcom t USING unnest(${refs}) AS u (run_pk, task_id, map_index) WHERE ${sameInstance}`;

const taskStateClearSql = `
DELETE FROM task_state t USING unnest(${refs}) AS u (run_pk, task_id, map_index) WHERE ${sameInstance}`;

const xcomDeleteSql = `
DELETE FROM xcom t USING unnest(${refs}, $4::text[]) AS u (run_pk, task_id, map_index, key)
WHERE ${sameInstance} AND t.key = u.key`;

const taskMapSql = `
INSERT INTO task_map (run_pk, task_id, map_index, length, keys)
SELECT u.run_pk, u.task_id, u.map_index, u.length, u.keys
FROM unnest(${refs}, $4::int[], $5::json[]) AS u (run_pk, task_id, map_index, length, keys)
ON CONFLICT (run_pk, task_id, map_index) DO UPDATE SET length = excluded.length, keys = excluded.keys`;

const rescheduleSql = `
INSERT INTO task_reschedule (run_pk, task_id, map_index, attempt_id, start_date, end_date, reschedule_date)
SELECT u.run_pk, u.task_id, u.map_index, u.attempt_id, to_timestamp(u.start_date / 1000.0),
  to_timestamp(u.end_date / 1000.0), to_timestamp(u.at / 1000.0)
FROM unnest(${refs}, $4::uuid[], $5::float8[], $6::float8[], $7::float8[])
AS u (run_pk, task_id, map_index, attempt_id, start_date, end_date, at)
ON CONFLICT DO NOTHING`;

const rescheduleClearSql = `
DELETE FROM task_reschedule t USING unnest(${refs}) AS u (run_pk, task_id, map_index) WHERE ${sameInstance}`;

const renderedSql = `
INSERT INTO rendered_task_instance_fields (run_pk, task_id, map_index, fields)
SELECT u.run_pk, u.task_id, u.map_index, u.fields
FROM unnest(${refs}, $4::json[]) AS u (run_pk, task_id, map_index, fields)
ON CONFLICT (run_pk, task_id, map_index) DO UPDATE SET fields = excluded.fields`;

const triggerInsertSql = `
INSERT INTO trigger (id, classpath, kwargs, created_at, version_id, run_pk, task_id, map_index, attempt_id)
OVERRIDING SYSTEM VALUE
SELECT u.id, u.classpath, decode(u.kwargs, 'base64'), to_timestamp($9::float8 / 1000.0), u.version_id, u.run_pk, u.task_id,
  u.map_index, u.attempt_id
FROM unnest(${refs}, $4::bigint[], $5::text[], $6::text[], $7::bigint[], $8::uuid[])
AS u (run_pk, task_id, map_index, id, classpath, kwargs, version_id, attempt_id)`;

const questionSql = `
INSERT INTO hitl_detail (run_pk, task_id, map_index, attempt_id, try_number, subject, body, options, defaults, multiple,
  params, assigned_users, created_at)
SELECT u.run_pk, u.task_id, u.map_index, u.attempt_id, u.try_number, q.subject, q.body, q.options, q.defaults, q.multiple,
  q.params, q."assignedUsers", to_timestamp($7::float8 / 1000.0)
FROM unnest(${refs}, $4::uuid[], $5::int[], $6::json[]) AS u (run_pk, task_id, map_index, attempt_id, try_number, question)
CROSS JOIN LATERAL json_to_record(u.question) AS q (subject text, body text, options text[], defaults text[],
  multiple boolean, params json, "assignedUsers" json)
ON CONFLICT (run_pk, task_id, map_index, try_number) DO UPDATE SET attempt_id = excluded.attempt_id,
  subject = excluded.subject, body = excluded.body, options = excluded.options, defaults = excluded.defaults,
  multiple = excluded.multiple, params = excluded.params, assigned_users = excluded.assigned_users,
  created_at = excluded.created_at, responded_at = NULL, responder_id = NULL, responder_name = NULL,
  chosen_options = NULL, params_input = '{}'`;

const answerByDefaultSql = `
UPDATE hitl_detail t SET responded_at = to_timestamp($5::float8 / 1000.0), chosen_options = t.defaults
FROM unnest(${refs}, $4::int[]) AS u (run_pk, task_id, map_index, try_number)
WHERE ${sameInstance} AND t.try_number = u.try_number AND t.responded_at IS NULL`;

const callbackInsertSql = `
INSERT INTO callback (id, dag_id, run_pk, version_id, kind, context, log_path, created_at)
SELECT u.id, u.dag_id, u.run_pk, u.version_id, u.kind, u.context, u.log_path, to_timestamp($8::float8 / 1000.0)
FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::json[], $6::json[], $7::text[])
AS u (id, dag_id, run_pk, version_id, kind, context, log_path)`;

export function valueStatements(batch: SchedulerBatch): BatchStatement[] {
  const out: BatchStatement[] = [];
  if (batch.xcomClears.length > 0) {
    out.push({ name: "tw_xcom_clear", text: xcomClearSql, values: refArrays(batch.xcomClears) });
  }
  if (batch.taskStateClears.length > 0) {
    const values = refArrays(batch.taskStateClears);
    out.push({ name: "tw_task_state_clear", text: taskStateClearSql, values });
  }
  if (batch.xcomDeletes.length > 0) {
    const values = [...refArrays(batch.xcomDeletes), textArray(batch.xcomDeletes, (r) => r.key)];
    out.push({ name: "tw_xcom_delete", text: xcomDeleteSql, values });
  }
  if (batch.xcoms.length > 0)
    out.push(
      xcomStatement(
        lastOfEach(batch.xcoms, (r) => `/${r.key}`),
        batch.now,
      ),
    );
  if (batch.taskMaps.length > 0) out.push(taskMapStatement(lastOfEach(batch.taskMaps, () => "")));
  if (batch.rescheduleClears.length > 0) {
    out.push({
      name: "tw_reschedule_clear",
      text: rescheduleClearSql,
      values: refArrays(batch.rescheduleClears),
    });
  }
  if (batch.reschedules.length > 0) out.push(rescheduleStatement(batch.reschedules));
  if (batch.rendered.length > 0) out.push(renderedStatement(lastOfEach(batch.rendered, () => "")));
  if (batch.triggerDeletes.length > 0) {
    const values = [plainArray(batch.triggerDeletes, (id) => id)];
    out.push({
      name: "tw_trigger_delete",
      text: "DELETE FROM trigger WHERE id = ANY ($1::bigint[])",
      values,
    });
  }
  if (batch.questions.length > 0)
    out.push(
      questionStatement(
        lastOfEach(batch.questions, () => ""),
        batch.now,
      ),
    );
  if (batch.answeredByDefault.length > 0) {
    const tries = plainArray(batch.answeredByDefault, (r) => r.tryNumber);
    const values = [...refArrays(batch.answeredByDefault), tries, batch.now];
    out.push({ name: "tw_answer_by_default", text: answerByDefaultSql, values });
  }
  if (batch.triggerInserts.length > 0) out.push(triggerStatement(batch.triggerInserts, batch.now));
  if (batch.callbackInserts.length > 0) out.push(callbackStatement(batch.callbackInserts, batch.now));
  return out;
}

/** ON CONFLICT DO UPDATE refuses to touch a row twice in one statement; the later write is the one that counts. */
function lastOfEach<Row extends InstanceRef>(
  rows: readonly Row[],
  more: (row: Row) => string,
): readonly Row[] {
  if (rows.length === 1) return rows;
  const last = new Map<string, Row>();
  for (const row of rows) last.set(`${row.runPk}/${row.mapIndex}/${row.taskId}${more(row)}`, row);
  return last.size === rows.length ? rows : [...last.values()];
}

function xcomStatement(rows: readonly XComWrite[], now: number): BatchStatement {
  const values = [
    ...refArrays(rows),
    textArray(rows, (r) => r.key),
    textArray(rows, (r) => ("json" in r.value ? JSON.stringify(r.value.json) : null)),
    textArray(rows, (r) => ("ref" in r.value ? JSON.stringify(r.value.ref) : null)),
    now,
  ];
  return { name: "tw_xcom_put", text: xcomSql, values };
}

function taskMapStatement(rows: readonly TaskMapWrite[]): BatchStatement {
  const values = [
    ...refArrays(rows),
    plainArray(rows, (r) => r.length),
    textArray(rows, (r) => (r.keys === null ? null : JSON.stringify(r.keys))),
  ];
  return { name: "tw_task_map_put", text: taskMapSql, values };
}

function rescheduleStatement(rows: readonly RescheduleWrite[]): BatchStatement {
  const values = [
    ...refArrays(rows),
    plainArray(rows, (r) => r.attemptId),
    plainArray(rows, (r) => r.startDate),
    plainArray(rows, (r) => r.endDate),
    plainArray(rows, (r) => r.at),
  ];
  return { name: "tw_reschedule_insert", text: rescheduleSql, values };
}

function renderedStatement(rows: readonly RenderedWrite[]): BatchStatement {
  const values = [...refArrays(rows), textArray(rows, (r) => JSON.stringify(r.fields))];
  return { name: "tw_rendered_put", text: renderedSql, values };
}

function questionStatement(rows: readonly QuestionWrite[], now: number): BatchStatement {
  const values = [
    ...refArrays(rows),
    plainArray(rows, (r) => r.attemptId),
    plainArray(rows, (r) => r.tryNumber),
    textArray(rows, (r) => JSON.stringify(r.question)),
    now,
  ];
  return { name: "tw_question_put", text: questionSql, values };
}

function triggerStatement(rows: readonly TriggerInsert[], now: number): BatchStatement {
  const values = [
    ...refArrays(rows),
    plainArray(rows, (r) => r.id),
    textArray(rows, (r) => r.classpath),
    textArray(rows, (r) => Buffer.from(r.kwargs).toString("base64")),
    plainArray(rows, (r) => r.versionId),
    plainArray(rows, (r) => r.attemptId),
    now,
  ];
  return { name: "tw_trigger_insert", text: triggerInsertSql, values, expect: rows.length };
}

function callbackStatement(rows: readonly CallbackWrite[], now: number): BatchStatement {
  const values = [
    plainArray(rows, (r) => r.id),
    textArray(rows, (r) => r.dagId),
    plainArray(rows, (r) => r.runPk),
    plainArray(rows, (r) => r.versionId),
    textArray(rows, (r) => JSON.stringify(r.kind)),
    textArray(rows, (r) => JSON.stringify(r.context)),
    textArray(rows, (r) => r.logPath),
    now,
  ];
  return { name: "tw_callback_insert", text: callbackInsertSql, values, expect: rows.length };
}
