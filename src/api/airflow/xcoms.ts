/** …/xcomEntries: what tasks left for each other. */
import { z } from "zod";
import { findDagRun } from "../../store/dag-runs.ts";
import {
  findXComEntry,
  listXComEntries,
  type XComEntry,
  type XComEntryWithValue,
  xcomListColumns,
} from "../../store/lists/xcoms.ts";
import { deleteXCom, setXCom } from "../../store/xcoms.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import type { AirflowContext } from "./context.ts";
import { knownDag } from "./dags.ts";
import { isoDate } from "./instants.ts";
import { OrderedQuery, type Orders, pageOf } from "./list-page.ts";
import { instantRange, OptionalText, patterns, rangeOf } from "./ranges.ts";
import {
  XComCollectionResponse,
  XComCreateBody,
  XComResponseNative,
  XComUpdateBody,
} from "./schemas/xcoms.ts";
import { dagsOf, everything, TaskPath } from "./scope.ts";
import { xcomValue } from "./xcom-value.ts";

const base = "/dags/:dag_id/dagRuns/:dag_run_id/taskInstances/:task_id/xcomEntries";
const KeyPath = TaskPath.extend({ xcom_key: z.string() });
const MapIndexQuery = z.object({ map_index: z.int().min(-1).default(-1) });
const optionalIndex = z.int().nullable().optional();

const ListQuery = OrderedQuery.extend({
  xcom_key: OptionalText,
  map_index: z.int().min(-1).nullable().optional(),
  ...patterns("xcom_key"),
  ...patterns("dag_display_name"),
  ...patterns("run_id"),
  ...patterns("task_id"),
  map_index_filter: optionalIndex,
  ...instantRange("logical_date"),
  ...instantRange("run_after"),
});

const key = ["run_pk", "task_id", "map_index", "key"] as const;

/** Without an order a list comes by its table's key: run, task, map index, key. */
const orders: Orders<typeof xcomListColumns> = {
  columns: xcomListColumns,
  names: {
    key: ["key"],
    dag_id: ["dag_id"],
    run_id: ["run_id"],
    task_id: ["task_id"],
    map_index: ["map_index"],
    timestamp: ["timestamp"],
    run_after: ["run_after"],
  },
  fallback: key.map((name) => ({ name, descending: false })),
  key,
};

const tags = ["XCom"];

export function registerXComs(app: ApiApp, context: AirflowContext): void {
  registerReads(app, context);
  registerWrites(app, context);
}

function registerReads(app: ApiApp, context: AirflowContext): void {
  registerList(app, context);
  registerOne(app, context);
}

function registerList(app: ApiApp, context: AirflowContext): void {
  app.get(
    base,
    {
      config: { access: can("read", "XComs") },
      schema: {
        operationId: "get_xcom_entries",
        tags,
        params: TaskPath,
        querystring: ListQuery,
        response: { 200: XComCollectionResponse },
      },
    },
    async ({ params, query, user }) => {
      const filter = {
        dagIds: await dagsOf(user, "read", "XComs", params.dag_id),
        runId: orAll(params.dag_run_id),
        taskId: orAll(params.task_id),
        key: query.xcom_key,
        mapIndex: query.map_index ?? query.map_index_filter,
        keyPattern: query.xcom_key_pattern,
        keyPrefix: query.xcom_key_prefix_pattern,
        namePattern: query.dag_display_name_pattern,
        namePrefix: query.dag_display_name_prefix_pattern,
        runIdPattern: query.run_id_pattern,
        runIdPrefix: query.run_id_prefix_pattern,
        taskIdPattern: query.task_id_pattern,
        taskIdPrefix: query.task_id_prefix_pattern,
        logicalDate: rangeOf(query, "logical_date"),
        runAfter: rangeOf(query, "run_after"),
      };
      const { rows, total } = await listXComEntries(context.database, filter, pageOf(query, orders));
      return {
        xcom_entries: await Promise.all(rows.map((row) => entryAnswer(context, row))),
        total_entries: total,
      };
    },
  );
}

function registerOne(app: ApiApp, context: AirflowContext): void {
  app.get(
    `${base}/:xcom_key`,
    {
      config: { access: can("read", "XComs") },
      schema: {
        operationId: "get_xcom_entry",
        tags,
        params: KeyPath,
        querystring: MapIndexQuery.extend({
          deserialize: z.boolean().default(false),
          stringify: z.boolean().default(false),
        }),
        response: { 200: XComResponseNative },
      },
    },
    async ({ params, query }) => {
      const entry = await entryAt(context, params, params.xcom_key, query.map_index);
      if (entry === null) throw new HttpProblem(404, `XCom entry with key: \`${params.xcom_key}\` not found`);
      const answer = await valueAnswer(context, entry);
      return query.stringify ? { ...answer, value: asText(answer.value) } : answer;
    },
  );
}

function registerWrites(app: ApiApp, context: AirflowContext): void {
  registerCreation(app, context);
  registerChange(app, context);
  registerDeletion(app, context);
}

function registerCreation(app: ApiApp, context: AirflowContext): void {
  app.post(
    base,
    {
      config: { access: can("create", "XComs") },
      schema: {
        operationId: "create_xcom_entry",
        tags,
        params: TaskPath,
        body: XComCreateBody,
        response: { 201: XComResponseNative },
      },
    },
    async ({ params, body }, reply) => {
      const runPk = await runForTask(context, params);
      if ((await entryAt(context, params, body.key, body.map_index)) !== null)
        throw new HttpProblem(
          409,
          `The XCom with key: \`${body.key}\` with mentioned task instance already exists.`,
        );
      const at = { runPk, taskId: params.task_id, mapIndex: body.map_index, key: body.key };
      await setXCom(context.database, at, { value: body.value }, context.now());
      reply.code(201);
      return written(context, params, body.key, body.map_index);
    },
  );
}

function registerChange(app: ApiApp, context: AirflowContext): void {
  app.patch(
    `${base}/:xcom_key`,
    {
      config: { access: can("edit", "XComs") },
      schema: {
        operationId: "update_xcom_entry",
        tags,
        params: KeyPath,
        body: XComUpdateBody,
        response: { 200: XComResponseNative },
      },
    },
    async ({ params, body }) => {
      const { xcom_key: name } = params;
      if ((await entryAt(context, params, name, body.map_index)) === null) throw absent(name);
      const runPk = await runForTask(context, params);
      const at = { runPk, taskId: params.task_id, mapIndex: body.map_index, key: name };
      await setXCom(context.database, at, { value: body.value }, context.now());
      return written(context, params, name, body.map_index);
    },
  );
}

function registerDeletion(app: ApiApp, context: AirflowContext): void {
  app.delete(
    `${base}/:xcom_key`,
    {
      config: { access: can("delete", "XComs") },
      schema: {
        operationId: "delete_xcom_entry",
        tags,
        params: KeyPath,
        querystring: MapIndexQuery,
        response: { 204: z.void() },
      },
    },
    async ({ params, query }, reply) => {
      const run = await findDagRun(context.database, params.dag_id, params.dag_run_id);
      const { task_id: taskId, xcom_key: name } = params;
      const at = { runPk: run?.id ?? -1, taskId, mapIndex: query.map_index, key: name };
      if (!(await deleteXCom(context.database, at))) throw absent(name);
      reply.code(204);
    },
  );
}

const orAll = (id: string): string | null => (id === everything ? null : id);

type Place = z.output<typeof TaskPath>;

function entryAt({ database }: AirflowContext, at: Place, name: string, mapIndex: number) {
  return findXComEntry(database, {
    dagId: at.dag_id,
    runId: at.dag_run_id,
    taskId: at.task_id,
    mapIndex,
    key: name,
  });
}

/** The run's key. @throws HttpProblem 404 for a Dag, task or run that is not there. */
async function runForTask(context: AirflowContext, at: Place): Promise<number> {
  const { dag_id: dagId, dag_run_id: runId, task_id: taskId } = at;
  const run = await findDagRun(context.database, dagId, runId);
  await knownDag(context, dagId);
  const version = run === null ? null : await context.version(run.versionId);
  const { tasks } = version ?? (await context.currentVersion(dagId));
  if (!tasks.has(taskId))
    throw new HttpProblem(404, `Task with ID: \`${taskId}\` not found in dag: \`${dagId}\``);
  if (run === null)
    throw new HttpProblem(404, `Dag Run with ID: \`${runId}\` not found for dag: \`${dagId}\``);
  return run.id;
}

async function written(context: AirflowContext, at: Place, name: string, mapIndex: number) {
  const entry = await entryAt(context, at, name, mapIndex);
  if (entry === null) throw absent(name);
  return valueAnswer(context, entry);
}

function absent(name: string): HttpProblem {
  return new HttpProblem(404, `The XCom with key: \`${name}\` with mentioned task instance doesn't exist.`);
}

async function entryAnswer(context: AirflowContext, entry: XComEntry) {
  const version = await context.version(entry.versionId);
  return {
    key: entry.key,
    timestamp: isoDate(entry.createdAt),
    logical_date: isoDate(entry.logicalDate),
    map_index: entry.mapIndex,
    task_id: entry.taskId,
    dag_id: entry.dagId,
    run_id: entry.runId,
    dag_display_name: entry.displayName,
    task_display_name: version?.tasks.get(entry.taskId)?.label ?? entry.taskId,
    run_after: isoDate(entry.runAfter),
  };
}

async function valueAnswer(context: AirflowContext, entry: XComEntryWithValue) {
  return { ...(await entryAnswer(context, entry)), value: await xcomValue(context.parts, entry) };
}

function asText(value: unknown): string | null {
  return value === null || typeof value === "string" ? value : JSON.stringify(value);
}
