/** The TypeScript side of tracking, against the API server. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  activeRun,
  autolog,
  gridSearch,
  LogisticRegression,
  loadIris,
  logGridSearch,
  logMetric,
  logParam,
  RandomForestClassifier,
  startRun,
  TrackingClient,
  withRun,
} from "../../src/ml/index.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { createApi, type TestApi } from "../support/api.ts";

let api: TestApi;
let client: TrackingClient;
beforeAll(async () => {
  api = await createApi();
  const { authorization } = await api.signedIn("User");
  client = new TrackingClient({ uri: api.url, authorization: authorization ?? null });
});
afterAll(() => api.stop());

type Json = ReturnType<typeof JSON.parse>;

async function read(runId: string): Promise<Json> {
  return (await client.call<Json>("GET", "runs/get", { run_id: runId })).run;
}

const byKey = (list: Json[] = []): Record<string, unknown> =>
  Object.fromEntries(list.map(({ key, value }) => [key, value]));

describe("runs", () => {
  test("log params, metrics, tags and artifacts, and end as their work ends", async () => {
    const folder = await temporaryFolder();
    mkdirSync(join(folder, "sub"));
    writeFileSync(join(folder, "sub", "f.txt"), "file");
    const runId = await withRun(
      { client, experiment: "churn", name: "first", tags: { a: "b" } },
      async (run) => {
        await run.logParams({ depth: 3, name: "x", layers: [1, 2] });
        for (let step = 0; step < 2500; step++) logMetric("loss", step, { step });
        logMetric("nan", Number.NaN);
        await run.setTag("color", "red");
        await run.logArtifacts(folder, "files");
        await run.logDict({ a: 1 }, "d.json");
        return run.runId;
      },
    );
    expect(activeRun()).toBeNull();
    const { info, data } = await read(runId);
    expect(info).toMatchObject({ status: "FINISHED", run_name: "first" });
    expect(byKey(data.params)).toEqual({ depth: "3", name: "x", layers: "[1,2]" });
    expect(byKey(data.metrics)).toEqual({ loss: 2499, nan: "NaN" });
    expect(byKey(data.tags)).toMatchObject({ a: "b", color: "red" });
    const history = await client.call<Json>("GET", "metrics/get-history", {
      run_id: runId,
      metric_key: "loss",
    });
    expect(history.metrics).toHaveLength(2500);
    const listed = await client.call<Json>("GET", "artifacts/list", { run_id: runId, path: "files/sub" });
    expect(listed.files).toEqual([{ path: "files/sub/f.txt", is_dir: false, file_size: 4 }]);
  });

  test("a run whose work throws is FAILED, and the error is the work's", async () => {
    let runId = "";
    await expect(
      withRun({ client }, (run) => {
        runId = run.runId;
        throw new Error("no luck");
      }),
    ).rejects.toThrow("no luck");
    expect((await read(runId)).info.status).toBe("FAILED");
  });

  test("what the server refuses is said, a metric's at the end of the run", async () => {
    await expect(
      withRun({ client }, async (run) => {
        await run.logParam("p", 1);
        await run.logParam("p", 2);
      }),
    ).rejects.toMatchObject({
      code: "TW_TRACKING_REFUSED",
      message: expect.stringContaining("Changing param values"),
    });
    await expect(withRun({ client }, () => logMetric("../m", 1))).rejects.toMatchObject({
      code: "TW_TRACKING_REFUSED",
    });
  });

  test("a run within a run is its child; one that was started is active until its context ends", async () => {
    const parent = await startRun({ client });
    expect(activeRun()?.runId).toBe(parent.runId);
    const childId = await withRun({ client }, (run) => run.runId);
    expect(byKey((await read(childId)).data.tags)).toMatchObject({ "mlflow.parentRunId": parent.runId });
    await parent.end("KILLED");
    const again = await startRun({ client, runId: parent.runId });
    expect((await read(again.runId)).info.status).toBe("RUNNING");
    await again.end();
  });

  test("outside of a run nothing can be logged, and without a server no run started", async () => {
    expect(() => logParam("a", 1)).toThrow(/expected an active run/);
    await expect(startRun()).rejects.toMatchObject({ code: "TW_TRACKING_SERVER" });
  });

  test("tasks that name a new experiment at the same moment share it", async () => {
    const ids = await Promise.all(
      Array.from({ length: 6 }, () => withRun({ client, experiment: "together" }, (run) => run.experimentId)),
    );
    expect(new Set(ids).size).toBe(1);
  });
});

describe("models", () => {
  test("autologging keeps options, scores, and the model, which loads as it was", async () => {
    const { x, y } = await loadIris();
    const runId = await withRun({ client }, (run) => {
      autolog(new LogisticRegression({ C: 0.5 }), { registeredModelName: "iris" }).fit(x, y);
      return run.runId;
    });
    const { data, outputs } = await read(runId);
    expect(byKey(data.params)).toMatchObject({ C: "0.5" });
    expect(byKey(data.metrics)["training_accuracy_score"]).toBeGreaterThan(0.9);
    const [{ model_id: modelId }] = outputs.model_outputs;
    const { model } = await client.call<Json>("GET", `logged-models/${modelId}`);
    expect(model.info).toMatchObject({ status: "LOGGED_MODEL_READY", source_run_id: runId });
    const { model_version } = await client.call<Json>("GET", "model-versions/get", {
      name: "iris",
      version: "1",
    });
    expect(model_version).toMatchObject({ run_id: runId, model_id: modelId, source: `models:/${modelId}` });
    const file = `/api/2.0/mlflow-artifacts/artifacts/0/models/${modelId}/artifacts/model.json`;
    const kept = LogisticRegression.fromJSON((await api.get<Json>(file, { as: "User" })).body);
    expect(kept.predict(x)).toEqual(new LogisticRegression({ C: 0.5 }).fit(x, y).predict(x));
  });

  test("a model whose columns are named is kept as ONNX too, in MLflow's layout", async () => {
    const { x, y } = await loadIris();
    const model = await withRun({ client }, (run) =>
      run.logModel(new LogisticRegression().fit(x, y), { name: "onnx", features: ["a", "b", "c", "d"] }),
    );
    const listed = await client.call<Json>("GET", `logged-models/${model.modelId}/artifacts/directories`);
    expect(listed.files.map(({ path }: Json) => path)).toEqual(
      expect.arrayContaining(["MLmodel", "model.json", "model.onnx", "requirements.txt"]),
    );
  });

  test("a grid search leaves its table, its best and a run for each candidate", async () => {
    const { x, y } = await loadIris();
    const search = gridSearch(
      new RandomForestClassifier({ seed: 0 }),
      { nEstimators: [2, 4], maxDepth: [1, 2] },
      x,
      y,
      { cv: 3 },
    );
    const runId = await withRun({ client, experiment: "grid" }, async (run) => {
      await logGridSearch(search);
      return run.runId;
    });
    const { info, data } = await read(runId);
    expect(byKey(data.metrics)).toEqual({ best_cv_score: search.bestScore });
    const children = await client.call<Json>("POST", "runs/search", {
      experiment_ids: [info.experiment_id],
      filter: `tags.mlflow.parentRunId = '${runId}'`,
    });
    expect(children.runs).toHaveLength(4);
    expect(children.runs.map(({ info }: Json) => info.status)).toEqual(Array(4).fill("FINISHED"));
  });
});
