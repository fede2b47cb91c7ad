import { describe, expect, it } from "vitest";
import { eventsOfRun } from "../../src/store/asset-events.ts";
import { registerAssets } from "../../src/store/assets.ts";
import { sql } from "../../src/store/sql.ts";
import { claimTriggers, fireTrigger } from "../../src/store/triggers.ts";
import { dagSpecOf } from "../core/support/build-dag.ts";
import { ScriptedExecutor, success } from "../support/scripted-executor.ts";
import { runToEnd, world } from "./support.ts";

const deferred = (timeout: number | null = null) => ({
  result: {
    outcome: "deferred" as const,
    trigger: { classpath: "test.Wait", kwargs: { secret: "s3cret" } },
    method: "goOn",
    kwargs: { step: 2 },
    timeout,
  },
  xcoms: [],
});

describe("a deferred task", () => {
  it("holds no slot, goes on with its event, and leaves no trigger behind", async () => {
    const { store, start, database, secrets, states } = await world();
    await store(dagSpecOf({ a: {}, b: { after: ["a"] } }));
    const executor = new ScriptedExecutor(({ task, resume }) =>
      task.taskId === "a" && resume === undefined ? deferred() : success(),
    );
    const scheduler = await start(executor);
    const run = await scheduler.triggerRun({ dagId: "dag", triggeredBy: "test" });
    while ((await states())["a"] !== "deferred") await scheduler.signals.next("batch");
    const [trigger] = await claimTriggers(database, secrets, { triggererId: 1, limit: 10 });
    expect(trigger).toMatchObject({
      classpath: "test.Wait",
      kwargs: { secret: "s3cret" },
      taskId: "a",
      runPk: run.pk,
    });
    await fireTrigger(database, { id: trigger?.id ?? 0, triggererId: 1, event: { ok: true } }, Date.now());
    await database.run(sql`SELECT pg_notify('tradewind', 'fired')`);
    expect((await scheduler.waitForRun(run.pk)).state).toBe("success");
    expect(executor.starts[1]?.resume).toEqual({ method: "goOn", kwargs: { step: 2 }, event: { ok: true } });
    expect(executor.begun.map(({ tryNumber }) => tryNumber)).toEqual([1, 1, 1]);
    expect(await database.rows(sql`SELECT id FROM trigger`)).toEqual([]);
    const [row] = await database.rows(
      sql`SELECT next_method, trigger_id FROM task_instance WHERE task_id = 'a'`,
    );
    expect(row).toEqual({ next_method: null, trigger_id: null });
  });

  it("is resumed with an error when its time is over", async () => {
    const { store, start } = await world();
    await store(dagSpecOf({ a: {} }));
    const executor = new ScriptedExecutor(({ resume }) =>
      resume === undefined ? deferred(0.02) : success(),
    );
    const scheduler = await start(executor);
    await runToEnd(scheduler, "dag");
    expect(executor.starts[1]?.resume).toMatchObject({ method: "__fail__", error: "Trigger timeout" });
  });

  it("survives the scheduler", async () => {
    const { store, start, database, secrets, states } = await world();
    await store(dagSpecOf({ a: {} }));
    const executor = new ScriptedExecutor(({ resume }) => (resume === undefined ? deferred() : success()));
    const first = await start(executor);
    const run = await first.triggerRun({ dagId: "dag", triggeredBy: "test" });
    while ((await states())["a"] !== "deferred") await first.signals.next("batch");
    await first.vanish();
    const [trigger] = await claimTriggers(database, secrets, { triggererId: 1, limit: 10 });
    await fireTrigger(database, { id: trigger?.id ?? 0, triggererId: 1, event: 7 }, Date.now());
    const second = await start(executor);
    expect((await second.waitForRun(run.pk)).state).toBe("success");
    expect(executor.starts[1]?.resume).toMatchObject({ event: 7 });
  });
});

describe("assets", () => {
  const assets = ["x", "y"].map((name) => ({ name, uri: `file:///${name}`, group: "asset", extra: {} }));
  const asset = (name: string) => ({ asset: { name, uri: `file:///${name}` } });

  it("start the Dags that wait for them, once all are there, with the events that they bring", async () => {
    const { store, start, database } = await world();
    const producer = dagSpecOf(
      { make: { outlets: [asset("x")] }, more: { after: ["make"], outlets: [asset("y")] } },
      { dagId: "producer", assets },
    );
    const consumer = dagSpecOf(
      { use: {} },
      { dagId: "consumer", assets, timetable: { kind: "asset", assets: { all: [asset("x"), asset("y")] } } },
    );
    for (const spec of [producer, consumer]) {
      await store(spec);
      await database.transaction((tx) => registerAssets(tx, spec, Date.now()));
    }
    const executor = new ScriptedExecutor(({ task }) =>
      task.taskId === "make"
        ? success(undefined, {
            outletEvents: [{ asset: { name: "x", uri: "file:///x" }, extra: { rows: 3 } }],
          })
        : success(),
    );
    const scheduler = await start(executor);
    const consumed = new Promise<{ pk: number }>((resolve) => {
      const wait = async () => {
        for (;;) {
          const ended = (await scheduler.signals.next("run success")) as { dagId: string; pk: number };
          if (ended.dagId === "consumer") return resolve(ended);
        }
      };
      void wait();
    });
    await runToEnd(scheduler, "producer");
    const { pk } = await consumed;
    const events = await eventsOfRun(database, pk);
    expect(events.map(({ name, extra, sourceTaskId }) => [name, extra, sourceTaskId])).toEqual([
      ["x", { rows: 3 }, "make"],
      ["y", {}, "more"],
    ]);
    const [run] = await database.rows(
      sql`SELECT run_type, triggered_by, logical_date FROM dag_run WHERE dag_id = 'consumer'`,
    );
    expect(run).toEqual({ run_type: "asset_triggered", triggered_by: "asset", logical_date: null });
    expect(await database.rows(sql`SELECT dag_id FROM asset_dag_run_queue`)).toEqual([]);
  });

  it("emitted through an alias reach the Dags that are scheduled on the alias", async () => {
    const { store, start, database } = await world();
    const alias = { alias: { name: "late", group: "asset" } };
    const producer = dagSpecOf({ make: { outlets: [alias] } }, { dagId: "producer" });
    const consumer = dagSpecOf(
      { use: {} },
      { dagId: "consumer", assets, timetable: { kind: "asset", assets: alias } },
    );
    for (const spec of [producer, consumer]) {
      await store(spec);
      await database.transaction((tx) => registerAssets(tx, spec, Date.now()));
    }
    const outletEvents = [{ alias: "late", asset: { name: "found", uri: "s3://found" }, extra: {} }];
    const executor = new ScriptedExecutor(({ task }) =>
      task.taskId === "make" ? success(undefined, { outletEvents }) : success(),
    );
    const scheduler = await start(executor);
    await runToEnd(scheduler, "producer");
    while (!executor.begun.some(({ dagId }) => dagId === "consumer")) await scheduler.signals.next("batch");
  });
});
