import { expect, test } from "vitest";
import * as runs from "../../src/store/dag-runs.ts";
import { findRenderedFields, setRenderedFields } from "../../src/store/rendered-fields.ts";
import { deleteDag, deleteDagRun, tablesOfRuns } from "../../src/store/run-deletion.ts";
import { instant, sql } from "../../src/store/sql.ts";
import { listTries } from "../../src/store/task-instance-history.ts";
import * as instances from "../../src/store/task-instances.ts";
import * as xcoms from "../../src/store/xcoms.ts";
import { freshDatabase } from "../support/database.ts";
import { addDag, addInstance, addRun, day, noon } from "./rows.ts";

test("a Dag has one run of a run id and one of a logical date", async () => {
  const { database } = await freshDatabase();
  await addRun(database, "d", "r1", { logicalDate: noon });
  await expect(addRun(database, "d", "r1")).rejects.toMatchObject({ code: "TW_DAG_RUN_EXISTS" });
  await expect(addRun(database, "d", "r2", { logicalDate: noon })).rejects.toThrow(
    /logical date 2026-01-01T12:00/,
  );
  await addRun(database, "other", "r1", { logicalDate: noon });
  await addRun(database, "d", "r3");
  await addRun(database, "d", "r4");
});

test("a run comes back as it was made", async () => {
  const { database } = await freshDatabase();
  const run: runs.NewDagRun = {
    dagId: "d",
    runId: "manual__1",
    runType: "manual",
    logicalDate: noon,
    dataInterval: { start: noon, end: noon + day },
    runAfter: noon + day,
    triggeredBy: "rest_api",
    triggeringUser: "ann",
    conf: { a: [1, "\u0000 zero byte"] },
    versionId: 7,
    note: "n",
  };
  const made = await runs.createDagRun(database, run, noon + 5);
  expect(made).toMatchObject({
    state: "queued",
    queuedAt: noon + 5,
    startDate: null,
    conf: run.conf,
    versionId: 7,
  });
  expect(await runs.getDagRun(database, "d", "manual__1")).toEqual(made);
  expect(await runs.findDagRunByLogicalDate(database, "d", noon)).toEqual(made);
  await expect(runs.getDagRun(database, "d", "x")).rejects.toMatchObject({ code: "TW_DAG_RUN_NOT_FOUND" });
});

test("lists of runs are filtered, ordered and paged", async () => {
  const { database } = await freshDatabase();
  for (let i = 0; i < 5; i++)
    await addRun(database, i < 3 ? "a" : "b", `r${i}`, {
      at: noon + i * day,
      state: i % 2 ? "failed" : "success",
    });
  const ids = async (filter: runs.DagRunFilter, page = {}) =>
    (await runs.listDagRuns(database, filter, page)).rows.map(({ runId }) => runId);
  expect(await ids({})).toEqual(["r4", "r3", "r2", "r1", "r0"]);
  expect(await ids({ dagIds: ["a"], states: ["failed"] })).toEqual(["r1"]);
  expect(
    await ids({ runAfterFrom: noon + day, runAfterTo: noon + 2 * day }, { orderBy: "run_after" }),
  ).toEqual(["r1", "r2"]);
  expect(await runs.listDagRuns(database, {}, { limit: 2, offset: 4 })).toMatchObject({
    total: 5,
    rows: [{ runId: "r0" }],
  });
  expect(await runs.countDagRuns(database, "a")).toEqual({ queued: 0, running: 0, success: 2, failed: 1 });
  expect((await runs.latestDagRuns(database, ["a", "b"])).map(({ runId }) => runId)).toEqual(["r2", "r4"]);
});

test("instances are listed by run, state and pool, and counted with mapped ones added up", async () => {
  const { database } = await freshDatabase();
  const run = await addRun(database, "d", "r", { state: "running" });
  await addInstance(database, run.id, "load", { state: "success" });
  for (const [i, state] of (["success", "running", null] as const).entries())
    await addInstance(database, run.id, "g.map", { state, mapIndex: i });
  const none = await instances.listTaskInstances(database, { dagIds: ["d"], states: ["none", "running"] });
  expect(none.rows.map(({ mapIndex }) => mapIndex)).toEqual([1, 2]);
  expect(await instances.countStates(database, run.id)).toEqual([
    { taskId: "g.map", state: "running", count: 1, firstStart: noon, lastEnd: null },
    { taskId: "g.map", state: "success", count: 1, firstStart: noon, lastEnd: noon + 1000 },
    { taskId: "g.map", state: null, count: 1, firstStart: noon, lastEnd: null },
    { taskId: "load", state: "success", count: 1, firstStart: noon, lastEnd: noon + 1000 },
  ]);
  const found = await instances.findTaskInstance(database, {
    dagId: "d",
    runId: "r",
    taskId: "g.map",
    mapIndex: 1,
  });
  expect(found).toMatchObject({ state: "running", dagId: "d", runId: "r" });
  const states = await instances.readStates(database, { dagId: "d", runIds: ["r"], taskGroupId: "g" });
  expect(states.map(({ state }) => state)).toEqual(["success", "running", null]);
  expect(await instances.taskInstancesOfRun(database, run.id)).toHaveLength(4);
});

test("tries are those of the history and the newest one", async () => {
  const { database } = await freshDatabase();
  const run = await addRun(database, "d", "r");
  await addInstance(database, run.id, "t", { state: "failed", tryNumber: 1 });
  await database.run(sql`
    INSERT INTO task_instance_history (run_pk, task_id, map_index, try_number, attempt_id, state, max_tries, version_id,
      pool, pool_slots, queue, priority_weight, operator)
    SELECT run_pk, task_id, map_index, try_number, attempt_id, state, max_tries, version_id, pool, pool_slots, queue,
      priority_weight, operator FROM task_instance`);
  await database.run(
    sql`UPDATE task_instance SET try_number = 2, state = 'running', attempt_id = gen_random_uuid()`,
  );
  const tries = await listTries(database, { runPk: run.id, taskId: "t", mapIndex: -1 });
  expect(tries.map(({ tryNumber, state }) => [tryNumber, state])).toEqual([
    [1, "failed"],
    [2, "running"],
  ]);
});

test("values are set, replaced, read by key and by prior dates, and JSON null is a value", async () => {
  const { database } = await freshDatabase();
  const first = await addRun(database, "d", "r1", { logicalDate: noon });
  const second = await addRun(database, "d", "r2", { logicalDate: noon + day });
  const at = { runPk: first.id, taskId: "t", mapIndex: -1, key: "return_value" };
  await xcoms.setXCom(database, at, { value: 1 }, noon);
  await xcoms.setXCom(database, at, { value: null }, noon);
  expect(await xcoms.findXCom(database, at)).toMatchObject({ value: null, hasValue: true, ref: null });
  const ref = { uri: "file:///x", bytes: 9, mediaType: "application/json" };
  await xcoms.setXCom(database, { ...at, runPk: second.id, mapIndex: 3 }, { ref }, noon);
  expect(
    await xcoms.readXComs(database, { runPk: second.id, taskIds: ["t"], key: "return_value" }),
  ).toMatchObject([{ mapIndex: 3, ref, hasValue: false }]);
  const prior = {
    dagId: "d",
    logicalDate: noon + day,
    taskIds: ["t"],
    mapIndexes: [-1],
    key: "return_value",
  };
  expect(await xcoms.readPriorXComs(database, prior)).toMatchObject([{ value: null }]);
  expect(await xcoms.listXComs(database, { runPk: first.id })).toHaveLength(1);
  expect(await xcoms.deleteXCom(database, at)).toBe(true);
  expect(await xcoms.findXCom(database, at)).toBeNull();
});

test("rendered fields are those of the last start", async () => {
  const { database } = await freshDatabase();
  const at = { runPk: 1, taskId: "t", mapIndex: -1 };
  await setRenderedFields(database, at, { bash_command: "echo 1" });
  await setRenderedFields(database, at, { bash_command: "echo 2" });
  expect(await findRenderedFields(database, at)).toEqual({ bash_command: "echo 2" });
});

test("deletion knows every table that holds rows of a run", async () => {
  const { database } = await freshDatabase();
  const rows = await database.rows<{ name: string }>(sql`
    SELECT table_name::text AS name FROM information_schema.columns
    WHERE table_schema = current_schema() AND column_name = 'run_pk' ORDER BY 1`);
  expect(rows.map(({ name }) => name)).toEqual([...tablesOfRuns].sort());
});

test("deletes a Dag with its runs and tells which files nobody refers to any more", async () => {
  const { database } = await freshDatabase();
  await addDag(database, "d");
  const run = await addRun(database, "d", "r", { state: "success" });
  await addInstance(database, run.id, "t", { state: "success" });
  const ref = { uri: "file:///big", bytes: 1, mediaType: "application/json" };
  await xcoms.setXCom(database, { runPk: run.id, taskId: "t", mapIndex: -1, key: "k" }, { ref }, noon);
  expect(await deleteDag(database, "d")).toEqual({
    runs: [{ dagId: "d", runId: "r" }],
    artifacts: ["file:///big"],
  });
  for (const table of ["dag", "dag_version", "dag_run", "task_instance", "xcom"]) {
    expect(await database.rows({ text: `SELECT 1 FROM ${table}`, values: [] })).toEqual([]);
  }
  await expect(deleteDag(database, "d")).rejects.toMatchObject({ code: "TW_DAG_NOT_FOUND" });
});

test("deletes nothing of which a task runs", async () => {
  const { database } = await freshDatabase();
  await addDag(database, "d");
  const run = await addRun(database, "d", "r", { state: "running" });
  await addInstance(database, run.id, "t", { state: "running" });
  await expect(deleteDag(database, "d")).rejects.toMatchObject({ code: "TW_DAG_HAS_RUNNING_TASKS" });
  await expect(database.transaction((tx) => deleteDagRun(tx, "d", "r"))).rejects.toMatchObject({
    code: "TW_DAG_HAS_RUNNING_TASKS",
  });
});

test("the database refuses rows that break the invariants of the core", async () => {
  const { database } = await freshDatabase();
  const run = await addRun(database, "d", "r");
  const refused = (text: string) =>
    expect(database.run({ text, values: [] })).rejects.toThrow(/violates check constraint/);
  await refused("UPDATE dag_run SET state = 'success'");
  await refused("UPDATE dag_run SET state = 'running'");
  await refused("UPDATE dag_run SET state = 'deferred'");
  await refused("UPDATE dag_run SET data_interval_start = now()");
  await addInstance(database, run.id, "t", { state: "running" });
  await refused("UPDATE task_instance SET attempt_id = NULL");
  await refused("UPDATE task_instance SET start_date = NULL");
  await refused("UPDATE task_instance SET state = 'done'");
  await refused("UPDATE task_instance SET map_index = -2");
  await refused("UPDATE task_instance SET pool_slots = 0");
  await refused("INSERT INTO xcom VALUES (1, 't', -1, 'k', NULL, NULL, now())");
  await refused("INSERT INTO xcom VALUES (1, 't', -1, 'k', '1', '{}', now())");
  await refused("INSERT INTO slot_pool VALUES ('p', -2)");
  await expect(
    database.run(sql`INSERT INTO xcom VALUES (1, 't', -1, 'k', '{broken', NULL, ${instant(noon)})`),
  ).rejects.toThrow(/invalid input syntax for type json/);
});
