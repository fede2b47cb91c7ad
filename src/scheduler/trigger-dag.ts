/** Starting a run from outside: the row is written here, the scheduler that holds the Dag's lease takes it up. */
import { randomBytes } from "node:crypto";
import type { Json } from "../core/dag-model.ts";
import { checkRunId, runId, runIdSuffix } from "../core/run-id.ts";
import type { DagRunType, TriggeredBy } from "../core/states.ts";
import { manualDataInterval } from "../core/timetable/next-run.ts";
import { exactInterval } from "../core/timetable/timetable.ts";
import { TradewindError } from "../errors.ts";
import { resolveParams } from "../sdk/validate-params.ts";
import { addAuditEntry } from "../store/audit-log.ts";
import { createDagRun, type DagRunRow } from "../store/dag-runs.ts";
import { currentVersion, findVersionById } from "../store/dag-versions.ts";
import { notify } from "../store/notify.ts";
import { type AskedVersion, type AskParts, askTimetable } from "./ask-timetable.ts";
import { asksItself, nextRunOf } from "./custom-timetables.ts";

export interface TriggerDagRequest {
  readonly dagId: string;
  readonly runId?: string | undefined;
  /** Absent or null: a run without a logical date, as in Airflow 3. */
  readonly logicalDate?: number | null | undefined;
  /** Absent: what the Dag's timetable makes of the logical date. */
  readonly dataInterval?: { start: number; end: number } | undefined;
  /** Not before; absent: at once. */
  readonly runAfter?: number | undefined;
  readonly conf?: Json | undefined;
  readonly note?: string | null | undefined;
  readonly partitionKey?: string | null | undefined;
  /** Absent: the current version. */
  readonly versionId?: number | undefined;
  readonly runType?: DagRunType;
  readonly triggeredBy: TriggeredBy;
  readonly user: string | null;
  /** Name of the entry in the audit log. */
  readonly event: string;
}

/**
 * @throws TradewindError TW_DAG_NOT_FOUND, TW_DAG_RUN_EXISTS, TW_RUN_ID, TW_PARAM_INVALID when the conf does not fit
 *   the params, TW_RUN_DATE for a logical date in the future, TW_RUN_TYPE when the Dag does not allow such runs,
 *   TW_TIMETABLE when a timetable of the user's own gives no interval for the date, TW_USAGE when conf is no object.
 */
export async function triggerDag(parts: AskParts, request: TriggerDagRequest): Promise<DagRunRow> {
  const { database, clock } = parts;
  const now = clock.now();
  const { dagId, logicalDate = null, runType = "manual", conf = {} } = request;
  const { versionId } = request;
  const version = await (versionId === undefined
    ? currentVersion(database, dagId)
    : findVersionById(database, versionId));
  if (version === null)
    throw new TradewindError(
      "TW_DAG_NOT_FOUND",
      `expected a Dag with a version that could be imported, got ${JSON.stringify(dagId)}`,
    );
  checkDate(dagId, logicalDate, now);
  const allowed = version.spec.allowedRunTypes;
  if (allowed && !allowed.includes(runType))
    throw new TradewindError(
      "TW_RUN_TYPE",
      `${dagId} allows runs of the types ${allowed.join(", ")}, got ${runType}`,
    );
  if (request.runId !== undefined) checkRunId(request.runId);
  if (typeof conf !== "object" || conf === null || Array.isArray(conf))
    throw new TradewindError(
      "TW_USAGE",
      `conf: expected an object, got ${JSON.stringify(conf).slice(0, 80)}`,
    );
  await resolveParams(version.spec.params, conf, { allowUnknown: true, owner: dagId });
  const suffix = logicalDate === null ? runIdSuffix(randomBytes(8)) : undefined;
  const ofDate = await intervalOf(parts, version, request);
  const run = {
    dagId,
    runId: request.runId ?? ofDate?.runId ?? runId(runType, logicalDate ?? now, suffix),
    runType,
    logicalDate,
    dataInterval: ofDate?.dataInterval ?? null,
    runAfter: request.runAfter ?? logicalDate ?? now,
    triggeredBy: request.triggeredBy,
    triggeringUser: request.user,
    conf,
    versionId: version.id,
    note: request.note ?? null,
    partitionKey: request.partitionKey ?? null,
  };
  return await database.transaction(async (tx) => {
    const made = await createDagRun(tx, run, now);
    const { event, user: owner } = request;
    await addAuditEntry(tx, { event, dagId, runId: made.runId, owner }, now);
    await notify(tx, [`run:${dagId}`]);
    return made;
  });
}

/** With the name of the run, where a timetable of the user's own gives one. */
async function intervalOf(
  parts: AskParts,
  version: AskedVersion,
  { logicalDate = null, dataInterval }: TriggerDagRequest,
): Promise<{ dataInterval: { start: number; end: number }; runId?: string } | null> {
  if (dataInterval !== undefined) return { dataInterval };
  if (logicalDate === null) return null;
  const { timetable } = version.spec;
  if (!asksItself(version.spec)) return { dataInterval: manualDataInterval(timetable, logicalDate) };
  const runAfter = new Date(logicalDate).toISOString();
  const answer = await askTimetable(parts, version, { ask: "manual", runAfter });
  return answer === null ? { dataInterval: exactInterval(logicalDate) } : nextRunOf(answer);
}

function checkDate(dagId: string, logicalDate: number | null, now: number): void {
  if (logicalDate === null || logicalDate <= now) return;
  // As the run ids and the command line write it.
  const iso = (ms: number): string => new Date(ms).toISOString().replace(/(\.000)?Z$/, "+00:00");
  throw new TradewindError(
    "TW_RUN_DATE",
    `${dagId}: expected a logical date up to now (${iso(now)}), got ${iso(logicalDate)}`,
  );
}
