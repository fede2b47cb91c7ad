/** The pipelines under the real scheduler, with real task processes and a real database. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { sql } from "../../src/store/sql.ts";
import { goldens } from "../ml/goldens/goldens.ts";
import { freshDatabase } from "../support/database.ts";
import { ask } from "./ask.ts";
import { mailServer } from "./mail-server.ts";
import { postgresConnection } from "./postgres-connection.ts";
import { type FinishedRun, runningWorld } from "./running-world.ts";

/** Most instances of a mapped task that ran at the same time. */
function mostAtOnce(run: FinishedRun, taskId: string): number {
  const edges = Object.entries(run.startDates)
    .filter(([task]) => task.startsWith(`${taskId}[`))
    .flatMap(([task, start]) => [
      { at: start ?? 0, change: 1 },
      { at: run.endDates[task] ?? 0, change: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.change - b.change);
  let running = 0;
  return Math.max(...edges.map(({ change }) => (running += change)));
}

describe("under the scheduler", { timeout: 120_000 }, () => {
  it("ad clicks mail their result, and the status API serves it until it is stopped", async () => {
    const { received, connection } = await mailServer();
    const world = await runningWorld(["ad_clicks", "ad_clicks_api"], { smtp_default: connection });
    // Its schedule makes a run at once, which starts the server; the run by hand starts it again.
    await world.ended("ad_clicks", 1);
    const run = await world.run("ad_clicks", { folder: world.folder, email: "ann@example.com" });
    expect(run.state).toBe("success");
    const { accuracy } = (await run.xcom("load_model")) as { accuracy: number };
    const base = "http://127.0.0.1:5555";
    const redirect = await ask(`${base}/api`);
    expect([redirect.status, redirect.headers.get("location")]).toEqual([302, "/success"]);
    // The run by hand starts the server anew, and the one before it may have answered: both are stopped.
    let hasEnded = false;
    const ended = world.ended("ad_clicks_api", 1).finally(() => (hasEnded = true));
    await vi.waitFor(
      async () => {
        await fetch(`${base}/stop`, { method: "POST" }).catch(() => undefined);
        expect(hasEnded).toBe(true);
      },
      { timeout: 60_000, interval: 100 },
    );
    const [served] = await ended;
    expect(served?.states).toEqual({ serve: "success" });
    await received(`Ad clicks: accuracy ${accuracy}`);
    await received("ad_clicks succeeded");
  });

  it("breast cancer searches its grid in 87 tasks and keeps the results", async () => {
    const { received, connection } = await mailServer();
    const warehouse = await freshDatabase({ empty: true });
    const connections = { smtp_default: connection, postgres_default: postgresConnection(warehouse.url) };
    const world = await runningWorld(["breast_cancer"], connections, { api: true });
    const run = await world.run("breast_cancer", { folder: world.folder });
    expect(run.state).toBe("success");
    expect(Object.keys(run.states).filter((task) => task.startsWith("hyperparam_tuning["))).toHaveLength(87);
    const rows = await warehouse.database.rows<{ n: number; best: boolean }>(
      sql`SELECT n_components AS n, rank = 1 AS best FROM experiments WHERE run_id = ${run.runId}`,
    );
    expect(rows).toHaveLength(29);
    expect(rows.filter(({ best }) => best).map(({ n }) => n)).toContain(goldens.search.cancer.best);
    await received("breast_cancer succeeded");

    const found = await run.xcom("after_crossvalidation.tracking_experiments");
    const { runId, version } = found as { runId: string; version: string };
    expect(version).toMatch(/^[12]$/);
    const tracked = await world.database.rows<{ name: string; accuracy: number }>(sql`
      SELECT run.name, m.value AS accuracy FROM run
      JOIN run_tag parent ON parent.run_id = run.run_id AND parent.key = 'mlflow.parentRunId' AND parent.value = ${runId}
      JOIN run_latest_metric m ON m.run_id = run.run_id AND m.key = 'mean_accuracy' ORDER BY m.value DESC`);
    expect(tracked).toHaveLength(29);
    expect(tracked[0]?.accuracy).toBeCloseTo(Math.max(...goldens.search.cancer.mean), 6);
  });

  it("the gate trains again until it gives up, two models at a time", async () => {
    const world = await runningWorld(["training_gate"], {}, { api: true });
    await world.setPool("gpu_pool", 2);
    await world.start("training_gate", {
      folder: world.folder,
      rows: 600,
      label_noise: 0.6,
      max_retrains: 1,
    });
    const runs = (await world.ended("training_gate", 3)).filter(({ runId }) => runId.startsWith("manual__"));
    expect(runs.map(({ state }) => state)).toEqual(["success", "success"]);
    const [first, second] = runs as [FinishedRun, FinishedRun];
    expect(first.states).toMatchObject({ retrain: "success", notify: "skipped", join: "success" });
    expect(second.conf).toMatchObject({ attempt: 1, max_retrains: 1, rows: 600 });
    expect(second.states).toMatchObject({ retrain: "skipped", notify: "success", join: "success" });
    for (const run of runs) expect(mostAtOnce(run, "train_model")).toBeLessThanOrEqual(2);

    // The run of the schedule passed the gate and made the endpoint; the next version gets a tenth of its traffic.
    expect((await world.run("training_gate", { folder: world.folder, rows: 600 })).state).toBe("success");
    expect((await world.call("GET", "/api/endpoints/ad_clicks")).body).toMatchObject({
      variants: [
        { name: "v1", model: "models:/ad_clicks/1", weight: 90 },
        { name: "v2", model: "models:/ad_clicks/2", weight: 10 },
      ],
      request_log: { sample: 0.1 },
    });
  });

  it("every other example runs to its end", async () => {
    const dags = ["mapping", "branching", "waiting", "setup_teardown", "retries"];
    const world = await runningWorld(dags);
    const runs = await Promise.all(dags.map((dagId) => world.run(dagId)));
    expect(runs.map(({ state }) => state)).toEqual(dags.map(() => "success"));
    expect(await runs[0]?.xcom("total")).toBe(5);
    expect(runs[4]?.states).toMatchObject({ flaky: "success", after_maybe: "skipped", clean_up: "success" });
  });

  it("a report runs when both of its assets were updated", async () => {
    const world = await runningWorld(["collect_orders", "collect_refunds", "report"]);
    await world.start("collect_orders");
    await world.start("collect_refunds");
    const [report] = await world.ended("report", 1);
    expect(report?.state).toBe("success");
    expect(await report?.xcom("report")).toEqual([
      expect.stringMatching(/^orders: [1-9]\d* updates$/),
      expect.stringMatching(/^refunds: [1-9]\d* updates$/),
    ]);
  });

  it("iris runs to its end", async () => {
    const world = await runningWorld(["iris"]);
    const run = await world.run("iris", { folder: world.folder });
    expect(run.state).toBe("success");
    expect(await run.xcom("evaluate", "accuracy")).toBe(1);
    const file = (await run.xcom("evaluate", "file")) as string;
    expect(file).toBe(join(world.folder, run.runId.replaceAll(/[^\w.+-]/g, "_"), "accuracy.txt"));
    expect(await readFile(file, "utf8")).toBe("Accuracy: 1\n");
  });
});
