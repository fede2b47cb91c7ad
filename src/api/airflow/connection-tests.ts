/** Does what a connection names answer? At once, or asked for now and looked at later; and Airflow's usual connections. */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import {
  addConnectionTest,
  type ConnectionTest,
  endConnectionTest,
  findConnectionTest,
} from "../../store/connection-tests.ts";
import { getConnection, putConnection, type StoredConnection } from "../../store/connections.ts";
import { addDefaultConnections } from "../../store/default-connections.ts";
import type { ApiApp } from "../app.ts";
import { can, requirePermission } from "../auth/access.ts";
import { testConnection } from "../connection-test.ts";
import { HttpProblem } from "../http-problem.ts";
import { storedOf, unmasked } from "./connections.ts";
import type { AirflowContext } from "./context.ts";
import { isoDate } from "./instants.ts";
import {
  AsyncConnectionTestResponse,
  ConnectionBody,
  ConnectionTestQueuedResponse,
  ConnectionTestRequestBody,
  ConnectionTestResponse,
} from "./schemas/admin.ts";

const tags = ["Connection"];

export function registerConnectionTests(app: ApiApp, context: AirflowContext): void {
  registerTestNow(app, context);
  registerTestRequest(app, context);
  registerTestAnswer(app, context);
  registerDefaults(app, context);
}

function registerTestNow(app: ApiApp, context: AirflowContext): void {
  app.post(
    "/connections/test",
    {
      config: { access: can("create", "Connections"), audit: false },
      schema: {
        operationId: "test_connection",
        tags,
        body: ConnectionBody,
        response: { 200: ConnectionTestResponse },
      },
    },
    async ({ body, user }) => {
      const mayRead = user.permissions.may("read", "Connections");
      return outcomeOf(await withStoredSecrets(context, storedOf(body), mayRead));
    },
  );
}

function registerTestRequest(app: ApiApp, context: AirflowContext): void {
  app.post(
    "/connections/enqueue-test",
    {
      config: { access: can("create", "Connections") },
      schema: {
        operationId: "enqueue_connection_test",
        tags,
        body: ConnectionTestRequestBody,
        response: { 202: ConnectionTestQueuedResponse },
      },
    },
    async ({ body, user }, reply) => {
      const { commit_on_success: commit, executor: _, queue: __, ...fields } = body;
      if (commit) requirePermission(user, { action: "edit", resource: "Connections" });
      const mayRead = user.permissions.may("read", "Connections");
      const connection = await withStoredSecrets(context, storedOf(fields), mayRead);
      const token = randomBytes(24).toString("base64url");
      await addConnectionTest(context.database, { token, connId: connection.connId }, context.now());
      // Its outcome is looked for under the token; nobody waits for it here.
      void runTest(context, token, connection, commit);
      reply.code(202);
      return { token, connection_id: connection.connId, state: "queued" };
    },
  );
}

function registerTestAnswer(app: ApiApp, context: AirflowContext): void {
  app.get(
    "/connections/enqueue-test",
    {
      config: { access: can("read", "Connections") },
      schema: {
        operationId: "get_connection_test",
        tags,
        headers: z.object({ "airflow-connection-test-token": z.string() }),
        response: { 200: AsyncConnectionTestResponse },
      },
    },
    async ({ headers }) => {
      const token = headers["airflow-connection-test-token"];
      const found = await findConnectionTest(context.database, token);
      if (found === null) throw new HttpProblem(404, `No connection test found for token: \`${token}\``);
      return testAnswer(found);
    },
  );
}

function registerDefaults(app: ApiApp, context: AirflowContext): void {
  app.post(
    "/connections/defaults",
    {
      config: { access: can("create", "Connections") },
      schema: { operationId: "create_default_connections", tags, response: { 204: z.void() } },
    },
    async (_, reply) => {
      const { database, parts } = context;
      await addDefaultConnections(database, parts.secrets);
      reply.code(204);
    },
  );
}

async function outcomeOf(connection: StoredConnection): Promise<{ status: boolean; message: string }> {
  try {
    return { status: true, message: await testConnection(connection) };
  } catch (error) {
    return { status: false, message: (error as Error).message };
  }
}

async function runTest(
  context: AirflowContext,
  token: string,
  connection: StoredConnection,
  commit: boolean,
): Promise<void> {
  const { database, parts } = context;
  try {
    const { status, message } = await outcomeOf(connection);
    if (status && commit) await putConnection(database, parts.secrets, connection);
    await endConnectionTest(database, token, { state: status ? "success" : "failed", message });
  } catch (error) {
    parts.log.error({ err: error }, "the outcome of a connection test could not be stored");
  }
}

/** A secret that came back masked is the stored one, for the stored place alone: another host never gets it. */
async function withStoredSecrets(
  { database, parts }: AirflowContext,
  asked: StoredConnection,
  mayRead: boolean,
): Promise<StoredConnection> {
  const stored = mayRead ? await getConnection(database, parts.secrets, asked.connId) : null;
  if (stored === null) return asked;
  const isElsewhere = (asked.host || null) !== (stored.host || null) || asked.port !== stored.port;
  const brings = asked.password !== null && asked.password !== "" && asked.password !== "***";
  if (isElsewhere && brings) return asked;
  if (isElsewhere)
    throw new HttpProblem(
      400,
      "The host or port to test differs from the stored connection. Include the credentials to test in the request body.",
    );
  return {
    ...asked,
    password: brings ? asked.password : stored.password,
    extra: asked.extra === null ? stored.extra : unmasked(asked.extra, stored.extra),
  };
}

function testAnswer(test: ConnectionTest): z.output<typeof AsyncConnectionTestResponse> {
  return {
    token: test.token,
    connection_id: test.connId,
    state: test.state,
    result_message: test.resultMessage,
    created_at: isoDate(test.createdAt),
  };
}
