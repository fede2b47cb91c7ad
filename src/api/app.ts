/**
 * The types that every area's routes are written with: Fastify, with Zod schemas for what comes in and goes out.
 *
 *     export function registerThings(app: ApiApp, parts: ApiParts): void {
 *       app.get("/things/:thing_id", {
 *         config: { access: can("read", "DAGs") },
 *         schema: { params: z.object({ thing_id: z.string() }), response: { 200: Thing } },
 *       }, async (request) => loadThing(parts.database, request.params.thing_id));
 *     }
 *
 * `access` is required: a route without it does not register. `request.user` is who asks. A change (any method but
 * GET) that succeeds leaves an entry in the audit log, named after `schema.operationId` (audit.ts), in all areas but
 * MLflow's; `config.audit` says otherwise where the handler leaves its own, or where one is wanted.
 */
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyTypeProvider,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from "fastify";
import type { z } from "zod";
import type { Access } from "./auth/access.ts";
import type { Principal } from "./auth/principal.ts";

export interface ZodProvider extends FastifyTypeProvider {
  validator: this["schema"] extends z.ZodType ? z.output<this["schema"]> : unknown;
  serializer: this["schema"] extends z.ZodType ? z.input<this["schema"]> : unknown;
}

export type ApiApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodProvider
>;

declare module "fastify" {
  interface FastifyContextConfig {
    access?: Access;
    audit?: boolean;
    /** The body may take as long as it takes: uploads of files. */
    longUpload?: boolean;
  }
  interface FastifyRequest {
    user: Principal;
    /** The Dag that a change turned out to be about, for the audit log, where neither path nor body names it. */
    aboutDag?: string;
  }
  interface FastifySchema {
    /** For the OpenAPI document. */
    operationId?: string;
    summary?: string;
    description?: string;
    tags?: readonly string[];
    deprecated?: boolean;
    hide?: boolean;
  }
}
