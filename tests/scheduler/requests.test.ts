import { describe, expect, it } from "vitest";
import { requestOf, type SchedulerRequest } from "../../src/store/scheduler-requests.ts";
import { sql } from "../../src/store/sql.ts";
import { dagSpecOf } from "../core/support/build-dag.ts";
import { failure, ScriptedExecutor, success } from "../support/scripted-executor.ts";
import { runToEnd, type World, world } from "./support.ts";

function ask({ database }: World, request: SchedulerRequest): Promise<number> {
  return database.transaction((tx) => requestOf(tx, "dag", request, { now: Date.now(), user: "ada" }));
}

const chain = () => dagSpecOf({ a: {}, b: { after: ["a"] }, c: { after: ["b"] } });

describe("clearing", () => {
  it("runs a task and what is after it again, with history and a new clear number", async () => {
    const here = await world();
    await here.store(chain());
    const executor = new ScriptedExecutor(({ task }) => success(task.taskId));
    const scheduler = await here.start(executor);
    const run = await runToEnd(scheduler, "dag");
    const restarted = scheduler.signals.next("run success");
    await ask(here, { kind: "clear", runIds: [run.runId], tasks: [{ taskId: "b" }], downstream: true });
    await restarted;
    expect(executor.begun.map(({ taskId, tryNumber }) => `${taskId}${tryNumber}`)).toEqual([
      "a1",
      "b1",
      "c1",
      "b2",
      "c2",
    ]);
    expect(await here.runStates()).toEqual({ [run.runId]: "success" });
    const [row] = await here.database.rows(sql`SELECT clear_number FROM dag_run`);
    expect(row).toEqual({ clear_number: 1 });
    const history = await here.database.rows(
      sql`SELECT task_id, try_number, state FROM task_instance_history ORDER BY task_id`,
    );
    expect(history).toEqual([
      { task_id: "b", try_number: 1, state: "success" },
      { task_id: "c", try_number: 1, state: "success" },
    ]);
    const values = await here.database.rows(sql`SELECT task_id, value FROM xcom ORDER BY task_id`);
    expect(values).toHaveLength(3);
    const [log] = await here.database.rows(sql`SELECT event, owner, run_id FROM log`);
    expect(log).toEqual({ event: "clear", owner: "ada", run_id: run.runId });
  });

  it("only the failed ones", async () => {
    const here = await world();
    await here.store(dagSpecOf({ good: {}, bad: {} }));
    let broken = true;
    const executor = new ScriptedExecutor(({ task }) =>
      task.taskId === "bad" && broken ? failure() : success(),
    );
    const scheduler = await here.start(executor);
    const run = await runToEnd(scheduler, "dag");
    expect(run.state).toBe("failed");
    broken = false;
    const restarted = scheduler.signals.next("run success");
    await ask(here, { kind: "clear", runIds: [run.runId], onlyFailed: true });
    await restarted;
    expect(executor.begun.map(({ taskId }) => taskId).toSorted()).toEqual(["bad", "bad", "good"]);
  });

  it("a running task ends it first, and then runs it again", async () => {
    const here = await world();
    await here.store(dagSpecOf({ a: {} }));
    let first = true;
    const executor = new ScriptedExecutor(() => {
      if (!first) return success();
      first = false;
      return "hang";
    });
    const scheduler = await here.start(executor);
    const run = await scheduler.triggerRun({ dagId: "dag", triggeredBy: "test" });
    while (executor.begun.length === 0) await scheduler.signals.next("batch");
    await ask(here, { kind: "clear", runIds: [run.runId] });
    expect((await scheduler.waitForRun(run.pk)).state).toBe("success");
    expect(executor.begun.map(({ tryNumber }) => tryNumber)).toEqual([1, 2]);
    expect(executor.cancelled).toHaveLength(1);
  });

  it("with the latest version takes the Dag as it is now", async () => {
    const here = await world();
    await here.store(dagSpecOf({ a: {}, gone: {} }));
    const executor = new ScriptedExecutor();
    const scheduler = await here.start(executor);
    const run = await runToEnd(scheduler, "dag");
    const latest = await here.store(dagSpecOf({ a: {}, fresh: { after: ["a"] } }));
    await here.database.run(sql`SELECT pg_notify('tradewind', 'dag:dag')`);
    await scheduler.signals.next("batch").then(() => scheduler.signals.next("poll"));
    const restarted = scheduler.signals.next("run success");
    await ask(here, { kind: "clear", runIds: [run.runId], runOnLatestVersion: true });
    await restarted;
    expect(await here.states()).toEqual({ a: "success", fresh: "success", gone: "removed" });
    const [row] = await here.database.rows(sql`SELECT version_id FROM dag_run`);
    expect(row).toEqual({ version_id: latest });
  });
});

describe("marking", () => {
  it("a running task success lets the run go on, and its process is ended", async () => {
    const here = await world();
    await here.store(dagSpecOf({ a: {}, b: { after: ["a"] } }));
    const executor = new ScriptedExecutor(({ task }) => (task.taskId === "a" ? "hang" : success()));
    const scheduler = await here.start(executor);
    const run = await scheduler.triggerRun({ dagId: "dag", triggeredBy: "test" });
    while (executor.begun.length === 0) await scheduler.signals.next("batch");
    await ask(here, { kind: "mark-tasks", runIds: [run.runId], tasks: [{ taskId: "a" }], state: "success" });
    expect((await scheduler.waitForRun(run.pk)).state).toBe("success");
    expect(executor.cancelled).toHaveLength(1);
    expect(await here.states()).toEqual({ a: "success", b: "success" });
  });

  it("a run failed ends what runs and skips what waits", async () => {
    const here = await world();
    await here.store(chain());
    const executor = new ScriptedExecutor(() => "hang");
    const scheduler = await here.start(executor);
    const run = await scheduler.triggerRun({ dagId: "dag", triggeredBy: "test" });
    while (executor.begun.length === 0) await scheduler.signals.next("batch");
    await ask(here, { kind: "mark-run", runIds: [run.runId], state: "failed" });
    expect((await scheduler.waitForRun(run.pk)).state).toBe("failed");
    expect(await here.states()).toEqual({ a: "failed", b: "skipped", c: "skipped" });
  });
});

describe("deleting", () => {
  it("a run takes all its rows along", async () => {
    const here = await world();
    await here.store(chain());
    const scheduler = await here.start(new ScriptedExecutor(({ task }) => success(task.taskId)));
    const run = await runToEnd(scheduler, "dag");
    const done = scheduler.signals.next("requests");
    await ask(here, { kind: "delete-runs", runIds: [run.runId] });
    await done;
    const [left] = await here.database.rows(sql`
      SELECT (SELECT count(*) FROM dag_run) AS runs, (SELECT count(*) FROM task_instance) AS instances,
        (SELECT count(*) FROM xcom) AS xcoms, (SELECT count(*) FROM scheduler_request) AS requests`);
    expect(left).toEqual({ runs: 0, instances: 0, xcoms: 0, requests: 0 });
  });
});
