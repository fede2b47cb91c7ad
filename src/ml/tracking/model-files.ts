/**
 * A model of `tradewind/ml` as a logged model of its run, in MLflow's layout: with ONNX, which Python loads, when the names
 * of its columns are given, else our own JSON alone.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { version } from "../../version.ts";
import type { Estimator } from "../estimators/estimator.ts";
import { saveMlflowModel } from "../onnx/mlflow-model.ts";
import type { TrackingClient } from "./client.ts";

export interface LogModelOptions {
  readonly name: string;
  /** Names of the columns; with them the files hold ONNX too, and `mlflow.pyfunc.load_model` loads them. */
  readonly features?: readonly string[];
  /** A new version of this registered model, which is made when it is not there. */
  readonly registeredModelName?: string;
}

export interface LoggedModel {
  readonly modelId: string;
  /** `models:/m-…` */
  readonly modelUri: string;
  /** Of the registered model; null where none was asked for. */
  readonly version: string | null;
}

interface Wire {
  readonly model: { readonly info: { readonly model_id: string; readonly artifact_uri: string } };
}

function description(model: Estimator, modelId: string, runId: string): string {
  return stringify({
    artifact_path: "model",
    flavors: { tradewind: { model_file: "model.json", model_class: model.kind, tradewind_version: version } },
    model_id: modelId,
    run_id: runId,
  });
}

async function filesOf(
  model: Estimator,
  modelId: string,
  runId: string,
  { features }: LogModelOptions,
): Promise<(readonly [path: string, content: string | Uint8Array])[]> {
  if (features === undefined)
    return [
      ["model.json", JSON.stringify(model)],
      ["MLmodel", description(model, modelId, runId)],
    ];
  const parent = await mkdtemp(join(tmpdir(), "tw-model-"));
  const folder = join(parent, "model");
  try {
    await saveMlflowModel(folder, model, { features: [...features] });
    const names = (await readdir(folder)).sort();
    return await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const));
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

export async function logModelOf(
  client: TrackingClient,
  run: { readonly runId: string; readonly experimentId: string },
  model: Estimator,
  options: LogModelOptions,
): Promise<LoggedModel> {
  const { model: made } = await client.call<Wire>("POST", "logged-models", {
    experiment_id: run.experimentId,
    name: options.name,
    model_type: model.kind,
    source_run_id: run.runId,
    params: Object.entries(model.params).map(([key, value]) => ({ key, value: JSON.stringify(value) ?? "" })),
  });
  const { model_id: modelId, artifact_uri: uri } = made.info;
  const finish = (status: string) =>
    client.call("PATCH", `logged-models/${modelId}`, { model_id: modelId, status: `LOGGED_MODEL_${status}` });
  try {
    await client.call("POST", "runs/outputs", {
      run_id: run.runId,
      models: [{ model_id: modelId, step: 0 }],
    });
    for (const [path, content] of await filesOf(model, modelId, run.runId, options))
      await client.upload(uri, path, content);
  } catch (error) {
    await finish("UPLOAD_FAILED").catch(() => undefined);
    throw error;
  }
  await finish("READY");
  const name = options.registeredModelName;
  return {
    modelId,
    modelUri: `models:/${modelId}`,
    version: name === undefined ? null : await register(client, name, modelId, run.runId),
  };
}

async function register(
  client: TrackingClient,
  name: string,
  modelId: string,
  runId: string,
): Promise<string> {
  await client.call("POST", "registered-models/create", { name }).catch((error: unknown) => {
    if (!(error instanceof Error) || !error.message.includes("RESOURCE_ALREADY_EXISTS")) throw error;
  });
  const { model_version: made } = await client.call<{ model_version: { version: string } }>(
    "POST",
    "model-versions/create",
    { name, source: `models:/${modelId}`, run_id: runId, model_id: modelId },
  );
  return made.version;
}
