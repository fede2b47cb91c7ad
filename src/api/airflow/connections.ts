/** /connections. Passwords and secrets of extras are written, and never shown. */
import { z } from "zod";
import type { Json } from "../../core/dag-model.ts";
import { SecretMasker } from "../../logs/secret-masker.ts";
import {
  addConnection,
  deleteConnection,
  getConnection,
  putConnection,
  type StoredConnection,
} from "../../store/connections.ts";
import { connectionListColumns, listConnectionPage } from "../../store/lists/configuration.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import { HttpProblem } from "../http-problem.ts";
import { registerBulk } from "./bulk.ts";
import type { AirflowContext } from "./context.ts";
import { OrderedQuery, type Orders, pageOf } from "./list-page.ts";
import { patterns } from "./ranges.ts";
import { ConnectionBody, ConnectionCollectionResponse, ConnectionResponse } from "./schemas/admin.ts";
import { fieldsToChange, UpdateMask } from "./scope.ts";

const IdPath = z.object({ connection_id: z.string() });
const ListQuery = OrderedQuery.extend(patterns("connection_id"));

const orders: Orders<typeof connectionListColumns> = {
  columns: connectionListColumns,
  names: {
    id: ["conn_id"],
    conn_id: ["conn_id"],
    connection_id: ["conn_id"],
    conn_type: ["conn_type"],
    description: ["description"],
    host: ["host"],
    port: ["port"],
    team_name: ["conn_id"],
  },
  fallback: [{ name: "conn_id", descending: false }],
  key: ["conn_id"],
};

const tags = ["Connection"];

export function registerConnections(app: ApiApp, context: AirflowContext): void {
  registerReads(app, context);
  registerWrites(app, context);
  const { database, parts } = context;
  registerBulk(
    app,
    "/connections",
    { resource: "Connections", tags, entity: ConnectionBody, name: "ConnectionBody" },
    {
      called: "connections with these connection_ids",
      nameOf: (body) => body.connection_id,
      isThere: async (id) => (await getConnection(database, parts.secrets, id)) !== null,
      put: (body) => putConnection(database, parts.secrets, storedOf(body)),
      change: (body, mask) => change(context, body, mask),
      remove: (id) => deleteConnection(database, id),
    },
  );
}

function registerReads(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/connections",
    {
      config: { access: can("read", "Connections") },
      schema: {
        operationId: "get_connections",
        tags,
        querystring: ListQuery,
        response: { 200: ConnectionCollectionResponse },
      },
    },
    async ({ query }) => {
      const filter = { pattern: query.connection_id_pattern, prefix: query.connection_id_prefix_pattern };
      const { database, parts } = context;
      const { rows, total } = await listConnectionPage(
        database,
        parts.secrets,
        filter,
        pageOf(query, orders),
      );
      return { connections: rows.map(connectionAnswer), total_entries: total };
    },
  );

  app.get(
    "/connections/:connection_id",
    {
      config: { access: can("read", "Connections") },
      schema: { operationId: "get_connection", tags, params: IdPath, response: { 200: ConnectionResponse } },
    },
    async ({ params }) => connectionAnswer(await knownConnection(context, params.connection_id)),
  );
}

function registerWrites(app: ApiApp, context: AirflowContext): void {
  registerCreation(app, context);
  registerChange(app, context);
  registerDeletion(app, context);
}

function registerCreation(app: ApiApp, context: AirflowContext): void {
  const { database, parts } = context;
  app.post(
    "/connections",
    {
      config: { access: can("create", "Connections") },
      schema: {
        operationId: "post_connection",
        tags,
        body: ConnectionBody,
        response: { 201: ConnectionResponse },
      },
    },
    async ({ body }, reply) => {
      const connection = storedOf(body);
      await addConnection(database, parts.secrets, connection);
      reply.code(201);
      return connectionAnswer(connection);
    },
  );
}

function registerChange(app: ApiApp, context: AirflowContext): void {
  app.patch(
    "/connections/:connection_id",
    {
      config: { access: can("edit", "Connections") },
      schema: {
        operationId: "patch_connection",
        tags,
        params: IdPath,
        querystring: UpdateMask,
        body: ConnectionBody,
        response: { 200: ConnectionResponse },
      },
    },
    async ({ params, body, query }) => {
      if (body.connection_id !== params.connection_id)
        throw new HttpProblem(400, "The connection_id in the request body does not match the URL parameter");
      return connectionAnswer(await change(context, body, query.update_mask));
    },
  );
}

function registerDeletion(app: ApiApp, context: AirflowContext): void {
  const { database } = context;
  app.delete(
    "/connections/:connection_id",
    {
      config: { access: can("delete", "Connections") },
      schema: { operationId: "delete_connection", tags, params: IdPath, response: { 204: z.void() } },
    },
    async ({ params }, reply) => {
      await knownConnection(context, params.connection_id);
      await deleteConnection(database, params.connection_id);
      reply.code(204);
    },
  );
}

type Body = z.output<typeof ConnectionBody>;

export function storedOf(body: Body): StoredConnection {
  checkExtra(body.extra);
  return {
    connId: body.connection_id,
    connType: body.conn_type,
    description: body.description ?? null,
    host: body.host ?? null,
    login: body.login ?? null,
    password: body.password ?? null,
    schema: body.schema ?? null,
    port: body.port ?? null,
    extra: body.extra ?? null,
  };
}

/** @throws HttpProblem 422 unless it is a JSON object, as operators read it. */
function checkExtra(extra: string | null | undefined): void {
  if (extra === null || extra === undefined || extra === "") return;
  let value: unknown;
  try {
    value = JSON.parse(extra);
  } catch {
    value = undefined;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  const complaint = {
    type: "value_error",
    loc: ["body", "extra"],
    msg: "Value error, The `extra` field must be a valid JSON object (e.g., {'key': 'value'})",
    input: "***",
  };
  throw new HttpProblem(422, [complaint]);
}

async function change(
  context: AirflowContext,
  body: Body,
  mask: readonly string[] | null | undefined,
): Promise<StoredConnection> {
  const { database, parts } = context;
  const before = await knownConnection(context, body.connection_id);
  const fields = fieldsToChange(body, mask);
  const given = storedOf(body);
  const next: StoredConnection = {
    ...before,
    ...(fields.has("conn_type") ? { connType: given.connType } : {}),
    ...(fields.has("description") ? { description: given.description } : {}),
    ...(fields.has("host") ? { host: given.host } : {}),
    ...(fields.has("login") ? { login: given.login } : {}),
    ...(fields.has("schema") ? { schema: given.schema } : {}),
    ...(fields.has("port") ? { port: given.port } : {}),
    // The page sends back what it was shown.
    ...(fields.has("password") && given.password !== hidden ? { password: given.password } : {}),
    ...(fields.has("extra") ? { extra: unmasked(given.extra, before.extra) } : {}),
  };
  await putConnection(database, parts.secrets, next);
  return next;
}

const hidden = "***";

/** A masked value that comes back stands for the one that is there. */
export function unmasked(given: string | null, before: string | null): string | null {
  if (given === null || before === null || !given.includes(hidden)) return given;
  try {
    const old = JSON.parse(before) as { [name: string]: Json };
    const fresh = JSON.parse(given) as { [name: string]: Json };
    for (const [name, value] of Object.entries(fresh))
      if (value === hidden && name in old) fresh[name] = old[name] ?? null;
    return JSON.stringify(fresh);
  } catch {
    return given;
  }
}

export async function knownConnection(
  { database, parts }: AirflowContext,
  id: string,
): Promise<StoredConnection> {
  const found = await getConnection(database, parts.secrets, id);
  if (found === null)
    throw new HttpProblem(404, `The Connection with connection_id: \`${id}\` was not found`);
  return found;
}

const masker = new SecretMasker();

function connectionAnswer(connection: StoredConnection): z.output<typeof ConnectionResponse> {
  return {
    connection_id: connection.connId,
    conn_type: connection.connType,
    description: connection.description,
    host: connection.host,
    login: connection.login,
    schema: connection.schema,
    port: connection.port,
    password: connection.password === null || connection.password === "" ? connection.password : hidden,
    extra: maskedExtra(connection.extra),
    team_name: null,
  };
}

function maskedExtra(extra: string | null): string | null {
  if (extra === null || extra === "") return extra;
  try {
    const value = JSON.parse(extra) as Json;
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return JSON.stringify(masker.maskFields(value));
  } catch {
    // A text of another kind may be a secret whole.
  }
  return hidden;
}
