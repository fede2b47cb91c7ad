/** Events of real runs, at a real receiver; and the ways out. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { silentLog } from "../../src/log.ts";
import { datasetOfUri } from "../../src/openlineage/datasets.ts";
import { LineageEmitter, RefusedEvent } from "../../src/openlineage/emitter.ts";
import type { RunEvent } from "../../src/openlineage/events.ts";
import { httpTransport, parseTransport } from "../../src/openlineage/transport-settings.ts";
import { createTransport } from "../../src/openlineage/transports.ts";
import { systemClock } from "../../src/time.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { describePython } from "../python/find-python.ts";
import { pythonWorld } from "../python/python-world.ts";
import { type CheckedEvent, RunEventSchema } from "./event-schema.ts";

interface Receiver {
  readonly url: string;
  readonly events: RunEvent[];
  readonly headers: NodeJS.Dict<string | string[]>[];
  /** Statuses of the next answers; 200 after them. */
  readonly statuses: number[];
}

async function receiver(): Promise<Receiver> {
  const events: RunEvent[] = [];
  const headers: NodeJS.Dict<string | string[]>[] = [];
  const statuses: number[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const status = statuses.shift() ?? 200;
      const bytes = Buffer.concat(chunks);
      headers.push(request.headers);
      const text = request.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes;
      if (status === 200) events.push(JSON.parse(text.toString()) as RunEvent);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, events, headers, statuses };
}

const typed = `
import { Asset, Dag } from "tradewind";
import { recordLineage } from "tradewind/ml";
const orders = new Asset({ name: "orders", uri: "postgres://db/shop/public/orders" });
const scores = new Asset({ name: "scores", uri: "s3://lake/scores.parquet" });
const dag = new Dag("typed", { schedule: null, description: "scores orders", tags: ["ml"], defaultArgs: { owner: "ada" } });
const score = dag.task("score", async () => {
  recordLineage({ inputs: [{ kind: "dataset", name: "model-input", version: "abc", details: { schema: [{ name: "x", type: "number" }] } }] });
  return 1;
}, { inlets: [orders], outlets: [scores], docMd: "Scores them." });
const broken = dag.task("broken", async () => { throw new TypeError("no such column"); }, { retries: 1, retryDelay: 0 });
broken().after(score());
`;

const python = `
from airflow.sdk import dag, task
import datetime

@dag(schedule=None, start_date=datetime.datetime(2026, 1, 1), catchup=False)
def plain():
    @task
    def one():
        return 1
    one()

plain()
`;

const named = (event: CheckedEvent) =>
  `${event.eventType} ${event.job.name}${event.run.facets.errorMessage === undefined ? "" : `: ${event.run.facets.errorMessage.message}`}`;

describePython("OpenLineage events of runs", () => {
  it("tell of Dags and tries in order, with parents, owners, documentation, errors and data", async () => {
    const to = await receiver();
    to.statuses.push(503, 503);
    const world = await pythonWorld(
      { "typed.ts": typed, "plain.py": python },
      { environment: { OPENLINEAGE_URL: to.url, OPENLINEAGE_NAMESPACE: "shop" } },
    );
    const run = await world.run("typed");
    expect(run.states).toEqual({ score: "success", broken: "failed" });
    await world.run("plain", {}, { logicalDate: Date.UTC(2026, 0, 2) });
    await expect
      .poll(
        () =>
          to.events.some(
            ({ eventType, job }) => eventType === "COMPLETE" && (job as { name: string }).name === "plain",
          ),
        {
          timeout: 20_000,
        },
      )
      .toBe(true);
    const events = to.events.map((event) => RunEventSchema.parse(event));
    expect(events.filter(({ job }) => job.name.startsWith("typed")).map(named)).toEqual([
      "START typed",
      "START typed.score",
      "COMPLETE typed.score",
      "START typed.broken",
      "FAIL typed.broken: TypeError: no such column",
      "START typed.broken",
      "FAIL typed.broken: TypeError: no such column",
      "FAIL typed: One or more tasks of the run failed",
    ]);
    const of = (type: string, name: string) =>
      events.find((event) => event.eventType === type && event.job.name === name) as CheckedEvent;
    const dag = of("START", "typed");
    const done = of("COMPLETE", "typed.score");
    expect(done).toMatchObject({
      job: {
        namespace: "shop",
        facets: {
          jobType: { jobType: "TASK" },
          ownership: { owners: [{ name: "ada" }] },
          documentation: { description: "Scores them." },
          tags: { tags: [{ key: "ml", source: "AIRFLOW" }] },
          sourceCodeLocation: { type: "file", url: expect.stringMatching(/typed\.ts#L\d+$/) },
        },
      },
      run: {
        runId: of("START", "typed.score").run.runId,
        facets: { parent: { run: { runId: dag.run.runId }, job: { namespace: "shop", name: "typed" } } },
      },
      inputs: [
        { namespace: "postgres://db:5432", name: "shop.public.orders" },
        {
          namespace: "shop",
          name: "model-input",
          facets: { version: { datasetVersion: "abc" }, schema: { fields: [{ name: "x", type: "number" }] } },
        },
      ],
      outputs: [{ namespace: "s3://lake", name: "scores.parquet" }],
    });
    expect(dag.job.facets.documentation?.description).toBe("scores orders");
    const tries = events.filter(({ job }) => job.name === "typed.broken").map(({ run: { runId } }) => runId);
    expect(new Set(tries).size).toBe(2);
    const last = events.findLast(({ job }) => job.name === "typed") as CheckedEvent;
    expect(last.run.facets["airflowState"]).toMatchObject({
      dagRunState: "failed",
      tasksState: { score: "success", broken: "failed" },
    });
    expect(of("COMPLETE", "plain.one").run.facets.nominalTime).toMatchObject({
      nominalStartTime: expect.stringMatching(/^2026-01-0[12]T/),
    });
    expect(of("COMPLETE", "plain.one").run.facets["airflow"]).toMatchObject({
      task: { task_id: "one" },
      dagRun: { dag_id: "plain" },
      taskInstance: { try_number: 1, map_index: -1, state: "success" },
    });
  });
});

describe("the emitter", () => {
  const event = (name: string): RunEvent => ({ name });
  const parts = { clock: systemClock, log: silentLog(), firstPauseMs: 1 };

  it("keeps the order over failures, gives up what is refused, and holds nobody up", async () => {
    const sent: string[] = [];
    let failures = 3;
    const transport = {
      send: async (one: RunEvent) => {
        if (one["name"] === "bad") throw new RefusedEvent("no");
        if (failures-- > 0) throw new Error("away");
        sent.push(String(one["name"]));
      },
    };
    const emitter = new LineageEmitter({ transport, ...parts });
    for (const name of ["a", "bad", "b", "c"]) emitter.emit(event(name));
    expect(sent).toEqual([]);
    await emitter.stop(10_000);
    expect(sent).toEqual(["a", "b", "c"]);
  });

  it("keeps the newest when the receiver stays away, and ends all the same", async () => {
    const transport = { send: () => Promise.reject(new Error("away")) };
    const emitter = new LineageEmitter({ transport, ...parts, capacity: 3, firstPauseMs: 60_000 });
    for (let i = 0; i < 10; i++) emitter.emit(event(String(i)));
    expect(emitter.waiting).toBe(3);
    await emitter.stop(10);
  });
});

describe("transports", () => {
  it("sends by HTTP, zipped, with key and headers, and tells a refusal from a failure", async () => {
    const to = await receiver();
    const settings = parseTransport(
      JSON.stringify({
        type: "http",
        url: to.url,
        endpoint: "lineage",
        compression: "gzip",
        auth: { type: "api_key", apiKey: "k3y" },
        custom_headers: { "X-Team": "ml" },
      }),
    );
    const transport = createTransport(settings, { now: () => 0, print: () => undefined });
    await transport.send({ a: 1 });
    expect(to.events).toEqual([{ a: 1 }]);
    expect(to.headers[0]).toMatchObject({ authorization: "Bearer k3y", "x-team": "ml" });
    to.statuses.push(422, 503);
    await expect(transport.send({ a: 2 })).rejects.toThrow(RefusedEvent);
    await expect(transport.send({ a: 2 })).rejects.not.toThrow(RefusedEvent);
  });

  it("writes lines to a file and to the console, and sends to several", async () => {
    const path = join(await temporaryFolder(), "sub", "events.jsonl");
    const lines: string[] = [];
    const settings = parseTransport(
      JSON.stringify({
        type: "composite",
        transports: { a: { type: "file", log_file_path: path, append: true }, b: { type: "console" } },
      }),
    );
    const transport = createTransport(settings, { now: () => 0, print: (line) => lines.push(line) });
    await transport.send({ a: 1 });
    await transport.send({ a: 2 });
    expect(await readFile(path, "utf8")).toBe('{"a":1}\n{"a":2}\n');
    expect(lines).toEqual(['{"a":1}', '{"a":2}']);
  });

  it("takes the variables of OpenLineage's client", () => {
    expect(httpTransport("http://marquez:5000", "", "")).toMatchObject({
      url: "http://marquez:5000/api/v1/lineage",
    });
    expect(httpTransport("http://marquez:5000/base/", "/x", "k")).toMatchObject({
      url: "http://marquez:5000/base/x",
      headers: { authorization: "Bearer k" },
    });
  });

  it.each([
    ["{", "a JSON object"],
    ['{"type":"kafka"}', 'got "kafka"'],
    ['{"type":"http"}', "expected url to be a text, got none"],
    ['{"type":"http","url":"ftp://x"}', "http://"],
    ['{"type":"http","url":"http://x","auth":{"type":"jwt","secret":"hush"}}', "api_key"],
    ['{"type":"file"}', "log_file_path"],
  ])("refuses %s, and tells nothing of its secrets", (text, message) => {
    let refusal = "";
    try {
      parseTransport(text);
    } catch (error) {
      refusal = (error as Error).message;
    }
    expect(refusal).toContain(message);
    expect(refusal).not.toContain("hush");
  });
});

it.each([
  ["s3://bucket/a/b.parquet", "s3://bucket", "a/b.parquet"],
  ["gs://bucket/a", "gs://bucket", "a"],
  ["file:///data/x.csv", "file", "/data/x.csv"],
  ["postgresql://host/db/schema/table", "postgres://host:5432", "db.schema.table"],
  ["mysql://host:3307/db/table", "mysql://host:3307", "db.table"],
  ["bigquery://project/dataset/table", "bigquery", "project.dataset.table"],
])("names %s as %s and %s", (uri, namespace, name) => {
  expect(datasetOfUri(uri)).toMatchObject({ namespace, name });
});

it("makes no data set of a URI that nobody else could join on", () => {
  expect(["orders", "x-model://churn", "postgres://host/db", ""].map(datasetOfUri)).toEqual([
    null,
    null,
    null,
    null,
  ]);
});
