/** Starting a run by hand: the row is written here, the scheduler that holds the Dag's lease takes it up. */
import { randomBytes } from "node:crypto";
import type { DagSpec, Json } from "../core/dag-model.ts";
import { checkRunId, runId, runIdSuffix } from "../core/run-id.ts";
import type { DagRunType, TriggeredBy } from "../core/states.ts";
import { manualDataInterval } from "../core/timetable/next-run.ts";
import { TradewindError } from "../errors.ts";
import { resolveParams } from "../sdk/validate-params.ts";
import { addAuditEntry } from "../store/audit-log.ts";
import { createDagRun, type DagRunRow } from "../store/dag-runs.ts";
import { currentVersion } from "../store/dag-versions.ts";

import { notify } from "../store/notify.ts";
import { listPools } from "../store/pools.ts";
import type { Work } from "./database-command.ts";
import { isoInstant } from "./flags.ts";
import { knownDag } from "./known-dag.ts";

export interface TriggerRequest {
  readonly dagId: string;
  readonly runId?: string | undefined;
  /** Absent: a run without a logical date, as in Airflow 3. */
  readonly logicalDate?: number | undefined;
  readonly conf?: Json | undefined;
  readonly note?: string | undefined;
  readonly runType?: DagRunType;
  readonly triggeredBy?: TriggeredBy;
}

/**
 * @throws TradewindError TW_DAG_NOT_FOUND, TW_DAG_RUN_EXISTS, TW_RUN_ID, TW_PARAM_INVALID when the conf does not fit
 *   the params, TW_RUN_DATE for a logical date in the future, TW_RUN_TYPE when the Dag does not allow such runs.
 */
export async function triggerDag(work: Work, request: TriggerRequest): Promise<DagRunRow> {
  const { database } = work;
  const now = work.now();
  await knownDag(work, request.dagId);
  const version = await currentVersion(database, request.dagId);
  if (version === null)
    throw new TradewindError("TW_DAG_NOT_FOUND", `${request.dagId} has no version that could be imported`);
  const { logicalDate = null, runType = "manual", conf = {} } = request;
  if (logicalDate !== null && logicalDate > now)
    throw new TradewindError(
      "TW_RUN_DATE",
      `${request.dagId}: expected a logical date up to now (${isoInstant(now)}), got ${isoInstant(logicalDate)}`,
    );
  const allowed = version.spec.allowedRunTypes;
  if (allowed && !allowed.includes(runType))
    throw new TradewindError(
      "TW_RUN_TYPE",
      `${request.dagId} allows runs of the types ${allowed.join(", ")}, got ${runType}`,
    );
  if (request.runId !== undefined) checkRunId(request.runId);
  if (typeof conf !== "object" || conf === null || Array.isArray(conf))
    throw new TradewindError(
      "TW_USAGE",
      `conf: expected an object, got ${JSON.stringify(conf).slice(0, 80)}`,
    );
  await resolveParams(version.spec.params, conf, { allowUnknown: true, owner: request.dagId });
  const id =
    request.runId ??
    runId(runType, logicalDate ?? now, logicalDate === null ? runIdSuffix(randomBytes(8)) : undefined);
  return await database.transaction(async (tx) => {
    const run = await createDagRun(
      tx,
      {
        dagId: request.dagId,
        runId: id,
        runType,
        logicalDate,
        dataInterval: logicalDate === null ? null : manualDataInterval(version.spec.timetable, logicalDate),
        runAfter: logicalDate ?? now,
        triggeredBy: request.triggeredBy ?? "cli",
        triggeringUser: currentUser(work),
        conf,
        versionId: version.id,
        note: request.note ?? null,
      },
      now,
    );
    await addAuditEntry(
      tx,
      { event: "cli_dag_trigger", dagId: run.dagId, runId: run.runId, owner: currentUser(work) },
      now,
    );
    await notify(tx, [`run:${run.dagId}`]);
    return run;
  });
}

export function currentUser(work: Work): string | null {
  const { environment } = work.session.config;
  return environment["USER"] ?? environment["LOGNAME"] ?? null;
}

/** Says which tasks of a Dag will wait, since their pool is not there or has no slots. */
export async function notePools(work: Work, spec: DagSpec): Promise<void> {
  const pools = new Map((await listPools(work.database)).map((pool) => [pool.name, pool.slots]));
  for (const name of new Set(spec.tasks.filter((task) => !task.empty).map((task) => task.pool))) {
    const slots = pools.get(name);
    if (slots !== undefined && slots !== 0) continue;
    const tasks = spec.tasks.filter((task) => task.pool === name).map((task) => task.taskId);
    work.session.note(
      `pool ${name} ${slots === 0 ? "has 0 slots" : "does not exist"}: ${tasks.join(", ")} will wait until \`tradewind pools set ${name} N\``,
    );
  }
}
