/**
 * Retraining as a ready Dag: started by drift, by decay or by the clock, it trains, and brings the new version out only
 * as far as it proves itself. Whatever goes wrong, the version of before keeps serving.
 *
 *     may_retrain → train.… → register → gate → canary → promote → settle (always)
 *
 * - `may_retrain` skips the rest within the cooldown, or while a rollout is under way, and fails when version after
 *   version did not make it: then it is not the model that needs another try. `{"force": true}` passes it over.
 * - `gate` and `canary` skip what is after them when the version is no better, or was taken back.
 * - `settle` tags the version with what became of it, and records an incident, a run in the experiment
 *   `MODEL incidents`, when it was not promoted; it fails when a task before it did, or the canary was taken back.
 */
import { TradewindError } from "../../errors.ts";
import { getContext } from "../../sdk/context.ts";
import { Dag } from "../../sdk/dag.ts";
import type { DagOptions } from "../../sdk/dag-options.ts";
import { type Duration, parseDuration } from "../../sdk/duration.ts";
import { FailException } from "../../sdk/outcomes.ts";
import { Param } from "../../sdk/params.ts";
import type { TaskGroup } from "../../sdk/task-scope.ts";
import type { TaskRef } from "../../sdk/value-ref.ts";
import { TrackingClient } from "../tracking/client.ts";
import { withRun } from "../tracking/tracking.ts";
import { type CanaryResult, canaryTask } from "./deploy-task.ts";
import { type CanaryGuardrails, type CanaryStep, Endpoints } from "./endpoints.ts";
import { type GateResult, type GateTaskOptions, gateTask } from "./gate-task.ts";
import { promoteTask } from "./promote-tasks.ts";
import { registerModelTask } from "./register-task.ts";
import { type ModelVersionRef, tagVersion } from "./registry.ts";
import { mayRetrain, type PastVersion, type RetrainRules } from "./retrain-rules.ts";

export interface RetrainOptions extends Omit<DagOptions, "maxActiveRuns"> {
  /** The registered model. */
  model: string;
  endpoint: string;
  /** Adds the tasks that train, and returns the last one's reference: where the files of the new version are. */
  train: (group: TaskGroup) => TaskRef<string>;
  gate: Omit<GateTaskOptions, "onFailure">;
  canary?: {
    steps?: readonly CanaryStep[];
    guardrails?: CanaryGuardrails;
    /** Share of the requests that a new endpoint keeps, from 0 to 1: what is monitored. Default: none. */
    requestLog?: number;
    /** Between two looks at the rollout. Default 30 seconds. */
    pokeInterval?: Duration;
    /** Default 7 days. */
    timeout?: Duration;
  };
  /** Between two trainings at least. Default one day. */
  cooldown?: Duration;
  /** Versions in a row that were not promoted, after which somebody has to look. Default 3. */
  maxRejections?: number;
  /** Told of each version that was not promoted, beside the incident's run. */
  onIncident?: (incident: Incident) => void | Promise<void>;
}

export interface Incident {
  model: string;
  version: string | null;
  outcome: "rejected" | "rolled_back" | "failed";
  reason: string;
}

/**
 * @example
 * export const retrain = retrainDag("retrain_churn", {
 *   model: "churn",
 *   endpoint: "churn",
 *   schedule: churnDrifted, // the asset of a monitorTask; a cron string will do as well
 *   train: (group) => group.task("fit", trainChurn)(),
 *   gate: { metrics: [{ name: "roc_auc", threshold: 0.8 }], holdOut, noChampion: "pass" },
 *   canary: { guardrails: { maxErrorRate: 0.01 } },
 *   cooldown: { days: 3 },
 * });
 */
export function retrainDag(dagId: string, options: RetrainOptions): Dag {
  const {
    model,
    endpoint,
    train,
    gate,
    canary = {},
    cooldown,
    maxRejections,
    onIncident,
    params,
    ...rest
  } = options;
  const force = new Param(false, {
    type: "boolean",
    description: "Train whatever the cooldown and history say",
  });
  const dag = new Dag(dagId, { catchup: false, ...rest, params: { ...params, force }, maxActiveRuns: 1 });
  const rules = { cooldownMs: milliseconds(cooldown ?? { days: 1 }), maxRejections: maxRejections ?? 3 };
  const may = dag.shortCircuit("may_retrain", async () =>
    decideRetraining({ model, endpoint, rules }, getContext().params["force"] === true),
  )();
  const group = dag.taskGroup("train");
  const source = train(group);
  may.before(group);
  const registered = registerModelTask(dag, "register", { model })({ source });
  const verdict = gateTask(dag, "gate", { retries: 0, ...gate, onFailure: "skip" })({
    candidate: registered,
  });
  const { steps, guardrails, ...waiting } = canary;
  const rollout = canaryTask(dag, "canary", {
    endpoint,
    ...(steps === undefined ? {} : { steps }),
    ...(guardrails === undefined ? {} : { guardrails }),
    ...waiting,
    onRollback: "skip",
  })({ model: registered });
  verdict.before(rollout);
  const promoted = promoteTask(dag, "promote", {
    endpoint,
    ...(gate.alias === undefined ? {} : { alias: gate.alias }),
  })({
    model: registered,
    verdict,
  });
  rollout.before(promoted);
  const settle = dag.task("settle", async () => tell(model, await settleVersion(model), onIncident), {
    triggerRule: "all_done",
    retries: 0,
  });
  settle().after(promoted);
  return dag;
}

export interface RetrainLimits {
  readonly model: string;
  readonly endpoint: string;
  readonly rules: RetrainRules;
}

/** Whether the run that asks may train. Throws where somebody has to look first. */
export async function decideRetraining(
  { model, endpoint, rules }: RetrainLimits,
  isForced: boolean,
): Promise<boolean> {
  const { logger, now } = getContext();
  if (isForced) return true;
  const client = new TrackingClient();
  const state = await new Endpoints(client).find(endpoint);
  const [last] = state === null ? [] : await new Endpoints(client).rollouts(endpoint);
  if (last !== undefined && last.ended_at === null) {
    logger.info(`rollout ${last.id} of ${endpoint} is under way: not now`);
    return false;
  }
  const answer = mayRetrain(await ownVersions(client, model), rules, now().getTime());
  if (answer.may) return true;
  if (answer.why === "flapping")
    throw new FailException(
      `${model} is not trained again: ${answer.reason}. A run with {"force": true} is.`,
    );
  logger.info(`${model} is not trained again yet: ${answer.reason}`);
  return false;
}

interface WireVersion {
  readonly version: string;
  readonly creation_timestamp: number | string;
  readonly tags?: readonly { readonly key: string; readonly value: string }[];
}

/** The newest versions that this Dag made. */
async function ownVersions(client: TrackingClient, model: string): Promise<PastVersion[]> {
  const { dagId } = getContext();
  const quoted = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;
  const { model_versions: versions = [] } = await client.call<{ model_versions?: WireVersion[] }>(
    "GET",
    "model-versions/search",
    { filter: `name = ${quoted(model)} AND tags.\`tradewind.dag_id\` = ${quoted(dagId)}`, max_results: 50 },
  );
  return versions.map(({ version, creation_timestamp: createdAt, tags = [] }) => ({
    version: String(version),
    createdAt: Number(createdAt),
    outcome: tags.find(({ key }) => key === "retrain.outcome")?.value ?? null,
  }));
}

export interface Settled {
  version: string | null;
  outcome: "promoted" | Incident["outcome"];
  reason: string;
}

/** Tags the run's version with what became of it, and records an incident where it was not promoted. */
export async function settleVersion(model: string): Promise<Settled> {
  const { ti, logger } = getContext();
  const pull = <T>(taskIds: string, key?: string): Promise<T | null> =>
    ti.xcomPull<T | null>({ taskIds, default: null, ...(key === undefined ? {} : { key }) });
  const registered = await pull<ModelVersionRef>("register");
  const promoted = await pull<object>("promote");
  const shut = await pull<GateResult>("gate", "gate");
  const takenBack = await pull<CanaryResult>("canary", "canary");
  const settled: Settled = {
    version: registered?.version ?? null,
    ...(promoted !== null
      ? ({ outcome: "promoted", reason: "it is the champion" } as const)
      : takenBack !== null
        ? ({ outcome: "rolled_back", reason: takenBack.reason } as const)
        : shut !== null
          ? ({ outcome: "rejected", reason: shut.reason } as const)
          : ({ outcome: "failed", reason: "a task before failed" } as const)),
  };
  const client = new TrackingClient();
  const { outcome, reason, version } = settled;
  if (registered !== null)
    await tagVersion(client, registered, { "retrain.outcome": outcome, "retrain.reason": reason });
  if (outcome === "promoted") return settled;
  logger.error(`${model} ${version ?? ""} was not promoted: ${reason}. The version of before keeps serving.`);
  await recordIncident({ model, version, outcome, reason });
  return settled;
}

async function tell(
  model: string,
  settled: Settled,
  onIncident: RetrainOptions["onIncident"],
): Promise<Settled> {
  const { version, outcome, reason } = settled;
  if (outcome === "promoted") return settled;
  await onIncident?.({ model, version, outcome, reason });
  if (outcome !== "rejected") throw new FailException(`${outcome}: ${reason}`);
  return settled;
}

async function recordIncident({ model, version, outcome, reason }: Incident): Promise<void> {
  const { dagId, runId } = getContext();
  const tags = {
    outcome,
    reason,
    dag_id: dagId,
    dag_run_id: runId,
    ...(version === null ? {} : { version }),
  };
  await withRun(
    { experiment: `${model} incidents`, name: `${outcome} ${version ?? ""}`.trim(), tags },
    () => undefined,
  );
}

function milliseconds(cooldown: Duration): number {
  const seconds = parseDuration(cooldown);
  if (seconds !== undefined) return seconds * 1000;
  throw new TradewindError(
    "TW_OPTION_INVALID",
    `cooldown: expected a duration, got ${JSON.stringify(cooldown)}`,
  );
}
