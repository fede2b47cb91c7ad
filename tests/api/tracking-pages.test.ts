/** What the page asks for under /ui/tracking, and how it hears of changes. */
import { describe, expect, it, onTestFinished } from "vitest";
import type { SearchHit } from "../../src/api/ui/contract.ts";
import type {
  ExperimentList,
  ModelVersionPage,
  RunColumns,
  RunPage,
  RunWindow,
} from "../../src/api/ui/tracking-contract.ts";
import { freshApi, type TestApi } from "../support/api.ts";
import { EventStream } from "../support/event-stream.ts";

const base = "/api/2.0/mlflow";

async function post<Answer = unknown>(api: TestApi, path: string, body: object): Promise<Answer> {
  const answer = await api.call<Answer>("POST", `${base}/${path}`, { body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

async function makeRun(
  api: TestApi,
  name: string,
  more: { metrics?: object[]; params?: object[]; tags?: object[]; at?: number } = {},
): Promise<string> {
  const { run } = await post<{ run: { info: { run_id: string } } }>(api, "runs/create", {
    experiment_id: "0",
    run_name: name,
    start_time: more.at ?? 1000,
    tags: more.tags ?? [],
  });
  const { run_id } = run.info;
  const { metrics = [], params = [] } = more;
  await post(api, "runs/log-batch", { run_id, metrics, params });
  return run_id;
}

async function upload(api: TestApi, place: string, content: string): Promise<void> {
  const url = `${api.url}/api/2.0/mlflow-artifacts/artifacts/${place}`;
  const { status } = await fetch(url, { method: "PUT", headers: await api.signedIn("Admin"), body: content });
  expect(status).toBe(200);
}

const metric = (key: string, value: number | string) => ({ key, value, timestamp: 1, step: 0 });

const windowOf = async (api: TestApi, query: string): Promise<RunWindow> =>
  (await api.get<RunWindow>(`/ui/tracking/runs?experiments=0&${query}`)).body;

describe("a window of runs", () => {
  it("has the asked columns of its rows, and the length of the whole list", async () => {
    const api = await freshApi();
    for (let at = 0; at < 7; at++)
      await makeRun(api, `run-${at}`, {
        at: 1000 + at,
        metrics: [metric("loss", at === 3 ? "NaN" : at)],
        params: [{ key: "lr", value: "0.1" }],
      });
    const { runs, total } = await windowOf(api, "limit=3&offset=2&column=metrics.loss&column=params.none");
    expect(total).toBe(7);
    expect(runs.map(({ name, values }) => [name, values])).toEqual([
      ["run-4", { "metrics.loss": 4 }],
      ["run-3", { "metrics.loss": "NaN" }],
      ["run-2", { "metrics.loss": 2 }],
    ]);
    const best = await windowOf(
      api,
      `order_by=${encodeURIComponent("metrics.loss DESC")}&limit=2&filter=${encodeURIComponent("metrics.loss < 5")}`,
    );
    expect([best.total, best.runs.map(({ name }) => name)]).toEqual([4, ["run-4", "run-2"]]);
  });

  it("keeps runs apart from those within them", async () => {
    const api = await freshApi();
    const parent = await makeRun(api, "parent", { at: 1 });
    for (const name of ["a", "b"])
      await makeRun(api, name, { at: 2, tags: [{ key: "mlflow.parentRunId", value: parent }] });
    await makeRun(api, "orphan", { at: 3, tags: [{ key: "mlflow.parentRunId", value: "not-an-id" }] });
    const roots = await windowOf(api, "within=roots");
    expect(roots.runs.map(({ name, children }) => [name, children])).toEqual([
      ["orphan", 0],
      ["parent", 2],
    ]);
    const inside = await windowOf(api, `within=${parent}`);
    expect(inside.runs.map(({ name }) => name).sort()).toEqual(["a", "b"]);
    expect((await windowOf(api, "within=all")).total).toBe(4);
    const page = await api.get<RunPage>(`/ui/tracking/runs/${inside.runs[0]?.runId}`);
    expect(page.body.parent).toEqual({ runId: parent, name: "parent" });
    const { children } = (await api.get<RunPage>(`/ui/tracking/runs/${parent}`)).body;
    expect(children.map(({ name }) => name).sort()).toEqual(["a", "b"]);
  });

  it("says where a filter is wrong", async () => {
    const api = await freshApi();
    const answer = await api.get<{ detail: string }>(
      `/ui/tracking/runs?experiments=0&filter=${encodeURIComponent("metrics.loss >")}`,
    );
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toContain("expected a value at character 15");
  });
});

it("experiments are found by name and tag, with what is in them", async () => {
  const api = await freshApi();
  await post(api, "experiments/create", { name: "50%_off", tags: [{ key: "team", value: "growth" }] });
  await makeRun(api, "one", { metrics: [metric("loss", 1)], params: [{ key: "lr", value: "1" }] });
  const list = async (query: string) =>
    (await api.get<ExperimentList>(`/ui/tracking/experiments?${query}`)).body.experiments.map(
      ({ name, runs, running }) => [name, runs, running],
    );
  expect(await list("")).toEqual([
    ["Default", 1, 1],
    ["50%_off", 0, 0],
  ]);
  expect(await list("search=GROW")).toEqual([["50%_off", 0, 0]]);
  expect(await list(`search=${encodeURIComponent("%_")}`)).toEqual([["50%_off", 0, 0]]);
  const columns = await api.get<RunColumns>("/ui/tracking/columns?experiments=0");
  expect(columns.body).toEqual({ metrics: ["loss"], params: ["lr"], tags: ["mlflow.runName"] });
});

it("a version shows what its MLmodel says, and nothing of one that is none", async () => {
  const api = await freshApi();
  const run_id = await makeRun(api, "one", { metrics: [metric("auc", 0.9)] });
  await post(api, "registered-models/create", { name: "m" });
  const place = `0/${run_id}/artifacts/model`;
  await post(api, "model-versions/create", { name: "m", source: `mlflow-artifacts:/${place}`, run_id });
  const page = async (): Promise<ModelVersionPage> =>
    (await api.get<ModelVersionPage>("/ui/tracking/models/m/versions/1")).body;
  expect(await page()).toMatchObject({ signature: null, flavors: [], metrics: [{ key: "auc", value: 0.9 }] });
  const put = (text: string): Promise<void> => upload(api, `${place}/MLmodel`, text);
  await put('flavors:\n  onnx: {}\nsignature:\n  inputs: \'[{"type": "double", "name": "x"}]\'\n');
  expect(await page()).toMatchObject({
    flavors: ["onnx"],
    signature: { inputs: [{ name: "x", type: "double", required: true }], outputs: [], params: [] },
  });
  await put("flavors: [");
  expect(await page()).toMatchObject({ signature: null, flavors: [] });
});

it("a framed artifact has an origin of its own and reaches nothing", async () => {
  const api = await freshApi();
  const run_id = await makeRun(api, "one");
  const place = `0/${run_id}/artifacts/report.html`;
  await upload(api, place, "<h1>Hi</h1>");
  const { status, headers } = await api.get(`/ui/tracking/artifact-page?path=${place}`);
  expect(status).toBe(200);
  const policy = headers.get("content-security-policy") ?? "";
  expect(policy).toMatch(/^sandbox allow-scripts; default-src 'none'/);
  expect(policy).not.toContain("allow-same-origin");
  expect(policy).not.toContain("connect-src");
  expect(headers.get("x-frame-options")).toBe("SAMEORIGIN");
  expect((await api.get("/ui/tracking/artifact-page?path=../x")).status).toBe(400);
  expect((await api.get("/ui/tracking/artifact-page?path=0/none.html")).status).toBe(404);
});

it("pages hear of runs, their experiment and models that change, and of no reads", async () => {
  const api = await freshApi();
  const run_id = await makeRun(api, "one");
  const stream = await EventStream.open(
    `${api.url}/events/stream?topics=experiments,models`,
    await api.signedIn("Viewer"),
  );
  onTestFinished(() => stream.close());
  await stream.next("ready");
  await post(api, "runs/search", { experiment_ids: ["0"] });
  await post(api, "runs/log-metric", { run_id, key: "loss", value: 1, timestamp: 1 });
  const isAbout = (subject: string) => (data: Record<string, unknown>) =>
    (data["subjects"] as string[]).includes(subject);
  const { data } = await stream.next("experiments", isAbout(`run:${run_id}`));
  expect((data as { subjects: string[] }).subjects).toContain("experiment:0");
  await post(api, "registered-models/create", { name: "m" });
  await stream.next("models", isAbout("model:m"));
  const studies = await api.call("POST", "/api/studies", {
    body: { name: "s", space: { x: { type: "float", low: 0, high: 1 } } },
  });
  expect(studies.status).toBe(201);
  await api.call("POST", "/api/studies/s/ask", { body: {} });
  await stream.next("experiments", isAbout("study:s"));
});

it("the search over everything finds experiments, models, and a run by its id", async () => {
  const api = await freshApi();
  await post(api, "experiments/create", { name: "churn-trees" });
  await post(api, "registered-models/create", { name: "churn" });
  const run_id = await makeRun(api, "one");
  const find = async (text: string) =>
    (await api.get<SearchHit[]>(`/ui/search?q=${text}`)).body.map(({ kind, label }) => [kind, label]);
  expect(await find("churn")).toEqual([
    ["experiment", "churn-trees"],
    ["model", "churn"],
  ]);
  expect(await find(run_id)).toEqual([["tracked-run", "one"]]);
});
