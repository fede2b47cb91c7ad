/**
 * Asking timetables that users wrote, from a process that is no scheduler: the one that has the Dag runs them and
 * answers by the database. Where none lives, a command runs them itself, and the API server refuses.
 */
import type { DagSpec, Json } from "../core/dag-model.ts";
import { customOf } from "../core/timetable/custom.ts";
import { TradewindError } from "../errors.ts";
import type { TimetableAnswers, TimetableHost, TimetableQuestion } from "../executor/timetable-host.ts";
import type { CodeLocation } from "../runtime/protocol.ts";
import type { Database } from "../store/connect.ts";
import { hasLiveScheduler } from "../store/scheduler-requests.ts";
import {
  addTimetableQuestion,
  forgetTimetableQuestions,
  takeTimetableAnswer,
} from "../store/timetable-questions.ts";
import { type Clock, delay } from "../time.ts";

export interface AskedVersion {
  readonly id: number;
  readonly spec: DagSpec;
}

export interface AskParts {
  readonly database: Database;
  readonly clock: Clock;
  /** Processes of this one; absent where users' code must not run. */
  readonly own?: { timetables(): TimetableHost; codeOf(version: AskedVersion): Promise<CodeLocation> };
}

const lookMs = 30;
/** Somewhat more than a timetable has. */
const patienceMs = 40_000;
/** Nobody waits for a question as old as this. */
const forgottenMs = 600_000;

/** @throws TradewindError TW_TIMETABLE when it gives no answer, or there is nobody who could ask it. */
export async function askTimetable<Question extends TimetableQuestion>(
  parts: AskParts,
  version: AskedVersion,
  question: Question,
): Promise<TimetableAnswers[Question["ask"]]> {
  const { dagId } = version.spec;
  if (await hasLiveScheduler(parts.database, dagId)) return askByDatabase(parts, version, question);
  const own = customOf(version.spec.timetable);
  if (parts.own === undefined || own === null)
    throw new TradewindError(
      "TW_TIMETABLE",
      `expected a scheduler that asks the timetable of Dag "${dagId}", got none that runs`,
      { hint: "a timetable that a user wrote is asked by the scheduler: start one" },
    );
  const host = parts.own.timetables();
  try {
    return await host.ask(await parts.own.codeOf(version), own, question);
  } finally {
    await host.stop();
  }
}

async function askByDatabase<Question extends TimetableQuestion>(
  { database, clock }: AskParts,
  { id: versionId, spec }: AskedVersion,
  question: Question,
): Promise<TimetableAnswers[Question["ask"]]> {
  const asked = { dagId: spec.dagId, versionId, question: question as unknown as Json };
  const id = await database.transaction(async (tx) => {
    await forgetTimetableQuestions(tx, { askedBefore: clock.now() - forgottenMs });
    return await addTimetableQuestion(tx, asked, clock.now());
  });
  const end = clock.now() + patienceMs;
  while (clock.now() < end) {
    const row = await takeTimetableAnswer(database, id);
    if (row === null) await delay(lookMs);
    else if (row.problem !== null) throw new TradewindError("TW_TIMETABLE", row.problem);
    else return row.answer as unknown as TimetableAnswers[Question["ask"]];
  }
  await forgetTimetableQuestions(database, { id, askedBefore: clock.now() - forgottenMs });
  throw new TradewindError(
    "TW_TIMETABLE",
    `expected the scheduler to ask the timetable of Dag "${spec.dagId}", got no answer within ${patienceMs / 1000} s`,
  );
}
