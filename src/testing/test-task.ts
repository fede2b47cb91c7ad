import type { Json, MapSpec, TaskSpec, ValueSpec } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import { runAttempt } from "../runtime/run-attempt.ts";
import { decodeValue } from "../runtime/xcom-values.ts";
import type { OutletEventRecord } from "../sdk/asset-events.ts";
import { type CollectedDag, collectDag } from "../sdk/collect.ts";
import type { Dag } from "../sdk/dag.ts";
import { systemClock } from "../time.ts";
import { MemoryWorld } from "./memory-world.ts";
import { SimulatedClock } from "./simulated-clock.ts";
import { startMessage } from "./start-message.ts";
import { TestRun } from "./test-run.ts";
import type { TestDagOptions, TestLog } from "./test-types.ts";

export interface TestTaskOptions
  extends Omit<TestDagOptions, "mocks" | "triggers" | "within" | "maxMapLength"> {
  /** Values of the handler's arguments, or of an operator's options, instead of those of upstream tasks. */
  readonly inputs?: { readonly [name: string]: unknown };
  /** Values that tasks pushed: by task id, under the key "return_value". */
  readonly xcoms?: { readonly [taskId: string]: Json };
  /** Default -1. */
  readonly mapIndex?: number;
  /** Default 1. */
  readonly tryNumber?: number;
  /** What a trigger sent, for a handler that goes on after a deferral. */
  readonly event?: Json;
  /** The method that the deferral named. Default "executeComplete"; only with `event`. */
  readonly method?: string;
  readonly kwargs?: { readonly [key: string]: Json };
}

export interface TaskTestResult {
  readonly outcome: "success" | "failed" | "skipped" | "deferred" | "reschedule" | "awaiting_input";
  /** What the task returned. */
  readonly value: unknown;
  /** Of a failed or skipped attempt. */
  readonly message?: string;
  /** Whether a failed attempt may be retried. */
  readonly retryable?: boolean;
  /** What a branch decided. */
  readonly skip?: { followed: string[] } | { skipped: string[] } | { skipAll: true };
  /** Of a deferral. */
  readonly trigger?: { classpath: string; kwargs: { [key: string]: Json } };
  /** Of a rescheduled sensor: when it wants to be asked again. */
  readonly at?: Date;
  /** What was pushed, by key. */
  readonly xcoms: { readonly [key: string]: unknown };
  readonly logs: readonly TestLog[];
  readonly rendered: { readonly [field: string]: Json };
  readonly outletEvents: readonly OutletEventRecord[];
}

/**
 * Runs one attempt of one task in memory, with inputs of the test's choice.
 *
 * @example
 * const { value } = await testTask(dag, "train", { inputs: { rows: [1, 2, 3] }, logicalDate: "2026-01-01" });
 */
export async function testTask(
  dag: Dag,
  taskId: string,
  options: TestTaskOptions = {},
): Promise<TaskTestResult> {
  const now = options.now ?? options.logicalDate;
  const clock = new SimulatedClock(now == null ? systemClock.now() : new Date(now).getTime());
  const collected = withInputs(
    await collectDag(dag, { relativeFile: "test.ts", now: clock.now() }),
    taskId,
    options,
  );
  const { facts } = new TestRun(collected, options, clock);
  const { mapIndex = -1, tryNumber = 1 } = options;
  const task = facts.dag.indexOf.get(taskId) as number;
  const maxTries = facts.dag.tasks[task]?.spec.retries ?? 0;
  const instance = {
    task,
    mapIndex,
    tryNumber,
    maxTries,
    attemptId: "attempt-1",
    state: "running" as const,
    notBefore: null,
    since: clock.now(),
  };
  const { dagId, runId } = facts.run;
  const world = new MemoryWorld(options, { dagId, runId, states: () => ({}) });
  for (const [other, value] of Object.entries(options.xcoms ?? {}))
    world.setXCom(other, -1, "return_value", { json: value });
  const { event, method = "executeComplete", kwargs = {} } = options;
  const resume = event === undefined ? {} : { resume: { event, method, kwargs: { ...kwargs } } };
  const start = startMessage(facts, instance, options, resume, clock.now());
  const logs: TestLog[] = [];
  const ticking = keepTicking(clock);
  const report = await runAttempt(start, collected, {
    clock,
    cancelled: new AbortController().signal,
    request: (request) => world.answer(request, { taskId, mapIndex }),
    mask: () => {},
    log: (level, message, fields) => {
      logs.push({
        task: taskId,
        tryNumber,
        level,
        message,
        time: new Date(clock.now()),
        ...(fields === undefined ? {} : { fields }),
      });
    },
  });
  ticking.stop();
  return resultOf(report, logs, world.rendered.values().next().value ?? {});
}

/** With nothing else under way, whoever sets a timer is asleep: time passes at once. */
function keepTicking(clock: SimulatedClock): { stop(): void } {
  let stopped = false;
  clock.onTimer(() => setImmediate(() => setImmediate(() => stopped || clock.advance())));
  return {
    stop() {
      stopped = true;
    },
  };
}

function withInputs(
  dag: CollectedDag,
  taskId: string,
  { inputs, mapIndex = -1 }: TestTaskOptions,
): CollectedDag {
  const definition = dag.tasks.get(taskId);
  if (definition === undefined) {
    throw new TradewindError(
      "TW_DAG_UNKNOWN_TASK",
      `expected a task of Dag "${dag.spec.dagId}", got "${taskId}"`,
    );
  }
  const literals = Object.fromEntries(
    Object.entries(inputs ?? {}).map(([name, value]): [string, ValueSpec] => [
      name,
      { literal: value as Json },
    ]),
  );
  const { mapped, ...rest } = definition.spec;
  const left = mapIndex < 0 || mapped === undefined ? undefined : expansionWithout(mapped, inputs ?? {});
  const spec: TaskSpec = { ...rest, inputs: { ...definition.spec.inputs, ...literals } };
  if (left !== undefined) spec.mapped = left;
  const tasks = dag.spec.tasks.map((task) => (task.taskId === taskId ? spec : task));
  return {
    ...dag,
    spec: { ...dag.spec, tasks },
    tasks: new Map(dag.tasks).set(taskId, {
      ...definition,
      spec,
      options: { ...definition.options, ...inputs },
    }),
  };
}

/** What is still to be expanded over when the test gives some inputs itself. */
function expansionWithout(mapped: MapSpec, inputs: object): MapSpec | undefined {
  if ("expandKwargs" in mapped) return Object.keys(inputs).length === 0 ? mapped : undefined;
  const left = Object.entries(mapped.expand).filter(([name]) => !Object.hasOwn(inputs, name));
  return left.length === 0 ? undefined : { expand: Object.fromEntries(left) };
}

async function resultOf(
  { result, xcoms }: Awaited<ReturnType<typeof runAttempt>>,
  logs: readonly TestLog[],
  rendered: { readonly [field: string]: Json },
): Promise<TaskTestResult> {
  const pushed = await Promise.all(
    xcoms.map(async ({ key, value }) => [key, await decodeValue(value)] as const),
  );
  const common = {
    outcome: result.outcome,
    value: undefined,
    xcoms: Object.fromEntries(pushed),
    logs,
    rendered,
    outletEvents: [],
  };
  switch (result.outcome) {
    case "success":
      return {
        ...common,
        value: result.value === undefined ? undefined : await decodeValue(result.value),
        ...(result.skip === undefined ? {} : { skip: result.skip }),
        outletEvents: result.outletEvents ?? [],
      };
    case "failed":
      return {
        ...common,
        message: `${result.error.name}: ${result.error.message}`,
        retryable: result.retryable,
      };
    case "skipped":
      return { ...common, message: result.message };
    case "deferred":
      return { ...common, trigger: result.trigger };
    case "reschedule":
      return { ...common, at: new Date(result.at) };
    case "awaiting_input":
      return common;
  }
}
