/** The tasks that bring models out, against a server: what they leave behind, and what they refuse. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Dag } from "../../../src/index.ts";
import {
  abTestTask,
  deployTask,
  type GateResult,
  type GateTaskOptions,
  gateTask,
  Matrix,
  type ModelVersionRef,
  promoteTask,
  RandomForestClassifier,
  registerModelTask,
  rollbackTask,
  saveModelPackage,
  Table,
} from "../../../src/ml/index.ts";
import { testTask } from "../../../src/testing/index.ts";
import { createApi, passwordOf, type TestApi, userOf } from "../../support/api.ts";

let api: TestApi;
let folder: string;
let runs = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tw-models-"));
  api = await createApi();
  await api.signedIn("Admin");
  vi.stubEnv("MLFLOW_TRACKING_URI", api.url);
  vi.stubEnv("MLFLOW_TRACKING_USERNAME", userOf("Admin"));
  vi.stubEnv("MLFLOW_TRACKING_PASSWORD", passwordOf("Admin"));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await api.stop();
  await rm(folder, { recursive: true, force: true });
});

const dagOf = (build: (dag: Dag) => unknown): Dag => {
  const dag = new Dag("bring_out", { autoRegister: false });
  build(dag);
  return dag;
};
const x = Array.from({ length: 60 }, (_, i) => [i, 60 - i]);
const label = (i: number) => (i < 30 ? "low" : "high");
const holdOut = () => ({
  table: Table.from({ a: x.map(([a]) => a), b: x.map(([, b]) => b), size: x.map((_, i) => label(i)) }),
  target: "size",
});

/** A forest that tells low from high; a poor one takes every third for the other. */
async function packageOf(name: string, { poor = false } = {}): Promise<string> {
  const place = join(folder, name);
  const y = x.map((_, i) => Number(label(i) === "low") ^ Number(poor && i % 3 === 0));
  const model = new RandomForestClassifier({ nEstimators: 5, seed: 1 }).fit(
    Matrix.from(x),
    Float64Array.from(y),
  );
  await saveModelPackage(place, model, { inputs: [{ name: "a" }, { name: "b" }], labels: ["high", "low"] });
  return place;
}

async function register(model: string, source: string, runId = `run_${runs++}`): Promise<ModelVersionRef> {
  const dag = dagOf((on) => registerModelTask(on, "register", { model })({ source }));
  const result = await testTask(dag, "register", { inputs: { source }, runId });
  if (result.outcome !== "success") throw new Error(result.message);
  return result.value as ModelVersionRef;
}

async function judge(candidate: ModelVersionRef, more: Partial<GateTaskOptions> = {}) {
  const options: GateTaskOptions = {
    metrics: [{ name: "accuracy", threshold: 0.9 }],
    holdOut,
    noChampion: "pass",
    ...more,
  };
  const dag = dagOf((on) => gateTask(on, "gate", options)({ candidate }));
  return testTask(dag, "gate", { inputs: { candidate } });
}

const versionOf = async ({ name, version }: ModelVersionRef) => {
  const { body } = await api.get<{ model_version: { tags: { key: string; value: string }[] } }>(
    `/api/2.0/mlflow/model-versions/get?name=${name}&version=${version}`,
  );
  return Object.fromEntries(body.model_version.tags.map(({ key, value }) => [key, value]));
};
const alias = (name: string, version: string) =>
  api.call("POST", "/api/2.0/mlflow/registered-models/alias", { body: { name, alias: "champion", version } });

describe("registering", () => {
  it("uploads a folder and makes a version, once for all tries of an instance", async () => {
    const source = await packageOf("once");
    expect(await register("once", source, "run_a")).toEqual({ name: "once", version: "1" });
    expect(await register("once", source, "run_a")).toEqual({ name: "once", version: "1" });
    expect(await register("once", source, "run_b")).toEqual({ name: "once", version: "2" });
    expect(await versionOf({ name: "once", version: "1" })).toMatchObject({
      "tradewind.dag_id": "bring_out",
      "tradewind.run_id": "run_a",
    });
  });

  it("makes no version of what is no model, or when the store breaks off in the middle", async () => {
    const empty = join(folder, "empty");
    await mkdir(empty);
    await expect(register("none", empty)).rejects.toThrow("with an MLmodel; got none");
    // The file that comes before MLmodel cannot be stored any more.
    const source = await packageOf("broken-off");
    const { artifacts } = api.parts.config.paths;
    const place = join(artifacts, "mlflow-artifacts", "registered", "none", "bring_out_run_x_register");
    await mkdir(join(place, "model.json"), { recursive: true });
    await writeFile(join(place, "model.json", "in-the-way"), "");
    await expect(register("none", source, "run_x")).rejects.toThrow();
    const { body } = await api.get<object>("/api/2.0/mlflow/model-versions/search?filter=name%3D'none'");
    expect(body).toEqual({});
  });
});

describe("a gate", () => {
  it("compares with the champion on the same rows, and writes the verdict down", async () => {
    const [poor, good] = [await packageOf("poor", { poor: true }), await packageOf("good")];
    const champion = await register("sized", poor);
    const candidate = await register("sized", good);
    await alias("sized", champion.version);
    const { value } = await judge(candidate);
    expect(value).toMatchObject({
      passed: true,
      version: "2",
      champion: "1",
      checks: [{ metric: "accuracy", candidate: 1, passed: true }],
    });
    expect(await versionOf(candidate)).toMatchObject({
      "gate.passed": "true",
      "gate.champion": "1",
      "gate.hold_out": (value as GateResult).holdOut,
    });

    const worse = await register("sized", poor);
    const failed = await judge(worse);
    expect(failed).toMatchObject({
      outcome: "failed",
      retryable: false,
      message: expect.stringContaining("sized 3 does not pass: accuracy"),
    });
    expect(failed.xcoms["gate"]).toMatchObject({ passed: false });
    expect(await judge(worse, { onFailure: "skip" })).toMatchObject({ outcome: "skipped" });
    expect(await judge(worse, { onFailure: "branch" })).toMatchObject({
      outcome: "success",
      value: { passed: false },
    });
    expect(await versionOf(worse)).toMatchObject({ "gate.passed": "false" });
  });

  it("keeps out what cannot be judged", async () => {
    const first = await register("unjudged", await packageOf("first"));
    const reason = async (candidate: ModelVersionRef, more: Partial<GateTaskOptions> = {}) =>
      ((await judge(candidate, { onFailure: "branch", ...more })).value as GateResult).reason;
    expect(await reason(first, { noChampion: "fail" })).toBe("there is no champion to compare with");
    expect(await reason(first, { digest: "0123456789abcdef" })).toContain(
      "expected the frozen hold-out 0123456789abcdef, got other rows",
    );
    const nan = { metrics: [{ name: "odd", score: () => Number.NaN }] };
    expect(await reason(first, nan)).toBe("odd: expected a number as the candidate's score, got NaN");
    const foreign = { holdOut: () => ({ table: Table.from({ a: [1], size: ["low"] }), target: "size" }) };
    expect(await reason(first, foreign)).toContain(
      "the candidate could not be scored: Model is missing inputs ['b']",
    );
    const none = join(folder, "no-onnx");
    await mkdir(none);
    await writeFile(join(none, "MLmodel"), JSON.stringify({ flavors: { onnx: { data: "model.onnx" } } }));
    await writeFile(join(none, "model.onnx"), "this is no ONNX");
    expect(await reason(await register("unjudged", none))).toContain("the candidate could not be scored");
    await alias("unjudged", "2");
    expect(await reason(first)).toContain("the champion could not be scored");
  });
});

describe("bringing out", () => {
  const run = (build: (dag: Dag) => unknown, task: string, inputs: object) =>
    testTask(dagOf(build), task, { inputs: inputs as { [name: string]: unknown } });

  it("makes an endpoint, shares its traffic, promotes and goes back", async () => {
    const [v1, v2] = [
      await register("shop", await packageOf("shop-1")),
      await register("shop", await packageOf("shop-2")),
    ];
    const deploy = (model: ModelVersionRef, weight: number) =>
      run(
        (dag) => deployTask(dag, "deploy", { endpoint: "shop", weight, requestLog: 0.5 })({ model }),
        "deploy",
        { model },
      );
    expect(await deploy(v1, 10)).toMatchObject({ value: { variant: "v1", generation: 1 } });
    expect(await deploy(v2, 10)).toMatchObject({ value: { variant: "v2", generation: 2, weight: 10 } });
    expect(await deploy(v2, 10)).toMatchObject({ value: { generation: 2 } });
    expect(await api.get("/api/endpoints/shop")).toMatchObject({
      body: {
        request_log: { sample: 0.5 },
        variants: [
          { name: "v1", weight: 90 },
          { name: "v2", weight: 10 },
        ],
      },
    });
    const verdict = { ...v2, champion: null } as GateResult;
    const promote = (model: ModelVersionRef) =>
      run((dag) => promoteTask(dag, "promote", { endpoint: "shop" })({ model, verdict }), "promote", {
        model,
        verdict,
      });
    expect(await promote(v1)).toMatchObject({ value: { version: "1", previous: null, generation: 3 } });
    expect(await promote(v2)).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining(
        "shop@champion: expected version none, which version 2 was compared with, got 1: another promotion came first",
      ),
    });
    const moved = await run(
      (dag) => promoteTask(dag, "promote", { endpoint: "shop" })({ model: v2 }),
      "promote",
      { model: v2 },
    );
    expect(moved).toMatchObject({ value: { version: "2", previous: "1" } });
    const back = await run(
      (dag) => rollbackTask(dag, "back", { model: "shop", endpoint: "shop" })(),
      "back",
      {},
    );
    expect(back).toMatchObject({ value: { version: "1", previous: "2", endpoint: "shop" } });
    expect(await api.get("/api/endpoints/shop")).toMatchObject({
      body: { variants: expect.arrayContaining([expect.objectContaining({ name: "v1", weight: 100 })]) },
    });
  });

  it("waits for the outcomes of an A/B test, and gives its verdict", async () => {
    const [v1, v2] = [
      await register("ab", await packageOf("ab-1")),
      await register("ab", await packageOf("ab-2")),
    ];
    await run((dag) => deployTask(dag, "deploy", { endpoint: "ab" })({ model: v1 }), "deploy", { model: v1 });
    const test = { endpoint: "ab", metric: "bought", split: 50, minSamples: 20 };
    const dag = dagOf((on) => abTestTask(on, "test", test)({ model: v2 }));
    // Every look is of one attempt, which began before the first answer.
    const now = new Date();
    const look = () => testTask(dag, "test", { inputs: { model: v2 }, now });
    expect(await look()).toMatchObject({ outcome: "reschedule" });
    const ids: { request_id: string | null; metric: string; value: number }[] = [];
    const answered = { v1: 0, v2: 0 };
    while (Math.min(answered.v1, answered.v2) < 20) {
      const { headers, status } = await api.call("POST", "/endpoints/ab/invocations", {
        body: { dataframe_split: { columns: ["a", "b"], data: [[1, 2]] } },
      });
      expect(status).toBe(200);
      const variant = headers.get("x-tradewind-variant") as "v1" | "v2";
      const value = variant === "v2" ? 1 : answered.v1 % 2;
      answered[variant] += 1;
      ids.push({ request_id: headers.get("x-tradewind-request-id"), metric: "bought", value });
    }
    await api.call("POST", "/api/endpoints/ab/outcomes", { body: { outcomes: ids } });
    expect(await look()).toMatchObject({
      outcome: "success",
      value: { winner: "treatment", significant: true, control: "v1", treatment: "v2", test: "proportions" },
    });
  });
});
