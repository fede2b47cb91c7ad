/**
 * Experiment tracking for TypeScript Dags, under the names of MLflow's fluent interface:
 *
 *     await withRun({ experiment: "churn" }, async () => {
 *       await logParams({ trees: 100 });
 *       for (const [step, loss] of losses.entries()) logMetric("loss", loss, { step });
 *       await logModel(model, { name: "model", registeredModelName: "churn" });
 *     });
 *
 * It speaks to the server of MLFLOW_TRACKING_URI, which a task's process is given.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { TradewindError } from "../../errors.ts";
import { systemClock } from "../../time.ts";
import type { Estimator } from "../estimators/estimator.ts";
import { type AlertRule, putAlertRules } from "./alert-rules.ts";
import { TrackingClient } from "./client.ts";
import { findOrCreateExperiment } from "./experiments.ts";
import type { LoggedModel, LogModelOptions } from "./model-files.ts";
import { ActiveRun, type MetricOptions } from "./run.ts";
import { WandbForwarding, type WandbOptions } from "./wandb/forwarding.ts";

export interface RunOptions {
  /** Name of the experiment, which is made when it is not there; when it is not given, that of the run around it, or "Default". */
  readonly experiment?: string;
  /** Of the run; the server makes one up when it is not given. */
  readonly name?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Goes on with a run that was started before. */
  readonly runId?: string;
  /** Server and credentials other than those of the run around it, or of the environment. */
  readonly client?: TrackingClient;
  /** Kept by the server for the run's experiment, and held to whatever its runs log. */
  readonly alerts?: readonly AlertRule[];
  /** Forwards the run to Weights & Biases as well. */
  readonly wandb?: boolean | WandbOptions;
}

interface Place {
  run: ActiveRun | null;
  readonly outer: Place | undefined;
}

const current = new AsyncLocalStorage<Place>();

/** The innermost run that was started here and has not ended. */
export function activeRun(): ActiveRun | null {
  let place = current.getStore();
  while (place !== undefined && place.run === null) place = place.outer;
  return place?.run ?? null;
}

function requireRun(): ActiveRun {
  const run = activeRun();
  if (run !== null) return run;
  throw new TradewindError("TW_TRACKING_NO_RUN", "expected an active run, got none", {
    hint: "Start one: await withRun({ experiment: … }, async () => { … })",
  });
}

interface WireRun {
  readonly run: {
    readonly info: { run_id: string; experiment_id: string; run_name: string; artifact_uri: string };
  };
}

async function experimentOf(
  client: TrackingClient,
  options: RunOptions,
  parent: ActiveRun | null,
): Promise<string> {
  if (options.experiment !== undefined) return findOrCreateExperiment(client, options.experiment);
  return parent?.experimentId ?? "0";
}

async function open(options: RunOptions, parent: ActiveRun | null): Promise<ActiveRun> {
  const client = options.client ?? parent?.client ?? new TrackingClient();
  const tags = { ...(parent === null ? {} : { "mlflow.parentRunId": parent.runId }), ...options.tags };
  if (options.runId !== undefined)
    await client.call("POST", "runs/update", { run_id: options.runId, status: "RUNNING" });
  const { run } =
    options.runId === undefined
      ? await client.call<WireRun>("POST", "runs/create", {
          experiment_id: await experimentOf(client, options, parent),
          start_time: systemClock.now(),
          ...(options.name === undefined ? {} : { run_name: options.name }),
          tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
        })
      : await client.call<WireRun>("GET", "runs/get", { run_id: options.runId });
  const { run_id: runId, experiment_id, run_name: name, artifact_uri: artifactUri } = run.info;
  await putAlertRules(client, experiment_id, options.alerts ?? []);
  const facts = { runId, experimentId: experiment_id, name, artifactUri };
  return new ActiveRun(client, facts, forwardingOf(options, name));
}

function forwardingOf({ wandb, experiment }: RunOptions, name: string): WandbForwarding | null {
  if (wandb === undefined || wandb === false) return null;
  // Standard error is a line of the task's log.
  const warn = (message: string): void => console.warn(message);
  return WandbForwarding.open(
    wandb === true ? {} : wandb,
    { name, experiment: experiment ?? "Default" },
    warn,
  );
}

/**
 * Starts a run and makes it the active one for what follows; a run within a run is its child. End it with `run.end()`,
 * or let `withRun` do both.
 */
export function startRun(options: RunOptions = {}): Promise<ActiveRun> {
  const parent = activeRun();
  const place: Place = { run: null, outer: current.getStore() };
  // Before anything is waited for: then it holds for the caller, and not only in here.
  current.enterWith(place);
  return open(options, parent).then((run) => {
    place.run = run;
    return run;
  });
}

/** Runs `work` with a run of its own, which ends as FINISHED, or as FAILED when `work` throws. */
export async function withRun<T>(options: RunOptions, work: (run: ActiveRun) => T | Promise<T>): Promise<T> {
  const run = await open(options, activeRun());
  return current.run({ run, outer: current.getStore() }, async () => {
    let result: T;
    try {
      result = await work(run);
    } catch (error) {
      // The reason that counts is the work's own.
      await run.end("FAILED").catch(() => undefined);
      throw error;
    }
    await run.end();
    return result;
  });
}

export const logParam = (key: string, value: unknown): Promise<void> => requireRun().logParam(key, value);
export const logParams = (params: Readonly<Record<string, unknown>>): Promise<void> =>
  requireRun().logParams(params);
export const logMetric = (key: string, value: number, options?: MetricOptions): Promise<void> =>
  requireRun().logMetric(key, value, options);
export const logMetrics = (
  metrics: Readonly<Record<string, number>>,
  options?: MetricOptions,
): Promise<void> => requireRun().logMetrics(metrics, options);
export const setTag = (key: string, value: unknown): Promise<void> => requireRun().setTag(key, value);
export const setTags = (tags: Readonly<Record<string, unknown>>): Promise<void> => requireRun().setTags(tags);
export const logArtifact = (file: string, artifactPath?: string): Promise<void> =>
  requireRun().logArtifact(file, artifactPath);
export const logArtifacts = (folder: string, artifactPath?: string): Promise<void> =>
  requireRun().logArtifacts(folder, artifactPath);
export const logText = (text: string, artifactFile: string): Promise<void> =>
  requireRun().logText(text, artifactFile);
export const logDict = (value: unknown, artifactFile: string): Promise<void> =>
  requireRun().logDict(value, artifactFile);
export const logModel = (model: Estimator, options: LogModelOptions): Promise<LoggedModel> =>
  requireRun().logModel(model, options);
