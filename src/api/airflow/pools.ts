/** /pools and how full they are. */
import { z } from "zod";
import type { Executor } from "../../store/connect.ts";
import { listPoolSummaries, poolListColumns } from "../../store/lists/configuration.ts";
import { notify } from "../../store/notify.ts";
import {
  defaultPool,
  deletePool,
  findPool,
  listPoolUsage,
  type PoolUsage,
  setPool,
} from "../../store/pools.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import { registerBulk } from "./bulk.ts";
import type { AirflowContext } from "./context.ts";
import { OrderedQuery, type Orders, pageOf } from "./list-page.ts";
import { patterns } from "./ranges.ts";
import { PoolBody, PoolCollectionResponse, PoolPatchBody, PoolResponse } from "./schemas/admin.ts";
import { fieldsToChange, UpdateMask } from "./scope.ts";

const NamePath = z.object({ pool_name: z.string() });
const ListQuery = OrderedQuery.extend(patterns("pool_name"));

const orders: Orders<typeof poolListColumns> = {
  columns: poolListColumns,
  names: { id: ["name"], pool: ["name"], name: ["name"] },
  fallback: [{ name: "name", descending: false }],
  key: ["name"],
};

const tags = ["Pool"];

export function registerPools(app: ApiApp, context: AirflowContext): void {
  registerReads(app, context);
  registerWrites(app, context);
  registerBulk(
    app,
    "/pools",
    { resource: "Pools", tags, entity: PoolBody, name: "PoolBody" },
    {
      called: "pools with these pool names",
      nameOf: ({ name }) => name,
      isThere: async (name) => (await findPool(context.database, name)) !== null,
      put: (body) => put(context, body),
      change: (body, mask) => change(context, body.name, body, mask),
      remove: (name) => remove(context, name),
      checkRemoval: (names) => names.forEach(refuseDefaultPool),
    },
  );
}

function registerReads(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/pools",
    {
      config: { access: can("read", "Pools") },
      schema: {
        operationId: "get_pools",
        tags,
        querystring: ListQuery,
        response: { 200: PoolCollectionResponse },
      },
    },
    async ({ query }) => {
      const filter = { pattern: query.pool_name_pattern, prefix: query.pool_name_prefix_pattern };
      const { rows, total } = await listPoolSummaries(context.database, filter, pageOf(query, orders));
      return { pools: rows.map(poolAnswer), total_entries: total };
    },
  );

  app.get(
    "/pools/:pool_name",
    {
      config: { access: can("read", "Pools") },
      schema: { operationId: "get_pool", tags, params: NamePath, response: { 200: PoolResponse } },
    },
    async ({ params }) => answerOf(context, params.pool_name),
  );
}

function registerWrites(app: ApiApp, context: AirflowContext): void {
  registerCreation(app, context);
  registerChange(app, context);
  registerDeletion(app, context);
}

function registerCreation(app: ApiApp, context: AirflowContext): void {
  const { database } = context;
  app.post(
    "/pools",
    {
      config: { access: can("create", "Pools") },
      schema: { operationId: "post_pool", tags, body: PoolBody, response: { 201: PoolResponse } },
    },
    async ({ body }, reply) => {
      if ((await findPool(database, body.name)) !== null)
        throw new HttpProblem(409, `The Pool with name: \`${body.name}\` already exists`);
      await put(context, body);
      reply.code(201);
      return answerOf(context, body.name);
    },
  );
}

function registerChange(app: ApiApp, context: AirflowContext): void {
  app.patch(
    "/pools/:pool_name",
    {
      config: { access: can("edit", "Pools") },
      schema: {
        operationId: "patch_pool",
        tags,
        params: NamePath,
        querystring: UpdateMask,
        body: PoolPatchBody,
        response: { 200: PoolResponse },
      },
    },
    async ({ params, body, query }) => {
      const { pool_name: name } = params;
      if (body.pool != null && body.pool !== name)
        throw new HttpProblem(400, "Invalid body, pool name from request body doesn't match uri parameter");
      await change(context, name, body, query.update_mask);
      return answerOf(context, name);
    },
  );
}

function registerDeletion(app: ApiApp, context: AirflowContext): void {
  app.delete(
    "/pools/:pool_name",
    {
      config: { access: can("delete", "Pools") },
      schema: { operationId: "delete_pool", tags, params: NamePath, response: { 204: z.void() } },
    },
    async ({ params }, reply) => {
      await remove(context, params.pool_name);
      reply.code(204);
    },
  );
}

type Body = z.output<typeof PoolBody>;

/** The schedulers share out a pool's slots among themselves, and are told when there are others. */
async function changePools(
  { database }: AirflowContext,
  change: (tx: Executor) => Promise<unknown>,
): Promise<void> {
  await database.transaction(async (tx) => {
    await change(tx);
    await notify(tx, ["pools"]);
  });
}

async function put(context: AirflowContext, body: Body): Promise<void> {
  const { name, slots, description = null, include_deferred: includeDeferred } = body;
  await changePools(context, (tx) => setPool(tx, { name, slots, description, includeDeferred }));
}

type Change = Partial<Pick<z.output<typeof PoolPatchBody>, "slots" | "description" | "include_deferred">>;

async function change(
  context: AirflowContext,
  name: string,
  body: Change,
  mask: readonly string[] | null | undefined,
): Promise<void> {
  const pool = await findPool(context.database, name);
  if (pool === null) throw notFound(name);
  const fields = fieldsToChange(body, mask);
  if (name === defaultPool && (fields.has("description") || fields.has("pool") || fields.has("name"))) {
    const allowed = new Set(["slots", "include_deferred", "pool", "name"]);
    if ([...fields].some((field) => !allowed.has(field)))
      throw new HttpProblem(400, "Only slots and included_deferred can be modified on Default Pool");
  }
  const next = {
    name,
    slots: fields.has("slots") ? (body.slots ?? pool.slots) : pool.slots,
    description: fields.has("description") ? (body.description ?? null) : pool.description,
    includeDeferred: fields.has("include_deferred")
      ? (body.include_deferred ?? pool.includeDeferred)
      : pool.includeDeferred,
  };
  await changePools(context, (tx) => setPool(tx, next));
}

async function remove(context: AirflowContext, name: string): Promise<void> {
  refuseDefaultPool(name);
  if ((await findPool(context.database, name)) === null) throw notFound(name);
  await changePools(context, (tx) => deletePool(tx, name));
}

function refuseDefaultPool(name: string): void {
  if (name === defaultPool) throw new HttpProblem(400, "Default Pool can't be deleted");
}

function notFound(name: string): HttpProblem {
  return new HttpProblem(404, `The Pool with name: \`${name}\` was not found`);
}

async function answerOf({ database }: AirflowContext, name: string): Promise<z.output<typeof PoolResponse>> {
  const [pool] = await listPoolUsage(database, name);
  if (pool === undefined) throw notFound(name);
  return poolAnswer(pool);
}

/** Slots without limit count as Airflow's largest number would: -1 stays, and all of them are open. */
function poolAnswer(pool: PoolUsage): z.output<typeof PoolResponse> {
  return {
    name: pool.name,
    slots: pool.slots,
    description: pool.description,
    include_deferred: pool.includeDeferred,
    occupied_slots: pool.occupiedSlots,
    running_slots: pool.runningSlots,
    queued_slots: pool.queuedSlots,
    scheduled_slots: pool.scheduledSlots,
    open_slots: pool.openSlots ?? -1,
    deferred_slots: pool.deferredSlots,
    team_name: null,
  };
}
