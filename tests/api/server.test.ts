import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { can } from "../../src/api/auth/access.ts";
import { createApiServer } from "../../src/api/server.ts";
import { startJob } from "../../src/store/jobs.ts";
import { createApi, freshApi, type TestApi } from "../support/api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await createApi();
});
afterAll(() => api.stop());

describe("health and version", () => {
  it("says that the database answers and that nothing else was started", async () => {
    const { status, body } = await api.get("/api/v2/monitor/health", { as: "nobody" });
    expect(status).toBe(200);
    expect(body).toEqual({
      metadatabase: { status: "healthy" },
      scheduler: { status: null, latest_scheduler_heartbeat: null },
      triggerer: { status: null, latest_triggerer_heartbeat: null },
      dag_processor: { status: null, latest_dag_processor_heartbeat: null },
    });
  });

  it("tells a live scheduler from a silent one", async () => {
    const own = await freshApi();
    const { clock, database } = own.parts;
    const job = { kind: "scheduler", hostname: "h", pid: 1 } as const;
    const scheduler = async () => (await own.get<{ scheduler: object }>("/health")).body.scheduler;
    await startJob(database, job, clock.now() - 3_600_000);
    expect(await scheduler()).toMatchObject({ status: "unhealthy" });
    await startJob(database, job, clock.now());
    expect(await scheduler()).toMatchObject({ status: "healthy" });
  });

  it("answers with the version of the API that it speaks", async () => {
    const { body } = await api.get("/api/v2/version", { as: "nobody" });
    expect(body).toMatchObject({ version: expect.stringMatching(/^3\.\d+\.\d+$/) });
  });
});

describe("paths and methods", () => {
  it("does not know others, in the form of each API", async () => {
    expect(await api.get("/api/v2/nothing")).toMatchObject({ status: 404, body: { detail: "Not Found" } });
    expect(await api.get("/api/2.0/mlflow/nothing")).toMatchObject({
      status: 404,
      body: { error_code: "ENDPOINT_NOT_FOUND" },
    });
  });

  it("gives each answer an id, which the log has as well", async () => {
    const { headers } = await api.get("/api/v2/version");
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe("a route", () => {
  const schema = {
    params: z.object({ id: z.string().max(250) }),
    querystring: z.object({
      limit: z.int().min(0).default(50),
      state: z.array(z.enum(["a", "b"])).default([]),
      paused: z.boolean().optional(),
    }),
    body: z.strictObject({ name: z.string(), n: z.int().optional() }),
  };
  const withRoutes = async (): Promise<string> => {
    const { parts } = await freshApi();
    const { app, listen, stop } = await createApiServer(parts, (app) => {
      app.post("/echo/:id", { config: { access: "public" }, schema }, async ({ params, query, body }) => ({
        params,
        query,
        body,
      }));
      app.get("/secret", { config: { access: can("edit", "Variables") } }, async () => "yes");
      app.get("/broken", { config: { access: "public" } }, async () => {
        throw new Error("password=hunter2");
      });
    });
    const address = await listen();
    app.server.unref();
    stopped.push(stop);
    return address;
  };
  const stopped: (() => Promise<void>)[] = [];
  afterAll(() => Promise.all(stopped.map((stop) => stop())));

  const post = (url: string, body: string | undefined) =>
    fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body }),
    });

  it("reads ids with slashes, numbers, lists and booleans as its schema says", async () => {
    const url = await withRoutes();
    const id = "ü/🚀 .%".repeat(30);
    const answer = await post(
      `${url}/echo/${encodeURIComponent(id)}?state=a&limit=7&paused=True`,
      '{"name":"x"}',
    );
    expect(await answer.json()).toEqual({
      params: { id },
      query: { limit: 7, state: ["a"], paused: true },
      body: { name: "x" },
    });
  });

  it("refuses what does not fit, in the words of FastAPI", async () => {
    const url = await withRoutes();
    const answer = await post(`${url}/echo/1?limit=-1&state=c&paused=maybe`, '{"n":"x","other":1}');
    expect(answer.status).toBe(422);
    const queryOnly = (await answer.json()) as { detail: { loc: unknown[]; type: string }[] };
    expect(queryOnly.detail.map(({ loc, type }) => `${loc.join(".")} ${type}`)).toEqual(
      expect.arrayContaining(["body.name missing", "body.n int_parsing", "body.other extra_forbidden"]),
    );
    const query = await post(`${url}/echo/1?limit=-1&state=c&paused=maybe`, '{"name":"x"}');
    const { detail } = (await query.json()) as { detail: { loc: unknown[]; type: string }[] };
    expect(detail.map(({ loc, type }) => `${loc.join(".")} ${type}`)).toEqual([
      "query.limit greater_than_equal",
      "query.state.0 enum",
      "query.paused bool_parsing",
    ]);
  });

  it("refuses a body that is no JSON, and one that poisons prototypes", async () => {
    const url = await withRoutes();
    for (const body of ["{", '{"__proto__":{"admin":true}}']) {
      const answer = await post(`${url}/echo/1`, body);
      expect(answer.status).toBe(422);
      expect(await answer.json()).toMatchObject({ detail: [{ type: "json_invalid" }] });
    }
    expect((await post(`${url}/echo/1`, undefined)).status).toBe(422);
  });

  it("keeps the text of an unexpected error to itself", async () => {
    const url = await withRoutes();
    const answer = await fetch(`${url}/broken`);
    expect(answer.status).toBe(500);
    expect(await answer.json()).toEqual({ detail: "Internal Server Error" });
  });

  it("asks who is there before it asks what is wanted", async () => {
    const url = await withRoutes();
    const answer = await fetch(`${url}/secret`);
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toContain("Basic");
  });

  it("cannot be registered without saying who may use it", async () => {
    const { parts } = await freshApi();
    await expect(createApiServer(parts, (app) => void app.get("/open", async () => "oops"))).rejects.toThrow(
      "expected config.access",
    );
  });
});

describe("the port", () => {
  it("is named when another program has it", async () => {
    const port = new URL(api.url).port;
    await expect(freshApi({ environment: { TRADEWIND__API__PORT: port } })).rejects.toMatchObject({
      code: "TW_API_PORT",
      message: expect.stringContaining(port),
    });
  });

  it("cuts off a client that sends its body by drops", async () => {
    const { url } = await freshApi({ environment: { TRADEWIND__API__BODY_TIMEOUT_SECONDS: "0.2" } });
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write("POST /api/v2/version HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n");
    socket.write("content-length: 1000\r\n\r\n{");
    await new Promise((resolve) => socket.resume().once("close", resolve));
  });
});
