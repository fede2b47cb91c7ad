/** Rollouts and promotions behind the API. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createApi, type TestApi } from "../support/api.ts";

let api: TestApi;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tw-models-"));
  api = await createApi();
});
afterAll(() => api.stop());

/** Answers its number for zeros. */
function constantModel(answer: number, options: { broken?: boolean } = {}): string {
  const place = join(folder, `${answer}`);
  mkdirSync(place, { recursive: true });
  const state =
    options.broken === true ? { coefficients: "none" } : { shift: [-answer, -answer], scale: [1, 1] };
  writeFileSync(
    join(place, "model.json"),
    JSON.stringify({ model: "StandardScaler", format: 1, params: {}, state }),
  );
  const inputs = JSON.stringify(["x", "y"].map((name) => ({ type: "double", name, required: true })));
  writeFileSync(
    join(place, "MLmodel"),
    JSON.stringify({ flavors: { tradewind: { data: "model.json" } }, signature: { inputs } }),
  );
  return place;
}

type Row = { predictions: number[][] };
const ask = (on: TestApi, name: string) =>
  on.call<Row>("POST", `/endpoints/${name}/invocations`, {
    body: { dataframe_split: { columns: ["x", "y"], data: [[0, 0]] } },
  });
const endpoint = (on: TestApi, name: string, more: object = {}) =>
  on.call("POST", "/api/endpoints", {
    body: { name, variants: [{ name: "champion", model: constantModel(1), weight: 100 }], ...more },
  });
const start = (on: TestApi, name: string, body: object) =>
  on.call<{ id: number; detail: string }>("POST", `/api/endpoints/${name}/rollouts`, { body });

describe("a rollout", () => {
  it("goes step by step by itself, with what was answered", { timeout: 60_000 }, async () => {
    await endpoint(api, "steps");
    const steps = [50, 100].map((weight) => ({ weight, bake_seconds: 0, min_requests: 5 }));
    const made = await start(api, "steps", { variant: { name: "v2", model: constantModel(2) }, steps });
    expect(made).toMatchObject({ status: 201, body: { state: "running", baseline: "champion", step: 0 } });
    const path = `/api/endpoints/steps/rollouts/${made.body.id}`;
    await vi.waitFor(
      async () => {
        for (let i = 0; i < 40; i++) expect((await ask(api, "steps")).status).toBe(200);
        expect(await api.get(path)).toMatchObject({
          body: { state: "succeeded", ended_at: expect.any(String) },
        });
      },
      { timeout: 40_000, interval: 200 },
    );
    expect((await ask(api, "steps")).body.predictions).toEqual([[2, 2]]);
    expect(await api.get(path)).toMatchObject({
      body: {
        events: [
          { kind: "started", actor: "admin" },
          { kind: "step", actor: null, reason: "step 2 of 2: 100 %" },
          { kind: "succeeded" },
        ],
      },
    });
  });

  it("is held, goes on, and is ended by hand", async () => {
    await endpoint(api, "hands");
    const { body } = await start(api, "hands", { variant: { name: "v3", model: constantModel(3) } });
    const path = `/api/endpoints/hands/rollouts/${body.id}`;
    expect(await api.get(path)).toMatchObject({
      body: {
        steps: [{ weight: 1, bake_seconds: 600, min_requests: 100 }, {}, {}, {}],
        next: { kind: "wait" },
        guardrail_states: [{ guardrail: "max_error_rate", state: "unclear" }],
      },
    });
    expect(await start(api, "hands", { variant: { name: "v4", model: constantModel(4) } })).toMatchObject({
      status: 409,
    });
    const tell = (verb: string, reason: string, as: "Admin" | "Viewer" = "Admin") =>
      api.call("POST", `${path}/${verb}`, { body: { reason }, as });
    expect(await tell("pause", "no", "Viewer")).toMatchObject({ status: 403 });
    expect(await tell("pause", "lunch")).toMatchObject({
      status: 200,
      body: { state: "paused", reason: "lunch" },
    });
    expect(await tell("resume", "back")).toMatchObject({ body: { state: "running" } });
    expect(await tell("abort", "not good")).toMatchObject({ body: { state: "aborted", reason: "not good" } });
    expect(await tell("abort", "again")).toMatchObject({ status: 409 });
    expect(await api.get("/api/endpoints/hands")).toMatchObject({
      body: { variants: [{ name: "champion", weight: 100 }] },
    });
  });

  it("refuses what cannot be rolled out, and leaves the traffic as it is", async () => {
    await endpoint(api, "refusing");
    const model = constantModel(5);
    const refused = async (body: object) => {
      const answer = await start(api, "refusing", body);
      return [answer.status, JSON.stringify(answer.body)];
    };
    expect(await refused({ variant: { name: "v5" } })).toEqual([
      422,
      expect.stringContaining("expected a model for the new variant v5"),
    ]);
    expect(await refused({ variant: { name: "champion", model } })).toEqual([
      422,
      expect.stringContaining("expected a variant beside champion to go back to"),
    ]);
    const shrinking = [{ weight: 50 }, { weight: 10 }];
    expect(await refused({ variant: { name: "v5", model }, steps: shrinking })).toEqual([
      422,
      expect.stringContaining("expected growing weights, got 50, 10"),
    ]);
    const absent = await refused({ variant: { name: "v5", model: "models:/nothing/1" } });
    expect(absent).toEqual([404, expect.stringContaining("name=nothing not found")]);
    expect(await api.get("/api/endpoints/refusing")).toMatchObject({ body: { generation: 1 } });
    expect(await api.get("/api/endpoints/refusing/rollouts")).toMatchObject({ body: { rollouts: [] } });
  });
});

describe("a promotion", () => {
  const rpc = (method: string, path: string, body: object) =>
    api.call<{ model_version: { version: string } }>(method, `/api/2.0/mlflow/${path}`, { body });
  const promote = (version: number, more: object = {}) =>
    api.call<{ detail: string }>("POST", "/api/models/churn/promote", { body: { version, ...more } });
  const versionAt = async (alias: string) =>
    (
      await api.get<{ model_version: { version: string } }>(
        `/api/2.0/mlflow/registered-models/alias?name=churn&alias=${alias}`,
      )
    ).body.model_version?.version;

  beforeAll(async () => {
    await rpc("POST", "registered-models/create", { name: "churn" });
    for (let version = 1; version <= 4; version++)
      await rpc("POST", "model-versions/create", {
        name: "churn",
        source: `mlflow-artifacts:/churn/${version}`,
      });
    await endpoint(api, "churn");
  });

  it("moves the alias and the traffic together", async () => {
    expect(
      await promote(1, { expected_version: null, endpoint: "churn", reason: "the first" }),
    ).toMatchObject({
      status: 200,
      body: { version: "1", previous_version: null, endpoint: { generation: 2 } },
    });
    expect(await api.get("/api/endpoints/churn")).toMatchObject({
      body: {
        variants: [
          { name: "champion", weight: 0 },
          { name: "v1", model: "models:/churn/1", weight: 100 },
        ],
      },
    });
    const changes = await api.get("/api/endpoints/churn/changes");
    expect(changes).toMatchObject({
      body: { changes: [{ kind: "promoted", actor: "admin", reason: "the first" }, {}] },
    });
  });

  it("lets one of two at once win, and tells the other", async () => {
    const answers = await Promise.all([2, 3].map((version) => promote(version, { expected_version: 1 })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const lost = answers.find(({ status }) => status === 409);
    expect(lost?.body.detail).toMatch(
      /churn@champion: expected version 1, which version [23] was compared with, got [23]: another promotion came first/,
    );
  });

  it("goes back to what stood there before, and never to what was taken back", async () => {
    await promote(2, { endpoint: "churn" });
    await promote(3, { endpoint: "churn" });
    await promote(4, { endpoint: "churn" });
    const back = () =>
      api.call("POST", "/api/models/churn/rollback", { body: { endpoint: "churn", reason: "it was bad" } });
    expect(await back()).toMatchObject({ body: { version: "3", previous_version: "4" } });
    expect(await back()).toMatchObject({ body: { version: "2", previous_version: "3" } });
    expect(await versionAt("champion")).toBe("2");
    expect(await api.get("/api/endpoints/churn")).toMatchObject({
      body: { variants: expect.arrayContaining([expect.objectContaining({ name: "v2", weight: 100 })]) },
    });
    expect(await back()).toMatchObject({ body: { version: "1" } });
    expect(await back()).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining("got none to go back to") },
    });
  });

  it("moves nothing when the endpoint is not there", async () => {
    const before = await versionAt("champion");
    expect(await promote(4, { endpoint: "no-such" })).toMatchObject({ status: 404 });
    expect(await versionAt("champion")).toBe(before);
  });
});
