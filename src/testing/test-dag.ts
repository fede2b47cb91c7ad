import { nearest } from "../did-you-mean.ts";
import { TradewindError } from "../errors.ts";
import { runDagCallback } from "../runtime/run-callback.ts";
import { decodeValue } from "../runtime/xcom-values.ts";
import { type CollectedDag, collectDag } from "../sdk/collect.ts";
import type { Dag } from "../sdk/dag.ts";
import type { TaskDefinition } from "../sdk/task.ts";
import { systemClock } from "../time.ts";
import { SimulatedClock } from "./simulated-clock.ts";
import { noCode, runMessage } from "./start-message.ts";
import { TestRun } from "./test-run.ts";
import type { DagTestResult, Mock, TestDagOptions } from "./test-types.ts";

/**
 * Runs a Dag in memory, without a database, workers or waiting: the same decisions and the same runtime as in
 * production, on a clock that jumps over retry delays, sensors' intervals and deferrals.
 *
 * @example
 * const run = await testDag(dag, { logicalDate: "2026-01-01", mocks: { download: [1, 2, 3] } });
 * expect(run.state).toBe("success");
 * expect(run.results.train).toBeCloseTo(0.97);
 *
 * @throws TradewindError TW_TEST_STUCK for a run that never ends; what is wrong with the Dag, as at import
 */
export async function testDag(dag: Dag, options: TestDagOptions = {}): Promise<DagTestResult> {
  const clock = new SimulatedClock(startOf(options));
  const collected = await collectDag(dag, { relativeFile: "test.ts", now: clock.now() });
  const run = new TestRun(withMocks(collected, options.mocks ?? {}), options, clock);
  await run.finish();
  await callBack(collected, run, clock, options);
  return resultOf(run, clock);
}

function startOf({ now, logicalDate }: TestDagOptions): number {
  if (now !== undefined) return new Date(now).getTime();
  return logicalDate == null ? systemClock.now() : new Date(logicalDate).getTime();
}

/** The Dag with other handlers for some of its tasks. */
export function withMocks(dag: CollectedDag, mocks: { readonly [taskId: string]: Mock }): CollectedDag {
  const tasks = new Map<string, TaskDefinition>(dag.tasks);
  for (const [taskId, mock] of Object.entries(mocks)) {
    const definition = tasks.get(taskId);
    if (definition === undefined) {
      const near = nearest(taskId, tasks.keys());
      throw new TradewindError(
        "TW_DAG_UNKNOWN_TASK",
        `expected mocks of tasks of Dag "${dag.spec.dagId}", got one of "${taskId}"${near === null ? "" : `: did you mean "${near}"?`}`,
      );
    }
    const execute: TaskDefinition["execute"] = async (inputs, context) =>
      definition.interpret(typeof mock === "function" ? await mock(inputs, context) : mock);
    tasks.set(taskId, {
      ...definition,
      execute,
      resume: (_method, inputs, context) => execute(inputs, context),
    });
  }
  return { ...dag, tasks };
}

async function callBack(
  dag: CollectedDag,
  run: TestRun,
  clock: SimulatedClock,
  { params = {} }: TestDagOptions,
): Promise<void> {
  const kind = run.facts.run.state === "success" ? "success" : "failure";
  if (dag.callbacks[kind].length === 0) return;
  const { dagId, runId } = run.facts.run;
  const failed = run.instances().findLast(({ state }) => state === "failed");
  const task = failed && {
    taskId: run.facts.dag.tasks[failed.task]?.spec.taskId ?? "",
    mapIndex: failed.mapIndex,
  };
  const reason = kind === "success" ? "success" : "task_failure";
  await runDagCallback(
    {
      type: "run-callback",
      code: noCode,
      dagId,
      callback: kind,
      context: { runId, run: runMessage(run.facts), params, reason, ...(task === undefined ? {} : { task }) },
    },
    dag,
    {
      clock,
      cancelled: new AbortController().signal,
      request: (request) => run.world.answer(request, { taskId: "", mapIndex: -1 }),
      mask: () => {},
      log: (level, message, fields) => {
        const time = new Date(clock.now());
        run.logs.push({
          task: "",
          tryNumber: 0,
          level,
          message,
          time,
          ...(fields === undefined ? {} : { fields }),
        });
      },
    },
  );
}

async function resultOf(run: TestRun, clock: SimulatedClock): Promise<DagTestResult> {
  const { facts, world } = run;
  const values = new Map<string, unknown>();
  for (const { spec } of facts.dag.tasks) {
    for (const key of world.keysOf(spec.taskId)) {
      const found = world.xcoms(spec.taskId, key);
      const decoded = await Promise.all(
        found.map(async ({ mapIndex, value }) => [mapIndex, await decodeValue(value)] as const),
      );
      for (const [mapIndex, value] of decoded) values.set(`${spec.taskId}\n${mapIndex}\n${key}`, value);
      const isMapped = decoded.some(([mapIndex]) => mapIndex >= 0);
      if (isMapped)
        values.set(
          `${spec.taskId}\n-1\n${key}`,
          decoded.map(([, value]) => value),
        );
    }
  }
  const xcom = (taskId: string, key = "return_value", mapIndex = -1): unknown =>
    values.get(`${taskId}\n${mapIndex}\n${key}`);
  const returned = facts.dag.tasks.flatMap(({ spec }) =>
    values.has(`${spec.taskId}\n-1\nreturn_value`) ? [[spec.taskId, xcom(spec.taskId)] as const] : [],
  );
  const { startDate, endDate, runId, state } = facts.run;
  return {
    state,
    runId,
    start: new Date(startDate ?? clock.now()),
    end: new Date(endDate ?? clock.now()),
    states: run.states(),
    tries: Object.fromEntries(run.instances().map((instance) => [run.key(instance), instance.tryNumber])),
    order: run.order,
    attempts: run.attempts,
    logs: run.logs,
    results: Object.fromEntries(returned),
    xcom,
    rendered: Object.fromEntries(world.rendered),
    reasons: Object.fromEntries(run.reasons),
    triggered: world.triggered,
    assetEvents: world.emitted,
    variables: Object.fromEntries(world.variables),
  };
}
