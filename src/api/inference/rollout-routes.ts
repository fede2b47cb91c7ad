/** Rollouts over HTTP: start one, look at it, hold it, let it go on, end it. */
import { z } from "zod";
import { TradewindError } from "../../errors.ts";
import { decideRollout, judgeRollout, withShare } from "../../ml/serving/rollout-decision.ts";
import { rolloutFacts } from "../../ml/serving/rollout-service.ts";
import { checkVariants } from "../../ml/serving/traffic-split.ts";
import { type EndpointRow, findEndpoint } from "../../store/endpoints.ts";
import {
  abortRollout,
  findRollout,
  listRolloutEvents,
  listRollouts,
  pauseRollout,
  type RolloutGuardrails,
  type RolloutRow,
  startRollout,
} from "../../store/rollouts.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import type { ApiParts } from "../parts.ts";
import { actorOf } from "./actor.ts";
import type { Inference } from "./parts.ts";

const read = { access: can("read", "Registered Models") };
const edit = { access: can("edit", "Registered Models"), audit: true };
const tags = ["Rollout"];

const Step = z.strictObject({
  weight: z.number().positive().max(100),
  bake_seconds: z.number().min(0).max(31_536_000).default(600),
  min_requests: z.int().min(0).max(1_000_000_000).default(100),
});
const Metric = z.strictObject({
  metric: z.string().min(1).max(250),
  greater_is_better: z.boolean().default(true),
  max_loss: z.number().min(0).default(0),
  significance: z.number().gt(0).lt(1).default(0.05),
  min_samples: z.int().min(2).default(100),
  required: z.boolean().default(false),
});
const Guardrails = z.strictObject({
  max_error_rate: z.number().min(0).max(1).optional(),
  max_p99_ms: z.number().positive().optional(),
  max_p99_ratio: z.number().positive().optional(),
  min_requests: z.int().min(1).optional(),
  metrics: z.array(Metric).max(20).optional(),
});
const usualSteps = [1, 10, 50, 100].map((weight) => ({ weight }));
const usualGuardrails = { max_error_rate: 0.05 };

const NewRollout = z.strictObject({
  variant: z.strictObject({
    name: z.string().regex(/^[\w.-]{1,100}$/),
    /** Left out: that of the endpoint's variant of this name. */
    model: z.string().min(1).max(1000).optional(),
  }),
  steps: z.array(Step).min(1).max(100).prefault(usualSteps),
  guardrails: Guardrails.default(usualGuardrails),
  reason: z.string().max(1000).optional(),
});
const Why = z.strictObject({ reason: z.string().max(1000).optional() }).nullish();
const ByName = z.object({ name: z.string() });
const ById = z.object({ name: z.string(), id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) });
const List = z.object({ limit: z.coerce.number().int().min(1).max(1000).default(50) });

export function registerRolloutRoutes(app: ApiApp, parts: ApiParts, inference: Inference): void {
  registerStart(app, parts, inference);
  registerReading(app, parts);
  registerInterventions(app, parts, inference);
}

function registerStart(app: ApiApp, { database, clock }: ApiParts, { host, endpoints }: Inference): void {
  const schema = { tags, operationId: "start_rollout", params: ByName, body: NewRollout };
  app.post(
    "/api/endpoints/:name/rollouts",
    { config: edit, schema },
    async ({ params, body, user }, reply) => {
      const found = await findEndpoint(database, params.name);
      // What got no traffic any more goes: it would be carried along for ever.
      const before = {
        ...found,
        variants: found.variants.filter(
          ({ weight, shadow, name }) => weight > 0 || shadow || name === body.variant.name,
        ),
      };
      const { variant, baseline } = sidesOf(before, body.variant);
      for (const [at, { weight }] of body.steps.entries())
        if (at > 0 && weight <= (body.steps[at - 1]?.weight ?? 0))
          throw new TradewindError(
            "TW_ENDPOINT_TRAFFIC",
            `steps: expected growing weights, got ${body.steps.map((step) => step.weight).join(", ")}`,
          );
      const variants = withShare(before.variants, variant, body.steps[0]?.weight ?? 0);
      checkVariants(variants);
      // A version that cannot even be loaded gets no request; and the first one does not wait for it.
      await host.get(variant.model);
      const row = await startRollout(
        database,
        {
          endpoint: found.name,
          variant: variant.name,
          model: variant.model,
          baseline,
          steps: body.steps,
          guardrails: body.guardrails as RolloutGuardrails,
        },
        {
          before,
          variants,
          reason: body.reason ?? `step 1 of ${body.steps.length}: ${body.steps[0]?.weight} %`,
        },
        { now: clock.now(), actor: actorOf(user) },
      );
      await endpoints.runOnce();
      return reply.code(201).send(rolloutOut(row));
    },
  );
}

/** The variant that is rolled out, and the one with the most traffic beside it. */
function sidesOf({ name, variants }: EndpointRow, wanted: { name: string; model?: string | undefined }) {
  const known = variants.find((one) => one.name === wanted.name);
  const model = wanted.model ?? known?.model;
  if (model === undefined)
    throw new TradewindError(
      "TW_ENDPOINT_TRAFFIC",
      `expected a model for the new variant ${wanted.name} of ${name}, or one of its variants (${variants.map((one) => one.name).join(", ")})`,
    );
  const [baseline] = variants
    .filter((one) => one.name !== wanted.name && one.weight > 0)
    .sort((a, b) => b.weight - a.weight);
  if (baseline === undefined)
    throw new TradewindError(
      "TW_ENDPOINT_TRAFFIC",
      `${name}: expected a variant beside ${wanted.name} to go back to, got none with traffic`,
    );
  return { variant: { name: wanted.name, model }, baseline: baseline.name };
}

function registerReading(app: ApiApp, { database, clock }: ApiParts): void {
  const list = { tags, params: ByName, querystring: List };
  app.get("/api/endpoints/:name/rollouts", { config: read, schema: list }, async ({ params, query }) => {
    await findEndpoint(database, params.name);
    return { rollouts: (await listRollouts(database, params.name, query.limit)).map(rolloutOut) };
  });
  const one = { tags, params: ById };
  app.get("/api/endpoints/:name/rollouts/:id", { config: read, schema: one }, async ({ params }) => {
    const rollout = await findRollout(database, params.name, params.id);
    const events = (await listRolloutEvents(database, rollout.id)).map(({ happenedAt, ...rest }) => ({
      happened_at: iso(happenedAt),
      ...rest,
    }));
    if (rollout.endedAt !== null) return { ...rolloutOut(rollout), events, guardrail_states: [], next: null };
    const facts = await rolloutFacts(database, rollout, clock.now());
    const { kind, reason } = decideRollout(facts);
    return { ...rolloutOut(rollout), events, guardrail_states: judgeRollout(facts), next: { kind, reason } };
  });
}

function registerInterventions(app: ApiApp, { database, clock }: ApiParts, { endpoints }: Inference): void {
  const route = (
    verb: "pause" | "resume" | "abort",
    work: (
      at: { endpoint: string; id: number },
      reason: string | null,
      by: { now: number; actor: string | null },
    ) => Promise<RolloutRow>,
  ): void => {
    const schema = { tags, operationId: `${verb}_rollout`, params: ById, body: Why };
    app.post(
      `/api/endpoints/:name/rollouts/:id/${verb}`,
      { config: edit, schema },
      async ({ params, body, user }) => {
        const by = { now: clock.now(), actor: actorOf(user) };
        const row = await work({ endpoint: params.name, id: params.id }, body?.reason ?? null, by);
        await endpoints.runOnce();
        return rolloutOut(row);
      },
    );
  };
  route("pause", (at, reason, by) => pauseRollout(database, at, { paused: true, reason }, by));
  route("resume", (at, reason, by) => pauseRollout(database, at, { paused: false, reason }, by));
  route("abort", (at, reason, by) => abortRollout(database, at, reason, by));
}

const iso = (ms: number): string => new Date(ms).toISOString();

function rolloutOut(row: RolloutRow) {
  const { startedAt, stepStartedAt, endedAt, before: _before, ...rest } = row;
  return {
    ...rest,
    started_at: iso(startedAt),
    step_started_at: iso(stepStartedAt),
    ended_at: endedAt === null ? null : iso(endedAt),
  };
}
