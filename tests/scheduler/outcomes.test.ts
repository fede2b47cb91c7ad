import { describe, expect, it } from "vitest";
import { sql } from "../../src/store/sql.ts";
import { dagSpecOf } from "../core/support/build-dag.ts";
import { failure, ScriptedExecutor, success } from "../support/scripted-executor.ts";
import { runToEnd, world } from "./support.ts";

describe("a run", () => {
  it("runs a chain in order and ends in success", async () => {
    const { store, start, states } = await world();
    await store(dagSpecOf({ a: {}, b: { after: ["a"] }, c: { after: ["b"] } }));
    const executor = new ScriptedExecutor();
    const scheduler = await start(executor);
    const run = await runToEnd(scheduler, "dag");
    expect(run.state).toBe("success");
    expect(executor.begun.map(({ taskId }) => taskId)).toEqual(["a", "b", "c"]);
    expect(await states()).toEqual({ a: "success", b: "success", c: "success" });
  });

  it("fails with a leaf, and what comes after it is upstream_failed", async () => {
    const { store, start, states } = await world();
    await store(dagSpecOf({ a: {}, b: { after: ["a"] }, c: { after: ["b"], triggerRule: "all_done" } }));
    const executor = new ScriptedExecutor(({ task }) => (task.taskId === "a" ? failure() : success()));
    const scheduler = await start(executor);
    expect((await runToEnd(scheduler, "dag")).state).toBe("success");
    expect(await states()).toEqual({ a: "failed", b: "upstream_failed", c: "success" });
  });

  it("keeps each try of a task that is retried, with its own attempt", async () => {
    const { store, start, database } = await world();
    await store(dagSpecOf({ a: { retries: 2, retryDelay: 0 } }));
    const executor = new ScriptedExecutor(({ task }) =>
      task.tryNumber < 3 ? failure() : success(task.tryNumber),
    );
    const scheduler = await start(executor);
    expect((await runToEnd(scheduler, "dag")).state).toBe("success");
    expect(executor.begun.map(({ tryNumber }) => tryNumber)).toEqual([1, 2, 3]);
    const history = await database.rows(
      sql`SELECT try_number, state, attempt_id FROM task_instance_history ORDER BY try_number`,
    );
    expect(history).toEqual([
      { try_number: 1, state: "failed", attempt_id: executor.begun[0]?.attemptId },
      { try_number: 2, state: "failed", attempt_id: executor.begun[1]?.attemptId },
    ]);
    const [row] = await database.rows<{ state: string; try_number: number; attempt_id: string }>(
      sql`SELECT state, try_number, attempt_id FROM task_instance`,
    );
    expect(row).toEqual({ state: "success", try_number: 3, attempt_id: executor.begun[2]?.attemptId });
  });

  it("does not retry what says that it must not be", async () => {
    const { store, start, states } = await world();
    await store(dagSpecOf({ a: { retries: 5, retryDelay: 0 } }));
    const scheduler = await start(new ScriptedExecutor(() => failure("no", false)));
    expect((await runToEnd(scheduler, "dag")).state).toBe("failed");
    expect(await states()).toEqual({ a: "failed" });
  });

  it("commits values with the state, and hands them to the next task with its start", async () => {
    const { store, start, database } = await world();
    const input = { xcom: { taskId: "a", key: "return_value" } };
    await store(dagSpecOf({ a: {}, b: { after: ["a"], inputs: { x: input } } }));
    const executor = new ScriptedExecutor(({ task }) =>
      task.taskId === "a" ? success({ answer: 42 }) : success(),
    );
    const scheduler = await start(executor);
    await runToEnd(scheduler, "dag");
    const rows = await database.rows(sql`SELECT task_id, key, value FROM xcom`);
    expect(rows).toEqual([{ task_id: "a", key: "return_value", value: { answer: 42 } }]);
    expect(executor.starts[1]?.xcoms).toEqual([
      { taskId: "a", mapIndex: -1, key: "return_value", value: { json: { answer: 42 } } },
    ]);
  });

  it("skips what a branch does not choose", async () => {
    const { store, start, states } = await world();
    await store(
      dagSpecOf({
        pick: { branch: true },
        left: { after: ["pick"] },
        right: { after: ["pick"] },
        join: { after: ["left", "right"], triggerRule: "none_failed_min_one_success" },
      }),
    );
    const executor = new ScriptedExecutor(({ task }) =>
      task.taskId === "pick" ? success("left", { skip: { followed: ["left"] } }) : success(),
    );
    const scheduler = await start(executor);
    expect((await runToEnd(scheduler, "dag")).state).toBe("success");
    expect(await states()).toEqual({ join: "success", left: "success", pick: "success", right: "skipped" });
  });

  it("expands a mapped task over what another returned, and reduces", async () => {
    const { store, start, states, database } = await world();
    const list = { xcom: { taskId: "make", key: "return_value" } };
    await store(
      dagSpecOf({
        make: {},
        work: { after: ["make"], mapped: { expand: { x: list } } },
        sum: { after: ["work"] },
      }),
    );
    const executor = new ScriptedExecutor(({ task }) =>
      task.taskId === "make" ? success([1, 2, 3]) : success(1),
    );
    const scheduler = await start(executor);
    expect((await runToEnd(scheduler, "dag")).state).toBe("success");
    expect(await states()).toEqual({
      make: "success",
      sum: "success",
      "work[0]": "success",
      "work[1]": "success",
      "work[2]": "success",
    });
    expect(await database.rows(sql`SELECT task_id, length FROM task_map`)).toEqual([
      { task_id: "make", length: 3 },
    ]);
  });

  it("skips a mapped task of no length", async () => {
    const { store, start, states } = await world();
    const list = { xcom: { taskId: "make", key: "return_value" } };
    await store(dagSpecOf({ make: {}, work: { after: ["make"], mapped: { expand: { x: list } } } }));
    const scheduler = await start(new ScriptedExecutor(() => success([])));
    expect((await runToEnd(scheduler, "dag")).state).toBe("success");
    expect(await states()).toEqual({ make: "success", work: "skipped" });
  });

  it("ends empty tasks without a slot", async () => {
    const { store, start, states } = await world();
    await store(dagSpecOf({ a: { empty: true }, b: { after: ["a"], empty: true } }));
    const executor = new ScriptedExecutor();
    const scheduler = await start(executor);
    expect((await runToEnd(scheduler, "dag")).state).toBe("success");
    expect(executor.begun).toEqual([]);
    expect(await states()).toEqual({ a: "success", b: "success" });
  });

  it("pokes a sensor again after its time, in the same try", async () => {
    const { store, start, database } = await world();
    await store(dagSpecOf({ wait: {} }));
    let pokes = 0;
    const executor = new ScriptedExecutor(() => {
      pokes++;
      if (pokes === 3) return success(true);
      return { result: { outcome: "reschedule", at: new Date(Date.now() + 5).toISOString() }, xcoms: [] };
    });
    const scheduler = await start(executor);
    expect((await runToEnd(scheduler, "dag")).state).toBe("success");
    expect(executor.begun.map(({ tryNumber }) => tryNumber)).toEqual([1, 1, 1]);
    expect(executor.starts[2]?.reschedule?.count).toBe(2);
    expect(await database.rows(sql`SELECT map_index FROM task_reschedule`)).toHaveLength(2);
  });

  it("turns a result that the database refuses into a failure, and goes on with the others", async () => {
    const { store, start, states } = await world();
    await store(dagSpecOf({ bad: {}, good: {} }));
    const executor = new ScriptedExecutor(({ task }) =>
      task.taskId === "good"
        ? success()
        : { result: { outcome: "success" }, xcoms: [{ key: "k".repeat(600), value: { json: 1 } }] },
    );
    const scheduler = await start(executor);
    expect((await runToEnd(scheduler, "dag")).state).toBe("failed");
    expect(await states()).toEqual({ bad: "failed", good: "success" });
  });

  it("fails fast: what runs fails, what waits is skipped", async () => {
    const { store, start, states } = await world();
    await store(dagSpecOf({ bad: {}, slow: {}, later: { after: ["slow"] } }, { failFast: true }));
    const executor = new ScriptedExecutor(({ task }) => (task.taskId === "bad" ? failure() : "hang"));
    const scheduler = await start(executor);
    expect((await runToEnd(scheduler, "dag")).state).toBe("failed");
    const ended = await states();
    expect(ended).toMatchObject({ bad: "failed", later: "skipped" });
    expect(["failed", "skipped"]).toContain(ended["slow"]);
  });

  it("ends a run that takes longer than its dagrun_timeout", async () => {
    const { store, start, states } = await world();
    await store(dagSpecOf({ slow: {} }, { dagrunTimeout: 0.05 }));
    const executor = new ScriptedExecutor(() => "hang");
    const scheduler = await start(executor);
    expect((await runToEnd(scheduler, "dag")).state).toBe("failed");
    expect(await states()).toEqual({ slow: "skipped" });
    expect(executor.cancelled).toHaveLength(1);
  });

  it("calls the Dag back when a run has ended", async () => {
    const { store, start } = await world();
    await store(dagSpecOf({ a: {} }, { callbacks: ["failure"] }));
    const executor = new ScriptedExecutor(() => failure());
    const scheduler = await start(executor);
    await runToEnd(scheduler, "dag");
    await executor.calledBack;
    expect(executor.callbacks.map(({ message }) => message["callback"])).toEqual(["failure"]);
  });
});
