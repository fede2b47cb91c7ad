/** How commands start runs and ask the scheduler for changes, and for whom. */
import type { DagSpec, Json } from "../core/dag-model.ts";
import type { DagRunType, TriggeredBy } from "../core/states.ts";
import { timetableHostFromConfig } from "../executor/from-config.ts";
import { silentLog } from "../log.ts";
import { applyRequest as apply, type RequestParts } from "../scheduler/apply-request.ts";
import type { AskParts } from "../scheduler/ask-timetable.ts";
import { schedulerSettings } from "../scheduler/settings.ts";
import { triggerDag as trigger } from "../scheduler/trigger-dag.ts";
import type { DagRunRow } from "../store/dag-runs.ts";
import { listPools } from "../store/pools.ts";
import type { SchedulerRequest } from "../store/scheduler-requests.ts";
import { systemClock } from "../time.ts";
import { currentCode } from "./code-location.ts";
import type { Work } from "./database-command.ts";
import { knownDag } from "./known-dag.ts";

export interface TriggerRequest {
  readonly dagId: string;
  readonly runId?: string | undefined;
  /** Absent: a run without a logical date, as in Airflow 3. */
  readonly logicalDate?: number | undefined;
  readonly conf?: Json | undefined;
  readonly note?: string | undefined;
  /** Absent: the current one. */
  readonly versionId?: number;
  readonly dataInterval?: { start: number; end: number };
  readonly runType?: DagRunType;
  readonly triggeredBy?: TriggeredBy;
}

/** @throws TradewindError what `triggerDag` of the scheduler throws. */
export async function triggerDag(work: Work, request: TriggerRequest): Promise<DagRunRow> {
  await knownDag(work, request.dagId);
  return await trigger(askParts(work), {
    triggeredBy: "cli",
    ...request,
    user: currentUser(work),
    event: "cli_dag_trigger",
  });
}

/** For questions to timetables that users wrote: without a scheduler this command asks them. */
export function askParts(work: Work): AskParts {
  const { config } = work.session;
  return {
    database: work.database,
    clock: systemClock,
    own: {
      timetables: () => timetableHostFromConfig({ config, clock: systemClock, log: silentLog() }),
      codeOf: async ({ spec }) => (await currentCode(work, spec.dagId)).code,
    },
  };
}

/** True when it was carried out, false when no scheduler has taken it up yet. */
export function applyRequest(work: Work, dagId: string, request: SchedulerRequest): Promise<boolean> {
  const { config } = work.session;
  const parts: RequestParts = {
    database: work.database,
    secrets: () => work.secrets(),
    environment: config.environment,
    settings: schedulerSettings(config),
    clock: systemClock,
  };
  return apply(parts, dagId, request, currentUser(work));
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
