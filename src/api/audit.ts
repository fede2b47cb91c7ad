/**
 * Who changed what: each change that succeeds is in the audit log before its answer goes out, with the parts of the
 * path and the body, less what is secret in it.
 */
import type { FastifyRequest } from "fastify";
import type { Json } from "../core/dag-model.ts";
import { SecretMasker } from "../logs/secret-masker.ts";
import { addAuditEntry } from "../store/audit-log.ts";
import type { ApiApp } from "./app.ts";
import type { ApiParts } from "./parts.ts";
import { moreSecretNames } from "./secret-names.ts";

const changing = new Set(["POST", "PUT", "PATCH", "DELETE"]);
/** Of a body, in characters of JSON. */
const mostExtra = 4000;

/** @param usual Whether routes that say nothing about it are audited. */
export function auditChanges(app: ApiApp, { database, clock, config }: ApiParts, usual: boolean): void {
  const masker = new SecretMasker(moreSecretNames(config));
  app.addHook("onSend", async (request, reply) => {
    const { audit = usual } = request.routeOptions.config;
    if (!audit || !changing.has(request.method) || reply.statusCode >= 400) return;
    await addAuditEntry(database, entryOf(request, masker), clock.now());
  });
}

function entryOf(request: FastifyRequest, masker: SecretMasker) {
  const params = (request.params ?? {}) as Record<string, string | number>;
  const { schema, url = request.url } = request.routeOptions;
  const body: { readonly [name: string]: Json } = bodyOf(request, masker);
  const text = (name: string): string | null => {
    const value = params[name] ?? body[name];
    return typeof value === "string" || typeof value === "number" ? String(value) : null;
  };
  const extra = JSON.stringify({ ...params, ...body, method: request.method });
  return {
    event: schema?.operationId ?? `${request.method.toLowerCase()} ${url}`,
    dagId: text("dag_id") ?? request.aboutDag ?? null,
    taskId: text("task_id"),
    runId: text("dag_run_id"),
    mapIndex: params["map_index"] === undefined ? null : Number(params["map_index"]),
    owner: request.user.username,
    extra: extra.slice(0, mostExtra),
  };
}

/** Values of variables and extras of connections are secrets whatever they are called. */
const hidden = new Set(["value", "extra", "old_password", "new_password"]);

function bodyOf({ body }: FastifyRequest, masker: SecretMasker): { [name: string]: Json } {
  if (body === null || typeof body !== "object" || Buffer.isBuffer(body) || "pipe" in body) return {};
  const hide = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(hide);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, hidden.has(name) ? "***" : hide(inner)]),
    );
  };
  return masker.maskFields(hide(body as Json) as { [key: string]: Json });
}
