/**
 * Studies for the tasks that take part in them. Proposals are made in the task's process; here are only rows, and a
 * write is refused when somebody else was first.
 */
import type { Json } from "../core/dag-model.ts";
import { trialFromJson, trialToJson } from "../core/study-record.ts";
import type { ChildRequest } from "../runtime/protocol.ts";
import type { Database } from "../store/connect.ts";
import {
  findStudy,
  insertStudy,
  lockStudy,
  readStudyTrials,
  type StudyTrialRow,
  writeStudyTrials,
} from "../store/studies.ts";
import { systemClock } from "../time.ts";

export type StudyRequest = Extract<ChildRequest, { method: `study.${string}` }>;

export async function answerAboutStudy(database: Database, request: StudyRequest): Promise<Json> {
  switch (request.method) {
    case "study.create":
      return insertStudy(database, request.params, systemClock.now());
    case "study.read": {
      const row = await findStudy(database, request.params.name);
      if (row === null) return null;
      const trials = await readStudyTrials(database, row.id, request.params.after);
      return { id: row.id, revision: row.revision, spec: row.spec as Json, trials: trials.map(trialToJson) };
    }
    case "study.write":
      return write(database, request.params);
  }
}

/** The new revision; null when the study is no longer at the one that the task knows. */
function write(
  database: Database,
  params: (StudyRequest & { method: "study.write" })["params"],
): Promise<number | null> {
  return database.transaction(async (tx) => {
    const row = await lockStudy(tx, params.name);
    if (row === null || row.id !== params.id || row.revision !== params.revision) return null;
    return writeStudyTrials(
      tx,
      row,
      params.trials.map((trial) => trialFromJson<StudyTrialRow>(trial)),
    );
  });
}
