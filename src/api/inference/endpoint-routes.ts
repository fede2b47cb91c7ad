/** Endpoints over HTTP: make them, share their traffic, go back, and see what came of it. */
import { z } from "zod";
import { parseRequestId } from "../../core/request-id.ts";
import { TradewindError } from "../../errors.ts";
import type { EndpointService } from "../../ml/serving/endpoint-service.ts";
import { compareOutcomes, reportTraffic } from "../../ml/serving/traffic-report.ts";
import { checkVariants } from "../../ml/serving/traffic-split.ts";
import type { Database } from "../../store/connect.ts";
import { addOutcomes, outcomesSince, trafficSince } from "../../store/endpoint-traffic.ts";
import {
  changeTraffic,
  createEndpoint,
  deleteEndpoint,
  type EndpointChange,
  findEndpoint,
  type Guardrails,
  listChanges,
  listEndpoints,
  setGuardrails,
  setRequestLog,
  type TrafficChange,
} from "../../store/endpoints.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import type { Principal } from "../auth/principal.ts";
import { HttpProblem } from "../http-problem.ts";
import type { ApiParts } from "../parts.ts";
import { actorOf } from "./actor.ts";
import { changeOut, endpointOut } from "./endpoint-answers.ts";

const read = { access: can("read", "Registered Models") };
const edit = { access: can("edit", "Registered Models"), audit: true };
const tags = ["Endpoint"];

const Variant = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,100}$/),
  /** `models:/iris@champion`, `models:/iris/3`. */
  model: z.string().min(1).max(1000),
  weight: z.number().default(0),
  shadow: z.boolean().default(false),
});
const GuardrailsIn = z.strictObject({
  max_error_rate: z.number().min(0).max(1).optional(),
  max_p99_ms: z.number().positive().optional(),
  min_requests: z.int().min(1).optional(),
});
const RequestLogIn = z.strictObject({ sample: z.number().min(0).max(1) });
const NewEndpoint = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][\w.-]{0,249}$/),
  description: z.string().max(10_000).default(""),
  variants: z.array(Variant).min(1),
  guardrails: GuardrailsIn.nullable().default(null),
  request_log: RequestLogIn.nullable().default(null),
});
const Traffic = z.strictObject({
  variants: z.array(Variant).min(1),
  reason: z.string().max(1000).optional(),
  /** The generation that the change was made on: another change in between is then refused. */
  generation: z.int().min(1).optional(),
});
const ByName = z.object({ name: z.string() });
const Since = z.object({
  /** An instant; without it `hours` say how far back. */
  since: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text))
    .optional(),
  hours: z.coerce
    .number()
    .positive()
    .max(24 * 366)
    .default(24),
});

export function registerEndpointRoutes(app: ApiApp, parts: ApiParts, service: EndpointService): void {
  registerLifecycle(app, parts, service);
  registerTraffic(app, parts, service);
  registerReports(app, parts);
  registerOutcomes(app, parts);
}

function registerLifecycle(app: ApiApp, { database, clock }: ApiParts, service: EndpointService): void {
  app.get("/api/endpoints", { config: read, schema: { tags } }, async () => ({
    endpoints: (await listEndpoints(database)).map(endpointOut),
  }));
  const make = { tags, operationId: "create_endpoint", body: NewEndpoint };
  app.post("/api/endpoints", { config: edit, schema: make }, async ({ body, user }, reply) => {
    checkVariants(body.variants);
    const { name, description, variants, request_log: requestLog } = body;
    const endpoint = {
      name,
      description,
      variants,
      requestLog,
      guardrails: body.guardrails as Guardrails | null,
    };
    const row = await createEndpoint(database, endpoint, { now: clock.now(), actor: actorOf(user) });
    await service.runOnce();
    return reply.code(201).send(endpointOut(row));
  });
  app.get("/api/endpoints/:name", { config: read, schema: { tags, params: ByName } }, async ({ params }) =>
    endpointOut(await findEndpoint(database, params.name)),
  );
  const guard = { tags, operationId: "set_guardrails", params: ByName, body: GuardrailsIn.nullable() };
  app.put("/api/endpoints/:name/guardrails", { config: edit, schema: guard }, async ({ params, body }) => {
    const row = await setGuardrails(database, params.name, body as Guardrails | null, clock.now());
    await service.runOnce();
    return endpointOut(row);
  });
  const keep = { tags, operationId: "set_request_log", params: ByName, body: RequestLogIn.nullable() };
  app.put("/api/endpoints/:name/request-log", { config: edit, schema: keep }, async ({ params, body }) => {
    const row = await setRequestLog(database, params.name, body, clock.now());
    await service.runOnce();
    return endpointOut(row);
  });
  const remove = { tags, operationId: "delete_endpoint", params: ByName };
  app.delete("/api/endpoints/:name", { config: edit, schema: remove }, async ({ params }, reply) => {
    await deleteEndpoint(database, params.name);
    await service.runOnce();
    return reply.code(204).send();
  });
}

function registerTraffic(app: ApiApp, { database, clock }: ApiParts, service: EndpointService): void {
  const move = async (name: string, change: TrafficChange, user: Principal) => {
    checkVariants(change.variants);
    const row = await changeTraffic(database, name, change, { now: clock.now(), actor: actorOf(user) });
    await service.runOnce();
    return endpointOut(row);
  };
  const traffic = { tags, operationId: "change_traffic", params: ByName, body: Traffic };
  app.put("/api/endpoints/:name/traffic", { config: edit, schema: traffic }, ({ params, body, user }) =>
    move(params.name, { kind: "traffic", ...body, reason: body.reason ?? null }, user),
  );
  const Promote = z.strictObject({ variant: z.string(), reason: z.string().max(1000).optional() });
  const promote = { tags, operationId: "promote_variant", params: ByName, body: Promote };
  app.post(
    "/api/endpoints/:name/promote",
    { config: edit, schema: promote },
    async ({ params, body, user }) => {
      const { variants, generation } = await findEndpoint(database, params.name);
      if (!variants.some(({ name }) => name === body.variant))
        throw new TradewindError(
          "TW_ENDPOINT_TRAFFIC",
          `expected a variant of ${params.name} (${variants.map(({ name }) => name).join(", ")}), got ${body.variant}`,
        );
      const all = variants.map((one) => {
        const isIt = one.name === body.variant;
        return { ...one, weight: isIt ? 100 : 0, shadow: isIt ? false : one.shadow };
      });
      return move(
        params.name,
        { kind: "promoted", variants: all, generation, reason: body.reason ?? null },
        user,
      );
    },
  );
  const Back = z.strictObject({
    generation: z.int().min(1).optional(),
    reason: z.string().max(1000).optional(),
  });
  const back = { tags, operationId: "roll_back", params: ByName, body: Back.nullish() };
  app.post(
    "/api/endpoints/:name/rollback",
    { config: edit, schema: back },
    async ({ params, body, user }) => {
      const { generation } = await findEndpoint(database, params.name);
      const target = earlier(await listChanges(database, params.name), generation, body?.generation);
      const reason = body?.reason ?? `back to generation ${target.generation}`;
      return move(params.name, { kind: "rolled_back", variants: target.variants, generation, reason }, user);
    },
  );
}

/** The traffic to go back to: the named generation, or the last one that differs from what is there now. */
function earlier(
  changes: readonly EndpointChange[],
  now: number,
  wanted: number | undefined,
): EndpointChange {
  const current = JSON.stringify(changes.find(({ generation }) => generation === now)?.variants);
  const target =
    wanted === undefined
      ? changes.find(({ generation, variants }) => generation < now && JSON.stringify(variants) !== current)
      : changes.find(({ generation }) => generation === wanted);
  if (target !== undefined) return target;
  throw new HttpProblem(
    409,
    wanted === undefined ? "there is no earlier traffic to go back to" : `there is no generation ${wanted}`,
  );
}

function registerReports(app: ApiApp, { database, clock }: ApiParts): void {
  app.get(
    "/api/endpoints/:name/changes",
    { config: read, schema: { tags, params: ByName } },
    async ({ params }) => ({
      changes: (await listChanges(database, params.name)).map(changeOut),
    }),
  );
  const report = { tags, params: ByName, querystring: Since };
  app.get("/api/endpoints/:name/report", { config: read, schema: report }, async ({ params, query }) => {
    const since = query.since?.getTime() ?? clock.now() - query.hours * 3_600_000;
    return reportOf(database, params.name, since);
  });
}

async function reportOf(database: Database, name: string, since: number) {
  const { variants } = await findEndpoint(database, name);
  const [traffic, outcomes] = await Promise.all([
    trafficSince(database, name, since),
    outcomesSince(database, name, since),
  ]);
  const baseline = [...variants].sort((a, b) => b.weight - a.weight)[0]?.name ?? "";
  return {
    traffic: reportTraffic(traffic).map((one) => ({
      variant: one.variant,
      model_version: one.modelVersion,
      requests: one.requests,
      errors: one.errors,
      error_rate: one.errorRate,
      latency_ms: { p50: one.p50, p95: one.p95, p99: one.p99 },
    })),
    metrics: outcomes.map(({ variant, metric, count, mean, variance }) => ({
      variant,
      metric,
      count,
      mean,
      variance,
    })),
    comparisons: compareOutcomes(outcomes, baseline).map((one) => ({
      metric: one.metric,
      baseline: one.baseline,
      variant: one.variant,
      baseline_mean: one.baselineMean,
      mean: one.mean,
      difference: one.difference,
      interval_95: one.interval,
      p_value: one.pValue,
    })),
  };
}

const Told = z.strictObject({
  outcomes: z
    .array(
      z.strictObject({
        request_id: z.string().max(500),
        metric: z.string().min(1).max(250),
        value: z.number(),
      }),
    )
    .min(1)
    .max(10_000),
});

function registerOutcomes(app: ApiApp, { database, clock }: ApiParts): void {
  const outcomes = { tags, operationId: "post_outcomes", params: ByName, body: Told };
  const config = { access: can("read", "Registered Models"), audit: false };
  app.post("/api/endpoints/:name/outcomes", { config, schema: outcomes }, async ({ params, body }) => {
    await findEndpoint(database, params.name);
    const told = body.outcomes.map(({ request_id: requestId, metric, value }) => {
      const answered = parseRequestId(requestId);
      if (answered?.endpoint !== params.name)
        throw new HttpProblem(
          422,
          `expected the x-tradewind-request-id of an answer of ${params.name}, got ${JSON.stringify(requestId)}`,
        );
      return { requestId, metric, value, variant: answered.variant };
    });
    return { added: await addOutcomes(database, params.name, told, clock.now()) };
  });
}
