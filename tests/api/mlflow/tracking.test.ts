/** MLflow's calls as a client sends them: what comes back, and what is refused, in its own words. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApi, type TestApi } from "../../support/api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await createApi();
});
afterAll(() => api.stop());

const base = "/api/2.0/mlflow/";
type Json = ReturnType<typeof JSON.parse>;

async function post(path: string, body: unknown): Promise<{ status: number; body: Json }> {
  return api.call<Json>("POST", base + path, { body });
}

async function newRun(): Promise<string> {
  const { body } = await post("runs/create", { experiment_id: "0", start_time: 1 });
  return body.run.info.run_id;
}

const invalid = (message: string) => ({
  status: 400,
  body: { error_code: "INVALID_PARAMETER_VALUE", message: expect.stringContaining(message) },
});

describe("runs", () => {
  test("a run is the same under both of its ids, and has a name of its own", async () => {
    const runId = await newRun();
    const { body } = await api.get<Json>(`${base}runs/get?run_uuid=${runId}`);
    expect(body.run.info).toMatchObject({
      run_id: runId,
      run_uuid: runId,
      status: "RUNNING",
      lifecycle_stage: "active",
      artifact_uri: `mlflow-artifacts:/0/${runId}/artifacts`,
    });
    expect(body.run.data.tags).toEqual([{ key: "mlflow.runName", value: body.run.info.run_name }]);
    expect(body.run.info.run_name).toMatch(/^\w+-\w+-\d+$/);
  });

  test("a run goes on for pages and for the protocol of 3.x under the same path", async () => {
    const runId = await newRun();
    for (const prefix of ["/api/3.0/mlflow/", "/ajax-api/2.0/mlflow/", "/ajax-api/3.0/mlflow/"])
      expect((await api.get(`${prefix}runs/get?run_id=${runId}`)).status).toBe(200);
  });

  test("numbers may be texts, and what JSON has no number for is a word", async () => {
    const runId = await newRun();
    for (const [key, value] of [
      ["a", "1.5"],
      ["b", "NaN"],
      ["c", "-Infinity"],
      ["d", true],
    ])
      expect(
        await post("runs/log-metric", { run_id: runId, key, value, timestamp: "7", step: "3" }),
      ).toMatchObject({
        status: 200,
        body: {},
      });
    const { body } = await api.get<Json>(`${base}runs/get?run_id=${runId}`);
    const values = Object.fromEntries(body.run.data.metrics.map((m: Json) => [m.key, m.value]));
    expect(values).toEqual({ a: 1.5, b: "NaN", c: -Number.MAX_VALUE, d: 1 });
  });

  test.each([
    ["runs/log-metric", { key: "m", value: "abc", timestamp: 1 }, "Hint: Value was of type 'str'"],
    ["runs/log-metric", { key: "m", value: 1 }, "Missing value for required parameter 'timestamp'"],
    ["runs/log-metric", { key: "m", value: 1, timestamp: -1 }, "Timestamp must be a nonnegative long"],
    ["runs/log-metric", { key: "../m", value: 1, timestamp: 1 }, "must not resolve to other names"],
    ["runs/log-parameter", { key: "a;b", value: "1" }, "Names may only contain alphanumerics"],
    ["runs/log-parameter", { key: "k".repeat(251), value: "1" }, "exceeds the maximum length of 250"],
    [
      "runs/log-batch",
      {
        params: [
          { key: "d", value: "1" },
          { key: "d", value: "1" },
        ],
      },
      "Duplicate parameter keys",
    ],
    [
      "runs/log-batch",
      { metrics: Array.from({ length: 1001 }, (_, n) => ({ key: `k${n}`, value: 1, timestamp: 1 })) },
      "at most 1000 metrics",
    ],
    ["runs/log-batch", { metrics: [{ key: "m", value: "x", timestamp: 1 }] }, "metrics[0].value"],
    ["runs/set-tag", { value: "x" }, "Missing value for required parameter 'key'"],
    ["runs/log-model", { model_json: "{" }, "Malformed model info"],
    ["runs/log-inputs", { datasets: [{ dataset: { name: "d" } }] }, "datasets[0].dataset.digest"],
  ])("%s refuses %j", async (path, body, message) => {
    const runId = await newRun();
    expect(await post(path, { run_id: runId, ...body })).toMatchObject(invalid(message));
  });

  test("a param that changes refuses its whole batch, and nothing of it is there", async () => {
    const runId = await newRun();
    await post("runs/log-parameter", { run_id: runId, key: "p", value: "1" });
    const batch = {
      run_id: runId,
      params: [
        { key: "new", value: "1" },
        { key: "p", value: "2" },
      ],
      metrics: [{ key: "m", value: 1, timestamp: 1 }],
      tags: [{ key: "t", value: "1" }],
    };
    expect(await post("runs/log-batch", batch)).toMatchObject(
      invalid("Changing param values is not allowed"),
    );
    const { body } = await api.get<Json>(`${base}runs/get?run_id=${runId}`);
    expect(body.run.data).toEqual({ params: [{ key: "p", value: "1" }], tags: [expect.anything()] });
  });

  test("a run that is not there, or deleted, says so", async () => {
    expect(await api.get(`${base}runs/get?run_id=nope`)).toMatchObject({
      status: 404,
      body: { error_code: "RESOURCE_DOES_NOT_EXIST", message: "Run with id=nope not found" },
    });
    const runId = await newRun();
    await post("runs/delete", { run_id: runId });
    expect(await post("runs/set-tag", { run_id: runId, key: "a", value: "b" })).toMatchObject(
      invalid("must be in the 'active' state. Current state is deleted."),
    );
  });

  test("pages go on where the last one ended, and a token that is none is refused", async () => {
    const { body: made } = await post("experiments/create", { name: "paged" });
    const ids = [];
    for (let n = 0; n < 3; n++)
      ids.unshift(
        (await post("runs/create", { experiment_id: made.experiment_id, start_time: n })).body.run.info
          .run_id,
      );
    const page = (token?: string) =>
      post("runs/search", { experiment_ids: [made.experiment_id], max_results: 2, page_token: token });
    const first = await page();
    const second = await page(first.body.next_page_token);
    const seen = [...first.body.runs, ...second.body.runs].map((run: Json) => run.info.run_id);
    expect(seen).toEqual(ids);
    expect(second.body.next_page_token).toBeUndefined();
    expect(await page("e30=")).toMatchObject(invalid("Invalid page token"));
    expect(await post("runs/search", { max_results: 0 })).toMatchObject(
      invalid("It must be a positive integer"),
    );
    expect((await post("runs/search", { experiment_ids: ["77"] })).body).toEqual({});
  });
});

describe("what there is not", () => {
  test("parts of MLflow for language models answer 501 at once, in JSON", async () => {
    for (const path of ["gateway/secrets/list", "scorers/list", "workspaces", "datasets/search"])
      expect(await api.get(`/api/3.0/mlflow/${path}`)).toMatchObject({
        status: 501,
        body: { error_code: "NOT_IMPLEMENTED" },
      });
  });

  test("a path that nobody knows answers in JSON, as clients need it", async () => {
    expect(await api.get(`${base}nope`)).toMatchObject({
      status: 404,
      body: { error_code: "ENDPOINT_NOT_FOUND" },
    });
  });

  test("nobody logs without signing in", async () => {
    expect(await api.call("POST", `${base}runs/create`, { as: "nobody", body: {} })).toMatchObject({
      status: 401,
      body: { error_code: "UNAUTHENTICATED" },
    });
    expect((await api.call("POST", `${base}runs/create`, { as: "Viewer", body: {} })).status).toBe(403);
    expect((await api.get(`${base}experiments/get?experiment_id=0`, { as: "Viewer" })).status).toBe(200);
  });
});

describe("registry", () => {
  test("tells which version stood where, and when, and who put it there", async () => {
    await post("registered-models/create", { name: "m" });
    for (let n = 0; n < 2; n++) await post("model-versions/create", { name: "m", source: "s3://bucket/m" });
    await post("registered-models/alias", { name: "m", alias: "champion", version: "1" });
    await post("registered-models/alias", { name: "m", alias: "champion", version: "2" });
    await post("model-versions/transition-stage", {
      name: "m",
      version: "1",
      stage: "production",
      archive_existing_versions: false,
    });
    await post("model-versions/transition-stage", {
      name: "m",
      version: "2",
      stage: "Production",
      archive_existing_versions: true,
    });
    const { body } = await api.get<Json>(`${base}model-versions/history?name=m`);
    expect(body.events.every(({ timestamp, name }: Json) => timestamp > 0 && name === "m")).toBe(true);
    expect(body.events).toMatchObject([
      { version: "2", kind: "stage", stage: "Production", previous_stage: "None", user_id: "admin" },
      { version: "1", kind: "stage", stage: "Archived", previous_stage: "Production", user_id: "admin" },
      { version: "1", kind: "stage", stage: "Production", previous_stage: "None", user_id: "admin" },
      { version: "2", kind: "alias_set", alias: "champion", previous_version: "1", user_id: "admin" },
      { version: "1", kind: "alias_set", alias: "champion", user_id: "admin" },
      { version: "2", kind: "created", stage: "None", user_id: "admin" },
      { version: "1", kind: "created", stage: "None", user_id: "admin" },
    ]);
  });

  test("of two promotions at once, one follows the other", async () => {
    await post("registered-models/create", { name: "race" });
    for (let n = 0; n < 4; n++)
      await post("model-versions/create", { name: "race", source: "s3://bucket/m" });
    await Promise.all(
      ["1", "2", "3", "4"].map((version) =>
        post("model-versions/transition-stage", {
          name: "race",
          version,
          stage: "Production",
          archive_existing_versions: true,
        }),
      ),
    );
    const { body } = await post("registered-models/get-latest-versions", { name: "race" });
    expect(body.model_versions.filter((v: Json) => v.current_stage === "Production")).toHaveLength(1);
    const { body: all } = await api.get<Json>(
      `${base}model-versions/search?filter=${encodeURIComponent("name='race'")}`,
    );
    expect(all.model_versions.filter((v: Json) => v.current_stage === "Production")).toHaveLength(1);
  });

  test.each([
    ["/etc/passwd", "To use a local path as a model version source"],
    ["file:///etc/passwd", "To use a local path as a model version source"],
    ["s3://bucket/../x", "absolute path must be provided"],
    ["s3://bucket/%2e%2e/x", "absolute path must be provided"],
  ])("refuses the source %s", async (source, message) => {
    await post("registered-models/create", { name: "sources" });
    expect(await post("model-versions/create", { name: "sources", source })).toMatchObject(invalid(message));
  });
});
