/** What nobody should send, sent: a clear refusal, nothing half-written, and the server goes on. */
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApi, type TestApi } from "../../support/api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await createApi();
});
afterAll(() => api.stop());

const post = (path: string, body: object) => api.call("POST", `/api/2.0/mlflow/${path}`, { body });

async function newRun(): Promise<string> {
  const { body } = await post("runs/create", { experiment_id: "0", start_time: 1 });
  return (body as { run: { info: { run_id: string } } }).run.info.run_id;
}

describe("a bomb", () => {
  test("of a gigabyte in a megabyte is refused before it fills the memory", async () => {
    const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024), { level: 9 });
    expect(bomb.length).toBeLessThan(1024 * 1024);
    const answer = await fetch(`${api.url}/v1/traces`, {
      method: "POST",
      body: bomb,
      headers: {
        ...(await api.signedIn("Admin")),
        "content-type": "application/x-protobuf",
        "content-encoding": "gzip",
        "x-mlflow-experiment-id": "0",
      },
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      error_code: "INVALID_PARAMETER_VALUE",
      message: expect.stringContaining("Failed to decompress the gzip payload"),
    });
    expect((await api.get("/health")).status).toBe(200);
  });

  test("as an artifact is bytes like others: nobody unpacks it", async () => {
    const bomb = gzipSync(Buffer.alloc(16 * 1024 * 1024), { level: 9 });
    const path = "/api/2.0/mlflow-artifacts/artifacts/0/bomb/artifacts/b.gz";
    const headers = { ...(await api.signedIn("Admin")), "content-encoding": "gzip" };
    const put = await fetch(`${api.url}${path}`, { method: "PUT", body: bomb, headers });
    expect(put.status).toBe(200);
    const listed = await api.get("/api/2.0/mlflow-artifacts/artifacts?path=0/bomb/artifacts");
    expect(listed.body).toEqual({ files: [{ path: "b.gz", is_dir: false, file_size: bomb.length }] });
  });
});

describe("a metric", () => {
  test("is logged in a loop, a hundred thousand times by eight writers, and none is lost", {
    timeout: 120_000,
  }, async () => {
    const run = await newRun();
    const writer = async (number: number): Promise<void> => {
      for (let batch = 0; batch < 13; batch++) {
        const metrics = Array.from({ length: 1000 }, (_, i) => {
          const step = (number * 13 + batch) * 1000 + i;
          return { key: "loss", value: step % 7 === 0 ? "NaN" : 1 / (step + 1), timestamp: step, step };
        });
        expect((await post("runs/log-batch", { run_id: run, metrics })).status).toBe(200);
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, number) => writer(number)));
    const { body } = await api.get<{ run: { data: { metrics: object[] } } }>(
      `/api/2.0/mlflow/runs/get?run_id=${run}`,
    );
    expect(body.run.data.metrics).toMatchObject([{ key: "loss", step: 103_999 }]);
    const range = await api.get<{ metrics: { step: number }[] }>(
      `/api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids=${run}&metric_key=loss&max_results=100`,
    );
    expect(range.body.metrics.at(0)?.step).toBe(0);
    expect(range.body.metrics.at(-1)?.step).toBe(103_999);
  });
});

describe("a version that serves", () => {
  test("is not deleted, and neither is its model, until its traffic is somewhere else", async () => {
    const source = "mlflow-artifacts:/served/1";
    await post("registered-models/create", { name: "served" });
    for (const _ of [1, 2]) await post("model-versions/create", { name: "served", source });
    await post("registered-models/alias", { name: "served", alias: "champion", version: "1" });
    const remove = (path: string, body: object) => api.call("DELETE", `/api/2.0/mlflow/${path}`, { body });
    const put = (weight: number) => [
      { name: "a", model: "models:/served@champion", weight },
      { name: "b", model: "models:/served/2", weight: 100 - weight },
    ];
    const made = await api.call("POST", "/api/endpoints", { body: { name: "shop", variants: put(100) } });
    expect(made).toMatchObject({ status: 201 });
    expect(await remove("model-versions/delete", { name: "served", version: "1" })).toMatchObject({
      status: 400,
      body: {
        error_code: "INVALID_PARAMETER_VALUE",
        message: expect.stringContaining("version 1 of served is what shop answers with"),
      },
    });
    expect(await remove("registered-models/delete", { name: "served" })).toMatchObject({ status: 400 });
    expect((await remove("model-versions/delete", { name: "served", version: "2" })).status).toBe(200);
    await api.call("DELETE", "/api/endpoints/shop");
    expect((await remove("registered-models/delete", { name: "served" })).status).toBe(200);
  });
});
