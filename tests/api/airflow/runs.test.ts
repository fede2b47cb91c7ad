import { expect, test } from "vitest";
import { dagSpecOf, returned } from "../../core/support/build-dag.ts";
import { failure, success } from "../../support/scripted-executor.ts";
import { airflowWorld } from "./world.ts";

const dags = "/api/v2/dags";

test("a run that is triggered is listed, waited for, and shows its task instances and their tries", async () => {
  const here = await airflowWorld(({ task }) => success(task.taskId === "a" ? [1, 2, 3] : task.taskId));
  const mapped = { after: ["a"], mapped: { expand: { x: returned("a") } } };
  await here.store(dagSpecOf({ a: {}, b: mapped, c: { after: ["b"] } }));
  const listed = await here.get<{ dags: { dag_id: string }[]; total_entries: number }>(
    `${dags}?dag_id_pattern=da%25`,
  );
  expect(listed.body).toMatchObject({
    total_entries: 1,
    dags: [{ dag_id: "dag", timetable_periodic: false }],
  });

  const run = await here.run("dag", { dag_run_id: "first", conf: { n: 1 }, note: "by hand" });
  expect(run).toMatchObject({ dag_run_id: "first", state: "success" });
  const one = await here.get(`${dags}/dag/dagRuns/first`);
  expect(one.body).toMatchObject({
    dag_id: "dag",
    run_type: "manual",
    triggered_by: "rest_api",
    triggering_user_name: "admin",
    conf: { n: 1 },
    note: "by hand",
    logical_date: null,
    dag_versions: [{ version_number: 1 }],
  });

  const instances = await here.get<{
    task_instances: { task_id: string; map_index: number; state: string }[];
  }>(`${dags}/~/dagRuns/~/taskInstances?limit=2&offset=1&order_by=-map_index`);
  expect(instances.body).toMatchObject({ total_entries: 5 });
  expect(instances.body.task_instances.map((ti) => `${ti.task_id}${ti.map_index}`)).toEqual(["b1", "b0"]);
  const single = await here.get(`${dags}/dag/dagRuns/first/taskInstances/b`);
  expect(single).toMatchObject({ status: 404, body: { detail: /add the map_index/ } as never });
  const tries = await here.get(`${dags}/dag/dagRuns/first/taskInstances/b/2/tries`);
  expect(tries.body).toMatchObject({ total_entries: 1, task_instances: [{ try_number: 1, map_index: 2 }] });
});

test("cursors lead through a list and back, and equal values do not hide rows", async () => {
  const here = await airflowWorld();
  await here.store(dagSpecOf({ a: {} }));
  for (const name of ["r1", "r2", "r3", "r4", "r5"]) await here.run("dag", { dag_run_id: name });
  type Page = {
    dag_runs: { dag_run_id: string }[];
    next_cursor: string | null;
    previous_cursor: string | null;
  };
  const page = async (cursor: string) => {
    const query = new URLSearchParams({ cursor, limit: "2", order_by: "-state" });
    const { body } = await here.get<Page>(`${dags}/dag/dagRuns?${query}`);
    return { ids: body.dag_runs.map((run) => run.dag_run_id), ...body };
  };
  const first = await page("");
  expect(first.ids).toEqual(["r5", "r4"]);
  expect(first.previous_cursor).toBeNull();
  const second = await page(first.next_cursor as string);
  expect(second.ids).toEqual(["r3", "r2"]);
  const third = await page(second.next_cursor as string);
  expect(third.ids).toEqual(["r1"]);
  expect(third.next_cursor).toBeNull();
  expect((await page(third.previous_cursor as string)).ids).toEqual(["r3", "r2"]);
  const foreign = await here.get(`${dags}/dag/dagRuns?cursor=abc`);
  expect(foreign).toMatchObject({ status: 400, body: { detail: "Invalid cursor token" } });
});

test("clearing shows first what it would clear, and then clears it", async () => {
  let broken = true;
  const here = await airflowWorld(({ task }) => (task.taskId === "b" && broken ? failure() : success()));
  await here.store(dagSpecOf({ a: {}, b: { after: ["a"] }, c: { after: ["b"] } }));
  expect(await here.run("dag", { dag_run_id: "r" })).toMatchObject({ state: "failed" });
  const path = `${dags}/dag/clearTaskInstances`;
  const body = { dag_run_id: "r", task_ids: ["b"], include_downstream: true, dry_run: true };
  type Cleared = { task_instances: { task_id: string }[] };
  const shown = await here.call<Cleared>("POST", path, { body });
  expect(shown.body.task_instances.map((ti) => ti.task_id)).toEqual(["b", "c"]);
  expect((await here.get(`${dags}/dag/dagRuns/r`)).body).toMatchObject({ state: "failed" });
  broken = false;
  const ended = here.scheduler.signals.next("run success");
  const done = await here.call<Cleared>("POST", path, { body: { ...body, dry_run: false, note: "again" } });
  expect(done.body.task_instances).toMatchObject([{ task_id: "b", note: "again" }, { task_id: "c" }]);
  await ended;
  const tries = await here.get(`${dags}/dag/dagRuns/r/taskInstances/b/tries`);
  expect(tries.body).toMatchObject({
    task_instances: [{ state: "failed" }, { state: "success", try_number: 2 }],
  });
});

test("marking instances and runs goes through the scheduler, and says when there is nothing to do", async () => {
  const { promise: began, resolve: begin } = Promise.withResolvers<void>();
  const here = await airflowWorld(({ task }) => {
    if (task.taskId !== "a") return success();
    begin();
    return "hang";
  });
  await here.store(dagSpecOf({ a: {}, b: { after: ["a"] } }));
  await here.call("POST", `${dags}/dag/dagRuns`, { body: { dag_run_id: "r" } });
  await began;
  const ended = here.scheduler.signals.next("run success");
  const marked = await here.call("PATCH", `${dags}/dag/dagRuns/r/taskInstances/a`, {
    body: { new_state: "success" },
  });
  expect(marked.body).toMatchObject({ task_instances: [{ task_id: "a", state: "success" }] });
  await ended;
  const again = await here.call("PATCH", `${dags}/dag/dagRuns/r/taskInstances/a`, {
    body: { new_state: "success" },
  });
  expect(again).toMatchObject({ status: 409, body: { detail: "Task id a is already in success state" } });
  const failed = await here.call("PATCH", `${dags}/dag/dagRuns/r`, { body: { state: "failed", note: "no" } });
  expect(failed.body).toMatchObject({ state: "failed", note: "no" });
  expect((await here.call("DELETE", `${dags}/dag/dagRuns/r`)).status).toBe(204);
  expect((await here.get(`${dags}/dag/dagRuns/r`)).status).toBe(404);
});
