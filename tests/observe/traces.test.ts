import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { attemptSpanId, noTraces, runTraceIds, startTraces, traceParent } from "../../src/traces.ts";

interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  status: { code?: number; message?: string };
}

/** An OTLP/HTTP receiver that keeps what it was sent. */
async function receiver() {
  const requests: {
    url: string;
    body: {
      resourceSpans: { resource: { attributes: unknown[] }; scopeSpans: { spans: ReceivedSpan[] }[] }[];
    };
  }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      requests.push({ url: request.url ?? "", body: JSON.parse(Buffer.concat(chunks).toString()) as never });
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const spans = (): ReceivedSpan[] =>
    requests.flatMap(({ body }) =>
      body.resourceSpans.flatMap((one) => one.scopeSpans.flatMap((scope) => scope.spans)),
    );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, spans };
}

const run = { dagId: "etl", runId: "manual__2026-03-01T00:00:00+00:00", clearNumber: 0 };
const attempt = {
  run,
  attemptId: "0195a000-0000-7000-8000-000000000001",
  taskId: "load",
  mapIndex: -1,
  tryNumber: 1,
  operator: "@task",
  state: "success",
  queuedAt: 1_000_000_000_400,
  startDate: 1_000_000_000_500,
  endDate: 1_000_000_001_500,
};
const runSpan = {
  ...run,
  runType: "manual",
  state: "success",
  queuedAt: 1_000_000_000_000,
  startDate: 1_000_000_000_250,
  endDate: 1_000_000_002_000,
  logicalDate: null,
};

describe("traces", () => {
  it("have one trace for a run, with a span for each attempt below that of the run", async () => {
    const { url, requests, spans } = await receiver();
    const traces = await startTraces({ endpoint: url });
    traces.attemptEnded(attempt);
    traces.attemptEnded({
      ...attempt,
      attemptId: "other",
      taskId: "train",
      state: "failed",
      error: "no rows",
    });
    traces.runEnded({ ...runSpan, state: "failed" });
    await traces.stop();
    expect(requests[0]?.url).toBe("/v1/traces");
    expect(JSON.stringify(requests[0]?.body.resourceSpans[0]?.resource)).toContain(
      '"service.name","value":{"stringValue":"tradewind"}',
    );
    const byName = new Map(spans().map((span) => [span.name, span]));
    const [load, train, etl] = [byName.get("load"), byName.get("train"), byName.get("etl")];
    expect(etl?.parentSpanId ?? "").toBe("");
    expect([load?.traceId, train?.traceId]).toEqual([etl?.traceId, etl?.traceId]);
    expect([load?.parentSpanId, train?.parentSpanId]).toEqual([etl?.spanId, etl?.spanId]);
    expect([load?.startTimeUnixNano, load?.endTimeUnixNano]).toEqual([
      "1000000000500000000",
      "1000000001500000000",
    ]);
    expect([etl?.startTimeUnixNano, etl?.endTimeUnixNano]).toEqual([
      "1000000000250000000",
      "1000000002000000000",
    ]);
    expect([load?.status.code, train?.status, etl?.status.code]).toEqual([
      1,
      { code: 2, message: "no rows" },
      2,
    ]);
    expect(load?.attributes).toContainEqual({ key: "airflow.task.task_id", value: { stringValue: "load" } });
    expect(load?.attributes).toContainEqual({
      key: "airflow.task.queued_duration_ms",
      value: { intValue: 100 },
    });
  });

  it("go on in another scheduler with the same ids, which the task's process knows too", async () => {
    const { url, spans } = await receiver();
    const first = await startTraces({ endpoint: `${url}/v1/traces/` });
    first.attemptEnded(attempt);
    await first.stop();
    const second = await startTraces({ endpoint: url });
    second.runEnded(runSpan);
    await second.stop();
    const [load, etl] = spans();
    expect(etl).toMatchObject(runTraceIds(run));
    expect(load).toMatchObject({
      traceId: etl?.traceId,
      parentSpanId: etl?.spanId,
      spanId: attemptSpanId(attempt.attemptId),
    });
    expect(traceParent(run, attempt.attemptId)).toBe(`00-${etl?.traceId}-${load?.spanId}-01`);
  });

  it("are another trace after the run was cleared", () => {
    expect(runTraceIds({ ...run, clearNumber: 1 }).traceId).not.toBe(runTraceIds(run).traceId);
    expect(runTraceIds(run).traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  it("do no harm when nobody listens", async () => {
    const traces = await startTraces({ endpoint: "http://127.0.0.1:9" });
    traces.runEnded(runSpan);
    await Promise.race([
      traces.stop().catch(() => {}),
      new Promise((resolve) => setTimeout(resolve, 10_000)),
    ]);
    noTraces.runEnded(runSpan);
  });

  it("say what to install when the packages are not there", async () => {
    const module = new URL("../../src/traces.ts", import.meta.url).href;
    const code = `import { registerHooks } from "node:module";
      registerHooks({ resolve(specifier, context, next) {
        if (specifier.startsWith("@opentelemetry/")) throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
        return next(specifier, context);
      } });
      const { startTraces } = await import(${JSON.stringify(module)});
      await startTraces({ endpoint: "http://127.0.0.1:4318" }).catch((error) => console.log(JSON.stringify([error.code, error.hint])));`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code]);
    expect(JSON.parse(stdout)).toEqual([
      "TW_TRACES_PACKAGES",
      "npm install @opentelemetry/api @opentelemetry/exporter-trace-otlp-http @opentelemetry/resources @opentelemetry/sdk-trace",
    ]);
  });
});
