/** …/taskInstances: lists and single instances, their tries, and why one does not run. */
import { z } from "zod";
import type { TaskInstanceListFilter } from "../../store/lists/task-instances.ts";
import {
  findTaskInstanceSummaries,
  listTaskInstanceSummaries,
  taskInstanceKey,
  taskInstanceListColumns,
} from "../../store/lists/task-instances.ts";
import { listTries } from "../../store/task-instance-history.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import type { AirflowContext } from "./context.ts";
import { knownDag } from "./dags.ts";
import {
  type InstancePlace,
  instanceAnswers,
  knownInstance,
  nameOf,
  tryAnswers,
} from "./instance-answers.ts";
import { CursorQuery, cursorFields, OrderedQuery, type Orders, pageOf } from "./list-page.ts";
import { instantRange, numberRange, OptionalText, patterns, rangeOf } from "./ranges.ts";
import { knownRun } from "./run-answers.ts";
import {
  TaskInstanceCollectionResponse,
  TaskInstanceHistoryCollectionResponse,
  TaskInstanceHistoryResponse,
  TaskInstanceResponse,
  TaskInstancesBatchBody,
} from "./schemas/task-instances.ts";
import { dagsOf, everything, MappedPath, RunPath, TaskPath } from "./scope.ts";

const base = "/dags/:dag_id/dagRuns/:dag_run_id/taskInstances";
const texts = z.array(z.string()).default([]);
const numbers = z.array(z.int()).default([]);
const MapIndexQuery = z.object({ map_index: z.int().default(-1) });

const filters = {
  ...instantRange("run_after"),
  ...instantRange("logical_date"),
  ...instantRange("start_date"),
  ...instantRange("end_date"),
  ...instantRange("updated_at"),
  ...numberRange("duration"),
  state: texts,
  pool: texts,
  ...patterns("pool_name"),
  queue: texts,
  ...patterns("queue_name"),
  executor: texts,
  version_number: numbers,
  try_number: numbers,
  operator: texts,
  ...patterns("operator_name"),
  map_index: numbers,
  ...patterns("rendered_map_index"),
};

const MappedQuery = OrderedQuery.extend(filters);
const ListQuery = CursorQuery.extend({
  ...filters,
  task_id: OptionalText,
  ...patterns("task_display_name"),
  task_group_id: OptionalText,
  ...patterns("dag_id"),
  ...patterns("run_id"),
});

type Columns = typeof taskInstanceListColumns;
const key = ["run_pk", "task_id", "map_index"] as const;

/**
 * A list without an order comes by run and task: Airflow's, by map index over all runs, would sort every instance there
 * is for one page.
 */
const orders: Orders<Columns> = {
  columns: taskInstanceListColumns,
  names: {
    id: key,
    ...Object.fromEntries(
      Object.keys(taskInstanceListColumns)
        .filter((name) => name !== "run_pk" && name !== "task_id")
        .map((name) => [name, [name as keyof Columns]]),
    ),
    rendered_map_index: ["rendered_map_index", "map_index"],
  },
  fallback: taskInstanceKey,
  key,
};

export function registerTaskInstances(app: ApiApp, context: AirflowContext): void {
  registerLists(app, context);
  registerSingle(app, context);
  registerTries(app, context);
}

const access = can("read", "Task Instances");
const tags = ["Task Instance"];

function registerLists(app: ApiApp, context: AirflowContext): void {
  registerList(app, context);
  registerBatchList(app, context);
  registerMappedList(app, context);
}

function registerList(app: ApiApp, context: AirflowContext): void {
  app.get(
    base,
    {
      config: { access },
      schema: {
        operationId: "get_task_instances",
        tags,
        params: RunPath,
        querystring: ListQuery,
        response: { 200: TaskInstanceCollectionResponse },
      },
    },
    async ({ params, query, user }) => {
      const { dag_id: dagId, dag_run_id: runId } = params;
      if (dagId !== everything) await knownDag(context, dagId);
      await checkRun(context, dagId, runId);
      const dagIds = await dagsOf(user, "read", "Task Instances", dagId);
      const taskIds = await tasksAsked(context, dagId, query);
      const runIds = runId === everything ? null : [runId];
      return collection(
        context,
        { ...filterOf(query), ...idFilterOf(query), dagIds, runIds, taskIds },
        query,
      );
    },
  );
}

function registerBatchList(app: ApiApp, context: AirflowContext): void {
  app.post(
    `${base}/list`,
    {
      config: { access, audit: false },
      schema: {
        operationId: "get_task_instances_batch",
        tags,
        params: z.object({ dag_id: z.literal(everything), dag_run_id: z.literal(everything) }),
        body: TaskInstancesBatchBody,
        response: { 200: TaskInstanceCollectionResponse },
      },
    },
    async ({ body, user }) => {
      const permitted = await dagsOf(user, "read", "Task Instances", everything);
      const asked = body.dag_ids ?? null;
      const dagIds =
        asked === null ? permitted : asked.filter((id) => permitted === null || permitted.includes(id));
      const page = { limit: Math.min(body.page_limit, 100), offset: body.page_offset };
      const order_by = body.order_by == null ? [] : [body.order_by];
      return collection(context, { ...batchFilterOf(body), dagIds }, { ...page, order_by });
    },
  );
}

function registerMappedList(app: ApiApp, context: AirflowContext): void {
  app.get(
    `${base}/:task_id/listMapped`,
    {
      config: { access },
      schema: {
        operationId: "get_mapped_task_instances",
        tags,
        params: TaskPath,
        querystring: MappedQuery,
        response: { 200: TaskInstanceCollectionResponse },
      },
    },
    async ({ params, query }) => {
      const { dag_id: dagId, dag_run_id: runId, task_id: taskId } = params;
      const only = { dagIds: [dagId], runIds: [runId], taskIds: [taskId], onlyMapped: true };
      const answer = await collection(context, { ...filterOf(query), ...only }, query);
      if (answer.total_entries === 0) await checkMapped(context, dagId, taskId);
      return answer;
    },
  );
}

async function checkRun(context: AirflowContext, dagId: string, runId: string): Promise<void> {
  if (dagId === everything || runId === everything) return;
  await knownRun(context, dagId, runId);
}

async function checkMapped(context: AirflowContext, dagId: string, taskId: string): Promise<void> {
  const { dag } = await context.currentVersion(dagId);
  const task = dag.tasks[dag.indexOf.get(taskId) ?? -1];
  if (task === undefined) throw new HttpProblem(404, `Task id ${taskId} not found`);
  if (task.mapped === null) throw new HttpProblem(404, `Task id ${taskId} is not mapped`);
}

/** The tasks that `task_id` and `task_group_id` name together; null: all. */
async function tasksAsked(
  context: AirflowContext,
  dagId: string,
  query: z.output<typeof ListQuery>,
): Promise<string[] | null> {
  const { task_id: taskId = null, task_group_id: groupId = null } = query;
  if (groupId === null) return taskId === null ? null : [taskId];
  if (dagId === everything) throw new HttpProblem(400, "task_group_id requires a specific dag_id.");
  const { spec } = await context.currentVersion(dagId);
  if (!spec.taskGroups.some((group) => group.groupId === groupId))
    throw new HttpProblem(404, { reason: "not_found", message: `Task group ${groupId} not found` });
  const inGroup = tasksOfGroup(spec, groupId);
  return taskId === null ? inGroup : inGroup.filter((id) => id === taskId);
}

type Spec = Awaited<ReturnType<AirflowContext["currentVersion"]>>["spec"];

/** Tasks in the group and in the groups within it. */
export function tasksOfGroup(spec: Spec, groupId: string): string[] {
  const groups = new Set([groupId]);
  for (let size = 0; size !== groups.size; ) {
    size = groups.size;
    for (const group of spec.taskGroups) if (groups.has(group.parentGroupId ?? "")) groups.add(group.groupId);
  }
  return spec.tasks.filter((task) => groups.has(task.groupId ?? "")).map((task) => task.taskId);
}

type PageAsked = Parameters<typeof pageOf>[0];

async function collection(context: AirflowContext, filter: TaskInstanceListFilter, asked: PageAsked) {
  const page = pageOf(asked, orders);
  const { rows, ...rest } = await listTaskInstanceSummaries(context.database, filter, page, context.now());
  return { task_instances: await instanceAnswers(context, rows), ...cursorFields(rest) };
}

function filterOf(query: z.output<typeof MappedQuery>): TaskInstanceListFilter {
  return {
    runAfter: rangeOf(query, "run_after"),
    logicalDate: rangeOf(query, "logical_date"),
    startDate: rangeOf(query, "start_date"),
    endDate: rangeOf(query, "end_date"),
    updatedAt: rangeOf(query, "updated_at"),
    duration: rangeOf(query, "duration"),
    states: query.state.map((state) => (["no_status", "none", "None"].includes(state) ? null : state)),
    pools: query.pool,
    poolPattern: query.pool_name_pattern,
    poolPrefix: query.pool_name_prefix_pattern,
    queues: query.queue,
    queuePattern: query.queue_name_pattern,
    queuePrefix: query.queue_name_prefix_pattern,
    executors: query.executor,
    versionNumbers: query.version_number,
    tryNumbers: query.try_number,
    operators: query.operator,
    operatorPattern: query.operator_name_pattern,
    operatorPrefix: query.operator_name_prefix_pattern,
    mapIndexes: query.map_index,
    labelPattern: query.rendered_map_index_pattern,
    labelPrefix: query.rendered_map_index_prefix_pattern,
  };
}

function idFilterOf(query: z.output<typeof ListQuery>): TaskInstanceListFilter {
  return {
    taskIdPattern: query.task_display_name_pattern,
    taskIdPrefix: query.task_display_name_prefix_pattern,
    dagIdPattern: query.dag_id_pattern,
    dagIdPrefix: query.dag_id_prefix_pattern,
    runIdPattern: query.run_id_pattern,
    runIdPrefix: query.run_id_prefix_pattern,
  };
}

function batchFilterOf(body: z.output<typeof TaskInstancesBatchBody>): TaskInstanceListFilter {
  return {
    runIds: body.dag_run_ids,
    taskIds: body.task_ids,
    states: body.state,
    runAfter: rangeOf(body, "run_after"),
    logicalDate: rangeOf(body, "logical_date"),
    startDate: rangeOf(body, "start_date"),
    endDate: rangeOf(body, "end_date"),
    duration: rangeOf(body, "duration"),
    pools: body.pool,
    queues: body.queue,
    executors: body.executor,
  };
}

function registerSingle(app: ApiApp, context: AirflowContext): void {
  registerOne(app, context);
  registerMapped(app, context);
}

function registerOne(app: ApiApp, context: AirflowContext): void {
  app.get(
    `${base}/:task_id`,
    {
      config: { access },
      schema: {
        operationId: "get_task_instance",
        tags,
        params: TaskPath,
        response: { 200: TaskInstanceResponse },
      },
    },
    async ({ params }) => {
      const found = await findTaskInstanceSummaries(context.database, {
        dagId: params.dag_id,
        runId: params.dag_run_id,
        taskIds: [params.task_id],
      });
      const [first] = found;
      if (first === undefined)
        throw new HttpProblem(404, `${nameOf(params).replace(", task_id", " and task_id")} was not found`);
      if (first.mapIndex !== -1)
        throw new HttpProblem(404, "Task instance is mapped, add the map_index value to the URL");
      return single(context, params, -1);
    },
  );
}

function registerMapped(app: ApiApp, context: AirflowContext): void {
  app.get(
    `${base}/:task_id/:map_index`,
    {
      config: { access },
      schema: {
        operationId: "get_mapped_task_instance",
        tags,
        params: MappedPath,
        response: { 200: TaskInstanceResponse },
      },
    },
    ({ params }) => single(context, params, params.map_index),
  );
}

async function single(context: AirflowContext, at: InstancePlace, mapIndex: number) {
  const instance = await knownInstance(context, at, mapIndex);
  const [answer] = await instanceAnswers(context, [instance]);
  return answer as z.output<typeof TaskInstanceResponse>;
}

function registerTries(app: ApiApp, context: AirflowContext): void {
  const response = { 200: TaskInstanceHistoryCollectionResponse };
  app.get(
    `${base}/:task_id/tries`,
    {
      config: { access },
      schema: {
        operationId: "get_task_instance_tries",
        tags,
        params: TaskPath,
        querystring: MapIndexQuery,
        response,
      },
    },
    ({ params, query }) => triesOf(context, params, query.map_index),
  );
  app.get(
    `${base}/:task_id/:map_index/tries`,
    {
      config: { access },
      schema: { operationId: "get_mapped_task_instance_tries", tags, params: MappedPath, response },
    },
    ({ params }) => triesOf(context, params, params.map_index),
  );
  const one = { 200: TaskInstanceHistoryResponse };
  const TryPath = TaskPath.extend({ task_try_number: z.int() });
  app.get(
    `${base}/:task_id/tries/:task_try_number`,
    {
      config: { access },
      schema: {
        operationId: "get_task_instance_try_details",
        tags,
        params: TryPath,
        querystring: MapIndexQuery,
        response: one,
      },
    },
    ({ params, query }) => tryOf(context, params, query.map_index, params.task_try_number),
  );
  app.get(
    `${base}/:task_id/:map_index/tries/:task_try_number`,
    {
      config: { access },
      schema: {
        operationId: "get_mapped_task_instance_try_details",
        tags,
        params: MappedPath.extend({ task_try_number: z.int() }),
        response: one,
      },
    },
    ({ params }) => tryOf(context, params, params.map_index, params.task_try_number),
  );
}

async function triesOf(context: AirflowContext, at: InstancePlace, mapIndex: number) {
  const instance = await knownInstance(context, at, mapIndex);
  const tries = await listTries(context.database, instance);
  const answers = await tryAnswers(context, instance, tries);
  return { task_instances: answers, total_entries: answers.length };
}

async function tryOf(context: AirflowContext, at: InstancePlace, mapIndex: number, tryNumber: number) {
  const instance = await knownInstance(context, at, mapIndex);
  const found = (await listTries(context.database, instance))
    .filter((one) => one.tryNumber === tryNumber)
    .at(-1);
  if (found === undefined)
    throw new HttpProblem(
      404,
      `${nameOf(at)}, try_number: \`${tryNumber}\` and map_index: \`${mapIndex}\` was not found`,
    );
  const [answer] = await tryAnswers(context, instance, [found]);
  return answer as z.output<typeof TaskInstanceHistoryResponse>;
}
