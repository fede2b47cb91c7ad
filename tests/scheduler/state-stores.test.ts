/** What becomes of the values that task instances keep when these are cleared, succeed, or are marked. */
import { expect, it } from "vitest";
import { requestOf, type SchedulerRequest } from "../../src/store/scheduler-requests.ts";
import { sql } from "../../src/store/sql.ts";
import { setTaskState } from "../../src/store/state-store.ts";
import { dagSpecOf } from "../core/support/build-dag.ts";
import { failure, ScriptedExecutor, success } from "../support/scripted-executor.ts";
import { runToEnd, type World, world } from "./support.ts";

const keep = ({ database }: World, runPk: number, taskId: string): Promise<void> =>
  setTaskState(database, { runPk, taskId, mapIndex: -1 }, { key: "job", value: 7 }, Date.now());

const kept = async ({ database }: World): Promise<string[]> => {
  const rows = await database.rows<{ task_id: string }>(sql`SELECT task_id FROM task_state ORDER BY task_id`);
  return rows.map(({ task_id: taskId }) => taskId);
};

const ask = ({ database }: World, request: SchedulerRequest): Promise<number> =>
  database.transaction((tx) => requestOf(tx, "dag", request, { now: Date.now(), user: "ada" }));

it("a task that is cleared finds what it kept, as in Airflow", async () => {
  const here = await world();
  await here.store(dagSpecOf({ a: {}, b: {} }));
  const scheduler = await here.start();
  const run = await runToEnd(scheduler, "dag");
  for (const taskId of ["a", "b"]) await keep(here, run.pk, taskId);
  const again = scheduler.signals.next("run success");
  await ask(here, { kind: "clear", runIds: [run.runId], tasks: [{ taskId: "a" }] });
  await again;
  expect(await kept(here)).toEqual(["a", "b"]);
});

it("with state_store.clear_on_success the instance that succeeds loses it, or is marked so, and no other", async () => {
  const here = await world();
  await here.store(dagSpecOf({ a: {}, b: {}, c: {}, d: {} }));
  const broken = new Set(["b", "c"]);
  const executor = new ScriptedExecutor(({ task }) => (broken.has(task.taskId) ? failure() : success()));
  const settings = { stateStore: { clearOnSuccess: true, defaultRetentionDays: 30 } };
  const scheduler = await here.start(executor, { settings });
  const run = await runToEnd(scheduler, "dag");
  for (const taskId of ["a", "b", "c", "d"]) await keep(here, run.pk, taskId);
  const ended = scheduler.signals.next("run failed");
  await ask(here, { kind: "clear", runIds: [run.runId], tasks: [{ taskId: "a" }, { taskId: "b" }] });
  await ended;
  expect(await kept(here)).toEqual(["b", "c", "d"]);
  let batch = scheduler.signals.next("batch");
  const tasks = [{ taskId: "b" }, { taskId: "c" }];
  await ask(here, { kind: "mark-tasks", runIds: [run.runId], tasks, state: "success" });
  while ((await here.states())["c"] !== "success") {
    await batch;
    batch = scheduler.signals.next("batch");
  }
  expect(await kept(here)).toEqual(["d"]);
});
