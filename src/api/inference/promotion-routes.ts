/** Promotions over HTTP: an alias, and the traffic of an endpoint with it, in one move. */
import { z } from "zod";
import { requireAlias } from "../../core/tracking/limits.ts";
import type { EndpointRow, EndpointVariant } from "../../store/endpoints.ts";
import { type Promoted, promoteVersion, rollBackVersion } from "../../store/promotions.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import type { ApiParts } from "../parts.ts";
import { actorOf } from "./actor.ts";
import { endpointOut } from "./endpoint-answers.ts";
import type { Inference } from "./parts.ts";

const edit = { access: can("edit", "Registered Models"), audit: true };
const tags = ["Promotion"];

const version = z.int().min(1).max(2_147_483_647);
const Where = {
  alias: z.string().default("champion"),
  endpoint: z.string().optional(),
  reason: z.string().max(1000).optional(),
};
const Promote = z.strictObject({
  version,
  /** Where the alias stands when nobody else has moved it; null: nowhere. */
  expected_version: version.nullish(),
  ...Where,
});
const ByName = z.object({ name: z.string() });

export function registerPromotionRoutes(
  app: ApiApp,
  { database, clock }: ApiParts,
  { endpoints }: Inference,
): void {
  const promote = { tags, operationId: "promote_model", params: ByName, body: Promote };
  app.post(
    "/api/models/:name/promote",
    { config: edit, schema: promote },
    async ({ params: { name }, body, user }) => {
      requireAlias(body.alias);
      const moved = await promoteVersion(
        database,
        {
          name,
          alias: body.alias,
          version: body.version,
          expected: body.expected_version,
          endpoint: body.endpoint ?? null,
          reason: body.reason ?? null,
        },
        allTo(name, body.alias),
        { now: clock.now(), actor: actorOf(user) },
      );
      await endpoints.runOnce();
      return answer(name, body.alias, moved);
    },
  );
  const back = { tags, operationId: "roll_back_model", params: ByName, body: z.strictObject(Where) };
  app.post(
    "/api/models/:name/rollback",
    { config: edit, schema: back },
    async ({ params: { name }, body, user }) => {
      const moved = await rollBackVersion(
        database,
        { name, alias: body.alias, endpoint: body.endpoint ?? null, reason: body.reason ?? null },
        allTo(name, body.alias),
        { now: clock.now(), actor: actorOf(user) },
      );
      await endpoints.runOnce();
      return answer(name, body.alias, moved);
    },
  );
}

/** All of the traffic goes to the variant of the version, or to the one that follows the alias; else to a new one. */
const allTo =
  (name: string, alias: string) =>
  ({ variants }: EndpointRow, version: number): EndpointVariant[] => {
    const model = `models:/${name}/${version}`;
    const chosen =
      variants.find((one) => one.model === model) ??
      variants.find((one) => one.model === `models:/${name}@${alias}`) ??
      ({ name: `v${version}`, model, weight: 0, shadow: false } satisfies EndpointVariant);
    const others = variants.filter((one) => one.name !== chosen.name && (one.weight > 0 || one.shadow));
    return [...others.map((one) => ({ ...one, weight: 0 })), { ...chosen, weight: 100, shadow: false }];
  };

function answer(name: string, alias: string, { version, previous, endpoint }: Promoted) {
  return {
    name,
    alias,
    version: String(version),
    previous_version: previous === null ? null : String(previous),
    endpoint: endpoint === null ? null : endpointOut(endpoint),
  };
}
