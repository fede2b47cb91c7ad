/** Reports of checks over HTTP: posted by people and by tasks, listed, read, and summed up as series. */
import { describe, expect, it } from "vitest";
import type { CheckSeries } from "../../src/api/ui/check-contract.ts";
import { signAttemptToken } from "../../src/store/attempt-token.ts";
import { findTaskInstance } from "../../src/store/task-instances.ts";
import { addDag, addInstance, addRun, task } from "../store/rows.ts";
import { freshApi, type TestApi } from "../support/api.ts";

const bins = [{ label: "0 – 1", share: 1 }];
const column = (name: string, drifted: boolean) => ({
  column: name,
  test: "ks",
  score: drifted ? 0.001 : 0.6,
  threshold: 0.05,
  drifted,
  reference: { count: 10, missing: 0, mean: 0.5, bins },
  current: { count: 9, missing: 1, mean: 0.4, bins },
});
const drift = (...drifted: boolean[]) => ({
  kind: "drift",
  name: "monitor",
  dataset: "customers",
  report: { columns: drifted.map((one, at) => column(`c${at}`, one)) },
});
/** As `ExpectationSuiteValidationResult.to_json_dict()` of Great Expectations has it. */
const expectations = {
  success: false,
  results: [
    {
      success: true,
      expectation_config: {
        type: "expect_column_values_to_not_be_null",
        kwargs: { column: "age", batch_id: "b" },
        meta: {},
        severity: "critical",
      },
      result: { element_count: 4, unexpected_count: 0 },
      meta: {},
      exception_info: { raised_exception: false, exception_traceback: null, exception_message: null },
    },
    {
      success: false,
      expectation_config: {
        type: "expect_column_max_to_be_between",
        kwargs: { column: "age", max_value: 120 },
        severity: "warning",
      },
      result: { observed_value: 300 },
      exception_info: { raised_exception: false },
    },
  ],
  suite_name: "customers",
  statistics: { evaluated_expectations: 2 },
};

const post = <T = { id: number; outcome: string }>(api: TestApi, body: object) =>
  api.call<T>("POST", "/api/checks", { body });

it("says of drift how many columns drifted, and fails from the share on that it is given", async () => {
  const api = await freshApi();
  expect(await post(api, drift(true, false, false))).toMatchObject({
    status: 201,
    body: {
      outcome: "warned",
      score: expect.closeTo(1 / 3),
      threshold: 0.5,
      checked: 3,
      failed: 1,
      actor: "admin",
    },
  });
  expect(await post(api, drift(true, false))).toMatchObject({ body: { outcome: "failed", score: 0.5 } });
  const lenient = drift(true, false);
  expect(await post(api, { ...lenient, report: { ...lenient.report, drift_share: 0.6 } })).toMatchObject({
    body: { outcome: "warned" },
  });
  expect(await post(api, drift(false))).toMatchObject({ body: { outcome: "passed", score: 0 } });
});

it("takes the result of Great Expectations as it is, and keeps what a page shows of it", async () => {
  const api = await freshApi();
  const { body } = await post(api, { kind: "validation", name: "customers", report: expectations });
  expect(body).toMatchObject({ outcome: "warned", checked: 2, failed: 1, score: 0.5 });
  expect(await api.get(`/api/checks/${body.id}`, { as: "Viewer" })).toMatchObject({
    status: 200,
    body: {
      report: {
        results: [
          {
            type: "expect_column_values_to_not_be_null",
            kwargs: { column: "age" },
            severity: "error",
            success: true,
            exception: null,
          },
          { severity: "warning", success: false, result: { observed_value: 300 } },
        ],
      },
    },
  });
});

it.each([
  [{ current: 0.7 }, "failed", 0.2],
  [{ current: 0.88 }, "passed", 0.02],
  [{ current: null }, "failed", null],
  [{ current: 0.2, greater_is_better: false }, "passed", -0.7],
  [{ current: 0.7, samples: 3 }, "warned", 0.2],
])("judges a score of %j as %s", async (given, outcome, loss) => {
  const api = await freshApi();
  const report = { metric: "accuracy", reference: 0.9, samples: 100, ...given };
  const { body } = await post<{ score: number | null }>(api, { kind: "performance", name: "churn", report });
  expect(body).toMatchObject({ outcome, threshold: 0.05 });
  if (loss === null) expect(body.score).toBeNull();
  else expect(body.score).toBeCloseTo(loss);
});

it.each([
  [{ kind: "drift", name: "x", report: { columns: [] } }],
  [{ kind: "drift", name: "x", report: { columns: [{ ...column("a", true), threshold: "low" }] } }],
  [{ kind: "guess", name: "x", report: {} }],
  [{ kind: "validation", name: "", report: { results: [] } }],
  [{ kind: "performance", name: "x", report: { metric: "auc", reference: "NaN", current: 1, samples: 1 } }],
])("refuses %j", async (body) => {
  const api = await freshApi();
  expect((await post(api, body)).status).toBe(422);
});

it("lists the newest first, narrowed to what is asked for, page by page", async () => {
  const api = await freshApi();
  for (const one of [drift(false), drift(true), { ...drift(false), dataset: "orders", endpoint: "shop" }])
    await post(api, one);
  const list = async (query: string) =>
    (
      await api.get<{ checks: { outcome: string; dataset: string }[]; total_entries: number }>(
        `/api/checks?${query}`,
      )
    ).body;
  expect((await list("")).checks.map(({ dataset }) => dataset)).toEqual(["orders", "customers", "customers"]);
  expect(await list("dataset=customers&limit=1")).toMatchObject({
    checks: [{ outcome: "failed" }],
    total_entries: 2,
  });
  expect((await list("endpoint=shop")).total_entries).toBe(1);
  expect((await list("outcome=passed&kind=drift")).total_entries).toBe(2);
  expect((await api.get("/api/checks?limit=1000000000")).status).toBe(422);
  expect((await api.get("/api/checks/999")).status).toBe(404);
});

it("gathers reports of one name and data set as a series for the page", async () => {
  const api = await freshApi();
  for (const one of [drift(false), drift(true), { ...drift(false), dataset: "orders" }]) await post(api, one);
  const { body } = await api.get<CheckSeries[]>("/ui/checks");
  expect(body).toMatchObject([
    { dataset: "orders", last: { outcome: "passed" } },
    {
      dataset: "customers",
      last: { outcome: "failed" },
      failed: 1,
      recent: [{ outcome: "passed" }, { outcome: "failed" }],
    },
  ]);
});

describe("who may", () => {
  it("lets viewers read, users report, and asks everybody else who they are", async () => {
    const api = await freshApi();
    const by = async (as: "nobody" | "Viewer" | "User") =>
      (await api.call("POST", "/api/checks", { as, body: drift(true) })).status;
    expect([await by("nobody"), await by("Viewer"), await by("User")]).toEqual([401, 403, 201]);
    expect((await api.get("/api/checks", { as: "Viewer" })).status).toBe(200);
    expect((await api.get("/ui/checks", { as: "nobody" })).status).toBe(401);
    expect((await api.call("DELETE", "/api/checks/1", { as: "Viewer" })).status).toBe(403);
    expect((await api.call("DELETE", "/api/checks/1", { as: "User" })).status).toBe(204);
  });

  it("ties the report of a task to its attempt", async () => {
    const api = await freshApi();
    const { versionId } = await addDag(api.database, "nightly", { tasks: [task("check")] });
    const run = await addRun(api.database, "nightly", "r1", { state: "running", versionId });
    await addInstance(api.database, run.id, "check", { state: "running" });
    const at = { dagId: "nightly", runId: "r1", taskId: "check", mapIndex: -1 };
    const attemptId = (await findTaskInstance(api.database, at))?.attemptId ?? "";
    const key = { runPk: run.id, taskId: "check", mapIndex: -1, attemptId };
    const authorization = `Bearer ${signAttemptToken(api.parts.secrets, key)}`;
    const made = await api.call("POST", "/api/checks", {
      as: "nobody",
      body: drift(true),
      headers: { authorization },
    });
    expect(made).toMatchObject({
      status: 201,
      body: { dag_id: "nightly", task_id: "check", actor: "nightly.check" },
    });
    const path = "/api/checks?dag_id=nightly&dag_run_id=r1&task_id=check&map_index=-1";
    expect(await api.get(path)).toMatchObject({ body: { total_entries: 1, checks: [{ try_number: 1 }] } });
  });
});
