/** From a prediction back to code and data, and from data forward to predictions, over tasks of both languages. */
import { expect, test } from "vitest";
import { describePython } from "./find-python.ts";
import { type PythonWorld, pythonWorld } from "./python-world.ts";
import { signedInTo } from "./signed-in.ts";

const training = `
import { Asset, Dag } from "tradewind";
import { loadIris, logInput, logMetric, logModel, LogisticRegression, recordLineage, snapshotOf, Table, withRun } from "tradewind/ml";

const raw = new Asset({ name: "raw", uri: "s3://lake/raw.parquet" });
const dag = new Dag("training", { schedule: null });
const extract = dag.task("extract", async () => {
  recordLineage({ outputs: [{ kind: "dataset", name: "iris", version: "abc", uri: "file:///data/iris.parquet" }] });
  return 150;
});
const train = dag.task("train", async ({ rows }) => {
  const { x, y } = await loadIris();
  recordLineage({ inputs: [{ kind: "dataset", name: "iris", version: "abc" }] });
  return withRun({ experiment: "iris" }, async () => {
    const features = ["a", "b", "c", "d"];
    const column = (at) => ({ type: "number", values: Float64Array.from({ length: rows }, (_, row) => x.row(row)[at]) });
    const table = new Table(rows, new Map(features.map((name, at) => [name, column(at)])));
    await logInput(snapshotOf(table, "training-part"), { context: "training" });
    logMetric("rows", rows);
    return logModel(new LogisticRegression().fit(x, y), { name: "model", features, registeredModelName: "iris" });
  });
}, { inlets: [raw] });
train({ rows: extract() });
`;

const outside = `
from airflow.sdk import Asset, dag, task
from airflow.lineage.hook import get_hook_lineage_collector
from tradewind.lineage import record_lineage

@dag(schedule=None)
def landing():
    @task(outlets=[Asset(name="raw", uri="s3://lake/raw.parquet")])
    def land():
        record_lineage(outputs=[{"name": "raw", "version": "r1", "uri": "s3://lake/raw.parquet"}])
        get_hook_lineage_collector().add_input_asset(context=None, uri="postgres://db:5432/shop/public/orders")
    land()

landing()
`;

interface Graph {
  readonly root: string;
  readonly nodes: {
    key: string;
    kind: string;
    exists: boolean;
    distance: number;
    attributes: Record<string, unknown>;
  }[];
  readonly edges: { from: string; to: string; relation: string }[];
  readonly truncated: boolean;
}

async function client(world: PythonWorld) {
  const call = await signedInTo(world);
  const lineage = async (query: Record<string, string>): Promise<Graph> => {
    const answer = await call(`/api/lineage?${new URLSearchParams(query)}`);
    expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
    return answer.body;
  };
  return { call, lineage };
}

describePython("lineage", () => {
  test("leads from a prediction to the model, the run, the attempt, code and data, and back", async () => {
    const world = await pythonWorld({ "training.ts": training, "landing.py": outside }, { api: true });
    const { call, lineage } = await client(world);
    const landed = await world.run("landing");
    const run = await world.run("training");
    expect(run.states, (await run.log("train")).join("\n")).toEqual({ extract: "success", train: "success" });
    const variants = [{ name: "live", model: "models:/iris/1", weight: 100 }];
    expect(await call("/api/endpoints", { name: "flowers", variants })).toMatchObject({ status: 201 });
    const row = { a: 5.1, b: 3.5, c: 1.4, d: 0.2 };
    const asked = await call("/endpoints/flowers/invocations", { dataframe_records: [row] });
    expect(asked, JSON.stringify(asked.body)).toMatchObject({ status: 200 });
    const id = asked.headers.get("x-tradewind-request-id") ?? "";

    const up = await lineage({ kind: "prediction", id, direction: "upstream", depth: "20" });
    const key = (kind: string, name: string) => `${kind}:${name}`;
    const train = key("task_attempt", `training/${run.runId}/train/-1/1`);
    const extract = key("task_attempt", `training/${run.runId}/extract/-1/1`);
    const land = key("task_attempt", `landing/${landed.runId}/land/-1/1`);
    const variant = key("endpoint_variant", "flowers/live@iris/1");
    const [tracked = ""] = up.nodes.filter(({ kind }) => kind === "run").map((node) => node.key);
    const [logged = ""] = up.nodes.filter(({ kind }) => kind === "logged_model").map((node) => node.key);
    const [event = ""] = up.nodes.filter(({ kind }) => kind === "asset_event").map((node) => node.key);
    const snapshot = up.nodes.find(
      (node) => node.kind === "dataset" && node.attributes["name"] === "training-part",
    );
    const edges = up.edges.map(({ from, to, relation }) => `${from} ${relation} ${to}`);
    expect(edges).toEqual(
      expect.arrayContaining([
        `${variant} answered prediction:${id}`,
        `model_version:iris/1 served as ${variant}`,
        `${logged} registered as model_version:iris/1`,
        `${tracked} logged ${logged}`,
        `${train} logged ${tracked}`,
        `${snapshot?.key} read ${tracked}`,
        `${snapshot?.key} read ${train}`,
        `dataset:iris:abc read ${train}`,
        `${extract} made dataset:iris:abc`,
        `${extract} ran before ${train}`,
        `${event} read ${train}`,
        `${land} made ${event}`,
        `dataset:postgres://db:5432/shop/public/orders: read ${land}`,
        `dag_version:training/1 code of ${train}`,
        `dag_run:training/${run.runId} part of ${train}`,
      ]),
    );
    expect(up.nodes[0]).toMatchObject({ key: `prediction:${id}`, distance: 0 });
    expect(snapshot).toMatchObject({
      exists: true,
      attributes: { profile: { rows: 150, columns: 4 }, digest: expect.stringMatching(/^[0-9a-f]{16}$/) },
    });
    expect(up.nodes.find((node) => node.key === train)).toMatchObject({
      exists: true,
      distance: -5,
      attributes: { state: "success", dag_version: 1, task_id: "train" },
    });
    expect(up.nodes.find(({ kind }) => kind === "run")?.attributes).toMatchObject({
      experiment: "iris",
      metrics: { rows: "150" },
    });

    // Forward again, as soon as the server has written down who answered.
    await expect
      .poll(
        async () => {
          const query = { kind: "dataset", id: "iris:abc", direction: "downstream", depth: "20" };
          return (await lineage(query)).nodes.map((node) => node.key);
        },
        { timeout: 20_000 },
      )
      .toEqual(expect.arrayContaining([train, tracked, logged, "model_version:iris/1", variant]));
    const outcomes = [{ request_id: id, metric: "right", value: 1 }];
    expect(await call("/api/endpoints/flowers/outcomes", { outcomes })).toMatchObject({ body: { added: 1 } });
    const down = await lineage({ kind: "run", id: tracked.slice(4), direction: "downstream" });
    expect(down.nodes.find(({ kind }) => kind === "prediction")).toMatchObject({
      key: `prediction:${id}`,
      exists: true,
      attributes: { endpoint: "flowers", version: "1", outcomes: { right: 1 } },
    });
    const asset = await world.database.row<{ id: number }>({ text: "SELECT id FROM asset", values: [] });
    const near = await lineage({ kind: "asset", id: String(asset?.id), depth: "2" });
    expect(near.nodes.map((node) => node.key)).toEqual(expect.arrayContaining([event, land]));
    expect((await lineage({ kind: "prediction", id, depth: "1" })).truncated).toBe(true);
    expect((await lineage({ kind: "prediction", id, depth: "20", limit: "3" })).nodes).toHaveLength(3);
    expect((await lineage({ kind: "endpoint", id: "flowers" })).nodes.map((node) => node.key)).toContain(
      variant,
    );
    expect(await call("/api/lineage?kind=run&id=nobody")).toMatchObject({ status: 404 });
    expect(await call("/api/lineage?kind=soup&id=1")).toMatchObject({ status: 422 });
  });
});
