/** Changing task instances: marking and notes, with a preview; deleting; one, a group, or many at once. */
import { z } from "zod";
import type { Executor } from "../../store/connect.ts";
import { deleteTaskInstance } from "../../store/instance-deletion.ts";
import {
  findTaskInstanceSummaries,
  type TaskInstanceSummary,
  taskInstanceSummaries,
} from "../../store/lists/task-instances.ts";
import type { TaskChoice } from "../../store/scheduler-requests.ts";
import { setTaskInstanceNote } from "../../store/task-instances.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import { askScheduler } from "../scheduler-requests.ts";
import type { AirflowContext } from "./context.ts";
import { instanceCollection, knownInstance, nameOf } from "./instance-answers.ts";
import { knownRun } from "./run-answers.ts";
import { PatchTaskInstanceBody, TaskInstanceCollectionResponse } from "./schemas/task-instances.ts";
import { fieldsToChange, MappedPath, RunPath, TaskPath, UpdateMask } from "./scope.ts";
import { type Choice, selectInstances } from "./selection.ts";
import { tasksOfGroup } from "./task-instances.ts";

const base = "/dags/:dag_id/dagRuns/:dag_run_id/taskInstances/:task_id";
const group = "/dags/:dag_id/dagRuns/:dag_run_id/taskGroupInstances/:group_id";
const tags = ["Task Instance"];
const access = can("edit", "Task Instances");
const response = { 200: TaskInstanceCollectionResponse };
const body = PatchTaskInstanceBody;

const GroupPath = RunPath.extend({ group_id: z.string() });
const MapIndexQuery = UpdateMask.extend({ map_index: z.int().nullable().optional() });

export function registerInstanceChanges(app: ApiApp, context: AirflowContext): void {
  registerMarks(app, context);
  registerPreviews(app, context);
  registerGroups(app, context);
  registerDelete(app, context);
}

function registerMarks(app: ApiApp, context: AirflowContext): void {
  registerMark(app, context);
  registerMappedMark(app, context);
}

function registerMark(app: ApiApp, context: AirflowContext): void {
  app.patch(
    base,
    {
      config: { access },
      schema: {
        operationId: "patch_task_instance",
        tags,
        params: TaskPath,
        querystring: MapIndexQuery,
        body,
        response,
      },
    },
    async (request) => {
      const { params, query } = request;
      const instances = await instancesAt(context, params, query.map_index ?? null);
      return patch(
        context,
        request.user.username,
        { ...markOf(params, query.map_index ?? null), instances },
        request.body,
        query.update_mask,
      );
    },
  );
}

function registerMappedMark(app: ApiApp, context: AirflowContext): void {
  app.patch(
    `${base}/:map_index`,
    {
      config: { access },
      schema: {
        operationId: "patch_task_instance_by_map_index",
        tags,
        params: MappedPath,
        querystring: UpdateMask,
        body,
        response,
      },
    },
    async (request) => {
      const { params, query } = request;
      const instances = await instancesAt(context, params, params.map_index);
      return patch(
        context,
        request.user.username,
        { ...markOf(params, params.map_index), instances },
        request.body,
        query.update_mask,
      );
    },
  );
}

function registerPreviews(app: ApiApp, context: AirflowContext): void {
  app.patch(
    `${base}/dry_run`,
    {
      config: { access, audit: false },
      schema: {
        operationId: "patch_task_instance_dry_run",
        tags,
        params: TaskPath,
        querystring: MapIndexQuery,
        body,
        response,
      },
    },
    async ({ params, query, body }) => {
      const instances = await instancesAt(context, params, query.map_index ?? null);
      return preview(context, { ...markOf(params, query.map_index ?? null), instances }, body);
    },
  );
  app.patch(
    `${base}/:map_index/dry_run`,
    {
      config: { access, audit: false },
      schema: {
        operationId: "patch_task_instance_dry_run_by_map_index",
        tags,
        params: MappedPath,
        querystring: UpdateMask,
        body,
        response,
      },
    },
    async ({ params, body }) => {
      const instances = await instancesAt(context, params, params.map_index);
      return preview(context, { ...markOf(params, params.map_index), instances }, body);
    },
  );
}

function registerGroups(app: ApiApp, context: AirflowContext): void {
  app.patch(
    group,
    {
      config: { access },
      schema: {
        operationId: "patch_task_group_instances",
        tags,
        params: GroupPath,
        querystring: UpdateMask,
        body,
        response,
      },
    },
    async (request) => {
      const target = await groupOf(context, request.params);
      return patch(context, request.user.username, target, request.body, request.query.update_mask);
    },
  );
  app.patch(
    `${group}/dry_run`,
    {
      config: { access, audit: false },
      schema: { operationId: "patch_task_group_instances_dry_run", tags, params: GroupPath, body, response },
    },
    async ({ params, body }) => preview(context, await groupOf(context, params), body),
  );
}

function registerDelete(app: ApiApp, context: AirflowContext): void {
  app.delete(
    base,
    {
      config: { access: can("delete", "Task Instances") },
      schema: {
        operationId: "delete_task_instance",
        tags,
        params: TaskPath,
        querystring: z.object({ map_index: z.int().default(-1) }),
        response: { 200: z.null() },
      },
    },
    async (request) => {
      const instance = await knownInstance(context, request.params, request.query.map_index);
      await deleteInstance(context, instance);
      return null;
    },
  );
}

/** A scheduler holds the instances of a run in its memory until the run has ended. */
export async function deleteInstance(context: AirflowContext, instance: TaskInstanceSummary): Promise<void> {
  const { dagId, runId, taskId } = instance;
  const run = await knownRun(context, dagId, runId);
  if (run.endDate === null)
    throw new HttpProblem(
      409,
      `The Task Instance with task_id: \`${taskId}\` cannot be deleted while its run \`${runId}\` is ${run.state}`,
    );
  await context.database.transaction((tx) => deleteTaskInstance(tx, instance));
}

interface Place {
  readonly dag_id: string;
  readonly dag_run_id: string;
  readonly task_id: string;
}

/** What is marked, in words for the answer when nothing is left to do. */
export interface MarkTarget {
  readonly dagId: string;
  readonly runId: string;
  readonly tasks: readonly TaskChoice[];
  readonly instances: readonly TaskInstanceSummary[];
  readonly already: (state: string) => string;
}

export function markOf(
  { dag_id, dag_run_id, task_id }: Place,
  mapIndex: number | null,
): Omit<MarkTarget, "instances"> {
  return {
    dagId: dag_id,
    runId: dag_run_id,
    tasks: [mapIndex === null ? { taskId: task_id } : { taskId: task_id, mapIndexes: [mapIndex] }],
    already: (state) => `Task id ${task_id} is already in ${state} state`,
  };
}

/** @throws HttpProblem 404 for a task that the Dag has not, and one that the run has not. */
export async function instancesAt(
  context: AirflowContext,
  at: Place,
  mapIndex: number | null,
): Promise<TaskInstanceSummary[]> {
  const instances = await findTaskInstanceSummaries(context.database, {
    dagId: at.dag_id,
    runId: at.dag_run_id,
    taskIds: [at.task_id],
    mapIndex,
  });
  if (instances.length > 0) return instances;
  const { tasks } = await context.currentVersion(at.dag_id);
  if (!tasks.has(at.task_id))
    throw new HttpProblem(404, `Task '${at.task_id}' not found in Dag '${at.dag_id}'`);
  throw new HttpProblem(404, `${nameOf(at)} and map_index: \`${mapIndex}\` was not found`);
}

async function groupOf(
  context: AirflowContext,
  { dag_id: dagId, dag_run_id: runId, group_id: groupId }: z.output<typeof GroupPath>,
): Promise<MarkTarget> {
  const { spec } = await context.currentVersion(dagId);
  if (!spec.taskGroups.some((one) => one.groupId === groupId))
    throw new HttpProblem(404, `Task group '${groupId}' not found in DAG '${dagId}'`);
  const taskIds = tasksOfGroup(spec, groupId);
  const instances = await findTaskInstanceSummaries(context.database, { dagId, runId, taskIds });
  if (instances.length === 0)
    throw new HttpProblem(404, `No task instances found for task group '${groupId}' in dag run '${runId}'`);
  return {
    dagId,
    runId,
    tasks: taskIds.map((taskId) => ({ taskId })),
    instances,
    already: (state) => `All task instances in the group are already in ${state} state`,
  };
}

type Patch = Pick<z.output<typeof PatchTaskInstanceBody>, "new_state" | "note"> &
  Partial<z.output<typeof PatchTaskInstanceBody>>;

function choiceOf({ dagId, runId, tasks }: MarkTarget, asked: Patch): Choice {
  return {
    dagId,
    runIds: [runId],
    tasks,
    past: asked.include_past ?? false,
    future: asked.include_future ?? false,
    upstream: asked.include_upstream ?? false,
    downstream: asked.include_downstream ?? false,
    isClear: false,
  };
}

/** What would change its state. */
async function preview(context: AirflowContext, target: MarkTarget, asked: Patch) {
  const { new_state: state } = asked;
  if (state === undefined) return instanceCollection(context, target.instances);
  const meant = await selectInstances(context, choiceOf(target, asked));
  return instanceCollection(
    context,
    meant.filter((one) => one.state !== state),
  );
}

/** The note first, so that whoever hears of the new state finds it. */
async function patch(
  context: AirflowContext,
  user: string,
  target: MarkTarget,
  asked: Patch,
  mask: readonly string[] | null | undefined,
) {
  await applyPatch(context, user, target, asked, mask);
  return instanceCollection(context, await taskInstanceSummaries(context.database, target.instances));
}

/** @throws HttpProblem 409 where all that is meant has the state already. */
export async function applyPatch(
  context: AirflowContext,
  user: string,
  target: MarkTarget,
  asked: Patch,
  mask: readonly string[] | null | undefined,
): Promise<void> {
  const fields = fieldsToChange(asked, mask);
  const state = fields.has("new_state") ? asked.new_state : undefined;
  const note = fields.has("note") ? (asked.note ?? null) : undefined;
  if (state !== undefined) {
    const meant = await selectInstances(context, choiceOf(target, asked));
    if (meant.every((one) => one.state === state)) throw new HttpProblem(409, target.already(state));
  }
  const { dagId } = target;
  const also = async (tx: Executor): Promise<void> => {
    for (const one of target.instances) {
      if (note !== undefined) await setTaskInstanceNote(tx, one, note === "" ? null : note);
    }
  };
  const { isClear: _, dagId: __, tasks = [], ...choice } = choiceOf(target, asked);
  const asks =
    state === undefined
      ? null
      : {
          dagId,
          request: { kind: "mark-tasks" as const, state, tasks, ...choice },
          user,
        };
  await askScheduler(context.parts, asks, also);
}
