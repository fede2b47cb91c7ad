import { describe, expect, it } from "vitest";
import { planBackfill } from "../../src/core/backfill.ts";
import type { DagSpec } from "../../src/core/dag-model.ts";
import { createBackfill } from "../../src/store/backfills.ts";
import { sql } from "../../src/store/sql.ts";
import { dagSpecOf } from "../core/support/build-dag.ts";
import { failure, ScriptedExecutor, success } from "../support/scripted-executor.ts";
import { type World, world } from "./support.ts";

const hour = 3_600_000;

/** Hourly, with a first interval so many hours ago. */
function hourly(hoursAgo: number, words: Partial<DagSpec> = {}): DagSpec {
  const start = Math.floor(Date.now() / hour) * hour - hoursAgo * hour;
  return dagSpecOf(
    { a: {} },
    {
      startDate: new Date(start).toISOString(),
      timetable: { kind: "cron-data-interval", cron: "0 * * * *", timezone: "UTC" },
      ...words,
    },
  );
}

async function dates({ database }: World): Promise<number[]> {
  const rows = await database.rows<{ logical_date: number }>(
    sql`SELECT logical_date FROM dag_run ORDER BY id`,
  );
  return rows.map((row) => row.logical_date);
}

describe("a schedule", () => {
  it("with catchup makes every run that was missed, in order, and shows the next", async () => {
    const here = await world();
    await here.store(hourly(40, { catchup: true, maxActiveRuns: 4 }));
    const executor = new ScriptedExecutor();
    const scheduler = await here.start(executor);
    while (executor.begun.length < 40) await scheduler.signals.next("batch");
    const made = await dates(here);
    expect(made).toEqual(made.toSorted((a, b) => a - b));
    expect(made).toHaveLength(40);
    const [dag] = await here.database.rows<{ next: number; after: number }>(
      sql`SELECT next_dagrun AS next, next_dagrun_create_after AS after FROM dag`,
    );
    expect(dag?.next).toBe((made.at(-1) ?? 0) + hour);
    expect(dag?.after).toBe((made.at(-1) ?? 0) + 2 * hour);
  });

  it("without catchup makes the latest only", async () => {
    const here = await world();
    await here.store(hourly(40));
    const executor = new ScriptedExecutor();
    const scheduler = await here.start(executor);
    while (executor.begun.length < 1) await scheduler.signals.next("batch");
    await scheduler.signals.next("poll");
    expect(await dates(here)).toHaveLength(1);
  });

  it("makes no run twice over a restart", async () => {
    const here = await world();
    await here.store(hourly(10, { catchup: true }));
    const executor = new ScriptedExecutor();
    const first = await here.start(executor);
    while (executor.begun.length < 5) await first.signals.next("batch");
    executor.disconnect();
    await first.vanish();
    const second = await here.start(executor);
    while ((await dates(here)).length < 10) await second.signals.next("batch");
    const made = await dates(here);
    expect(new Set(made).size).toBe(made.length);
  });

  it("goes on behind a run that was made by hand for its date", async () => {
    const here = await world();
    const spec = hourly(3, { catchup: true });
    await here.store(spec, { paused: true });
    const executor = new ScriptedExecutor();
    const scheduler = await here.start(executor);
    const second = Date.parse(spec.startDate ?? "") + hour;
    await scheduler.triggerRun({ dagId: "dag", triggeredBy: "test", logicalDate: second, runId: "by_hand" });
    await here.database.run(sql`UPDATE dag SET is_paused = false`);
    await here.database.run(sql`SELECT pg_notify('tradewind', 'dag:dag')`);
    while (executor.begun.length < 3) await scheduler.signals.next("batch");
    expect(Object.keys(await here.runStates()).toSorted()[0]).toBe("by_hand");
    expect(await dates(here)).toHaveLength(3);
  });

  it("of events makes each when its instant comes, and one that came while no scheduler lived", async () => {
    const here = await world();
    const soon = Date.now() + 400;
    const dates = [soon, soon + 60_000].map((at) => new Date(at).toISOString());
    await here.store(dagSpecOf({ a: {} }, { timetable: { kind: "events", dates, restrictToEvents: false } }));
    const executor = new ScriptedExecutor();
    const first = await here.start(executor);
    while (executor.begun.length < 1) await first.signals.next("batch");
    await first.vanish();
    // As if the second event had been forecast, and came while nobody was there.
    await here.database.run(sql`
      UPDATE dag SET next_dagrun = ${dates[1]}, next_dagrun_data_interval_start = ${dates[1]},
        next_dagrun_data_interval_end = ${dates[1]}, next_dagrun_create_after = now() - interval '1 second'`);
    const second = await here.start(executor);
    while (executor.begun.length < 2) await second.signals.next("batch");
    expect((await here.database.rows(sql`SELECT id FROM dag_run`)).length).toBe(2);
  });

  it("@once runs once", async () => {
    const here = await world();
    await here.store(
      dagSpecOf({ a: {} }, { timetable: { kind: "once" }, startDate: "2024-01-01T00:00:00Z" }),
    );
    const executor = new ScriptedExecutor();
    const scheduler = await here.start(executor);
    while (executor.begun.length < 1) await scheduler.signals.next("batch");
    await scheduler.signals.next("poll");
    expect(await dates(here)).toHaveLength(1);
  });
});

describe("a backfill", () => {
  async function backfill(
    here: World,
    spec: DagSpec,
    words: { hours: number; backwards?: boolean; reprocess?: "none" | "failed" | "completed"; max?: number },
  ) {
    const from = Date.parse(spec.startDate ?? "");
    const request = {
      from,
      to: from + (words.hours - 1) * hour,
      reprocess: words.reprocess ?? "none",
      backwards: words.backwards ?? false,
    };
    const plan = planBackfill(spec, request, () => null, Date.now());
    const row = await here.database.transaction((tx) =>
      createBackfill(
        tx,
        {
          dagId: "dag",
          fromDate: request.from,
          toDate: request.to,
          conf: {},
          runBackwards: request.backwards,
          reprocessBehavior: request.reprocess,
          maxActiveRuns: words.max ?? 2,
          dates: plan.map(({ run }) => ({ run })),
        },
        Date.now(),
      ),
    );
    await here.database.run(sql`SELECT pg_notify('tradewind', 'backfill:dag')`);
    return row.id;
  }

  async function completed(here: World, id: number): Promise<boolean> {
    const [row] = await here.database.rows<{ done: boolean }>(
      sql`SELECT completed_at IS NOT NULL AS done FROM backfill WHERE id = ${id}`,
    );
    return row?.done === true;
  }

  it("makes its runs backwards, under its own cap, and is completed", async () => {
    const here = await world();
    const spec = hourly(20, { maxActiveRuns: 1 });
    await here.store(spec, { paused: false });
    await here.database.run(sql`UPDATE dag SET current_version_id = current_version_id`);
    let running = 0;
    let most = 0;
    const executor = new ScriptedExecutor(async () => {
      running++;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => setImmediate(resolve));
      running--;
      return success();
    });
    const scheduler = await here.start(executor, { settings: { useJobSchedule: false } });
    const id = await backfill(here, spec, { hours: 6, backwards: true, max: 3 });
    while (!(await completed(here, id))) await scheduler.signals.next("batch");
    expect(executor.begun).toHaveLength(6);
    expect(most).toBeLessThanOrEqual(3);
    const rows = await here.database.rows<{ logical_date: number }>(
      sql`SELECT r.logical_date FROM dag_run r ORDER BY r.start_date, r.logical_date DESC`,
    );
    const order = rows.map((row) => row.logical_date);
    expect(order).toEqual(order.toSorted((a, b) => b - a));
    expect(Object.keys(await here.runStates())[0]).toMatch(/^backfill__/);
  });

  it("runs failed dates again where it is told to, and says why it leaves the others", async () => {
    const here = await world();
    const spec = hourly(4, { catchup: true });
    await here.store(spec);
    let broken = true;
    const executor = new ScriptedExecutor(({ run }) =>
      broken && run.logicalDate === spec.startDate ? failure() : success(),
    );
    const scheduler = await here.start(executor);
    while (executor.begun.length < 4) await scheduler.signals.next("batch");
    broken = false;
    for (;;) {
      const states = Object.values(await here.runStates());
      if (states.length === 4 && states.every((state) => state === "success" || state === "failed")) break;
      await scheduler.signals.next("batch");
    }
    const id = await backfill(here, spec, { hours: 3, reprocess: "failed" });
    while (!(await completed(here, id))) await scheduler.signals.next("batch");
    expect(executor.begun).toHaveLength(5);
    const reasons = await here.database.rows<{ reason: string | null }>(
      sql`SELECT exception_reason AS reason FROM backfill_dag_run ORDER BY sort_ordinal`,
    );
    expect(reasons.map(({ reason }) => reason)).toEqual([null, "already exists", "already exists"]);
    expect(new Set(Object.values(await here.runStates()))).toEqual(new Set(["success"]));
  });
});
