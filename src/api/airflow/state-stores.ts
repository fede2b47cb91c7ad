/** …/state-store: values that tasks and assets keep from run to run. */
import { z } from "zod";
import type { Json } from "../../core/dag-model.ts";
import { defaultExpiry } from "../../core/state-expiry.ts";
import {
  type AssetState,
  deleteAssetStates,
  deleteTaskStates,
  findAssetState,
  findTaskState,
  listAssetStates,
  listTaskStates,
  setAssetState,
  setTaskState,
  type TaskState,
  type TaskStateKey,
} from "../../store/state-store.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import { AssetPath, knownAsset } from "./assets.ts";
import type { AirflowContext } from "./context.ts";
import { type InstancePlace, knownInstance } from "./instance-answers.ts";
import { isoDate } from "./instants.ts";
import { PageQuery } from "./list-page.ts";
import {
  AssetStateStoreBody,
  AssetStateStoreCollectionResponse,
  AssetStateStoreResponse,
} from "./schemas/assets.ts";
import {
  TaskStateStoreBody,
  TaskStateStoreCollectionResponse,
  TaskStateStorePatchBody,
  TaskStateStoreResponse,
} from "./schemas/task-instances.ts";
import { TaskPath } from "./scope.ts";

const taskBase = "/dags/:dag_id/dagRuns/:dag_run_id/taskInstances/:task_id/state-store";
const assetBase = "/assets/:asset_id/state-store";
const TaskKeyPath = TaskPath.extend({ key: z.string() });
const AssetKeyPath = AssetPath.extend({ key: z.string() });
const MapIndexQuery = z.object({ map_index: z.int().min(-1).default(-1) });
const empty = { 204: z.void() };

export function registerStateStores(app: ApiApp, context: AirflowContext): void {
  registerTaskReads(app, context);
  registerTaskWrites(app, context);
  registerAssetReads(app, context);
  registerAssetWrites(app, context);
}

const taskTags = ["Task State Store"];
const readTask = can("read", "Task Instances");
const editTask = can("edit", "Task Instances");

function registerTaskReads(app: ApiApp, context: AirflowContext): void {
  app.get(
    taskBase,
    {
      config: { access: readTask },
      schema: {
        operationId: "list_task_state_store",
        tags: taskTags,
        params: TaskPath,
        querystring: PageQuery.extend(MapIndexQuery.shape),
        response: { 200: TaskStateStoreCollectionResponse },
      },
    },
    async ({ params, query }) => {
      const at = await placeOf(context, params, query.map_index);
      const { rows, total } = await listTaskStates(context.database, at, query, context.now());
      return { task_state_store: rows.map(taskAnswer), total_entries: total };
    },
  );

  app.get(
    `${taskBase}/:key`,
    {
      config: { access: readTask },
      schema: {
        operationId: "get_task_state_store",
        tags: taskTags,
        params: TaskKeyPath,
        querystring: MapIndexQuery,
        response: { 200: TaskStateStoreResponse },
      },
    },
    async ({ params, query }) => {
      const at = await placeOf(context, params, query.map_index);
      const state = await findTaskState(context.database, at, params.key, context.now());
      if (state === null) throw noKey("Task", params.key);
      return taskAnswer(state);
    },
  );
}

const ofTaskKey = { tags: taskTags, params: TaskKeyPath, querystring: MapIndexQuery };

function registerTaskWrites(app: ApiApp, context: AirflowContext): void {
  registerTaskPut(app, context);
  registerTaskPatch(app, context);
  registerTaskDeletion(app, context);
  registerTaskClear(app, context);
}

function registerTaskPut(app: ApiApp, context: AirflowContext): void {
  const { database } = context;
  app.put(
    `${taskBase}/:key`,
    {
      config: { access: editTask },
      schema: {
        ...ofTaskKey,
        operationId: "set_task_state_store",
        body: TaskStateStoreBody,
        response: empty,
      },
    },
    async ({ params, query, body }, reply) => {
      const at = await placeOf(context, params, query.map_index);
      checkSize(context, body.value);
      const { defaultRetentionDays } = context.parts.config.stateStore;
      const expiresAt =
        body.expires_at === "default" ? defaultExpiry(defaultRetentionDays, context.now()) : body.expires_at;
      await setTaskState(database, at, { key: params.key, value: body.value, expiresAt }, context.now());
      reply.code(204);
    },
  );
}

function registerTaskPatch(app: ApiApp, context: AirflowContext): void {
  const { database } = context;
  app.patch(
    `${taskBase}/:key`,
    {
      config: { access: editTask },
      schema: {
        ...ofTaskKey,
        operationId: "patch_task_state_store",
        body: TaskStateStorePatchBody,
        response: { 200: z.null() },
      },
    },
    async ({ params, query, body }) => {
      checkSize(context, body.value);
      const at = await placeOf(context, params, query.map_index);
      if ((await findTaskState(database, at, params.key, context.now())) === null)
        throw noKey("Task", params.key);
      await setTaskState(database, at, { key: params.key, value: body.value }, context.now());
      return null;
    },
  );
}

function registerTaskDeletion(app: ApiApp, context: AirflowContext): void {
  const { database } = context;
  app.delete(
    `${taskBase}/:key`,
    {
      config: { access: editTask },
      schema: { ...ofTaskKey, operationId: "delete_task_state_store", response: empty },
    },
    async ({ params, query }, reply) => {
      await deleteTaskStates(database, await placeOf(context, params, query.map_index), params.key);
      reply.code(204);
    },
  );
}

function registerTaskClear(app: ApiApp, context: AirflowContext): void {
  const { database } = context;
  app.delete(
    taskBase,
    {
      config: { access: editTask },
      schema: {
        operationId: "clear_task_state_store",
        tags: taskTags,
        params: TaskPath,
        querystring: MapIndexQuery.extend({ all_map_indices: z.boolean().default(false) }),
        response: empty,
      },
    },
    async ({ params, query }, reply) => {
      const at = await placeOf(context, params, query.map_index);
      await deleteTaskStates(database, query.all_map_indices ? { ...at, mapIndex: null } : at);
      reply.code(204);
    },
  );
}

async function placeOf(context: AirflowContext, at: InstancePlace, mapIndex: number): Promise<TaskStateKey> {
  const { runPk, taskId } = await knownInstance(context, at, mapIndex);
  return { runPk, taskId, mapIndex };
}

function taskAnswer({
  key,
  value,
  updatedAt,
  expiresAt,
}: TaskState): z.output<typeof TaskStateStoreResponse> {
  return { key, value, updated_at: isoDate(updatedAt), expires_at: isoDate(expiresAt) };
}

const assetTags = ["Asset State Store"];

function registerAssetReads(app: ApiApp, context: AirflowContext): void {
  const { database } = context;
  const access = can("read", "Assets");
  app.get(
    assetBase,
    {
      config: { access },
      schema: {
        operationId: "list_asset_state_store",
        tags: assetTags,
        params: AssetPath,
        querystring: PageQuery,
        response: { 200: AssetStateStoreCollectionResponse },
      },
    },
    async ({ params, query }) => {
      const { id } = await knownAsset(context, params.asset_id);
      const { rows, total } = await listAssetStates(database, id, query);
      return { asset_state_store: rows.map(assetStateAnswer), total_entries: total };
    },
  );

  app.get(
    `${assetBase}/:key`,
    {
      config: { access },
      schema: {
        operationId: "get_asset_state_store",
        tags: assetTags,
        params: AssetKeyPath,
        response: { 200: AssetStateStoreResponse },
      },
    },
    async ({ params }) => {
      const { id } = await knownAsset(context, params.asset_id);
      const state = await findAssetState(database, id, params.key);
      if (state === null) throw noKey("Asset", params.key);
      return assetStateAnswer(state);
    },
  );
}

function registerAssetWrites(app: ApiApp, context: AirflowContext): void {
  const { database } = context;
  app.put(
    `${assetBase}/:key`,
    {
      config: { access: can("create", "Assets") },
      schema: {
        operationId: "set_asset_state_store",
        tags: assetTags,
        params: AssetKeyPath,
        body: AssetStateStoreBody,
        response: empty,
      },
    },
    async ({ params, body }, reply) => {
      const { id } = await knownAsset(context, params.asset_id);
      checkSize(context, body.value);
      const state = { key: params.key, value: body.value, writer: { kind: "api" as const } };
      await setAssetState(database, id, state, context.now());
      reply.code(204);
    },
  );

  for (const [path, schema] of [
    [
      assetBase,
      { operationId: "clear_asset_state_store", params: AssetPath.extend({ key: z.string().optional() }) },
    ],
    [`${assetBase}/:key`, { operationId: "delete_asset_state_store", params: AssetKeyPath }],
  ] as const) {
    app.delete(
      path,
      {
        config: { access: can("delete", "Assets") },
        schema: { ...schema, tags: assetTags, response: empty },
      },
      async ({ params }, reply) => {
        const { id } = await knownAsset(context, params.asset_id);
        await deleteAssetStates(database, id, params.key ?? null);
        reply.code(204);
      },
    );
  }
}

function assetStateAnswer({
  key,
  value,
  updatedAt,
  writer,
}: AssetState): z.output<typeof AssetStateStoreResponse> {
  return {
    key,
    value,
    updated_at: isoDate(updatedAt),
    last_updated_by: {
      kind: writer.kind,
      dag_id: writer.dagId ?? null,
      run_id: writer.runId ?? null,
      task_id: writer.taskId ?? null,
      map_index: writer.mapIndex ?? null,
    },
  };
}

function noKey(of: "Task" | "Asset", key: string): HttpProblem {
  return new HttpProblem(404, `${of} state with key: \`${key}\` was not found`);
}

/** @throws HttpProblem 422 for a value that is too large. */
function checkSize({ parts }: AirflowContext, value: Json): void {
  const limit = parts.config.stateStore.maxValueStorageBytes;
  const size = Buffer.byteLength(JSON.stringify(value));
  if (limit > 0 && size > limit)
    throw new HttpProblem(
      422,
      `value exceeds max_value_storage_bytes (${limit}): it has ${size} bytes; raise [state_store] max_value_storage_bytes, or set it to 0 for no limit`,
    );
}
