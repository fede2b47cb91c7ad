/**
 * What other processes want to know of timetables that users wrote. A question is a row; the scheduler that holds the
 * Dag's lease runs the timetable and writes the answer, and whoever asked takes the row away.
 */
import type { Json } from "../core/dag-model.ts";
import type { Executor } from "./connect.ts";
import { notify } from "./notify.ts";
import { instant, json, sql } from "./sql.ts";

export interface OpenTimetableQuestion {
  readonly id: number;
  readonly versionId: number;
  readonly question: Json;
}

export interface TimetableAnswerRow {
  readonly answer: Json;
  /** Why there is no answer. */
  readonly problem: string | null;
}

/** Runs in a transaction of the caller. */
export async function addTimetableQuestion(
  tx: Executor,
  asked: { dagId: string; versionId: number; question: Json },
  now: number,
): Promise<number> {
  const row = await tx.row<{ id: number }>(sql`
    INSERT INTO timetable_question (dag_id, version_id, question, asked_at)
    VALUES (${asked.dagId}, ${asked.versionId}, ${json(asked.question)}, ${instant(now)}) RETURNING id`);
  await notify(tx, [`timetable:${asked.dagId}`]);
  return row?.id ?? 0;
}

/** Index timetable_question_open. */
export function openTimetableQuestions(
  executor: Executor,
  dagIds: readonly string[],
): Promise<OpenTimetableQuestion[]> {
  return executor.rows(sql`
    SELECT id, version_id AS "versionId", question FROM timetable_question
    WHERE dag_id = ANY (${dagIds}::text[]) AND answered_at IS NULL ORDER BY id`);
}

export async function answerTimetableQuestion(
  executor: Executor,
  id: number,
  { answer, problem }: TimetableAnswerRow,
  now: number,
): Promise<void> {
  await executor.run(sql`
    UPDATE timetable_question SET answer = ${json(answer)}, problem = ${problem}, answered_at = ${instant(now)}
    WHERE id = ${id}`);
}

/** The answer, once: its row goes with it. Null while there is none. */
export function takeTimetableAnswer(executor: Executor, id: number): Promise<TimetableAnswerRow | null> {
  return executor.row(sql`
    DELETE FROM timetable_question WHERE id = ${id} AND answered_at IS NOT NULL RETURNING answer, problem`);
}

/** A question that nobody waits for any more, and those whose asker went away before. */
export async function forgetTimetableQuestions(
  executor: Executor,
  which: { id?: number; askedBefore: number },
): Promise<void> {
  await executor.run(sql`
    DELETE FROM timetable_question
    WHERE id = ${which.id ?? null}::bigint OR asked_at < ${instant(which.askedBefore)}`);
}
