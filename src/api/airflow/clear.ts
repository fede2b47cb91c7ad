/** Clearing: task instances by choice, whole runs, and the partitions of runs. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { Executor } from "../../store/connect.ts";
import { clearPartitions, setDagRunNote } from "../../store/dag-runs.ts";
import { runsInWindow } from "../../store/lists/dag-runs.ts";
import {
  findTaskInstanceSummaries,
  type TaskInstanceSummary,
  taskInstanceSummaries,
} from "../../store/lists/task-instances.ts";
import type { SchedulerRequest, TaskChoice } from "../../store/scheduler-requests.ts";
import { setTaskInstanceNote } from "../../store/task-instances.ts";
import type { ApiApp } from "../app.ts";
import { can, permittedDagIds } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import { askScheduler } from "../scheduler-requests.ts";
import type { AirflowContext } from "./context.ts";
import { knownDag } from "./dags.ts";
import { instanceAnswers, instanceCollection } from "./instance-answers.ts";
import { knownRun, runAnswerOf, runAnswers } from "./run-answers.ts";
import {
  BulkDAGRunClearBody,
  ClearPartitionsBody,
  ClearPartitionsResponse,
  DAGRunClearBody,
  DAGRunCollectionResponse,
  DAGRunResponse,
} from "./schemas/dag-runs.ts";
import {
  ClearTaskInstanceCollectionResponse,
  ClearTaskInstancesBody,
  TaskInstanceCollectionResponse,
} from "./schemas/task-instances.ts";
import { DagPath, everything, RunPath } from "./scope.ts";
import { type Choice, selectInstances } from "./selection.ts";

export function registerClear(app: ApiApp, context: AirflowContext): void {
  registerClearInstances(app, context);
  registerClearRun(app, context);
  registerClearRuns(app, context);
  registerClearPartitions(app, context);
}

function registerClearInstances(app: ApiApp, context: AirflowContext): void {
  app.post(
    "/dags/:dag_id/clearTaskInstances",
    {
      config: { access: can("edit", "Task Instances") },
      schema: {
        operationId: "post_clear_task_instances",
        tags: ["Task Instance"],
        params: DagPath,
        body: ClearTaskInstancesBody,
        response: { 200: TaskInstanceCollectionResponse },
      },
    },
    async (request) => {
      const { params, body } = request;
      await knownDag(context, params.dag_id);
      const choice = await choiceOf(context, params.dag_id, body);
      const meant = await selectInstances(context, choice);
      if (body.dry_run) return instanceCollection(context, meant);
      if (body.prevent_running_task && meant.some(({ state }) => state === "running"))
        throw new HttpProblem(
          409,
          "Task instances are running and cannot be cleared: prevent_running_task is set",
        );
      await clear(context, request, choice, {
        resetDagRuns: body.reset_dag_runs,
        latest: body.run_on_latest_version ?? false,
        also: (tx) => noteOn(tx, meant, body.note),
      });
      return instanceCollection(context, await taskInstanceSummaries(context.database, meant));
    },
  );
}

type ClearBody = z.output<typeof ClearTaskInstancesBody>;

async function choiceOf(context: AirflowContext, dagId: string, body: ClearBody): Promise<Choice> {
  const { dag_run_id: runId = null, include_past: past, include_future: future } = body;
  const common = {
    dagId,
    isClear: true,
    upstream: body.include_upstream,
    downstream: body.include_downstream,
    onlyFailed: body.only_failed ?? !body.only_running,
    onlyRunning: body.only_running,
    tasks: tasksOf(body.task_ids),
  };
  if (runId === null) {
    const window = { from: body.start_date ?? null, to: body.end_date ?? null };
    const runs = await runsInWindow(context.database, dagId, window);
    return { ...common, runIds: runs.map((run) => run.runId) };
  }
  const run = await knownRun(context, dagId, runId);
  if ((past || future) && run.logicalDate === null)
    throw new HttpProblem(
      400,
      "Cannot use include_past or include_future with no logical_date(e.g. manually or asset-triggered).",
    );
  return { ...common, runIds: [runId], past, future };
}

/** A name alone is all instances of the task; a pair is one of them. */
function tasksOf(names: ClearBody["task_ids"]): TaskChoice[] | undefined {
  if (names === null || names === undefined) return undefined;
  const chosen = new Map<string, number[] | null>();
  for (const name of names) {
    if (typeof name === "string") chosen.set(name, null);
    else {
      const [taskId, mapIndex] = name;
      const others = chosen.get(taskId);
      if (others !== null) chosen.set(taskId, [...(others ?? []), mapIndex]);
    }
  }
  return [...chosen].map(([taskId, mapIndexes]) =>
    mapIndexes === null ? { taskId } : { taskId, mapIndexes },
  );
}

async function noteOn(
  tx: Executor,
  instances: readonly TaskInstanceSummary[],
  note: string | null | undefined,
): Promise<void> {
  if (note === null || note === undefined) return;
  for (const one of instances) await setTaskInstanceNote(tx, one, note === "" ? null : note);
}

interface ClearWords {
  readonly resetDagRuns: boolean;
  readonly latest: boolean;
  readonly also: (tx: Executor) => Promise<void>;
}

async function clear(
  context: AirflowContext,
  request: FastifyRequest,
  choice: Choice,
  { resetDagRuns, latest, also }: ClearWords,
): Promise<void> {
  const {
    dagId,
    runIds,
    past = false,
    future = false,
    tasks,
    upstream,
    downstream,
    onlyFailed,
    onlyRunning,
  } = choice;
  if (runIds.length === 0) return;
  const asked = {
    kind: "clear",
    runIds,
    past,
    future,
    upstream: upstream ?? false,
    downstream: downstream ?? false,
    onlyFailed: onlyFailed ?? false,
    onlyRunning: onlyRunning ?? false,
    resetDagRuns,
    runOnLatestVersion: latest,
    ...(tasks === undefined ? {} : { tasks }),
  } satisfies SchedulerRequest;
  await askScheduler(context.parts, { dagId, request: asked, user: request.user.username }, async (tx) => {
    await also(tx);
  });
}

const ClearRunAnswer = z.union([ClearTaskInstanceCollectionResponse, DAGRunResponse]);

function registerClearRun(app: ApiApp, context: AirflowContext): void {
  app.post(
    "/dags/:dag_id/dagRuns/:dag_run_id/clear",
    {
      config: { access: can("edit", "DAG Runs") },
      schema: {
        operationId: "clear_dag_run",
        tags: ["DagRun"],
        params: RunPath,
        body: DAGRunClearBody,
        response: { 200: ClearRunAnswer },
      },
    },
    async (request) => {
      const { params, body } = request;
      const { dag_id: dagId, dag_run_id: runId } = params;
      await knownRun(context, dagId, runId);
      if (body.dry_run) return previewOf(await clearedBy(context, dagId, runId, body));
      await clearRun(context, request, dagId, runId, body);
      return runAnswerOf(context, await knownRun(context, dagId, runId));
    },
  );
}

type RunClearBody = Pick<
  z.output<typeof DAGRunClearBody>,
  "only_failed" | "only_new" | "run_on_latest_version" | "note"
>;
type Preview = z.output<typeof ClearTaskInstanceCollectionResponse>["task_instances"];

const previewOf = (instances: Preview) => ({ task_instances: instances, total_entries: instances.length });

/** What a clear of the run means; with `only_new` the tasks that its code had not yet. */
async function clearedBy(
  context: AirflowContext,
  dagId: string,
  runId: string,
  body: RunClearBody,
): Promise<Preview> {
  if (body.only_new) {
    const tasks = await newTasks(context, dagId, runId);
    return tasks.map((task) => ({ task_id: task.taskId, task_display_name: task.label }));
  }
  const choice = { dagId, runIds: [runId], isClear: true, onlyFailed: body.only_failed };
  return instanceAnswers(context, await selectInstances(context, choice));
}

async function newTasks(context: AirflowContext, dagId: string, runId: string) {
  const [{ spec }, instances] = await Promise.all([
    context.currentVersion(dagId),
    findTaskInstanceSummaries(context.database, { dagId, runId }),
  ]);
  const known = new Set(instances.map(({ taskId }) => taskId));
  return spec.tasks.filter(({ taskId }) => !known.has(taskId));
}

async function clearRun(
  context: AirflowContext,
  request: FastifyRequest,
  dagId: string,
  runId: string,
  body: RunClearBody,
): Promise<void> {
  const added = body.only_new ? await newTasks(context, dagId, runId) : null;
  if (added?.length === 0) return;
  const tasks = added === null ? {} : { tasks: added.map(({ taskId }) => ({ taskId })) };
  const choice = { dagId, runIds: [runId], isClear: true, onlyFailed: body.only_failed, ...tasks };
  const { note = null } = body;
  await clear(context, request, choice, {
    resetDagRuns: true,
    latest: body.only_new || (body.run_on_latest_version ?? false),
    also: async (tx) => {
      if (note !== null) await setDagRunNote(tx, dagId, runId, note === "" ? null : note);
    },
  });
}

function registerClearRuns(app: ApiApp, context: AirflowContext): void {
  app.post(
    "/dags/:dag_id/clearDagRuns",
    {
      config: { access: can("edit", "DAG Runs") },
      schema: {
        operationId: "clear_dag_runs",
        tags: ["DagRun"],
        params: DagPath,
        body: BulkDAGRunClearBody,
        response: { 200: z.union([ClearTaskInstanceCollectionResponse, DAGRunCollectionResponse]) },
      },
    },
    async (request) => {
      const { params, body } = request;
      const keys = await runsToClear(context, request, params.dag_id, body);
      for (const { dagId, runId } of keys) await knownRun(context, dagId, runId);
      if (body.dry_run) {
        const all: Preview = [];
        for (const { dagId, runId } of keys) all.push(...(await clearedBy(context, dagId, runId, body)));
        return previewOf(all);
      }
      for (const { dagId, runId } of keys) await clearRun(context, request, dagId, runId, body);
      const runs = await Promise.all(keys.map(({ dagId, runId }) => knownRun(context, dagId, runId)));
      return {
        dag_runs: await runAnswers(context, runs),
        total_entries: runs.length,
        total_entries_limit: null,
        next_cursor: null,
        previous_cursor: null,
      };
    },
  );
}

async function runsToClear(
  context: AirflowContext,
  request: FastifyRequest,
  pathDagId: string,
  body: z.output<typeof BulkDAGRunClearBody>,
): Promise<{ dagId: string; runId: string }[]> {
  if (body.dag_runs.length === 0) {
    if (pathDagId === everything)
      throw new HttpProblem(400, "Partition selectors require a concrete dag_id; '~' is not supported.");
    await knownDag(context, pathDagId);
    const key = body.partition_key ?? null;
    // No run here has a partition date.
    const runs = key === null ? [] : await partitionRuns(context, pathDagId, { key });
    return runs.map((runId) => ({ dagId: pathDagId, runId }));
  }
  const permitted = await permittedDagIds(request.user, "edit", "DAG Runs");
  const keys = new Map<string, { dagId: string; runId: string }>();
  for (const { dag_id: own = null, dag_run_id: runId } of body.dag_runs) {
    const dagId = own ?? pathDagId;
    if (dagId === everything)
      throw new HttpProblem(
        400,
        `When the URL dag_id is '~', every entry must provide a concrete dag_id (missing on dag_run_id: '${runId}').`,
      );
    if (pathDagId !== everything && dagId !== pathDagId)
      throw new HttpProblem(400, `Entry dag_id '${dagId}' does not match the URL dag_id '${pathDagId}'.`);
    if (permitted !== null && !permitted.includes(dagId)) throw new HttpProblem(403, "Forbidden");
    keys.set(JSON.stringify([dagId, runId]), { dagId, runId });
  }
  return [...keys.values()];
}

async function partitionRuns(
  { database }: AirflowContext,
  dagId: string,
  by: { key?: string | null; runId?: string | null },
): Promise<string[]> {
  const { rows } = await clearPartitions(database, dagId, by, { dryRun: true });
  return rows.map(({ runId }) => runId);
}

function registerClearPartitions(app: ApiApp, context: AirflowContext): void {
  app.post(
    "/dags/:dag_id/clearPartitions",
    {
      config: { access: can("edit", "DAG Runs") },
      schema: {
        operationId: "clear_dag_run_partitions",
        tags: ["DagRun"],
        params: DagPath,
        body: ClearPartitionsBody,
        response: { 200: ClearPartitionsResponse },
      },
    },
    async (request) => {
      const { params, body } = request;
      const { dag_id: dagId } = params;
      await knownDag(context, dagId);
      const by = { key: body.partition_key ?? null, runId: body.run_id ?? null };
      const runIds = await partitionRuns(context, dagId, by);
      const choice = { dagId, runIds, isClear: true };
      const instances = body.clear_task_instances ? await selectInstances(context, choice) : [];
      if (!body.dry_run) {
        await context.database.transaction(async (tx) => {
          await clearPartitions(tx, dagId, by, { dryRun: false });
        });
        const words = {
          resetDagRuns: true,
          latest: false,
          also: async () => undefined,
        };
        if (body.clear_task_instances) await clear(context, request, choice, words);
      }
      return {
        dag_runs_cleared: runIds.length,
        task_instances_cleared: instances.length,
        dry_run: body.dry_run,
      };
    },
  );
}
