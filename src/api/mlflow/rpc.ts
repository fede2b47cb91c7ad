/**
 * One call of MLflow's protocol: a method, a path below `mlflow/`, and a function from what was given to the answer.
 * Each is served for programs (`/api`) and for pages (`/ajax-api`), under both versions of the protocol: clients of
 * 2.x and 3.x differ in which calls they know, never in what one means.
 */
import type { ArtifactStore } from "../../artifacts/artifact-store.ts";
import type { RunOrigin } from "../../core/tracking/entities.ts";
import type { ChangedSubjects } from "../../store/changed-subjects.ts";
import type { ApiApp } from "../app.ts";
import { type Access, can } from "../auth/access.ts";
import type { ApiParts } from "../parts.ts";
import type { MetricWatch } from "./metric-watch.ts";
import { type Params, readParams } from "./params.ts";
import { touchedBy } from "./touched.ts";
import type { WebhookSender } from "./webhook-sender.ts";

export interface MlflowParts extends ApiParts {
  readonly artifacts: ArtifactStore;
  readonly webhooks: WebhookSender;
  readonly watch: MetricWatch;
  readonly news: ChangedSubjects;
}

export interface Call {
  readonly given: Params;
  /** Name of who asks; null for nobody in particular. */
  readonly actor: string | null;
  /** Set when the call comes out of a task's attempt. */
  readonly origin: RunOrigin | null;
  readonly now: number;
}

export interface Rpc {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** `experiments/create`, or `logged-models/:model_id` with a part that is a field. */
  readonly path: string;
  /** Where the same path means something else in the other version; both when it is not given. */
  readonly version?: "2.0" | "3.0";
  readonly access: Access;
  readonly handle: (call: Call, parts: MlflowParts) => Promise<unknown>;
}

type Area = "Experiments" | "Registered Models";

const write = {
  create: (area: Area) => can("create", area),
  edit: (area: Area) => can("edit", area),
  delete: (area: Area) => can("delete", area),
  read: (area: Area) => can("read", area),
};

/** `const { read, edit } = callsOf("Experiments")`: what makes a call that needs that permission. */
export function callsOf(area: Area) {
  const make =
    (action: keyof typeof write) =>
    (method: Rpc["method"], path: string, handle: Rpc["handle"]): Rpc => ({
      method,
      path,
      access: write[action](area),
      handle,
    });
  return { read: make("read"), create: make("create"), edit: make("edit"), remove: make("delete") };
}

export const prefixes = ["/api/2.0", "/api/3.0", "/ajax-api/2.0", "/ajax-api/3.0"] as const;

export function registerRpcs(app: ApiApp, parts: MlflowParts, rpcs: readonly Rpc[]): void {
  for (const rpc of rpcs) {
    const { method, path, version = "", access, handle } = rpc;
    for (const prefix of prefixes.filter((one) => one.endsWith(version)))
      app.route({
        method,
        url: `${prefix}/mlflow/${path}`,
        config: { access },
        schema: { hide: true },
        handler: async (request, reply) => {
          const call: Call = {
            given: readParams(request),
            actor: request.user.by.kind === "nothing" ? null : request.user.username,
            origin: request.attempt ?? null,
            now: parts.clock.now(),
          };
          const answer = await handle(call, parts);
          parts.news.changed(...touchedBy(rpc, call.given));
          return reply.type("application/json").send(JSON.stringify(answer ?? {}));
        },
      });
  }
}
