/** Bringing a version to an endpoint, as a task: with a share of its own, as a shadow, or step by step. */
import { getContext } from "../../sdk/context.ts";
import { FailException, SkipException } from "../../sdk/outcomes.ts";
import type { TaskFactory } from "../../sdk/task-factory.ts";
import type { TaskOptions } from "../../sdk/task-options.ts";
import type { SensorTaskOptions, TaskScope } from "../../sdk/task-scope.ts";
import { withShare } from "../serving/rollout-decision.ts";
import { TrackingClient } from "../tracking/client.ts";
import { byTask } from "./attempt-facts.ts";
import {
  type CanaryGuardrails,
  type CanaryStep,
  type EndpointState,
  Endpoints,
  type RolloutStatus,
  type VariantState,
} from "./endpoints.ts";
import { type ModelVersionRef, uriOf } from "./registry.ts";

export interface DeployTaskOptions extends TaskOptions {
  /** Made when it is not there; the version then gets all of its traffic. */
  endpoint: string;
  /** Default: "v" and the version. */
  variant?: string;
  /** Percent of the requests; the others keep their shares of the rest. Default 100. */
  weight?: number;
  /** Asked beside the others, and never answering. */
  shadow?: boolean;
  /** Share of the requests that are kept for monitoring, from 0 to 1. Default: as it is. */
  requestLog?: number;
}

export interface Deployed extends ModelVersionRef {
  endpoint: string;
  variant: string;
  generation: number;
  weight: number;
}

/**
 * A task that gives a version a share of an endpoint's traffic. Deploying what is deployed already changes nothing.
 *
 * @example
 * deployTask(dag, "deploy", { endpoint: "churn", weight: 10 })({ model: registered });
 */
export function deployTask(
  dag: TaskScope,
  id: string,
  options: DeployTaskOptions,
): TaskFactory<{ model: ModelVersionRef }, Deployed> {
  const { endpoint, variant, weight, shadow, requestLog, ...rest } = options;
  return dag.task(
    id,
    async ({ model }: { model: ModelVersionRef }): Promise<Deployed> => {
      const wanted: VariantState = {
        name: variant ?? `v${model.version}`,
        model: uriOf(model),
        weight: shadow === true ? 0 : (weight ?? 100),
        shadow: shadow === true,
      };
      const state = await putVariant(new Endpoints(new TrackingClient()), endpoint, wanted, requestLog);
      const { generation } = state;
      getContext().logger.info(`${endpoint}: ${wanted.name} has ${wanted.weight} %`, { generation });
      return { ...model, endpoint, variant: wanted.name, generation, weight: wanted.weight };
    },
    rest,
  );
}

/** Another change in between is seen, and this one made on it; a few times, lest two go on for ever. */
const mostTries = 5;

export async function putVariant(
  endpoints: Endpoints,
  name: string,
  wanted: VariantState,
  requestLog?: number,
): Promise<EndpointState> {
  for (let left = mostTries; ; left--) {
    const before = await endpoints.find(name);
    if (before === null) {
      const log = requestLog === undefined ? {} : { request_log: { sample: requestLog } };
      const variants = [{ ...wanted, weight: 100, shadow: false }];
      return endpoints.create({ name, variants, ...log });
    }
    if (requestLog !== undefined && before.request_log?.sample !== requestLog)
      await endpoints.setRequestLog(name, { sample: requestLog });
    const variants = sharing(before.variants, wanted);
    if (isSameTraffic(variants, before.variants)) return before;
    const reason = byTask(`${wanted.model} as ${wanted.name}`);
    try {
      return await endpoints.setTraffic(name, { variants, generation: before.generation, reason });
    } catch (error) {
      if (left === 0 || !(error instanceof Error) || !error.message.includes("409")) throw error;
    }
  }
}

function isSameTraffic(a: readonly VariantState[], b: readonly VariantState[]): boolean {
  const same = (one: VariantState): boolean =>
    b.some(
      ({ name, model, weight, shadow }) =>
        name === one.name && model === one.model && weight === one.weight && shadow === one.shadow,
    );
  return a.length === b.length && a.every(same);
}

function sharing(variants: readonly VariantState[], wanted: VariantState): VariantState[] {
  const serving = variants.filter(({ weight, shadow, name }) => weight > 0 || shadow || name === wanted.name);
  if (wanted.shadow) return [...serving.filter(({ name }) => name !== wanted.name), wanted];
  return withShare(serving, wanted, wanted.weight).map(({ name, model, weight, shadow }) => ({
    name,
    model,
    weight,
    shadow,
  }));
}

export interface CanaryTaskOptions extends SensorTaskOptions {
  /** Made when it is not there; the version then gets all of its traffic, as there is nothing to compare it with. */
  endpoint: string;
  /** Default: "v" and the version. */
  variant?: string;
  /** Default: 1, 10, 50, 100 percent, ten minutes and a hundred requests each. */
  steps?: readonly CanaryStep[];
  guardrails?: CanaryGuardrails;
  /** Share of the requests that an endpoint which is made for the version keeps, from 0 to 1. Default: none. */
  requestLog?: number;
  /** What a rollout that does not succeed does; as of `gateTask`. Default "fail". */
  onRollback?: "fail" | "skip" | "branch";
}

export interface CanaryResult extends ModelVersionRef {
  endpoint: string;
  /** Null of an endpoint that was made for the version. */
  rollout: number | null;
  succeeded: boolean;
  /** "succeeded", "rolled_back", "aborted", "superseded"; "created" of a new endpoint. */
  state: string;
  reason: string;
}

/**
 * A task that starts a rollout and waits for its end, with its slot given back in between. The server moves the rollout:
 * it goes on whatever becomes of the task, and another try finds it again.
 *
 * @example
 * canaryTask(dag, "canary", {
 *   endpoint: "churn",
 *   steps: [{ weight: 10, bakeSeconds: 600 }, { weight: 100 }],
 *   guardrails: { maxErrorRate: 0.01, metrics: [{ metric: "bought", maxLoss: 0.01 }] },
 * })({ model: registered });
 */
export function canaryTask(
  dag: TaskScope,
  id: string,
  options: CanaryTaskOptions,
): TaskFactory<{ model: ModelVersionRef }, CanaryResult> {
  const { endpoint, variant, steps, guardrails, requestLog, onRollback = "fail", ...rest } = options;
  return dag.sensor<{ model: ModelVersionRef }, CanaryResult>(
    id,
    async ({ model }) => {
      const endpoints = new Endpoints(new TrackingClient());
      const name = variant ?? `v${model.version}`;
      if (await createdFor(endpoints, endpoint, { name, model: uriOf(model) }, requestLog)) {
        const made = { state: "created", reason: "there was no endpoint before" };
        return { isDone: true, value: { ...model, endpoint, rollout: null, succeeded: true, ...made } };
      }
      const rollout = await ownRollout(endpoints, { endpoint, name, model, steps, guardrails });
      if (rollout.state === "running" || rollout.state === "paused") {
        getContext().logger.info(rollout.reason ?? rollout.state);
        return false;
      }
      const { id: number, state } = rollout;
      const reason = rollout.reason ?? state;
      const result = { ...model, endpoint, rollout: number, succeeded: state === "succeeded", state, reason };
      if (result.succeeded || onRollback === "branch") return { isDone: true, value: result };
      await getContext().ti.xcomPush("canary", result);
      const said = `the rollout of ${model.name} ${model.version} on ${endpoint} was ${state}: ${reason}`;
      throw onRollback === "skip" ? new SkipException(said) : new FailException(said);
    },
    { mode: "reschedule", pokeInterval: { seconds: 30 }, ...rest },
  );
}

async function createdFor(
  endpoints: Endpoints,
  name: string,
  variant: { name: string; model: string },
  requestLog: number | undefined,
): Promise<boolean> {
  if ((await endpoints.find(name)) !== null) return false;
  const log = requestLog === undefined ? null : { sample: requestLog };
  await endpoints.create({ name, variants: [{ ...variant, weight: 100, shadow: false }], request_log: log });
  return true;
}

interface WantedRollout {
  readonly endpoint: string;
  readonly name: string;
  readonly model: ModelVersionRef;
  readonly steps: readonly CanaryStep[] | undefined;
  readonly guardrails: CanaryGuardrails | undefined;
}

/** The rollout that an earlier poke or try started, else a new one. */
async function ownRollout(endpoints: Endpoints, wanted: WantedRollout): Promise<RolloutStatus> {
  const { endpoint, name, model, steps, guardrails } = wanted;
  const since = getContext().firstStart.getTime();
  const known = (await endpoints.rollouts(endpoint)).find(
    (one) => one.model === uriOf(model) && (one.ended_at === null || Date.parse(one.started_at) >= since),
  );
  if (known !== undefined) return known;
  const reason = byTask(`${uriOf(model)} step by step`);
  return endpoints.startRollout(endpoint, {
    variant: { name, model: uriOf(model) },
    steps,
    guardrails,
    reason,
  });
}
