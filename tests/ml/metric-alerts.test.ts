/** Rules about metrics that any client logs: who is told, what stops, and what is refused. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { TrackingClient, withRun } from "../../src/ml/index.ts";
import { createApi, type TestApi } from "../support/api.ts";

type Json = ReturnType<typeof JSON.parse>;
const mlflow = "/api/2.0/mlflow/";

let api: TestApi;
let client: TrackingClient;
beforeAll(async () => {
  api = await createApi({ environment: { TRADEWIND__TRACKING__WEBHOOKS_ANYWHERE: "true" } });
  const { authorization } = await api.signedIn("User");
  client = new TrackingClient({ uri: api.url, authorization: authorization ?? null });
});
afterAll(() => api.stop());

async function experiment(name: string): Promise<{ id: string; start(): Promise<string> }> {
  const made = await api.call<Json>("POST", `${mlflow}experiments/create`, { body: { name } });
  const id = made.body.experiment_id as string;
  const start = async (): Promise<string> =>
    (await api.call<Json>("POST", `${mlflow}runs/create`, { body: { experiment_id: id } })).body.run.info
      .run_id;
  return { id, start };
}

const log = (run_id: string, metrics: object[]) =>
  api.call<Json>("POST", `${mlflow}runs/log-batch`, {
    body: { run_id, metrics: metrics.map((metric) => ({ timestamp: 1, ...metric })) },
  });
const put = (body: object) => api.call<Json>("PUT", "/api/metric-alert-rules", { body });
const alertsOf = async (query: string): Promise<Json[]> =>
  (await api.get<Json>(`/api/metric-alerts?${query}`)).body.alerts;

async function chat() {
  const server = createServer(async (request, response) => {
    server.emit("told", JSON.parse(await text(request)));
    response.end("ok");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=of-the-chat`,
    next: () => once(server, "told").then(([told]) => told as Json),
  };
}

describe("a rule", () => {
  it("tells an address once of each run, tags the run, and lets it go on", async () => {
    const { id, start } = await experiment("told");
    const { url, next } = await chat();
    const made = await put({
      experiment_id: id,
      name: "diverges",
      metric: "loss",
      kind: "above",
      threshold: 10,
      url,
    });
    expect(made).toMatchObject({ status: 200, body: { name: "diverges", has_url: true, stop: false } });
    expect(JSON.stringify((await api.get(`/api/metric-alert-rules?experiment_id=${id}`)).body)).not.toContain(
      "of-the-chat",
    );
    const runId = await start();
    const told = next();
    expect(
      (
        await log(runId, [
          { key: "loss", value: 9, step: 0 },
          { key: "other", value: 99 },
        ])
      ).status,
    ).toBe(200);
    expect((await log(runId, [{ key: "loss", value: 11, step: 1 }])).status).toBe(200);
    expect((await log(runId, [{ key: "loss", value: 12, step: 2 }])).status).toBe(200);
    expect(await told).toMatchObject({
      entity: "run",
      action: "alerted",
      text: "diverges: expected loss to be at most 10, got 11 at step 1",
      data: { rule: "diverges", metric: "loss", run_id: runId, step: 1, value: "11", stopped: false },
    });
    expect(await alertsOf(`run_id=${runId}`)).toMatchObject([{ rule: "diverges", step: 1, value: "11" }]);
    const { body } = await api.get<Json>(`${mlflow}runs/get?run_id=${runId}`);
    expect(body.run.data.tags).toContainEqual({
      key: "tradewind.alert",
      value: "expected loss to be at most 10, got 11 at step 1",
    });
  });

  it("stops a run: the point is kept, what comes after is refused, another run goes on", async () => {
    const { id, start } = await experiment("stopped");
    await put({ experiment_id: id, name: "nan", metric: "loss", kind: "not_finite", stop: true });
    const [broken, sound] = [await start(), await start()];
    const refused = await log(broken, [{ key: "loss", value: "NaN", step: 3 }]);
    expect(refused).toMatchObject({
      status: 400,
      body: {
        error_code: "INVALID_STATE",
        message: `run ${broken} is stopped: expected loss to be a finite number, got NaN at step 3 (alert rule "nan")`,
      },
    });
    expect((await log(broken, [{ key: "loss", value: 1, step: 4 }])).status).toBe(400);
    expect((await log(broken, [{ key: "accuracy", value: 1, step: 4 }])).status).toBe(200);
    expect((await log(sound, [{ key: "loss", value: 1 }])).status).toBe(200);
    const ended = await api.call("POST", `${mlflow}runs/update`, {
      body: { run_id: broken, status: "FAILED" },
    });
    expect(ended.status).toBe(200);
    const history = await api.get<Json>(`${mlflow}metrics/get-history?run_id=${broken}&metric_key=loss`);
    expect(history.body.metrics[0]).toMatchObject({ value: "NaN", step: 3 });
  });

  it("waits for an improvement over many calls, and is heard by the task that logs", async () => {
    let steps = 0;
    const work = withRun(
      {
        client,
        experiment: "patient",
        alerts: [{ metric: "loss", noImprovementFor: 20, stop: true }],
      },
      async (run) => {
        for (; steps < 100_000; steps++) {
          run.logMetric("loss", Math.max(0.5, 1 - steps / 100), { step: steps });
          await run.flush();
        }
      },
    );
    await expect(work).rejects.toMatchObject({
      code: "TW_RUN_STOPPED",
      message: expect.stringContaining(
        "expected loss to improve within 20 steps, got none since 0.5 at step 50",
      ),
    });
    expect(steps).toBe(70);
    const [alert] = await alertsOf("limit=1");
    const { body } = await api.get<Json>(`${mlflow}runs/get?run_id=${alert.run_id}`);
    expect(body.run.info.status).toBe("FAILED");
  });

  it("ends a loop that never waits for what it logged", async () => {
    const work = withRun(
      { client, experiment: "hasty", alerts: [{ metric: "loss", above: 1, stop: true }] },
      async (run) => {
        run.logMetric("loss", 2);
        await expect.poll(() => run.isStopped).toBe(true);
        run.logMetric("loss", 3, { step: 1 });
        throw new Error("it went on");
      },
    );
    await expect(work).rejects.toMatchObject({ code: "TW_RUN_STOPPED" });
  });

  it("is changed under its name, keeps its alerts, and goes with them", async () => {
    const { id, start } = await experiment("changed");
    const rule = { experiment_id: id, name: "bound", metric: "loss", kind: "above" };
    await put({ ...rule, threshold: 1 });
    const runId = await start();
    await log(runId, [{ key: "loss", value: 2 }]);
    const { body } = await put({ ...rule, threshold: 100 });
    expect(await alertsOf(`experiment_id=${id}`)).toHaveLength(1);
    const { body: listed } = await api.get<Json>(`/api/metric-alert-rules?experiment_id=${id}`);
    expect(listed.rules).toMatchObject([{ name: "bound", threshold: 100 }]);
    expect((await api.call("DELETE", `/api/metric-alert-rules/${body.rule_id}`)).status).toBe(204);
    expect(await alertsOf(`experiment_id=${id}`)).toEqual([]);
    expect((await api.call("DELETE", `/api/metric-alert-rules/${body.rule_id}`)).status).toBe(404);
  });

  it.each<[object, RegExp]>([
    [{ kind: "above" }, /threshold/],
    [{ kind: "not_finite", threshold: 1 }, /threshold/],
    [{ kind: "no_improvement" }, /patience/],
    [{ kind: "no_improvement", patience: 0 }, /patience/],
    [{ kind: "sideways" }, /kind/],
    [{ kind: "not_finite", metric: "" }, /metric/],
    [{ kind: "not_finite", url: "ftp://x" }, /url|address|http/i],
  ])("%o is refused", async (given, message) => {
    const answer = await put({ experiment_id: "0", name: "r", metric: "loss", ...given });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(JSON.stringify(answer.body)).toMatch(message);
  });

  it("is made by nobody who may only look, and for no experiment that is not there", async () => {
    const body = { experiment_id: "0", name: "r", metric: "loss", kind: "not_finite" };
    expect((await api.call("PUT", "/api/metric-alert-rules", { as: "Viewer", body })).status).toBe(403);
    expect((await put({ ...body, experiment_id: "12345" })).status).toBe(404);
  });
});
