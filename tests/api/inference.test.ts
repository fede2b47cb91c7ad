/** Models behind the API: predictions in both protocols, endpoints whose traffic is shared, moved and taken back. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createApi, type TestApi } from "../support/api.ts";

let api: TestApi;
let folder: string;

/** A model that is told from others by what it answers for zeros. */
function constantModel(name: string, answer: number, options: { broken?: boolean } = {}): string {
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  const state = options.broken === true ? { coefficients: "none" } : scaler(answer);
  writeFileSync(
    join(place, "model.json"),
    JSON.stringify({ model: "StandardScaler", format: 1, params: {}, state }),
  );
  const inputs = JSON.stringify(
    ["x", "y"].map((column) => ({ type: "double", name: column, required: true })),
  );
  writeFileSync(
    join(place, "MLmodel"),
    JSON.stringify({ flavors: { tradewind: { data: "model.json" } }, signature: { inputs } }),
  );
  return place;
}

/** A scaler that adds `answer`. */
const scaler = (answer: number) => ({ shift: [-answer, -answer], scale: [1, 1] });
const zeros = { dataframe_split: { columns: ["x", "y"], data: [[0, 0]] } };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tw-models-"));
  api = await createApi();
});
afterAll(() => api.stop());

const endpoint = (name: string, variants: object[], guardrails: object | null = null) =>
  api.call("POST", "/api/endpoints", { body: { name, variants, guardrails } });
const ask = (name: string, key?: string) =>
  api.call<{ predictions: number[][] }>("POST", `/endpoints/${name}/invocations`, {
    body: zeros,
    headers: key === undefined ? {} : { "x-routing-key": key },
  });

describe("predictions", () => {
  beforeAll(async () => {
    await endpoint("one", [{ name: "only", model: constantModel("one", 1), weight: 100 }]);
  });

  it("answers MLflow's formats, and says who answered", async () => {
    const answer = await ask("one");
    expect({ status: answer.status, body: answer.body }).toEqual({
      status: 200,
      body: { predictions: [[1, 1]] },
    });
    expect(answer.headers.get("x-tradewind-variant")).toBe("only");
    const csv = await fetch(`${api.url}/endpoints/one/invocations`, {
      method: "POST",
      headers: { ...(await api.signedIn("Viewer")), "content-type": "text/csv" },
      body: "y,x\n0,1\n",
    });
    expect(await csv.json()).toEqual({ predictions: [[2, 1]] });
  });

  it.each([
    [{ dataframe_split: { columns: ["x"], data: [[0]] } }, "Model is missing inputs ['y']."],
    [
      { dataframe_split: { columns: ["x", "y"], data: [["a", 0]] } },
      "Failed to convert column x to type 'float64'",
    ],
    [{ rows: [] }, "expected a JSON object with exactly one of"],
    [{ dataframe_records: [] }, "expected at least one row, got none"],
  ])("refuses %j with MLflow's form of an error", async (body, message) => {
    expect(await api.call("POST", "/endpoints/one/invocations", { body })).toMatchObject({
      status: 400,
      body: { error_code: "INVALID_PARAMETER_VALUE", message: expect.stringContaining(message) },
    });
  });

  it("names the content types that it takes", async () => {
    const answer = await fetch(`${api.url}/endpoints/one/invocations`, {
      method: "POST",
      headers: { ...(await api.signedIn("Viewer")), "content-type": "application/xml" },
      body: "<a/>",
    });
    expect(answer.status).toBe(415);
    expect(await answer.text()).toContain("application/json, text/csv");
  });

  it("speaks the Open Inference Protocol", async () => {
    expect(await api.get("/v2/models/one")).toMatchObject({
      status: 200,
      body: {
        name: "one",
        platform: "tradewind_json",
        inputs: [{ name: "x", datatype: "FP64" }, { name: "y" }],
      },
    });
    const body = {
      id: "my-id",
      inputs: [{ name: "in", shape: [2, 2], datatype: "FP64", data: [0, 0, 1, 1] }],
    };
    expect(await api.call("POST", "/v2/models/one/infer", { body })).toMatchObject({
      status: 200,
      body: {
        model_name: "one",
        id: "my-id",
        outputs: [{ name: "predict", shape: [2, 2], data: [1, 1, 2, 2] }],
      },
    });
    expect(await api.get("/v2/health/live", { as: "nobody" })).toMatchObject({ body: { live: true } });
    expect(await api.get("/v2/models/none")).toMatchObject({
      status: 404,
      body: { error: expect.any(String) },
    });
    expect(await api.call("POST", "/v2/models/one/infer", { body: { inputs: [] } })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining("inputs") },
    });
  });

  it("asks who it is", async () => {
    expect(await api.call("POST", "/endpoints/one/invocations", { body: zeros, as: "nobody" })).toMatchObject(
      {
        status: 401,
      },
    );
    expect(await api.call("DELETE", "/api/endpoints/one", { as: "Viewer" })).toMatchObject({ status: 403 });
  });
});

describe("traffic", () => {
  it("keeps a key at its variant, and all its keys when a canary is rolled back", async () => {
    const variants = [
      { name: "champion", model: constantModel("champion", 1), weight: 70 },
      { name: "canary", model: constantModel("canary", 2), weight: 30 },
    ];
    await endpoint("split", variants);
    const first = new Map<string, number>();
    for (let key = 0; key < 60; key++)
      first.set(`k${key}`, (await ask("split", `k${key}`)).body.predictions[0]?.[0] ?? 0);
    expect(new Set(first.values())).toEqual(new Set([1, 2]));
    for (const [key, answer] of first)
      expect((await ask("split", key)).body.predictions[0]?.[0]).toBe(answer);
    const moved = [
      { ...variants[0], weight: 0 },
      { ...variants[1], weight: 100 },
    ];
    await api.call("PUT", "/api/endpoints/split/traffic", { body: { variants: moved, reason: "all of it" } });
    expect((await ask("split", "k1")).body.predictions[0]?.[0]).toBe(2);
    expect(await api.call("POST", "/api/endpoints/split/rollback", { body: {} })).toMatchObject({
      status: 200,
      body: { generation: 3, variants: [{ weight: 70 }, { weight: 30 }] },
    });
    for (const [key, answer] of first)
      expect((await ask("split", key)).body.predictions[0]?.[0]).toBe(answer);
    expect(await api.get("/api/endpoints/split/changes")).toMatchObject({
      body: {
        changes: [
          { generation: 3, kind: "rolled_back", actor: "admin", reason: "back to generation 1" },
          { generation: 2, kind: "traffic", reason: "all of it" },
          { generation: 1, kind: "created" },
        ],
      },
    });
  });

  it("refuses the later of two changes that were made on the same generation", async () => {
    const variants = [{ name: "a", model: constantModel("a", 1), weight: 100 }];
    await endpoint("race", variants);
    const change = () =>
      api.call("PUT", "/api/endpoints/race/traffic", { body: { variants, generation: 1 } });
    const answers = await Promise.all([change(), change()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it("refuses weights that do not add up", async () => {
    expect(await endpoint("bad", [{ name: "a", model: "models:/a/1", weight: 90 }])).toMatchObject({
      status: 422,
      body: { detail: "expected weights that add up to 100, got 90" },
    });
  });

  it("lets the champion answer where a canary breaks, and takes the canary out by its guardrail", async () => {
    await endpoint(
      "guarded",
      [
        { name: "champion", model: constantModel("good", 1), weight: 60 },
        { name: "canary", model: constantModel("broken", 0, { broken: true }), weight: 40 },
      ],
      { max_error_rate: 0.05, min_requests: 10 },
    );
    for (let i = 0; i < 60; i++) expect((await ask("guarded")).body.predictions).toEqual([[1, 1]]);
    await vi.waitFor(async () =>
      expect(await api.get("/api/endpoints/guarded")).toMatchObject({
        body: {
          variants: [
            { name: "champion", weight: 100 },
            { name: "canary", weight: 0 },
          ],
        },
      }),
    );
    expect(await api.get("/api/endpoints/guarded/changes")).toMatchObject({
      body: {
        changes: [{ kind: "guardrail", reason: expect.stringContaining("error rate"), actor: null }, {}],
      },
    });
  });

  it("asks a shadow beside the others, and answers nothing of it", async () => {
    await endpoint("shadowed", [
      { name: "live", model: constantModel("live", 1), weight: 100 },
      { name: "shadow", model: constantModel("shadow", 2), weight: 0, shadow: true },
    ]);
    for (let i = 0; i < 5; i++) expect((await ask("shadowed")).body.predictions).toEqual([[1, 1]]);
    const asked = async () => {
      const { body } = await api.get<{ traffic: { variant: string; requests: number }[] }>(
        "/api/endpoints/shadowed/report",
      );
      return Object.fromEntries(body.traffic.map(({ variant, requests }) => [variant, requests]));
    };
    await vi.waitFor(async () => expect(await asked()).toEqual({ live: 5, shadow: 5 }), 15_000);
  });

  it("joins what comes of an answer to the variant that gave it", async () => {
    await endpoint("shop", [
      { name: "a", model: constantModel("shop-a", 1), weight: 50 },
      { name: "b", model: constantModel("shop-b", 2), weight: 50 },
    ]);
    const outcomes: object[] = [];
    for (let i = 0; i < 40; i++) {
      const { headers } = await ask("shop", `c${i}`);
      const bought = headers.get("x-tradewind-variant") === "b" ? i % 2 : 0;
      outcomes.push({ request_id: headers.get("x-tradewind-request-id"), metric: "bought", value: bought });
    }
    const post = () => api.call("POST", "/api/endpoints/shop/outcomes", { body: { outcomes } });
    expect(await post()).toMatchObject({ body: { added: 40 } });
    expect(await post()).toMatchObject({ body: { added: 0 } });
    const { body } = await api.get<{ comparisons: { difference: number; variant: string }[] }>(
      "/api/endpoints/shop/report",
    );
    expect(body.comparisons).toMatchObject([{ metric: "bought", variant: "b", baseline_mean: 0 }]);
    expect(body.comparisons[0]?.difference).toBeGreaterThan(0);
    expect(
      await api.call("POST", "/api/endpoints/shop/outcomes", {
        body: { outcomes: [{ request_id: "made up", metric: "bought", value: 1 }] },
      }),
    ).toMatchObject({ status: 422 });
  });
});

describe("registered models", () => {
  it("follows an alias to another version without a failed request", async () => {
    const rpc = (method: string, path: string, body: object) =>
      api.call(method, `/api/2.0/mlflow/${path}`, { body });
    await rpc("POST", "registered-models/create", { name: "adder" });
    for (const answer of [1, 2]) {
      const model = constantModel(`adder-${answer}`, answer);
      const files = ["MLmodel", "model.json"];
      const root = createHash("sha256").update(model).digest("hex").slice(0, 8);
      for (const file of files)
        await fetch(`${api.url}/api/2.0/mlflow-artifacts/artifacts/${root}/${file}`, {
          method: "PUT",
          headers: await api.signedIn("Admin"),
          body: new Uint8Array(readFileSync(join(model, file))),
        });
      const version = await rpc("POST", "model-versions/create", {
        name: "adder",
        source: `mlflow-artifacts:/${root}`,
      });
      expect(version).toMatchObject({ status: 200 });
    }
    await rpc("POST", "registered-models/alias", { name: "adder", alias: "champion", version: "1" });
    await endpoint("adder", [{ name: "live", model: "models:/adder@champion", weight: 100 }]);
    expect((await ask("adder")).body.predictions).toEqual([[1, 1]]);
    await rpc("POST", "registered-models/alias", { name: "adder", alias: "champion", version: "2" });
    await vi.waitFor(async () => {
      const { status, body, headers } = await ask("adder");
      expect(status).toBe(200);
      expect({ body, version: headers.get("x-tradewind-model-version") }).toEqual({
        body: { predictions: [[2, 2]] },
        version: "2",
      });
    }, 10_000);
    const gone = [{ name: "live", model: "models:/adder@nobody", weight: 100 }];
    await endpoint("nobody", gone);
    expect(await ask("nobody")).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining("alias nobody not found") },
    });
  });
});
