import { describe, expect, it } from "vitest";
import { requestOf } from "../../src/store/scheduler-requests.ts";
import { sql } from "../../src/store/sql.ts";
import { dagSpecOf } from "../core/support/build-dag.ts";
import { failure, ScriptedExecutor, success } from "../support/scripted-executor.ts";
import { runToEnd, world } from "./support.ts";

/** Counts how many run at once, by a name made of the start. */
function gauge() {
  const now = new Map<string, number>();
  const most = new Map<string, number>();
  return {
    most: (name: string) => most.get(name) ?? 0,
    async during(name: string): Promise<void> {
      now.set(name, (now.get(name) ?? 0) + 1);
      most.set(name, Math.max(most.get(name) ?? 0, now.get(name) ?? 0));
      for (let i = 0; i < 3; i++) await new Promise<void>((resolve) => setImmediate(resolve));
      now.set(name, (now.get(name) ?? 0) - 1);
    },
  };
}

const many = (count: number, words = {}) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i}`, words]));

describe("limits", () => {
  it("max_active_tasks bounds the tasks of one run", async () => {
    const { store, start } = await world();
    await store(dagSpecOf(many(12), { maxActiveTasks: 2 }));
    const running = gauge();
    const scheduler = await start(
      new ScriptedExecutor(async () => {
        await running.during("all");
        return success();
      }),
    );
    expect((await runToEnd(scheduler, "dag")).state).toBe("success");
    expect(running.most("all")).toBeLessThanOrEqual(2);
  });

  it("max_active_runs bounds the runs of a Dag, in the order in which they came", async () => {
    const { store, start } = await world();
    await store(dagSpecOf({ a: {} }, { maxActiveRuns: 1 }));
    const executor = new ScriptedExecutor();
    const scheduler = await start(executor);
    const runs = [];
    for (const runId of ["r1", "r2", "r3"]) {
      runs.push(await scheduler.triggerRun({ dagId: "dag", triggeredBy: "test", runId }));
    }
    await Promise.all(runs.map(({ pk }) => scheduler.waitForRun(pk)));
    expect(executor.begun.map(({ runId }) => runId)).toEqual(["r1", "r2", "r3"]);
  });

  it("a pool without room holds back nothing but its own tasks", async () => {
    const { store, start, database, states } = await world();
    await database.run(sql`INSERT INTO slot_pool (name, slots) VALUES ('none', 0)`);
    await store(dagSpecOf({ stuck: { pool: "none", priorityWeight: 100 }, free: {} }));
    const executor = new ScriptedExecutor();
    const scheduler = await start(executor);
    await scheduler.triggerRun({ dagId: "dag", triggeredBy: "test" });
    while ((await states())["free"] !== "success") await scheduler.signals.next("batch");
    expect(await states()).toEqual({ free: "success", stuck: "scheduled" });
    await database.run(sql`UPDATE slot_pool SET slots = 1 WHERE name = 'none'`);
    while ((await states())["stuck"] !== "success") await scheduler.signals.next("batch");
  });

  it("max_active_tis_per_dag counts over all runs", async () => {
    const { store, start } = await world();
    await store(dagSpecOf({ one: { maxActiveTisPerDag: 1 } }));
    const running = gauge();
    const scheduler = await start(
      new ScriptedExecutor(async () => {
        await running.during("one");
        return success();
      }),
    );
    await Promise.all(Array.from({ length: 5 }, () => runToEnd(scheduler, "dag")));
    expect(running.most("one")).toBe(1);
  });

  it("depends_on_past waits for the same task of the run before, and goes on when that one is cleared and succeeds", async () => {
    const { store, start, database } = await world();
    await store(dagSpecOf({ a: { dependsOnPast: true } }));
    let fail = true;
    const executor = new ScriptedExecutor(() => (fail ? failure() : success()));
    const scheduler = await start(executor);
    const day = (n: number) => Date.UTC(2024, 0, n);
    const first = await scheduler.triggerRun({
      dagId: "dag",
      triggeredBy: "test",
      logicalDate: day(1),
      runId: "d1",
    });
    expect((await scheduler.waitForRun(first.pk)).state).toBe("failed");
    fail = false;
    const second = await scheduler.triggerRun({
      dagId: "dag",
      triggeredBy: "test",
      logicalDate: day(2),
      runId: "d2",
    });
    await scheduler.signals.next("poll");
    expect(executor.begun).toHaveLength(1);
    await requestOf(database, "dag", { kind: "clear", runIds: ["d1"] }, { now: Date.now() });
    expect((await scheduler.waitForRun(second.pk)).state).toBe("success");
    expect(executor.begun.map(({ runId }) => runId)).toEqual(["d1", "d1", "d2"]);
  });

  it("a Dag is paused after max_consecutive_failed_dag_runs", async () => {
    const { store, start, database } = await world();
    await store(dagSpecOf({ a: {} }, { maxConsecutiveFailedDagRuns: 2 }));
    const scheduler = await start(new ScriptedExecutor(() => failure()));
    await runToEnd(scheduler, "dag");
    await runToEnd(scheduler, "dag");
    for (;;) {
      const [dag] = await database.rows<{ is_paused: boolean }>(sql`SELECT is_paused FROM dag`);
      if (dag?.is_paused) break;
      await scheduler.signals.next("batch");
    }
    const [entry] = await database.rows(sql`SELECT event, dag_id FROM log`);
    expect(entry).toEqual({ event: "paused", dag_id: "dag" });
  });

  it("nothing starts while its Dag is paused, and what waited starts afterwards", async () => {
    const { store, start, database, runStates } = await world();
    await store(dagSpecOf({ a: {} }), { paused: true });
    const executor = new ScriptedExecutor();
    const scheduler = await start(executor);
    const run = await scheduler.triggerRun({ dagId: "dag", triggeredBy: "test", runId: "r" });
    await scheduler.signals.next("poll");
    expect(await runStates()).toEqual({ r: "queued" });
    await database.run(sql`UPDATE dag SET is_paused = false`);
    await database.run(sql`SELECT pg_notify('tradewind', 'dag:dag')`);
    expect((await scheduler.waitForRun(run.pk)).state).toBe("success");
  });
});
