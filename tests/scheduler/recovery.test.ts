import { describe, expect, it } from "vitest";
import type { DebugHook, DebugPoint } from "../../src/scheduler/signals.ts";
import { sql } from "../../src/store/sql.ts";
import { dagSpecOf } from "../core/support/build-dag.ts";
import { ScriptedExecutor, success } from "../support/scripted-executor.ts";
import { cutSessions, runToEnd, world } from "./support.ts";

const diamond = () =>
  dagSpecOf({ a: {}, b: { after: ["a"] }, c: { after: ["a"] }, d: { after: ["b", "c"] } }, { dagId: "dag" });

const allWell = { a: "success", b: "success", c: "success", d: "success" };

/** Every handler began once. */
function expectNoneTwice(executor: ScriptedExecutor): void {
  const names = executor.begun.map(({ runId, taskId, mapIndex }) => `${runId} ${taskId} ${mapIndex}`);
  expect(names).toHaveLength(new Set(names).size);
}

/** Calls once, at the n-th time that the engine comes to the point. */
function atNth(point: DebugPoint, n: number, act: () => void | Promise<void>): DebugHook {
  let seen = 0;
  return async (at) => {
    if (at !== point) return;
    seen++;
    if (seen === n) await act();
  };
}

describe("when the session to the database breaks", () => {
  for (const point of ["before-commit", "after-commit-before-dispatch"] as const) {
    for (const n of [1, 2, 3, 4, 5, 6]) {
      it(`loses and doubles nothing: ${point}, batch ${n}`, async () => {
        const here = await world();
        await here.store(diamond());
        const executor = new ScriptedExecutor();
        const scheduler = await here.start(executor, { debug: atNth(point, n, () => cutSessions(here)) });
        const run = await runToEnd(scheduler, "dag");
        expect(run.state).toBe("success");
        expect(await here.states()).toEqual(allWell);
        expectNoneTwice(executor);
      });
    }
  }

  it("goes on after it broke while nothing was written", async () => {
    const here = await world();
    await here.store(dagSpecOf({ a: {}, b: { after: ["a"] } }));
    const executor = new ScriptedExecutor(({ task }) => (task.taskId === "a" ? "hang" : success()));
    const scheduler = await here.start(executor);
    const run = await scheduler.triggerRun({ dagId: "dag", triggeredBy: "test" });
    while (executor.begun.length === 0) await scheduler.signals.next("batch");
    const reloaded = scheduler.signals.next("reloaded");
    await cutSessions(here);
    await reloaded;
    executor.release("a");
    expect((await scheduler.waitForRun(run.pk)).state).toBe("success");
    expectNoneTwice(executor);
  });

  it("keeps runs that were triggered in that moment, or says that they were not", async () => {
    const here = await world();
    await here.store(dagSpecOf({ a: {} }));
    const executor = new ScriptedExecutor();
    const scheduler = await here.start(executor, {
      debug: atNth("before-commit", 2, () => cutSessions(here)),
    });
    const runs = await Promise.all(Array.from({ length: 20 }, () => runToEnd(scheduler, "dag")));
    expect(runs.map(({ state }) => state)).toEqual(runs.map(() => "success"));
    expect(Object.keys(await here.runStates())).toHaveLength(20);
    expectNoneTwice(executor);
  });
});

describe("when the scheduler is killed", () => {
  for (const point of ["before-commit", "after-commit-before-dispatch"] as const) {
    for (const n of [1, 2, 3, 4, 5, 6]) {
      it(`the next one goes on where the database stands: ${point}, batch ${n}`, async () => {
        const here = await world();
        await here.store(diamond());
        const executor = new ScriptedExecutor();
        const killed = Promise.withResolvers<void>();
        const held = Promise.withResolvers<void>();
        const first = await here.start(executor, {
          debug: atNth(point, n, () => {
            executor.disconnect();
            killed.resolve();
            return held.promise;
          }),
        });
        const triggered = first
          .triggerRun({ dagId: "dag", triggeredBy: "test", runId: "one" })
          .catch(() => null);
        await killed.promise;
        try {
          // The loop stands still for ever; its connection goes as that of a killed process does.
          await cutSessions(here);
          const second = await here.start(executor);
          const [row] = await here.database.rows<{ id: number }>(sql`SELECT id FROM dag_run`);
          if (row === undefined) {
            // Killed before the run itself was committed: nobody was told that it exists.
            expect(await Promise.race([triggered, "open"])).toBe("open");
            expect(point).toBe("before-commit");
            return;
          }
          await second.waitForRun(row.id);
          expect(await here.runStates()).toEqual({ one: "success" });
          expect(await here.states()).toEqual(allWell);
          expectNoneTwice(executor);
        } finally {
          held.resolve();
        }
      });
    }
  }

  it("running tasks are adopted and not begun again", async () => {
    const here = await world();
    await here.store(dagSpecOf({ a: {}, b: { after: ["a"] } }));
    const executor = new ScriptedExecutor(({ task }) => (task.taskId === "a" ? "hang" : success()));
    const first = await here.start(executor);
    const run = await first.triggerRun({ dagId: "dag", triggeredBy: "test" });
    while (executor.begun.length === 0) await first.signals.next("batch");
    executor.disconnect();
    await first.vanish();
    executor.release("a");
    const second = await here.start(executor);
    expect((await second.waitForRun(run.pk)).state).toBe("success");
    expect(executor.begun.map(({ taskId }) => taskId)).toEqual(["a", "b"]);
  });

  it("tasks whose worker is gone too fail or are retried by their own rules", async () => {
    const here = await world();
    await here.store(dagSpecOf({ once: {}, again: { retries: 1, retryDelay: 0 } }));
    const first = await here.start(new ScriptedExecutor(() => "hang"));
    const run = await first.triggerRun({ dagId: "dag", triggeredBy: "test" });
    for (;;) {
      const [row] = await here.database.rows<{ n: number }>(
        sql`SELECT count(*) AS n FROM task_instance WHERE state = 'running'`,
      );
      if (row?.n === 2) break;
      await first.signals.next("batch");
    }
    await first.vanish();
    const executor = new ScriptedExecutor();
    const second = await here.start(executor);
    expect((await second.waitForRun(run.pk)).state).toBe("failed");
    expect(await here.states()).toEqual({ again: "success", once: "failed" });
    expect(executor.begun.map(({ taskId, tryNumber }) => [taskId, tryNumber])).toEqual([["again", 2]]);
  });
});

describe("an end that comes twice", () => {
  it("counts once", async () => {
    const here = await world();
    await here.store(dagSpecOf({ a: { retries: 3, retryDelay: 3600 } }));
    const executor = new ScriptedExecutor();
    const scheduler = await here.start(executor);
    const run = await runToEnd(scheduler, "dag");
    expect(run.state).toBe("success");
    const events = scheduler.services.executor as ScriptedExecutor;
    events.acknowledge([]);
    const [begun] = executor.begun;
    executor.repeatEnd(begun?.attemptId ?? "");
    await scheduler.signals.next("poll");
    expect(await here.states()).toEqual({ a: "success" });
  });
});
