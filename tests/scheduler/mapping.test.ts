import { describe, expect, it } from "vitest";
import { sql } from "../../src/store/sql.ts";
import { dagSpecOf } from "../core/support/build-dag.ts";
import { ScriptedExecutor, success } from "../support/scripted-executor.ts";
import { runToEnd, type World, world } from "./support.ts";

const list = { xcom: { taskId: "make", key: "return_value" } };

function fanOut(maxActiveTasks = 64) {
  return dagSpecOf(
    { make: {}, work: { after: ["make"], mapped: { expand: { x: list } } }, sum: { after: ["work"] } },
    { maxActiveTasks },
  );
}

const numbers = (length: number): number[] => Array.from({ length }, (_, i) => i);

function makes(length: number): ScriptedExecutor {
  return new ScriptedExecutor(
    ({ task }) => (task.taskId === "make" ? success(numbers(length)) : success()),
    64,
  );
}

async function countByState({ database }: World): Promise<{ [state: string]: number }> {
  const rows = await database.rows<{ state: string | null; n: number }>(
    sql`SELECT state, count(*) AS n FROM task_instance WHERE task_id = 'work' GROUP BY 1`,
  );
  return Object.fromEntries(rows.map(({ state, n }) => [String(state), n]));
}

describe("a mapped task", { timeout: 90_000 }, () => {
  it("of 7000 instances is inserted in parts, and each runs once with its element", async () => {
    const here = await world();
    await here.store(fanOut());
    const executor = makes(7_000);
    const scheduler = await here.start(executor, { settings: { parallelism: 64 } });
    expect((await runToEnd(scheduler, "dag")).state).toBe("success");
    expect(await countByState(here)).toEqual({ success: 7_000 });
    const indexes = executor.begun.filter(({ taskId }) => taskId === "work").map(({ mapIndex }) => mapIndex);
    expect(new Set(indexes).size).toBe(7_000);
    expect(indexes).toHaveLength(7_000);
    const wrong = executor.starts.filter(
      ({ task, elements }) =>
        task.taskId === "work" && JSON.stringify(elements?.[0]?.value) !== `{"json":${task.mapIndex}}`,
    );
    expect(wrong).toEqual([]);
  });

  it("whose insertion was cut off by a crash is made whole", async () => {
    const here = await world();
    await here.store(fanOut());
    const executor = makes(12_000);
    const held = Promise.withResolvers<void>();
    const killed = Promise.withResolvers<void>();
    const first = await here.start(executor, {
      settings: { parallelism: 64 },
      debug: async (point) => {
        if (point !== "after-commit-before-dispatch") return;
        const [row] = await here.database.rows<{ n: number }>(
          sql`SELECT count(*) AS n FROM task_instance WHERE task_id = 'work' AND map_index >= 0`,
        );
        if (row === undefined || row.n === 0 || row.n === 12_000) return;
        executor.disconnect();
        killed.resolve();
        await held.promise;
      },
    });
    const run = await first.triggerRun({ dagId: "dag", triggeredBy: "test" });
    await killed.promise;
    try {
      await here.database.run(
        sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'tradewind scheduler %'`,
      );
      const second = await here.start(executor, { settings: { parallelism: 64 } });
      expect((await second.waitForRun(run.pk)).state).toBe("success");
      expect(await countByState(here)).toEqual({ success: 12_000 });
    } finally {
      held.resolve();
    }
  });

  it("over too many values fails the task that returned them", async () => {
    const here = await world();
    await here.store(fanOut());
    const scheduler = await here.start(makes(11), { settings: { maxMapLength: 10 } });
    expect((await runToEnd(scheduler, "dag")).state).toBe("failed");
    expect(await here.states()).toEqual({ make: "failed", sum: "upstream_failed", work: "upstream_failed" });
  });

  it("runs a mapped group depth first, each index by itself", async () => {
    const here = await world();
    await here.store(
      dagSpecOf(
        {
          make: {},
          a: { after: ["make"], groupId: "g" },
          b: { after: ["a"], groupId: "g" },
          sum: { after: ["b"] },
        },
        { groups: { g: { mapped: { expand: { x: list } } } } },
      ),
    );
    const executor = new ScriptedExecutor(({ task }) => {
      if (task.taskId === "make") return success(numbers(3));
      return task.taskId === "a" && task.mapIndex === 1 ? "hang" : success();
    });
    const scheduler = await here.start(executor);
    const run = await scheduler.triggerRun({ dagId: "dag", triggeredBy: "test" });
    while (executor.begun.filter(({ taskId }) => taskId === "b").length < 2)
      await scheduler.signals.next("batch");
    executor.release("a");
    expect((await scheduler.waitForRun(run.pk)).state).toBe("success");
    expect(Object.keys(await here.states())).toHaveLength(8);
  });
});
