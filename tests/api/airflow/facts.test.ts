/** What answers say beside states: plugins, links, params of questions, lines of logs, who changed which Dag. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { attemptLogPath } from "../../../src/scheduler/workload.ts";
import { getBackfill, setBackfillPaused } from "../../../src/store/backfills.ts";
import { putPlugins } from "../../../src/store/plugins.ts";
import { sql } from "../../../src/store/sql.ts";
import { setXCom } from "../../../src/store/xcoms.ts";
import { addDag, addInstance, addRun, noon, task } from "../../store/rows.ts";
import { freshApi } from "../../support/api.ts";

test("plugins are listed as the Dag processor wrote them down, in the order of their names", async () => {
  const api = await freshApi();
  expect((await api.get("/api/v2/plugins")).body).toEqual({ plugins: [], total_entries: 0 });
  const view = { name: "Costs", href: "https://example.org", destination: "nav" };
  const look = { icon: null, icon_dark_mode: null, url_route: null, category: null, nav_top_level: true };
  await putPlugins(
    api.database,
    [
      {
        name: "mine",
        source: "plugins/mine.py",
        contents: { macros: ["shout"], external_views: [{ ...view, ...look }] },
      },
      { name: "a", source: "a=package:A", contents: { listeners: ["ears"] } },
    ],
    [{ source: "plugins/broken.py", error: "ModuleNotFoundError: No module named 'x'" }],
  );
  const { body } = await api.get("/api/v2/plugins");
  expect(body).toMatchObject({
    total_entries: 2,
    plugins: [
      { name: "a", listeners: ["ears"], macros: [] },
      {
        name: "mine",
        source: "plugins/mine.py",
        macros: ["shout"],
        external_views: [view],
        fastapi_apps: [],
      },
    ],
  });
  expect((await api.get("/api/v2/plugins?limit=1&offset=1")).body).toMatchObject({
    total_entries: 2,
    plugins: [{ name: "mine" }],
  });
  expect((await api.get("/api/v2/plugins/importErrors")).body).toEqual({
    total_entries: 1,
    import_errors: [{ source: "plugins/broken.py", error: "ModuleNotFoundError: No module named 'x'" }],
  });
  // The next list takes the place of this one.
  await putPlugins(api.database, [], []);
  expect((await api.get("/api/v2/plugins")).body).toMatchObject({ total_entries: 0 });
});

test("links of an operator are named with its task, and have their address once an attempt left it", async () => {
  const api = await freshApi();
  const extraLinks = [
    { name: "Query", key: "_link_Query" },
    { name: "Costs", key: "_link_Costs" },
  ];
  const { versionId } = await addDag(api.database, "churn", { tasks: [task("load", { extraLinks })] });
  const run = await addRun(api.database, "churn", "r", { state: "success", versionId });
  await addInstance(api.database, run.id, "load", { state: "success" });
  const at = { runPk: run.id, taskId: "load", mapIndex: -1, key: "_link_Query" };
  await setXCom(api.database, at, { value: "https://example.org/q/1" }, noon);
  const links = await api.get("/api/v2/dags/churn/dagRuns/r/taskInstances/load/links");
  expect(links.body).toEqual({
    extra_links: { Query: "https://example.org/q/1", Costs: null },
    total_entries: 2,
  });
  expect((await api.get("/api/v2/dags/churn/tasks/load")).body).toMatchObject({
    extra_links: ["Query", "Costs"],
  });
  expect((await api.get("/ui/dags/churn/runs/r/tasks/load")).body).toMatchObject({
    extraLinks: [
      { name: "Query", url: "https://example.org/q/1" },
      { name: "Costs", url: null },
    ],
  });
});

test("each line of a log says of which attempt it is, page by page and as a stream", async () => {
  const api = await freshApi();
  const { versionId } = await addDag(api.database, "churn", { tasks: [task("load")] });
  const run = await addRun(api.database, "churn", "r", { state: "success", versionId });
  await addInstance(api.database, run.id, "load", { state: "success" });
  const at = { dagId: "churn", runId: "r", taskId: "load", mapIndex: -1, tryNumber: 1 };
  const file = join(api.parts.config.paths.logs, attemptLogPath(at));
  mkdirSync(dirname(file), { recursive: true });
  const line = {
    time: "2026-01-01T12:00:00Z",
    level: "info",
    logger: "task.stdout",
    message: "one",
    rows: 3,
  };
  writeFileSync(file, `${JSON.stringify(line)}\n`);
  const base = "/api/v2/dags/churn/dagRuns/r/taskInstances/load";
  const { id } = (await api.get<{ id: string }>(base)).body;
  const expected = {
    timestamp: "2026-01-01T12:00:00Z",
    event: "one",
    level: "info",
    logger: "task.stdout",
    rows: 3,
    dag_id: "churn",
    task_id: "load",
    run_id: "r",
    map_index: -1,
    try_number: 1,
    ti_id: id,
  };
  expect((await api.get(`${base}/logs/1`)).body).toMatchObject({ content: [expected] });
  const stream = await api.get<object>(`${base}/logs/1`, { headers: { accept: "application/x-ndjson" } });
  const text = typeof stream.body === "string" ? stream.body : JSON.stringify(stream.body);
  expect(JSON.parse(text.trim())).toEqual(expected);
});

test("params of a question come with their schema, as the Dag and its task have them", async () => {
  const api = await freshApi();
  const comment = { value: "", description: "Why", schema: { type: "string" } };
  const region = { value: "eu", schema: { type: "string", enum: ["eu", "us"] } };
  const { versionId } = await addDag(api.database, "release", {
    params: { region },
    tasks: [task("ask", { params: { comment } })],
  });
  const run = await addRun(api.database, "release", "r", { state: "running", versionId });
  await addInstance(api.database, run.id, "ask", { state: "awaiting_input" });
  await api.database.run(sql`
    INSERT INTO hitl_detail (run_pk, task_id, map_index, attempt_id, try_number, subject, options, params, created_at)
    VALUES (${run.id}, 'ask', -1, gen_random_uuid(), 1, 'Publish?', '{Yes,No}',
      '{"comment": "good", "region": "us", "other": 3}', now())`);
  const { body } = await api.get("/api/v2/dags/release/dagRuns/r/taskInstances/ask/-1/hitlDetails");
  expect(body).toMatchObject({
    params: {
      comment: { value: "good", description: "Why", schema: { type: "string" } },
      region: { value: "us", description: null, schema: { enum: ["eu", "us"] } },
      other: { value: 3, description: null, schema: {} },
    },
  });
});

test("details of a Dag have its default arguments without secrets, and how long its import took", async () => {
  const api = await freshApi();
  await addDag(api.database, "churn", { defaultArgs: { owner: "ada", retries: 2, password: "wind" } });
  await api.database.run(sql`UPDATE dag SET last_parse_seconds = 0.25`);
  const { body } = await api.get("/api/v2/dags/churn/details");
  expect(body).toMatchObject({
    last_parse_duration: 0.25,
    default_args: { owner: "ada", retries: 2, password: "***" },
  });
});

test("a Dag that is made by one asset is made by all of a list of one", async () => {
  const api = await freshApi();
  const asset = { name: "scores", uri: "file:///scores.csv" };
  await addDag(api.database, "reader", {
    timetable: { kind: "asset", assets: { asset } },
    assets: [{ ...asset, group: "asset", extra: {} }],
  });
  await api.database.run(
    sql`INSERT INTO asset (name, uri, created_at) VALUES ('scores', 'file:///scores.csv', now())`,
  );
  const { body } = await api.get("/api/v2/dags/reader/details");
  expect(body).toMatchObject({ asset_expression: { all: [{ asset: { ...asset, group: "asset", id: 1 } }] } });
});

test("starting and pausing a backfill stand in the audit log of their Dag", async () => {
  const api = await freshApi();
  await addDag(api.database, "churn", {
    timetable: { kind: "cron-trigger", cron: "0 0 * * *", timezone: "UTC" },
    startDate: "2026-01-01T00:00:00Z",
    tasks: [task("load")],
  });
  const body = { dag_id: "churn", from_date: "2026-01-01T00:00:00Z", to_date: "2026-01-03T00:00:00Z" };
  const made = await api.call<{ id: number }>("POST", "/api/v2/backfills", { body });
  expect(made.status).toBe(200);
  await api.call("PUT", `/api/v2/backfills/${made.body.id}/pause`);
  const { body: log } = await api.get("/api/v2/eventLogs?dag_id=churn&order_by=id");
  expect(log).toMatchObject({
    event_logs: [
      { event: "create_backfill", dag_id: "churn", owner: "admin" },
      { event: "pause_backfill", dag_id: "churn", owner: "admin" },
    ],
  });
});

test("a backfill says how far it is, and one that ends while it is paused is not a cancelled one", async () => {
  const api = await freshApi();
  const { versionId } = await addDag(api.database, "churn", {
    timetable: { kind: "cron-trigger", cron: "0 0 * * *", timezone: "UTC" },
    startDate: "2026-01-01T00:00:00Z",
    tasks: [task("load")],
  });
  const body = { dag_id: "churn", from_date: "2026-01-01T00:00:00Z", to_date: "2026-01-04T00:00:00Z" };
  const { id } = (await api.call<{ id: number }>("POST", "/api/v2/backfills", { body })).body;
  const run = await addRun(api.database, "churn", "b", { type: "backfill", state: "success", versionId });
  await api.database.run(sql`UPDATE dag_run SET backfill_id = ${id} WHERE id = ${run.id}`);
  const shown = async () => (await api.get<object[]>("/ui/dags/churn/backfills")).body[0];
  const total = ((await shown()) as { total: number }).total;
  expect(await shown()).toMatchObject({
    state: "running",
    counts: { success: 1, failed: 0, running: 0, queued: 0, none: total - 1 },
  });
  await setBackfillPaused(api.database, id, true);
  expect(await shown()).toMatchObject({ state: "paused" });
  await api.database.run(sql`UPDATE backfill SET completed_at = now() WHERE id = ${id}`);
  expect(await shown()).toMatchObject({ state: "completed", counts: { none: 0 } });
  const second = (await api.call<{ id: number }>("POST", "/api/v2/backfills", { body })).body;
  expect((await api.call("PUT", `/api/v2/backfills/${second.id}/cancel`)).status).toBe(200);
  expect((await getBackfill(api.database, second.id)).isPaused).toBe(true);
  expect(await shown()).toMatchObject({ id: second.id, state: "cancelled" });
});
