/** Requests that are kept: written beside the answer, in memory only so far, and read again as a table. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { LocalArtifactStore } from "../../../src/artifacts/local-store.ts";
import { type Logger, silentLog } from "../../../src/log.ts";
import { requestFilesIn } from "../../../src/ml/deployment/request-files.ts";
import { readRequestLog } from "../../../src/ml/deployment/request-log-reading.ts";
import { RequestLog } from "../../../src/ml/serving/request-log.ts";
import type { LoggedRequest } from "../../../src/ml/serving/request-log-table.ts";
import { SimulatedClock } from "../../../src/testing/index.ts";
import { temporaryFolder } from "../../examples/temporary-folder.ts";
import { freshApi } from "../../support/api.ts";

const start = Date.parse("2026-03-01T10:59:00Z");
let ids = 0;
function request(more: Partial<LoggedRequest> = {}): LoggedRequest {
  ids += 1;
  // The last eight digits decide whether it is kept.
  const random = ((ids * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, "0");
  return {
    endpoint: "shop",
    requestId: `${"0".repeat(24)}${random}.x`,
    time: start,
    variant: "v1",
    modelVersion: "1",
    latency: 1.5,
    input: { columns: ["age", "time"], rows: [[40, "noon"]] },
    prediction: { predictions: [1], more: {} },
    ...more,
  };
}

async function logging(options: { store?: Partial<LocalArtifactStore>; log?: Logger } = {}) {
  const folder = await temporaryFolder();
  const store = new LocalArtifactStore(folder);
  const clock = new SimulatedClock(start);
  const write = options.store?.write ?? store.write.bind(store);
  const parts = { list: store.list.bind(store), remove: store.remove.bind(store), write };
  const log = new RequestLog({ store: parts, clock, log: options.log ?? silentLog() });
  const files = requestFilesIn(store);
  return {
    log,
    clock,
    files,
    read: (more: object = {}) => readRequestLog(files, "shop", { since: 0, until: start * 2, ...more }),
  };
}

describe("the request log", () => {
  it("keeps rows by the hour, and reads those of a window and a variant", async () => {
    const { log, files, read } = await logging();
    log.add(request(), 1);
    log.add(
      request({
        time: start + 120_000,
        variant: "v2",
        input: { columns: ["age"], rows: [[50], [60]] },
        prediction: { predictions: [0, 1], more: {} },
      }),
      1,
    );
    log.add(request({ time: start + 130_000, prediction: null }), 1);
    expect(await files.list("request-log/shop")).toEqual([]);
    await log.flush();
    const paths = await files.list("request-log/shop");
    expect(paths.map((path) => path.replace(/[^/]+$/, "")).sort()).toEqual([
      "date=2026-03-01/hour=10/",
      "date=2026-03-01/hour=11/",
    ]);
    const table = await read();
    expect(table.names).toEqual([
      "request_id",
      "row",
      "time",
      "variant",
      "model_version",
      "latency_ms",
      "failed",
      "prediction",
      "age",
      "input.time",
    ]);
    expect([...table.numbers("age")]).toEqual([40, 50, 60, 40]);
    expect(table.texts("input.time")).toEqual(["noon", null, null, "noon"]);
    expect(table.texts("failed")).toEqual(["false", "false", "false", "true"]);
    expect((await read({ variant: "v2" })).rows).toBe(2);
    expect((await read({ until: start + 1 })).rows).toBe(1);
    expect((await read({ since: start + 1 })).rows).toBe(3);
  });

  it("writes by itself after half a minute", async () => {
    const { log, clock, read } = await logging();
    log.add(request(), 1);
    clock.advance();
    expect(clock.now()).toBe(start + 30_000);
    await log.flush();
    expect((await read()).rows).toBe(1);
  });

  it("keeps about the share that is asked for", async () => {
    const { log, read } = await logging();
    for (let i = 0; i < 4000; i++) log.add(request(), 0.1);
    await log.flush();
    const { rows } = await read();
    expect(rows).toBeGreaterThan(300);
    expect(rows).toBeLessThan(500);
  });

  it("keeps what the store refused for the next time", async () => {
    let isDown = true;
    const written: string[] = [];
    const { log } = await logging({
      store: {
        async write(path, content) {
          await text(content);
          if (isDown) throw new Error("the store is down");
          written.push(path);
        },
      },
    });
    log.add(request(), 1);
    await log.flush();
    expect(written).toEqual([]);
    isDown = false;
    await log.flush();
    expect(written).toHaveLength(1);
  });

  it("drops the oldest where the store never answers, and says how many", async () => {
    const warnings: object[] = [];
    const log = { ...silentLog(), warn: (fields: object) => warnings.push(fields) } as unknown as Logger;
    const { log: kept, read } = await logging({ log });
    const rows = Array.from({ length: 1000 }, (_, row) => [row, "x"]);
    const predictions = rows.map(([row]) => row);
    for (let i = 0; i < 60; i++)
      kept.add(
        request({ input: { columns: ["age", "time"], rows }, prediction: { predictions, more: {} } }),
        1,
      );
    await kept.flush();
    expect(warnings).toEqual([{ dropped: 10 }]);
    // A hundred rows of each request.
    expect((await read()).rows).toBe(5000);
  });

  it("is filled by the requests of an endpoint that asks for it, and of no other", async () => {
    const model = join(await temporaryFolder(), "model");
    mkdirSync(model);
    const state = { shift: [-1, -1], scale: [1, 1] };
    writeFileSync(
      join(model, "model.json"),
      JSON.stringify({ model: "StandardScaler", format: 1, params: {}, state }),
    );
    writeFileSync(join(model, "MLmodel"), JSON.stringify({ flavors: { tradewind: { data: "model.json" } } }));
    const api = await freshApi();
    const variants = [{ name: "live", model, weight: 100 }];
    await api.call("POST", "/api/endpoints", {
      body: { name: "kept", variants, request_log: { sample: 1 } },
    });
    await api.call("POST", "/api/endpoints", { body: { name: "not-kept", variants } });
    const ask = (name: string, data: unknown[][]) =>
      api.call<{ predictions: number[][] }>("POST", `/endpoints/${name}/invocations`, {
        body: { dataframe_split: { columns: ["x", "y"], data } },
      });
    for (let i = 0; i < 3; i++) expect((await ask("kept", [[i, 0]])).status).toBe(200);
    // The caller's mistake says nothing of the model.
    expect((await ask("kept", [["text", 0]])).status).toBe(400);
    await ask("not-kept", [[0, 0]]);
    const { openTrackingArtifacts } = await import("../../../src/artifacts/from-settings.ts");
    const files = requestFilesIn(openTrackingArtifacts(api.parts.config));
    await api.server.stop();
    const until = api.parts.clock.now() + 60_000;
    const table = await readRequestLog(files, "kept", { since: until - 3_600_000, until });
    expect([...table.numbers("x")].sort()).toEqual([0, 1, 2]);
    expect(table.texts("prediction").sort()).toEqual(["[1,1]", "[2,1]", "[3,1]"]);
    expect(await files.list("request-log/not-kept")).toEqual([]);
  });
});
