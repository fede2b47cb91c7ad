import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newBody, newQuery, oldAnswer } from "../../src/api/airflow2/translate.ts";
import { listAuditEntries } from "../../src/store/audit-log.ts";
import { addDag } from "../store/rows.ts";
import { createApi, type TestApi } from "../support/api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await createApi();
  await addDag(api.database, "shop", { timetable: { kind: "none" } });
});
afterAll(() => api.stop());

type Run = Record<string, unknown> & { dag_run_id: string };

describe("/api/v1", () => {
  it("lists Dags with the fields that Airflow 2 had, and says that it is deprecated", async () => {
    const { body, headers, status } = await api.get<{ dags: object[]; total_entries: number }>(
      "/api/v1/dags",
    );
    expect(status).toBe(200);
    expect(body.total_entries).toBe(1);
    expect(body.dags[0]).toMatchObject({
      dag_id: "shop",
      is_active: true,
      is_paused: false,
      is_subdag: false,
    });
    expect(headers.get("deprecation")).toMatch(/^@\d+$/);
    expect(headers.get("link")).toBe('</api/v2/dags>; rel="successor-version"');
  });

  it("triggers a run by conf alone, at the present date, and finds it again", async () => {
    const made = await api.call<Run>("POST", "/api/v1/dags/shop/dagRuns", { body: { conf: { a: 1 } } });
    expect(made.status).toBe(200);
    expect(made.body).toMatchObject({
      dag_id: "shop",
      conf: { a: 1 },
      external_trigger: true,
      state: "queued",
    });
    expect(made.body["execution_date"]).toBe(made.body["logical_date"]);
    expect(made.body["execution_date"]).toBeTypeOf("string");
    const runs = await api.get<{ dag_runs: Run[] }>(
      "/api/v1/dags/shop/dagRuns?order_by=-execution_date&limit=1&execution_date_gte=2020-01-01T00:00:00Z",
    );
    expect(runs.body.dag_runs.map(({ dag_run_id }) => dag_run_id)).toEqual([made.body.dag_run_id]);
    const path = `/api/v1/dags/shop/dagRuns/${encodeURIComponent(made.body.dag_run_id)}`;
    expect(await api.get(path)).toMatchObject({ status: 200 });
    const { rows } = await listAuditEntries(api.database, { dagId: "shop" });
    expect(rows.length).toBe(1);
  });

  it("pauses", async () => {
    const paused = await api.call("PATCH", "/api/v1/dags/shop", { body: { is_paused: true } });
    expect(paused).toMatchObject({ status: 200, body: { is_paused: true } });
    await api.call("PATCH", "/api/v1/dags/shop", { body: { is_paused: false } });
  });

  it("answers errors as problems", async () => {
    const missing = await api.get("/api/v1/dags/nothing");
    expect(missing.headers.get("content-type")).toContain("application/problem+json");
    expect(missing).toMatchObject({
      status: 404,
      body: { status: 404, title: "Not Found", type: "about:blank" },
    });
    expect(await api.get("/api/v1/dags", { as: "nobody" })).toMatchObject({ status: 401 });
  });

  it("health and version need no sign-in", async () => {
    expect(await api.get("/api/v1/health", { as: "nobody" })).toMatchObject({
      status: 200,
      body: { metadatabase: { status: "healthy" } },
    });
    expect(await api.get("/api/v1/version", { as: "nobody" })).toMatchObject({ status: 200 });
  });
});

describe("its words", () => {
  it("are those of v2 with other names, and what people wrote is left alone", () => {
    expect(newQuery("only_active=true&execution_date_lte=x&order_by=execution_date")).toBe(
      "exclude_stale=true&logical_date_lte=x&order_by=logical_date",
    );
    expect(newBody("POST", "/dags/x/dagRuns", { execution_date: "d" }, 0)).toEqual({ logical_date: "d" });
    expect(newBody("PATCH", "/dags/x", { is_paused: true }, 0)).toEqual({ is_paused: true });
    expect(oldAnswer({ conf: { logical_date: "mine" } })).toEqual({ conf: { logical_date: "mine" } });
  });
});
