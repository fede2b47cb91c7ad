import { describe, expect, it } from "vitest";
import { sql } from "../../src/store/sql.ts";
import { dagSpecOf } from "../core/support/build-dag.ts";
import { ScriptedExecutor, success } from "../support/scripted-executor.ts";
import { type World, world } from "./support.ts";

async function leaseCounts({ database }: World): Promise<{ [scheduler: number]: number }> {
  const rows = await database.rows<{ id: number; n: number }>(
    sql`SELECT scheduler_id AS id, count(*) AS n FROM dag_lease GROUP BY 1 ORDER BY 1`,
  );
  return Object.fromEntries(rows.map(({ id, n }) => [id, n]));
}

async function storeMany(
  here: World,
  count: number,
  tasks = { a: {}, b: { after: ["a"] } },
): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, i) => `dag${i}`);
  for (const dagId of ids) await here.store(dagSpecOf(tasks, { dagId }));
  return ids;
}

describe("two schedulers", () => {
  it("share the Dags, and every run ends whoever was asked for it", async () => {
    const here = await world();
    const ids = await storeMany(here, 8);
    const executors = [new ScriptedExecutor(), new ScriptedExecutor()];
    const first = await here.start(executors[0]);
    const second = await here.start(executors[1]);
    for (;;) {
      const counts = await leaseCounts(here);
      if (counts[first.jobId] === 4 && counts[second.jobId] === 4) break;
      await Promise.race([first.signals.next("leases"), second.signals.next("leases")]);
    }
    await Promise.all(ids.map((dagId) => first.triggerRun({ dagId, triggeredBy: "test" })));
    for (;;) {
      const states = Object.values(await here.runStates());
      if (states.length === 8 && states.every((state) => state === "success")) break;
      await Promise.race([first.signals.next("batch"), second.signals.next("batch")]);
    }
    const begun = executors.flatMap((executor) =>
      executor.begun.map(({ dagId, taskId }) => `${dagId} ${taskId}`),
    );
    expect(begun.toSorted()).toEqual(ids.flatMap((id) => [`${id} a`, `${id} b`]).toSorted());
    expect(executors.map(({ begun: own }) => own.length)).toEqual([8, 8]);
  });

  it("when one dies the other takes its Dags and goes on with its runs", async () => {
    const here = await world();
    const ids = await storeMany(here, 4, { a: { retries: 1, retryDelay: 0 } } as never);
    const dying = new ScriptedExecutor(() => "hang");
    const first = await here.start(dying);
    await Promise.all(ids.map((dagId) => first.triggerRun({ dagId, triggeredBy: "test" })));
    while (dying.begun.length < 4) await first.signals.next("batch");
    const surviving = new ScriptedExecutor();
    const second = await here.start(surviving);
    await first.vanish();
    for (;;) {
      if ((await leaseCounts(here))[second.jobId] === 4) break;
      await second.signals.next("leases");
    }
    for (;;) {
      const states = Object.values(await here.runStates());
      if (states.every((state) => state === "success")) break;
      await second.signals.next("batch");
    }
    expect(surviving.begun.map(({ tryNumber }) => tryNumber)).toEqual([2, 2, 2, 2]);
    const [job] = await here.database.rows<{ state: string }>(
      sql`SELECT state FROM job WHERE id = ${first.jobId}`,
    );
    expect(job?.state).toBe("failed");
  });

  it("a hung one, which holds its lock and does not beat, is ended and cannot write any more", async () => {
    const here = await world();
    await storeMany(here, 2, { a: {} } as never);
    const held = Promise.withResolvers<void>();
    let hang = false;
    const first = await here.start(new ScriptedExecutor(), {
      debug: () => (hang ? held.promise : undefined),
    });
    hang = true;
    const lost = first.triggerRun({ dagId: "dag0", triggeredBy: "test", runId: "one" });
    lost.catch(() => undefined);
    await here.database.run(
      sql`UPDATE job SET latest_heartbeat = now() - interval '1 hour' WHERE id = ${first.jobId}`,
    );
    try {
      const second = await here.start();
      for (;;) {
        if ((await leaseCounts(here))[second.jobId] === 2) break;
        await second.signals.next("leases");
      }
      const run = await second.triggerRun({ dagId: "dag1", triggeredBy: "test" });
      expect((await second.waitForRun(run.pk)).state).toBe("success");
      expect(Object.keys(await here.runStates("dag0"))).toEqual([]);
    } finally {
      hang = false;
      held.resolve();
    }
  });

  it("never take more slots of a pool than it has", async () => {
    const here = await world();
    await here.database.run(sql`INSERT INTO slot_pool (name, slots) VALUES ('gpu', 3)`);
    const tasks = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`t${i}`, { pool: "gpu" }]));
    const ids = await storeMany(here, 4, tasks as never);
    let running = 0;
    let most = 0;
    const script = async () => {
      running++;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => setImmediate(resolve));
      running--;
      return success();
    };
    const first = await here.start(new ScriptedExecutor(script));
    const second = await here.start(new ScriptedExecutor(script));
    for (;;) {
      if (Object.keys(await leaseCounts(here)).length === 2) break;
      await Promise.race([first.signals.next("leases"), second.signals.next("leases")]);
    }
    await Promise.all(ids.map((dagId) => first.triggerRun({ dagId, triggeredBy: "test" })));
    for (;;) {
      const [row] = await here.database.rows<{ n: number; over: boolean }>(sql`
        SELECT (SELECT count(*) FROM dag_run WHERE state = 'success') AS n,
          coalesce((SELECT sum(taken) FROM slot_pool_usage WHERE pool = 'gpu'), 0) > 3 AS over`);
      expect(row?.over).toBe(false);
      if (row?.n === 4) break;
      await Promise.race([
        first.signals.next("batch"),
        second.signals.next("batch"),
        first.signals.next("poll"),
      ]);
    }
    expect(most).toBeLessThanOrEqual(3);
  });
});
