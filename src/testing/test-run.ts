/** One run in memory: the core decides, the runtime runs attempts, and a simulated clock moves when all wait. */
import { type Command, type RunFacts, setState } from "../core/facts.ts";
import { compileDag } from "../core/graph.ts";
import { createInstances, type Instance, tasksOutside } from "../core/instances.ts";
import { runTimeoutAt, timeOutRun } from "../core/interventions.ts";
import { defaultMaxMapLength } from "../core/mapping.ts";
import { decideOutcome, resume } from "../core/outcome.ts";
import { applyCommand, settle, touchedBy } from "../core/plan.ts";
import { runId as makeRunId } from "../core/run-id.ts";
import { RunValues } from "../core/run-values.ts";
import type { TaskInstanceState } from "../core/states.ts";
import { manualDataInterval } from "../core/timetable/next-run.ts";
import { TradewindError } from "../errors.ts";
import type { StartTask } from "../runtime/protocol.ts";
import { type AttemptPort, type AttemptReport, runAttempt } from "../runtime/run-attempt.ts";
import type { CollectedDag } from "../sdk/collect.ts";
import { toSeconds } from "../sdk/duration.ts";
import { outcomeOf } from "./attempt-end.ts";
import { keyOf, MemoryWorld } from "./memory-world.ts";
import type { SimulatedClock } from "./simulated-clock.ts";
import { startMessage } from "./start-message.ts";
import { waitForTrigger } from "./test-trigger.ts";
import type { TestAttempt, TestDagOptions, TestLog } from "./test-types.ts";

type Deferred = Extract<AttemptReport["result"], { outcome: "deferred" }>;

/** Something that is under way: an attempt or a trigger. */
interface Active {
  readonly cancel: AbortController;
}

/** What outlives one attempt of an instance. */
interface Progress {
  resume?: StartTask["resume"];
  reschedule?: { firstAt: string; count: number };
}

export class TestRun {
  readonly facts: RunFacts;
  readonly world: MemoryWorld;
  readonly attempts: TestAttempt[] = [];
  readonly order: string[] = [];
  readonly logs: TestLog[] = [];
  readonly reasons = new Map<string, string>();
  readonly #dag: CollectedDag;
  readonly #clock: SimulatedClock;
  readonly #options: TestDagOptions;
  readonly #active = new Map<string, Active>();
  readonly #progress = new Map<string, Progress>();
  readonly #ended: (() => void)[] = [];
  readonly #deadline: number;
  #wake: (() => void) | null = null;
  #attemptNumber = 0;

  constructor(dag: CollectedDag, options: TestDagOptions, clock: SimulatedClock) {
    this.#dag = dag;
    this.#options = options;
    this.#clock = clock;
    this.#deadline = clock.now() + toSeconds(options.within ?? { days: 31 }) * 1000;
    this.facts = createFacts(dag, options, clock.now());
    const { dagId, runId } = this.facts.run;
    this.world = new MemoryWorld(options, { dagId, runId, states: () => this.states() });
    clock.onTimer(() => this.#wake?.());
  }

  /** Resolves when the run has ended and nothing of it is under way any more. */
  async finish(): Promise<void> {
    this.#planTimeout();
    this.#follow([], "all");
    for (;;) {
      const ended = this.#ended.shift();
      if (ended !== undefined) ended();
      else if (this.#active.size > 0) await this.#wait();
      else if (this.#isOver() || !this.#advance()) break;
    }
    if (this.#isOver()) return;
    throw new TradewindError(
      "TW_TEST_STUCK",
      `the run came to rest without an end: ${this.#unfinished().join(", ")}`,
    );
  }

  states(): { [task: string]: TaskInstanceState | null } {
    return Object.fromEntries(this.instances().map((instance) => [this.#key(instance), instance.state]));
  }

  instances(): Instance[] {
    return this.facts.dag.tasks.flatMap(({ index }) => [...this.facts.instances.of(index)]);
  }

  key(instance: Instance): string {
    return this.#key(instance);
  }

  #key({ task, mapIndex }: { task: number; mapIndex: number }): string {
    return keyOf(this.#taskId(task), mapIndex);
  }

  #taskId(task: number): string {
    return this.facts.dag.tasks[task]?.spec.taskId ?? "";
  }

  #isOver(): boolean {
    return this.facts.run.state === "success" || this.facts.run.state === "failed";
  }

  #unfinished(): string[] {
    return this.instances().flatMap((instance) =>
      instance.state !== null && this.facts.run.state === "running"
        ? [`${this.#key(instance)} is ${instance.state}`]
        : [],
    );
  }

  /** Applies commands, then everything that follows from them, and starts what is to be started. */
  #follow(commands: readonly Command[], look?: "all"): void {
    this.facts.now = this.#clock.now();
    for (const command of commands) this.#apply(command);
    let next = look ?? touchedBy(commands);
    while (next === "all" || next.length > 0) {
      const settled = settle(this.facts, next);
      for (const command of settled.commands) this.#note(command);
      next = settled.rest;
    }
    for (const instance of this.instances()) if (instance.state === "scheduled") this.#begin(instance);
    if (this.#isOver())
      for (const { cancel } of this.#active.values()) cancel.abort(new Error("the run has ended"));
  }

  #apply(command: Command): void {
    applyCommand(this.facts, command);
    this.#note(command);
  }

  #note(command: Command): void {
    if (command.kind !== "set-state") return;
    const key = this.#key(command.at);
    this.reasons.set(key, command.reason);
    const wakeAt = command.notBefore;
    if (typeof wakeAt === "number") {
      const again = (): void =>
        this.#follow([
          {
            kind: "look-again",
            at: { task: command.at.task, from: command.at.mapIndex, to: command.at.mapIndex + 1 },
          },
        ]);
      this.#clock.after(wakeAt - this.#clock.now(), again);
    }
    // Its state was taken from it by something else than its own end: fail_fast, a timeout of the run.
    if (command.from === "running" && !this.#active.has(key)) return;
    if (command.from === "running" || command.from === "deferred") {
      this.#active.get(key)?.cancel.abort(new Error(command.reason));
    }
  }

  #begin(instance: Instance): void {
    const { task, mapIndex } = instance;
    const key = this.#key(instance);
    const attemptId = `attempt-${++this.#attemptNumber}`;
    const progress = this.#progress.get(key) ?? {};
    this.#progress.delete(key);
    if (progress.resume === undefined && progress.reschedule === undefined)
      this.world.clearXComs(this.#taskId(task), mapIndex);
    applyCommand(this.facts, { ...setState(instance, "queued", "it has a slot"), attemptId });
    applyCommand(this.facts, setState(this.#current(instance), "running", "it runs"));
    this.order.push(key);
    const start = startMessage(
      this.facts,
      this.#current(instance),
      this.#options,
      progress,
      this.#clock.now(),
    );
    const active: Active = { cancel: new AbortController() };
    this.#active.set(key, active);
    const began = this.#clock.now();
    const timeout = this.#limit(task, active);
    const done = (report: AttemptReport): void => {
      timeout?.cancel();
      this.#ended.push(() => this.#end(task, mapIndex, progress, report, began));
      this.#wake?.();
    };
    void this.#attempt(start, active, done);
  }

  async #attempt(start: StartTask, active: Active, done: (report: AttemptReport) => void): Promise<void> {
    done(await runAttempt(start, this.#dag, this.#port(start, active)));
  }

  /** The timeout is ours, since a timer of the attempt's own would make it look asleep. */
  #limit(task: number, active: Active) {
    const { executionTimeout, taskId } = this.facts.dag.tasks[task]?.spec ?? {};
    if (executionTimeout === undefined) return undefined;
    return this.#clock.after(executionTimeout * 1000, () =>
      active.cancel.abort(
        new TradewindError(
          "TW_EXECUTION_TIMEOUT",
          `task "${taskId}" ran longer than its execution timeout of ${executionTimeout} s`,
        ),
      ),
    );
  }

  #current({ task, mapIndex }: Instance): Instance {
    return this.facts.instances.get({ task, mapIndex }) as Instance;
  }

  #port(start: StartTask, active: Active): AttemptPort {
    const { taskId, mapIndex, tryNumber } = start.task;
    const task = keyOf(taskId, mapIndex);
    return {
      clock: this.#clock.ownedBy(active),
      cancelled: active.cancel.signal,
      request: (request) => this.world.answer(request, { taskId, mapIndex }),
      mask: () => {},
      log: (level, message, fields) => {
        const time = new Date(this.#clock.now());
        this.logs.push({
          task,
          tryNumber,
          level,
          message,
          time,
          ...(fields === undefined ? {} : { fields }),
        });
      },
    };
  }

  #end(task: number, mapIndex: number, progress: Progress, report: AttemptReport, began: number): void {
    const key = keyOf(this.#taskId(task), mapIndex);
    this.#active.delete(key);
    const instance = this.facts.instances.get({ task, mapIndex });
    if (instance === undefined) return;
    const { result } = report;
    const outcome = outcomeOf(report);
    const message = "message" in outcome ? { message: outcome.message } : {};
    this.attempts.push({
      task: key,
      tryNumber: instance.tryNumber,
      start: new Date(began),
      end: new Date(this.#clock.now()),
      outcome: result.outcome,
      ...message,
    });
    if (instance.state !== "running") return this.#follow([]);
    this.#keepValues(instance, report);
    if (result.outcome === "reschedule") {
      const firstAt = progress.reschedule?.firstAt ?? new Date(began).toISOString();
      this.#progress.set(key, { reschedule: { firstAt, count: (progress.reschedule?.count ?? 0) + 1 } });
    }
    this.facts.now = this.#clock.now();
    const limits = { maxMapLength: this.#options.maxMapLength ?? defaultMaxMapLength };
    this.#follow(decideOutcome(this.facts, { task, mapIndex }, outcome, limits));
    if (result.outcome === "deferred") this.#defer(task, mapIndex, result);
  }

  #keepValues({ task, mapIndex }: Instance, { result, xcoms }: AttemptReport): void {
    const taskId = this.#taskId(task);
    for (const { key, value } of xcoms) this.world.setXCom(taskId, mapIndex, key, value);
    if (result.outcome !== "success") return;
    if (result.value !== undefined) this.world.setXCom(taskId, mapIndex, "return_value", result.value);
    this.world.emitted.push(...(result.outletEvents ?? []));
  }

  #defer(task: number, mapIndex: number, { trigger, method, kwargs, timeout }: Deferred): void {
    const key = keyOf(this.#taskId(task), mapIndex);
    const active: Active = { cancel: new AbortController() };
    this.#active.set(key, active);
    const goOn = (answer: Pick<NonNullable<StartTask["resume"]>, "event" | "error">): void => {
      if (this.#active.get(key) !== active) return;
      this.#active.delete(key);
      this.#progress.set(key, { resume: { method, kwargs, ...answer } });
      this.#follow(resume(this.facts, { task, mapIndex }, "its trigger fired"));
    };
    const limit =
      timeout === null
        ? undefined
        : this.#clock.after(timeout * 1000, () => {
            active.cancel.abort(new Error("nobody waits any more"));
            goOn({ event: null, error: `the trigger did not fire within ${timeout} s` });
          });
    const context = {
      clock: this.#clock.ownedBy(active),
      signal: active.cancel.signal,
      port: this.#port({ task: { taskId: this.#taskId(task), mapIndex, tryNumber: 1 } } as StartTask, active),
    };
    const wait = async (): Promise<void> => {
      const answer = await waitForTrigger(trigger, this.#options.triggers ?? {}, context);
      limit?.cancel();
      this.#ended.push(() => goOn(answer));
      this.#wake?.();
    };
    void wait();
  }

  #planTimeout(): void {
    const at = runTimeoutAt(this.facts);
    if (at === null) return;
    this.#clock.after(at - this.#clock.now(), () => {
      this.facts.now = this.#clock.now();
      this.#follow(timeOutRun(this.facts));
    });
  }

  /** Until an attempt ends; time passes when everything that is under way is asleep. */
  async #wait(): Promise<void> {
    for (;;) {
      // Two turns: what a timer woke may do some work before it sleeps again or ends.
      await turn();
      await turn();
      if (this.#ended.length > 0) return;
      const awake = [...this.#active.values()].some((active) => !this.#clock.isAsleep(active));
      if (!awake) {
        this.#advance();
        return;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
  }

  #advance(): boolean {
    const next = this.#clock.next();
    if (next !== null && next > this.#deadline) {
      for (const { cancel } of this.#active.values()) cancel.abort(new Error("the test gave up"));
      const waiting = this.#unfinished().slice(0, 5).join(", ");
      throw new TradewindError(
        "TW_TEST_STUCK",
        `the run did not end within ${this.#deadlineText()} of simulated time: ${waiting}`,
      );
    }
    return this.#clock.advance();
  }

  #deadlineText(): string {
    return `${toSeconds(this.#options.within ?? { days: 31 })} s`;
  }
}

/** One turn of the event loop, after which all promises that could go on have done so. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function createFacts({ spec }: CollectedDag, options: TestDagOptions, now: number): RunFacts {
  const dag = compileDag(spec);
  const given = options.logicalDate === undefined ? now : options.logicalDate;
  const logicalDate = given === null ? null : new Date(given).getTime();
  const runType = options.runType ?? "manual";
  const run: RunFacts["run"] = {
    dagId: spec.dagId,
    runId: options.runId ?? makeRunId(runType, logicalDate ?? now),
    runType,
    state: "running",
    logicalDate,
    dataInterval: logicalDate === null ? null : manualDataInterval(spec.timetable, logicalDate),
    runAfter: now,
    queuedAt: now,
    startDate: now,
    endDate: null,
    conf: options.conf ?? {},
    backfillId: null,
  };
  const without = tasksOutside(dag, run);
  const instances = createInstances(dag, { now, without });
  return { dag, run, instances, past: null, values: new RunValues(), skipDecisions: new Map(), now };
}
