import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  Dag,
  HttpNotifier,
  HttpOperator,
  HttpSensor,
  SlackWebhookNotifier,
  TriggerDagRunOperator,
} from "../../src/index.ts";
import { testDag, testTask } from "../../src/testing/index.ts";

interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
}

const seen: Seen[] = [];
let answer: (request: Seen, response: ServerResponse) => void = (_, response) => response.end("ok");
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const one = {
      method: request.method ?? "",
      url: request.url ?? "",
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    seen.push(one);
    answer(one, response);
  });
});
let port = 0;

/** A port on which nobody listens any more. */
async function closedPort(): Promise<number> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port: free } = other.address() as AddressInfo;
  await new Promise((resolve) => other.close(resolve));
  return free;
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  seen.length = 0;
  answer = (_, response) => response.end("ok");
});

const connections = () => ({
  http_default: {
    type: "http",
    host: "127.0.0.1",
    port,
    login: "me",
    password: "secret",
    extra: { "x-team": "ml", timeout: 5 },
  },
});

function run(operator: InstanceType<typeof HttpOperator>) {
  const dag = new Dag("calls");
  dag.add(operator);
  return testTask(dag, "call", { connections: connections(), logicalDate: "2024-02-28T06:30:00Z" });
}

describe("HttpOperator", () => {
  it("calls by the connection, with its login and headers, and templates in endpoint and data", async () => {
    const result = await run(
      new HttpOperator({
        taskId: "call",
        endpoint: "/v1/{{ ds }}",
        data: { day: "{{ ds }}", n: 1 },
        headers: { "x-run": "1" },
      }),
    );
    expect(result).toMatchObject({ outcome: "success", value: "ok" });
    expect(seen[0]).toMatchObject({
      method: "POST",
      url: "/v1/2024-02-28",
      body: '{"day":"2024-02-28","n":1}',
      headers: {
        authorization: `Basic ${btoa("me:secret")}`,
        "x-team": "ml",
        "x-run": "1",
        "content-type": "application/json",
      },
    });
  });

  it("puts the data of a GET into the query, and gives what the filter makes of the answer", async () => {
    answer = (_, response) => response.end('{"rates": [1, 2]}');
    const responseFilter = (response: { json(): unknown }) => (response.json() as { rates: number[] }).rates;
    expect(
      (
        await run(
          new HttpOperator({
            taskId: "call",
            method: "GET",
            endpoint: "rates?a=1",
            data: { b: "x y" },
            responseFilter,
          }),
        )
      ).value,
    ).toEqual([1, 2]);
    expect(seen[0]?.url).toBe("/rates?a=1&b=x+y");
  });

  it("fails on a status of 400 or more, a refused check, and a server that is not there", async () => {
    answer = (_, response) => response.writeHead(503).end("overloaded");
    expect(await run(new HttpOperator({ taskId: "call", endpoint: "/x" }))).toMatchObject({
      outcome: "failed",
      message: expect.stringMatching(/POST http:\/\/127.0.0.1:\d+\/x to succeed, got 503 .*: overloaded/),
    });
    answer = (_, response) => response.end("no");
    expect(
      await run(
        new HttpOperator({ taskId: "call", endpoint: "/x", responseCheck: ({ text }) => text === "yes" }),
      ),
    ).toMatchObject({ outcome: "failed", message: expect.stringContaining("it refused: no") });
    expect(
      await run(
        new HttpOperator({
          taskId: "call",
          endpoint: `http://127.0.0.1:${await closedPort()}/`,
          httpConnId: null,
        }),
      ),
    ).toMatchObject({ outcome: "failed", message: expect.stringContaining("ECONNREFUSED") });
    expect(
      await run(new HttpOperator({ taskId: "call", endpoint: "/x", httpConnId: "nobody" })),
    ).toMatchObject({ outcome: "failed", message: expect.stringContaining("Connection not found: nobody") });
  });

  it("gives up after requestTimeout", async () => {
    answer = () => undefined;
    expect(
      await run(new HttpOperator({ taskId: "call", endpoint: "/slow", requestTimeout: 0.05 })),
    ).toMatchObject({ outcome: "failed", message: expect.stringContaining("/slow") });
    server.closeAllConnections();
  });
});

describe("HttpSensor", () => {
  it("waits while the answer is 404, and fails on other errors", async () => {
    const dag = new Dag("calls");
    dag.add(new HttpSensor({ taskId: "call", endpoint: "/ready", pokeInterval: 5 }));
    answer = (_, response) => response.writeHead(seen.length < 3 ? 404 : 200).end();
    expect((await testTask(dag, "call", { connections: connections() })).outcome).toBe("success");
    expect(seen).toHaveLength(3);
    answer = (_, response) => response.writeHead(500).end();
    expect((await testTask(dag, "call", { connections: connections() })).outcome).toBe("failed");
  });

  it("waits by a trigger when deferrable", async () => {
    const dag = new Dag("calls");
    dag.add(new HttpSensor({ taskId: "call", endpoint: "/ready", pokeInterval: 5, deferrable: true }));
    answer = (_, response) => response.writeHead(seen.length < 3 ? 503 : 200).end();
    const { states, attempts } = await testDag(dag, { connections: connections() });
    expect(states).toEqual({ call: "success" });
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["deferred", "success"]);
    expect(seen).toHaveLength(3);
  });
});

describe("notifiers over HTTP", () => {
  const fail = () => {
    throw new Error("broke");
  };

  it("posts what happened, as JSON of its own or rendered", async () => {
    const dag = new Dag("calls");
    const onFailureCallback = [
      new HttpNotifier({ endpoint: "/hook" }),
      new HttpNotifier({
        endpoint: "/hook/{{ dag.dag_id }}",
        data: { text: "{{ ti.task_id }} failed: {{ reason }}" },
      }),
    ];
    dag.task("work", fail, { onFailureCallback })();
    const { logs } = await testTask(dag, "work", { connections: connections() });
    expect(logs.map(({ message }) => message)).toEqual([]);
    expect(seen.map(({ url }) => url)).toEqual(["/hook", "/hook/calls"]);
    expect(JSON.parse(seen[0]?.body ?? "")).toMatchObject({
      dagId: "calls",
      taskId: "work",
      tryNumber: 1,
      reason: "broke",
    });
    expect(JSON.parse(seen[1]?.body ?? "")).toEqual({ text: "work failed: broke" });
  });

  it("posts to Slack's kind of webhook, by URL or connection", async () => {
    const dag = new Dag("calls");
    const onFailureCallback = [
      new SlackWebhookNotifier({
        webhookUrl: `http://127.0.0.1:${port}/services/T/B`,
        text: "{{ dag.dag_id }}",
      }),
      new SlackWebhookNotifier({ slackWebhookConnId: "slack" }),
    ];
    dag.task("work", fail, { onFailureCallback })();
    const slack = { type: "slackwebhook", host: `http://127.0.0.1:${port}/services`, password: "T/B/key" };
    const { logs } = await testTask(dag, "work", { connections: { slack } });
    expect(logs).toEqual([]);
    expect(seen.map(({ url }) => url)).toEqual(["/services/T/B", "/services/T/B/key"]);
    expect(seen[0]?.body).toBe('{"text":"calls"}');
    expect(JSON.parse(seen[1]?.body ?? "")).toMatchObject({ text: expect.stringContaining("Reason: broke") });
    expect(seen[1]?.headers["authorization"]).toBeUndefined();
  });
});

describe("TriggerDagRunOperator", () => {
  const trigger = (options: object, dagRuns: { dagId: string; runId: string; state: string }[] = []) => {
    const dag = new Dag("caller");
    dag.add(new TriggerDagRunOperator({ taskId: "call", triggerDagId: "other", ...options }));
    return testTask(dag, "call", { dagRuns, logicalDate: "2024-02-28T06:30:00Z" });
  };

  it("triggers with a rendered conf and keeps the run's id", async () => {
    const { outcome, xcoms, rendered } = await trigger({
      conf: { day: "{{ ds }}" },
      triggerRunId: "r-{{ ds_nodash }}",
    });
    expect(outcome).toBe("success");
    expect(xcoms).toEqual({ trigger_run_id: "r-20240228" });
    expect(rendered).toMatchObject({ conf: { day: "2024-02-28" } });
  });

  it("fails, skips or starts again when the run exists", async () => {
    const runs = [{ dagId: "other", runId: "r1", state: "success" }];
    expect(await trigger({ triggerRunId: "r1" }, runs)).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining("exists already"),
    });
    expect((await trigger({ triggerRunId: "r1", skipWhenAlreadyExists: true }, runs)).outcome).toBe(
      "skipped",
    );
    expect((await trigger({ triggerRunId: "r1", resetDagRun: true }, runs)).outcome).toBe("success");
  });

  it("waits for the run, in its slot or without one", async () => {
    const runs = [{ dagId: "other", runId: "r1", state: "failed" }];
    const again = { triggerRunId: "r1", resetDagRun: true };
    expect(
      await trigger({ ...again, deferrable: true, waitForCompletion: true, pokeInterval: 5 }, runs),
    ).toMatchObject({
      outcome: "deferred",
      trigger: {
        classpath: "DagStateTrigger",
        kwargs: { dagId: "other", runId: "r1", states: ["success", "failed"], pollInterval: 5 },
      },
    });
  });
});
