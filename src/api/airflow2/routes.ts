/**
 * Airflow 2's stable REST API, under /api/v1, for what tutorials and old scripts call. Each request is asked of
 * /api/v2 in its words, and the answer told in those of v1: one behaviour, and one set of permissions.
 */
import type { FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import type { ApiApp } from "../app.ts";
import { type Access, can } from "../auth/access.ts";
import type { Resource } from "../auth/roles.ts";
import type { ApiParts } from "../parts.ts";
import { newBody, newQuery, oldAnswer, oldProblem } from "./translate.ts";

type Crud = Readonly<Partial<Record<"GET" | "POST" | "PATCH" | "DELETE", Access>>>;

const crud = (resource: Resource): Crud => ({
  GET: can("read", resource),
  POST: can("create", resource),
  PATCH: can("edit", resource),
  DELETE: can("delete", resource),
});
const reads = (resource: Resource): Crud => ({ GET: can("read", resource) });
const without = ({ GET, POST, PATCH, DELETE }: Crud, ...names: (keyof Crud)[]): Crud =>
  Object.fromEntries(
    Object.entries({ GET, POST, PATCH, DELETE }).filter(([name]) => !names.includes(name as keyof Crud)),
  );

const run = "/dags/:dag_id/dagRuns/:dag_run_id";
const instance = `${run}/taskInstances/:task_id`;

/** Path of v1, which is the path of v2 unless it says otherwise. */
const routes: readonly (readonly [path: string, methods: Crud, newPath?: string])[] = [
  ["/dags", without(crud("DAGs"), "POST", "DELETE")],
  ["/dags/:dag_id", without(crud("DAGs"), "POST")],
  ["/dags/:dag_id/details", reads("DAGs")],
  ["/dags/:dag_id/tasks", reads("DAGs")],
  ["/dags/:dag_id/tasks/:task_id", reads("DAGs")],
  ["/dags/:dag_id/clearTaskInstances", { POST: can("edit", "Task Instances") }],
  ["/dags/:dag_id/dagRuns", without(crud("DAG Runs"), "PATCH", "DELETE")],
  ["/dags/:dag_id/dagRuns/list", { POST: can("read", "DAG Runs") }],
  [run, without(crud("DAG Runs"), "POST")],
  [`${run}/clear`, { POST: can("edit", "DAG Runs") }],
  [`${run}/taskInstances`, reads("Task Instances")],
  [instance, without(crud("Task Instances"), "POST", "DELETE")],
  [`${instance}/logs/:task_try_number`, reads("Task Logs")],
  [`${instance}/xcomEntries`, reads("XComs")],
  [`${instance}/xcomEntries/:xcom_key`, reads("XComs")],
  ["/pools", without(crud("Pools"), "PATCH", "DELETE")],
  ["/pools/:pool_name", without(crud("Pools"), "POST")],
  ["/variables", without(crud("Variables"), "PATCH", "DELETE")],
  ["/variables/:variable_key", without(crud("Variables"), "POST")],
  ["/connections", without(crud("Connections"), "PATCH", "DELETE")],
  ["/connections/:connection_id", without(crud("Connections"), "POST")],
  ["/importErrors", reads("ImportError")],
  ["/eventLogs", reads("Audit Logs")],
  ["/health", { GET: "public" }, "/monitor/health"],
  ["/version", { GET: "public" }],
];

/** The day of Airflow 3.0, which dropped it (RFC 9745). */
const deprecated = "@1745280000";

export function registerAirflow2Routes(app: ApiApp, parts: ApiParts): void {
  for (const [path, methods, newPath = path] of routes)
    for (const [method, access] of Object.entries(methods) as [HTTPMethods, Access][])
      app.route({
        method,
        url: `/api/v1${path}`,
        // The entry in the audit log is that of v2.
        config: { access, audit: false },
        schema: { hide: true },
        handler: (request, reply) => forward(app, parts, request, reply, `/api/v2${newPath}`),
      });
}

async function forward(
  app: ApiApp,
  { clock }: ApiParts,
  request: FastifyRequest,
  reply: FastifyReply,
  pattern: string,
): Promise<unknown> {
  const params = (request.params ?? {}) as Record<string, string>;
  const path = pattern.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
  const query = newQuery(request.url.split("?", 2)[1] ?? "");
  const body = newBody(request.method, path, request.body, clock.now());
  const { "content-length": _, "transfer-encoding": __, connection: ___, ...headers } = request.headers;
  const answer = await app.inject({
    method: request.method as "GET",
    url: query === "" ? path : `${path}?${query}`,
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    remoteAddress: request.ip,
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
  reply.code(answer.statusCode);
  reply.header("deprecation", deprecated).header("link", `<${path}>; rel="successor-version"`);
  const type = String(answer.headers["content-type"] ?? "");
  if (!type.includes("json") || answer.payload === "") {
    if (type !== "") reply.type(type);
    return reply.send(answer.payload);
  }
  const value = JSON.parse(answer.payload) as unknown;
  if (answer.statusCode < 400) return reply.send(oldAnswer(value));
  return reply.type("application/problem+json").send(oldProblem(answer.statusCode, value));
}
