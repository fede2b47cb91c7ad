/** Task instances and their tries as answers. */
import { hostname, userInfo } from "node:os";
import type { z } from "zod";
import type { Json } from "../../core/dag-model.ts";
import { SecretMasker } from "../../logs/secret-masker.ts";
import type { JobRow } from "../../store/jobs.ts";
import { listJobRows } from "../../store/lists/records.ts";
import {
  findTaskInstanceSummaries,
  type TaskInstanceSummary,
  triggersOf,
} from "../../store/lists/task-instances.ts";
import type { TryRow } from "../../store/task-instance-history.ts";
import { openKwargs } from "../../store/triggers.ts";
import { HttpProblem } from "../http-problem.ts";
import type { AirflowContext } from "./context.ts";
import { versionAnswer } from "./dag-answers.ts";
import { instanceUuid } from "./ids.ts";
import { duration, isoDate } from "./instants.ts";
import { jobAnswer } from "./jobs.ts";
import type { TaskInstanceHistoryResponse, TaskInstanceResponse } from "./schemas/task-instances.ts";

type Answer = z.output<typeof TaskInstanceResponse>;
type HistoryAnswer = z.output<typeof TaskInstanceHistoryResponse>;

export async function instanceAnswers(
  context: AirflowContext,
  instances: readonly TaskInstanceSummary[],
): Promise<Answer[]> {
  const [versions, labels, waiting] = await Promise.all([
    context.summaries(instances.map(({ versionId }) => versionId)),
    labelsOf(context, instances),
    waitingFor(context, instances),
  ]);
  return instances.map((one) => {
    const version = versions.get(one.versionId);
    const { trigger = null, triggererJob = null } = waiting.get(one.triggerId ?? -1) ?? {};
    return {
      id: instanceUuid(one),
      task_id: one.taskId,
      dag_id: one.dagId,
      dag_run_id: one.runId,
      map_index: one.mapIndex,
      logical_date: isoDate(one.logicalDate),
      run_after: isoDate(one.runAfter),
      ...commonFields(one),
      task_display_name: labels(one.versionId, one.taskId),
      dag_display_name: one.displayName,
      note: one.note,
      rendered_map_index: one.renderedMapIndex ?? (one.mapIndex < 0 ? null : String(one.mapIndex)),
      rendered_fields: { ...one.rendered },
      trigger,
      triggerer_job: triggererJob,
      dag_version: version === undefined ? null : versionAnswer(version),
    };
  });
}

export async function instanceCollection(context: AirflowContext, instances: readonly TaskInstanceSummary[]) {
  return {
    task_instances: await instanceAnswers(context, instances),
    total_entries: instances.length,
    total_entries_limit: null,
    next_cursor: null,
    previous_cursor: null,
  };
}

/** The newest try of an instance is the instance itself. */
export async function tryAnswers(
  context: AirflowContext,
  instance: TaskInstanceSummary,
  tries: readonly TryRow[],
): Promise<HistoryAnswer[]> {
  const versions = await context.summaries(tries.map(({ versionId }) => versionId));
  const labels = await labelsOf(context, tries);
  return tries.map((one) => {
    const version = versions.get(one.versionId);
    return {
      task_id: instance.taskId,
      dag_id: instance.dagId,
      dag_run_id: instance.runId,
      map_index: instance.mapIndex,
      ...commonFields(one),
      task_display_name: labels(one.versionId, instance.taskId),
      dag_display_name: instance.displayName,
      dag_version: version === undefined ? null : versionAnswer(version),
    };
  });
}

function commonFields(one: TaskInstanceSummary | TryRow) {
  return {
    start_date: isoDate(one.startDate),
    end_date: isoDate(one.endDate),
    duration: duration(one.startDate, one.endDate),
    state: one.state,
    try_number: one.tryNumber,
    max_tries: one.maxTries,
    hostname: one.hostname ?? "",
    unixname: one.hostname === here ? user : null,
    pool: one.pool,
    pool_slots: one.poolSlots,
    queue: one.queue,
    priority_weight: one.priorityWeight,
    operator: one.operator,
    operator_name: one.operator,
    queued_when: isoDate(one.queuedAt),
    scheduled_when: isoDate(one.scheduledAt),
    pid: one.pid,
    executor: null,
    executor_config: "{}",
  };
}

/** Names of tasks as the versions of their instances have them. */
async function labelsOf(
  context: AirflowContext,
  rows: readonly { readonly versionId: number }[],
): Promise<(versionId: number, taskId: string) => string> {
  const ids = [...new Set(rows.map(({ versionId }) => versionId))];
  const versions = await Promise.all(ids.map((id) => context.version(id)));
  const byId = new Map(ids.map((id, index) => [id, versions[index]]));
  return (versionId, taskId) => byId.get(versionId)?.tasks.get(taskId)?.label ?? taskId;
}

interface Waiting {
  readonly trigger: Answer["trigger"];
  readonly triggererJob: Answer["triggerer_job"];
}

const masker = new SecretMasker();
const here = hostname();
/** Workers of this machine and their tasks are this user's. */
const user = userInfo().username;

async function waitingFor(
  context: AirflowContext,
  instances: readonly TaskInstanceSummary[],
): Promise<ReadonlyMap<number, Waiting>> {
  const ids = instances.flatMap(({ triggerId, state }) =>
    triggerId === null || state !== "deferred" ? [] : [triggerId],
  );
  if (ids.length === 0) return new Map();
  const { database, parts } = context;
  const triggers = await triggersOf(database, ids);
  const jobs = await jobsById(
    context,
    triggers.flatMap(({ triggererId }) => triggererId ?? []),
  );
  return new Map(
    triggers.map((trigger) => {
      const job = jobs.get(trigger.triggererId ?? -1);
      const kwargs = masker.maskFields(openKwargs(parts.secrets, trigger.kwargs));
      return [
        trigger.id,
        {
          trigger: {
            id: trigger.id,
            classpath: trigger.classpath,
            kwargs: JSON.stringify(kwargs satisfies { [name: string]: Json }),
            created_date: isoDate(trigger.createdAt),
            queue: trigger.queue,
            triggerer_id: trigger.triggererId,
          },
          triggererJob: job === undefined ? null : jobAnswer(job),
        },
      ];
    }),
  );
}

async function jobsById(
  context: AirflowContext,
  ids: readonly number[],
): Promise<ReadonlyMap<number, JobRow>> {
  if (ids.length === 0) return new Map();
  const page = { limit: ids.length, order: [{ name: "id", descending: false }] };
  const { rows } = await listJobRows(context.database, { ids }, page, context.now());
  return new Map(rows.map((job) => [job.id, job]));
}

export interface InstancePlace {
  readonly dag_id: string;
  readonly dag_run_id: string;
  readonly task_id: string;
}

/** @throws HttpProblem 404. */
export async function knownInstance(
  { database }: AirflowContext,
  at: InstancePlace,
  mapIndex: number,
): Promise<TaskInstanceSummary> {
  const [found] = await findTaskInstanceSummaries(database, {
    dagId: at.dag_id,
    runId: at.dag_run_id,
    taskIds: [at.task_id],
    mapIndex,
  });
  if (found !== undefined) return found;
  throw new HttpProblem(404, `${nameOf(at)} and map_index: \`${mapIndex}\` was not found`);
}

export function nameOf({ dag_id, dag_run_id, task_id }: InstancePlace): string {
  return `The Task Instance with dag_id: \`${dag_id}\`, run_id: \`${dag_run_id}\`, task_id: \`${task_id}\``;
}
