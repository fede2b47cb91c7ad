import { describe, expect, it } from "vitest";
import type { Executor } from "../../src/executor/executor.ts";
import { sql } from "../../src/store/sql.ts";
import { dagSpecOf } from "../core/support/build-dag.ts";
import { ScriptedExecutor, success } from "../support/scripted-executor.ts";
import { runToEnd, world } from "./support.ts";

describe("rescue", () => {
  it("gives up a running attempt without a sign of life, and its retry runs", async () => {
    const { store, start, database } = await world();
    await store(dagSpecOf({ a: { retries: 1, retryDelay: 0 } }));
    const executor = new ScriptedExecutor(({ task }) => (task.tryNumber === 1 ? "hang" : success()));
    const scheduler = await start(executor, { settings: { taskHeartbeatTimeoutMs: 50 } });
    expect((await runToEnd(scheduler, "dag")).state).toBe("success");
    expect(executor.begun.map(({ tryNumber }) => tryNumber)).toEqual([1, 2]);
    expect(executor.cancelled).toEqual([executor.begun[0]?.attemptId]);
    expect(await database.rows(sql`SELECT event, task_id FROM log`)).toEqual([
      { event: "heartbeat timeout", task_id: "a" },
    ]);
  });

  it("queues an attempt again that no slot takes, twice, and then fails it", async () => {
    const { store, start, states, database } = await world();
    await store(dagSpecOf({ a: {} }));
    const deaf: Executor = {
      start: (events) => Promise.resolve(events.slots(4, 4)),
      dispatch: () => undefined,
      begin: () => undefined,
      acknowledge: () => undefined,
      cancel: () => undefined,
      runCallback: () => Promise.resolve(),
      stop: () => Promise.resolve(),
    };
    const scheduler = await start(deaf, { settings: { taskQueuedTimeoutMs: 20, pollMs: 50 } });
    expect((await runToEnd(scheduler, "dag")).state).toBe("failed");
    expect(await states()).toEqual({ a: "failed" });
    const events = await database.rows<{ event: string }>(sql`SELECT event FROM log ORDER BY id`);
    expect(events.map(({ event }) => event)).toEqual([
      "stuck in queued",
      "stuck in queued",
      "heartbeat timeout",
    ]);
  });

  it("starts an attempt again whose slot was lost before it began, in the same try", async () => {
    const { store, start } = await world();
    await store(dagSpecOf({ a: {} }));
    let first = true;
    const executor = new ScriptedExecutor(() => {
      if (!first) return success();
      first = false;
      return { lost: "the worker went away", began: false };
    });
    const scheduler = await start(executor);
    expect((await runToEnd(scheduler, "dag")).state).toBe("success");
    expect(executor.begun.map(({ tryNumber }) => tryNumber)).toEqual([1, 1]);
  });
});
