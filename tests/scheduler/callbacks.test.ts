/** Callbacks are rows from the commit that asks for them until they have run. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { TradewindError } from "../../src/errors.ts";
import type { CallbackWorkload } from "../../src/executor/executor.ts";
import { listAuditEntries } from "../../src/store/audit-log.ts";
import { sql } from "../../src/store/sql.ts";
import { dagSpecOf } from "../core/support/build-dag.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { ScriptedExecutor } from "../support/scripted-executor.ts";
import { cutSessions, runToEnd, world } from "./support.ts";

/** Ends callbacks as the test says. */
class Calling extends ScriptedExecutor {
  answer: (workload: CallbackWorkload) => Promise<void> = () => Promise.resolve();

  override async runCallback(workload: CallbackWorkload): Promise<void> {
    await super.runCallback(workload);
    await this.answer(workload);
  }

  get called(): unknown[] {
    return this.callbacks.map(({ message }) => message["callback"]);
  }
}

const spec = dagSpecOf({ a: {} }, { callbacks: ["success"] });

const rows = (here: Awaited<ReturnType<typeof world>>) => here.database.rows(sql`SELECT id FROM callback`);

it("runs by the next scheduler what one that was killed had committed and not sent", async () => {
  const here = await world();
  await here.store(spec);
  const executor = new Calling();
  const killed = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const first = await here.start(executor, {
    debug: async (point) => {
      if (point !== "after-commit-before-dispatch" || (await rows(here)).length === 0) return;
      executor.disconnect();
      killed.resolve();
      await held.promise;
    },
  });
  void first.triggerRun({ dagId: "dag", triggeredBy: "test" }).catch(() => null);
  await killed.promise;
  expect(executor.called).toEqual([]);
  await cutSessions(here);
  await here.start(executor);
  await vi.waitFor(() => expect(executor.called).toEqual(["success"]), 5000);
  await vi.waitFor(async () => expect(await rows(here)).toEqual([]), 5000);
  held.resolve();
});

it("waits for a worker where there is none, and does not run one again that failed", async () => {
  const here = await world();
  await here.store(spec);
  const executor = new Calling();
  let tries = 0;
  executor.answer = () =>
    Promise.reject(
      new TradewindError(tries++ === 0 ? "TW_CONNECTION_CLOSED" : "TW_CALLBACK", "as the test wants it"),
    );
  const scheduler = await here.start(executor);
  await runToEnd(scheduler, "dag");
  await vi.waitFor(async () => expect(await rows(here)).toEqual([]), 5000);
  expect(executor.called).toEqual(["success", "success"]);
  expect(executor.callbacks[0]?.id).toBe(executor.callbacks[1]?.id);
});

it("calls one that takes its worker down with it three times, and then tells of it in the audit log and its own log", async () => {
  const here = await world();
  await here.store(spec);
  const executor = new Calling();
  executor.answer = () => Promise.reject(new TradewindError("TW_CALLBACK_LOST", "worker local went away"));
  const logFolder = await temporaryFolder();
  const scheduler = await here.start(executor, { settings: { pollMs: 20, logFolder } });
  const run = await runToEnd(scheduler, "dag");
  await vi.waitFor(async () => expect(await rows(here)).toEqual([]), 5000);
  expect(executor.called).toEqual(["success", "success", "success"]);
  const { rows: told } = await listAuditEntries(here.database, { events: ["callback failed"] });
  expect(told).toMatchObject([{ dagId: "dag", runId: run.runId, taskId: null }]);
  expect(JSON.parse(told[0]?.extra ?? "")).toEqual({
    callback: "success",
    message: expect.stringMatching(/went away each of the 3 times .* it is not called again/),
  });
  const log = readFileSync(join(logFolder, executor.callbacks[0]?.logPath ?? ""), "utf8");
  expect(log).toContain("the callback failed: its worker went away");
});

it("calls those of a task whose process was lost", async () => {
  const here = await world();
  await here.store(
    dagSpecOf({ a: { retries: 1, retryDelay: 0, callbacks: ["failure", "retry", "success"] } }),
  );
  const executor = new Calling(() => ({ lost: "killed by SIGKILL" }));
  const scheduler = await here.start(executor);
  expect((await runToEnd(scheduler, "dag")).state).toBe("failed");
  await vi.waitFor(() => expect(executor.called).toEqual([{ task: "retry" }, { task: "failure" }]), 5000);
  expect(executor.callbacks[1]?.message["context"]).toMatchObject({
    exception: "killed by SIGKILL",
    task: { taskId: "a", tryNumber: 2 },
  });
  expect(executor.callbacks[1]?.logPath).toMatch(/task_id=a\/attempt=2\.log$/);
});

it("tells listeners of a run's beginning and end, where the Dag has some", async () => {
  const here = await world();
  await here.store(dagSpecOf({ a: {} }, { listeners: ["on_dag_run_running", "on_dag_run_failed"] }));
  const executor = new Calling(({ task }) => ({ lost: `no ${task.taskId}`, began: true }));
  const scheduler = await here.start(executor);
  await runToEnd(scheduler, "dag");
  await vi.waitFor(
    () =>
      expect(executor.called).toEqual([
        { listener: "on_dag_run_running", state: "running" },
        { listener: "on_dag_run_failed", state: "failed" },
      ]),
    5000,
  );
});
