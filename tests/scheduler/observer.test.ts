import { expect, it, onTestFinished } from "vitest";
import { startMetrics } from "../../src/metrics.ts";
import { Observer } from "../../src/scheduler/observer.ts";
import type { AttemptSpan, RunSpan, Traces } from "../../src/traces.ts";
import { dagSpecOf } from "../core/support/build-dag.ts";
import { failure, ScriptedExecutor, success } from "../support/scripted-executor.ts";
import { runToEnd, world } from "./support.ts";

it("counts what was committed, and gives each run one trace with a span for every attempt", async () => {
  const metrics = await startMetrics({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => metrics.stop());
  const attempts: AttemptSpan[] = [];
  const runs: RunSpan[] = [];
  const traces: Traces = {
    attemptEnded: (attempt) => attempts.push(attempt),
    runEnded: (run) => runs.push(run),
    stop: async () => undefined,
  };
  const { store, start } = await world();
  await store(dagSpecOf({ a: { retries: 1, retryDelay: 0 }, b: { after: ["a"] } }));
  const executor = new ScriptedExecutor(({ task }) =>
    task.taskId === "a" && task.tryNumber === 1 ? failure() : success(),
  );
  const scheduler = await start(executor, { observer: new Observer(metrics, traces) });
  const { runId } = await runToEnd(scheduler, "dag");
  const text = await (await fetch(`http://127.0.0.1:${metrics.port}/metrics`)).text();
  expect(text).toContain('airflow_ti_start{dag_id="dag",task_id="a"} 2');
  expect(text).toContain('airflow_ti_finish{dag_id="dag",task_id="b",state="success"} 1');
  expect(text).toContain("airflow_ti_successes 2");
  expect(text).toContain('airflow_dagrun_duration_success_count{dag_id="dag",run_type="manual"} 1');
  expect(attempts.map(({ taskId, tryNumber, state }) => [taskId, tryNumber, state])).toEqual([
    ["a", 1, "up_for_retry"],
    ["a", 2, "success"],
    ["b", 1, "success"],
  ]);
  expect(attempts.map(({ attemptId }) => attemptId)).toEqual(
    executor.begun.map(({ attemptId }) => attemptId),
  );
  expect(runs).toMatchObject([{ dagId: "dag", runId, state: "success", clearNumber: 0 }]);
});
