/** What the page asks for under /ui, without a page. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import type {
  DagList,
  DagStructure,
  GridData,
  Home,
  InstanceDetail,
  LogPage,
} from "../../src/api/ui/contract.ts";
import { lettered } from "../../src/api/ui/state-letters.ts";
import { attemptLogPath } from "../../src/scheduler/workload.ts";
import { putPlugins } from "../../src/store/plugins.ts";
import { addDag, addInstance, addRun, day, noon, task } from "../store/rows.ts";
import { freshApi, type TestApi } from "../support/api.ts";

const stateOf = (letter: string | undefined): string | undefined =>
  lettered[(letter ?? "").charCodeAt(0) - 97];

async function churn(api: TestApi): Promise<void> {
  const tasks = [
    task("train", { upstream: ["prepare.clean"] }),
    task("prepare.clean", { groupId: "prepare", label: "clean" }),
    task("score", { upstream: ["train"], mapped: { expand: {} } }),
  ];
  const group = { groupId: "prepare", parentGroupId: null, label: "prepare", tooltip: "" };
  const { versionId } = await addDag(api.database, "churn", {
    tasks,
    taskGroups: [group],
    tags: ["ml"],
    owners: ["ada"],
  });
  const first = await addRun(api.database, "churn", "first", { state: "failed", at: noon, versionId });
  const second = await addRun(api.database, "churn", "second", {
    state: "running",
    at: noon + day,
    versionId,
  });
  await addInstance(api.database, first.id, "prepare.clean", { state: "success" });
  await addInstance(api.database, first.id, "train", { state: "failed" });
  await addInstance(api.database, second.id, "prepare.clean", { state: "running" });
  await addInstance(api.database, second.id, "train", { state: null, tryNumber: 0 });
  for (const [mapIndex, state] of (["success", "failed", "success"] as const).entries())
    await addInstance(api.database, second.id, "score", { state, mapIndex });
}

it("lists tasks depth first, what runs earlier first", async () => {
  const api = await freshApi();
  await churn(api);
  const { body } = await api.get<DagStructure>("/ui/dags/churn/structure");
  expect(body.nodes.map(({ id, kind, depth }) => `${kind} ${id} ${depth}`)).toEqual([
    "group prepare 0",
    "task prepare.clean 1",
    "task train 0",
    "task score 0",
  ]);
  expect(body.edges).toEqual([
    { from: "prepare.clean", to: "train" },
    { from: "train", to: "score" },
  ]);
});

it("answers the grid with a letter for each cell, and counts of mapped tasks", async () => {
  const api = await freshApi();
  await churn(api);
  const { body } = await api.get<GridData>("/ui/dags/churn/grid");
  expect(body.runs.map(({ runId }) => runId)).toEqual(["first", "second"]);
  const cell = (run: number, taskId: string) => stateOf(body.runs[run]?.cells[body.taskIds.indexOf(taskId)]);
  expect([cell(0, "train"), cell(0, "score"), cell(1, "train"), cell(1, "score")]).toEqual([
    "failed",
    undefined,
    "none",
    "failed",
  ]);
  expect(body.runs[1]?.mapped).toEqual({ score: { success: 2, failed: 1 } });
  const older = await api.get<GridData>(`/ui/dags/churn/grid?limit=1&before=${noon + day}`);
  expect(older.body.runs.map(({ runId }) => runId)).toEqual(["first"]);
});

it("filters the list of Dags, and shows how their runs went", async () => {
  const api = await freshApi();
  await churn(api);
  await addDag(api.database, "other", { tags: ["b"], owners: ["grace"] });
  const list = async (query: string): Promise<string[]> =>
    (await api.get<DagList>(`/ui/dags?${query}`)).body.dags.map(({ dagId }) => dagId);
  expect(await list("")).toEqual(["churn", "other"]);
  expect(await list("tags=ml")).toEqual(["churn"]);
  expect(await list("owners=grace")).toEqual(["other"]);
  expect(await list("show=running")).toEqual(["churn"]);
  expect(await list("show=failed")).toEqual([]);
  // Wildcards of SQL are letters here.
  expect(await list("search=%25")).toEqual([]);
  const { body } = await api.get<DagList>("/ui/dags?search=CHU");
  expect(body.dags[0]?.recentRuns.map(({ state }) => state)).toEqual(["failed", "running"]);
});

it("says why an instance does not run, in words", async () => {
  const api = await freshApi();
  await churn(api);
  const { body } = await api.get<InstanceDetail>("/ui/dags/churn/runs/second/tasks/train");
  expect(body.unmet.map(({ check }) => check)).toContain("Trigger Rule");
  expect(body.upstream).toEqual([{ taskId: "prepare.clean", state: "running" }]);
});

it("gives out a log page by page, and the error at its end", async () => {
  const api = await freshApi();
  await churn(api);
  const at = { dagId: "churn", runId: "first", taskId: "train", mapIndex: -1, tryNumber: 1 };
  const file = join(api.parts.config.paths.logs, attemptLogPath(at));
  mkdirSync(dirname(file), { recursive: true });
  const line = (level: string, message: string, more: object = {}) =>
    JSON.stringify({ time: "2026-01-01T12:00:00Z", level, logger: "task", message, ...more });
  const stack = "Error: no column\n    at train (/dags/churn.ts:12:3)";
  writeFileSync(file, `${line("info", "one")}\n${line("error", "Error: no column", { stack })}\n`);
  const path = "/ui/dags/churn/runs/first/tasks/train";
  const first = await api.get<LogPage>(`${path}/logs/1?limit=1`);
  expect(first.body).toMatchObject({ lines: [{ level: "info", message: "one" }], atEnd: false, live: false });
  const rest = await api.get<LogPage>(`${path}/logs/1?from=${first.body.next}`);
  expect(rest.body.lines).toMatchObject([{ message: "Error: no column", fields: { stack } }]);
  const { body } = await api.get<InstanceDetail>(path);
  expect(body.error).toMatchObject({ message: "Error: no column", line: 12 });
});

it("names on the first page what needs a person, with its cause", async () => {
  const api = await freshApi({
    parts: { clock: { now: () => noon + day, after: () => ({ cancel: () => undefined }) } },
  });
  const { versionId } = await addDag(api.database, "nightly", { tasks: [task("load")] });
  const run = await addRun(api.database, "nightly", "r", { state: "failed", versionId });
  await addInstance(api.database, run.id, "load", { state: "failed" });
  const { body } = await api.get<Home>("/ui/home");
  expect(body.attention).toMatchObject([{ kind: "failed", dagId: "nightly", runId: "r", taskId: "load" }]);
});

it("counts plugins that cannot be loaded, for whoever may see plugins", async () => {
  const api = await freshApi();
  await putPlugins(api.database, [], [{ source: "plugins/links.py", error: "ImportError: no module" }]);
  const count = async (as: "Admin" | "Viewer"): Promise<number> =>
    (await api.get<Home>("/ui/home", { as })).body.pluginErrors;
  expect(await count("Admin")).toBe(1);
  expect(await count("Viewer")).toBe(0);
});

it.each([
  ["/ui/dags/nothing", 404],
  ["/ui/dags/nothing/grid", 404],
  ["/ui/dags/churn/runs/nothing", 404],
  ["/ui/dags/churn/runs/first/tasks/nothing", 404],
  ["/ui/dags/churn/runs/first/tasks/..%2F..%2Fetc/logs/1", 404],
  ["/ui/dags/churn/versions/99", 404],
  ["/ui/dags/churn/grid?limit=1000000000", 422],
  ["/ui/dags/churn/calendar?from=0&to=1&timezone=Nowhere", 422],
  ["/ui/dags?order_by=password_hash", 422],
  ["/static/..%2F..%2Fpackage.json", 404],
])("answers %s with %i", async (path, status) => {
  const api = await freshApi();
  await churn(api);
  expect((await api.get(path)).status).toBe(status);
});

it("tells nobody anything but that they may sign in", async () => {
  const api = await freshApi();
  await churn(api);
  expect((await api.get("/ui/session", { as: "nobody" })).body).toMatchObject({
    user: null,
    permissions: {},
  });
  for (const path of ["/ui/home", "/ui/dags", "/ui/dags/churn/grid", "/ui/config", "/ui/search?q=churn"])
    expect((await api.get(path, { as: "nobody" })).status).toBe(401);
  expect((await api.get("/ui/config", { as: "Viewer" })).status).toBe(403);
});
