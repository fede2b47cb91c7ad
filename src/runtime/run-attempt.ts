/**
 * One attempt from start to result, in whatever process: values in, templates, callbacks, the handler, values
 * out. It asks the outside only through its port, so that the task child and `tradewind/testing` share it.
 */
import type { Json, ParamSpec } from "../core/dag-model.ts";
import type { LineageUse } from "../core/lineage.ts";
import { TradewindError } from "../errors.ts";
import { runWithContext } from "../sdk/context.ts";
import { DeferralFailedException } from "../sdk/outcomes.ts";
import type { Callback, Inputs, TaskDefinition } from "../sdk/task.ts";
import type { Clock } from "../time.ts";
import { AttemptClient } from "./attempt-client.ts";
import { AttemptContext } from "./attempt-context.ts";
import { acceptReturned, resultOfThrown } from "./attempt-outcome.ts";
import type { ChildRequest, LogLevel, StartTask, TaskResult, XComValue } from "./protocol.ts";
import { resolveInputs } from "./resolve-inputs.ts";
import { indexOf, type RunnableDag } from "./runnable-dag.ts";
import type { ValueStore } from "./xcom-values.ts";

export interface AttemptPort {
  request(request: ChildRequest): Promise<Json>;
  /** `logger`: who wrote it, "task" when absent. */
  log(level: LogLevel, message: string, fields?: { [key: string]: unknown }, logger?: string): void;
  mask(values: string[]): void;
  readonly clock: Clock;
  /** Fires when the attempt is told to end; its reason is the error that the handler sees. */
  readonly cancelled: AbortSignal;
}

export interface AttemptReport {
  readonly result: TaskResult;
  readonly xcoms: { key: string; value: XComValue }[];
  readonly length?: number;
  readonly keys?: string[];
  readonly uses?: LineageUse[];
  readonly looked?: { readonly [name: string]: string | null };
  /** The handler did not come back: whoever hosts it must not reuse the process. */
  readonly handlerStillRuns: boolean;
}

/** How long a handler may take to end when it is told to; less than the supervisor's patience after a timeout. */
const stopMs = 700;

const noParams: { readonly [name: string]: unknown } = Object.freeze({});

/** Runs the attempt; never rejects for anything that user code does. */
export async function runAttempt(
  start: StartTask,
  dag: RunnableDag,
  port: AttemptPort,
): Promise<AttemptReport> {
  const attempt = new Attempt(start, dag, port);
  return attempt.run();
}

class Attempt {
  readonly #start: StartTask;
  readonly #dag: RunnableDag;
  readonly #port: AttemptPort;
  readonly #store: ValueStore;
  readonly #client: AttemptClient;
  readonly #ending = new AbortController();
  #context: AttemptContext | undefined;
  #handlerStillRuns = false;
  #looked: { readonly [name: string]: string | null } | null = null;
  #extra: { length?: number; keys?: string[]; outputs: { key: string; value: XComValue }[] } = {
    outputs: [],
  };

  constructor(start: StartTask, dag: RunnableDag, port: AttemptPort) {
    this.#start = start;
    this.#dag = dag;
    this.#port = port;
    this.#store = { artifactRoot: start.artifactRoot, inlineLimit: start.xcomInlineLimit, task: start.task };
    this.#client = new AttemptClient(port, this.#store);
  }

  async run(): Promise<AttemptReport> {
    const forward = () => this.#abort(this.#port.cancelled.reason);
    if (this.#port.cancelled.aborted) forward();
    else this.#port.cancelled.addEventListener("abort", forward, { once: true });
    let result: TaskResult;
    try {
      result = await this.#resultOfRun();
    } catch (error) {
      result = resultOfThrown(error);
    } finally {
      this.#port.cancelled.removeEventListener("abort", forward);
    }
    const { outputs, ...extra } = result.outcome === "success" ? this.#extra : { outputs: [] };
    const pushed = [...this.#client.pushed].map(([key, value]) => ({ key, value }));
    const { uses } = this.#client;
    return {
      result,
      xcoms: [...pushed, ...outputs],
      ...extra,
      ...(uses.length === 0 ? {} : { uses }),
      ...(this.#looked === null ? {} : { looked: this.#looked }),
      handlerStillRuns: this.#handlerStillRuns,
    };
  }

  /** Those who listen hear it with the attempt's own context. */
  #abort(reason: unknown): void {
    const context = this.#context;
    if (context === undefined) this.#ending.abort(reason);
    else runWithContext(context, this.#client, () => this.#ending.abort(reason));
  }

  async #resultOfRun(): Promise<TaskResult> {
    const definition = this.#dag.tasks.get(this.#start.task.taskId);
    if (!definition) throw this.#unknownTask();
    const context = await this.#makeContext(definition);
    this.#context = context;
    let result: TaskResult;
    let thrown: unknown;
    try {
      result = await this.#work(definition, context);
    } catch (error) {
      thrown = error;
      result = resultOfThrown(error);
    }
    await this.#after(definition, context, result, thrown);
    return result;
  }

  async #makeContext(definition: TaskDefinition): Promise<AttemptContext> {
    const start = this.#start;
    const specs = { ...this.#dag.spec.params, ...definition.spec.params };
    const given = [start.params, start.run.conf];
    const params =
      Object.keys(specs).length === 0 && given.every(isEmpty) ? noParams : await this.#params(specs, given);
    return new AttemptContext({
      start,
      dag: this.#dag,
      task: definition.spec,
      params,
      client: this.#client,
      clock: this.#port.clock,
      signal: this.#ending.signal,
      callPython: async (call, inputs) => {
        const { callPython } = await import("./call-python.ts");
        const { signal } = this.#ending;
        const parts = { start, spec: definition.spec, port: this.#port, store: this.#store, signal };
        return callPython(parts, call, inputs, this.#client.pushed);
      },
      log: (level, message, fields) => this.#port.log(level, message, fields, definition.spec.loggerName),
    });
  }

  async #params(specs: { [name: string]: ParamSpec }, given: Json[]): Promise<{ [name: string]: unknown }> {
    const { mergeParams } = await import("./task-params.ts");
    return mergeParams(specs, `task "${this.#start.task.taskId}"`, this.#dag.paramSchemas, ...given);
  }

  async #work(definition: TaskDefinition, context: AttemptContext): Promise<TaskResult> {
    if (this.#start.cache !== undefined) context.noteLooks();
    const inputs = await this.#inputs(definition, context);
    const cached =
      this.#start.cache?.ask === true ? await this.#cached(definition, inputs.values, context) : null;
    if (cached !== null) return cached;
    await this.#call(definition.callbacks.execute, context);
    if (definition.preExecute) await this.#inContext(context, () => definition.preExecute?.(context));
    const value = await this.#execute(definition, inputs.values, context);
    if (definition.postExecute)
      await this.#inContext(context, () => definition.postExecute?.(context, value));
    this.#looked = context.looked;
    const { doXcomPush, multipleOutputs } = definition.spec;
    const mapped = indexOf(this.#dag.spec).hasMappedDependants(definition.taskId);
    const {
      skip,
      value: encoded,
      ...extra
    } = await acceptReturned(value, this.#store, { doXcomPush, multipleOutputs, mapped });
    this.#extra = extra;
    await inputs.label?.(value);
    const events = context.toldOutletEvents?.records() ?? [];
    return {
      outcome: "success",
      ...(encoded === undefined ? {} : { value: encoded }),
      ...(skip === null ? {} : { skip }),
      ...(events.length === 0 ? {} : { outletEvents: events }),
    };
  }

  /** What an earlier attempt ended with, where the key's function gives what it gave then. */
  async #cached(
    definition: TaskDefinition,
    inputs: Inputs,
    context: AttemptContext,
  ): Promise<TaskResult | null> {
    const { lookIntoStepCache } = await import("./step-cache.ts");
    const makeKey = () => definition.cacheKey?.(inputs, context);
    const found = await lookIntoStepCache(this.#port, await this.#inContext(context, makeKey));
    if (found === null) return null;
    const { xcoms, length, keys, skip, outletEvents } = found;
    const value = xcoms.find(({ key }) => key === "return_value")?.value;
    this.#extra = {
      outputs: xcoms.filter(({ key }) => key !== "return_value"),
      ...(length === undefined ? {} : { length }),
      ...(keys === undefined ? {} : { keys }),
    };
    return {
      outcome: "success",
      ...(value === undefined ? {} : { value }),
      ...(skip === undefined ? {} : { skip }),
      ...(outletEvents === undefined ? {} : { outletEvents }),
    };
  }

  /** Arguments and options, rendered; publishes them for pages where the task has template fields. */
  async #inputs(
    definition: TaskDefinition,
    context: AttemptContext,
  ): Promise<{ values: Inputs; label?: (result: unknown) => Promise<void> }> {
    const resolved = await resolveInputs(this.#start, this.#dag, (request) => this.#port.request(request));
    const values = { ...definition.options, ...resolved.values };
    const template = definition.spec.mapIndexTemplate;
    const labelled = template !== undefined && this.#start.task.mapIndex >= 0;
    if (definition.templateFields.length === 0 && !labelled) return { values };
    const { publishRendered } = await import("./publish-rendered.ts");
    return publishRendered({
      start: this.#start,
      dag: this.#dag,
      definition,
      context,
      client: this.#client,
      clock: this.#port.clock,
      request: (request) => this.#port.request(request),
      values,
      data: resolved.fromUpstream,
      label: labelled ? template : null,
    });
  }

  /** The handler, raced against its timeout and the cancellation; whichever comes first decides. */
  async #execute(definition: TaskDefinition, inputs: Inputs, context: AttemptContext): Promise<unknown> {
    const { resume } = this.#start;
    const call = () => {
      if (resume === undefined) return definition.execute(inputs, context);
      if (resume.error !== undefined) throw new DeferralFailedException(resume.error);
      return definition.resume(resume.method, inputs, context, {
        event: resume.event,
        kwargs: resume.kwargs,
      });
    };
    const seconds = this.#start.executionTimeout;
    const { signal } = this.#ending;
    signal.throwIfAborted();
    const work = Promise.resolve(this.#inContext(context, call));
    const interrupted = Promise.withResolvers<never>();
    const interrupt = () => interrupted.reject(signal.reason);
    signal.addEventListener("abort", interrupt, { once: true });
    const timer =
      seconds === null
        ? undefined
        : this.#port.clock.after(seconds * 1000, () => this.#abort(timedOut(definition.taskId, seconds)));
    try {
      return await Promise.race([work, interrupted.promise]);
    } catch (error) {
      if (signal.aborted && error === signal.reason) await this.#kill(definition, inputs, context, work);
      throw error;
    } finally {
      timer?.cancel();
      signal.removeEventListener("abort", interrupt);
    }
  }

  async #kill(
    definition: TaskDefinition,
    inputs: Inputs,
    context: AttemptContext,
    work: Promise<unknown>,
  ): Promise<void> {
    try {
      await this.#inContext(context, () => definition.onKill?.(inputs, context));
    } catch (error) {
      this.#port.log("error", `onKill failed: ${messageOf(error)}`);
    }
    this.#handlerStillRuns = !(await this.#settles(work));
  }

  /**
   * The handler heard the abort signal at once. It has a moment to end; when the attempt is cancelled, it has all
   * the time that its supervisor gives, as long as it waits for a process that it started.
   */
  async #settles(work: Promise<unknown>): Promise<boolean> {
    const ended = work.then(
      () => true,
      () => true,
    );
    const turn = new Promise<boolean>((resolve) => setImmediate(() => resolve(false)));
    if (await Promise.race([ended, turn])) return true;
    const { promise: late, resolve } = Promise.withResolvers<boolean>();
    const check = () => {
      const waits = this.#port.cancelled.aborted && process.getActiveResourcesInfo().includes("ProcessWrap");
      if (!waits) return resolve(false);
      timer = this.#port.clock.after(stopMs, check);
    };
    let timer = this.#port.clock.after(stopMs, check);
    const done = await Promise.race([ended, late]);
    timer.cancel();
    return done;
  }

  /** Calls what the outcome asks for. A callback that fails is logged and changes nothing. */
  async #after(
    definition: TaskDefinition,
    context: AttemptContext,
    result: TaskResult,
    thrown: unknown,
  ): Promise<void> {
    const { callbacks, spec } = definition;
    if (result.outcome === "success") return this.#callAll(callbacks.success, context, "onSuccessCallback");
    if (result.outcome === "skipped") {
      return this.#callAll(callbacks.skipped, context.ended(thrown, result.message), "onSkippedCallback");
    }
    if (result.outcome !== "failed") return;
    const { tryNumber, maxTries } = this.#start.task;
    const again = result.retryable && tryNumber <= maxTries;
    const ended = context.ended(thrown, result.error.message);
    await this.#callAll(
      again ? callbacks.retry : callbacks.failure,
      ended,
      again ? "onRetryCallback" : "onFailureCallback",
    );
    if (!spec.email?.length || !(again ? spec.emailOnRetry : spec.emailOnFailure)) return;
    try {
      const { mailAboutFailure } = await import("./failure-mail.ts");
      await this.#inContext(ended, () => mailAboutFailure(ended, again));
    } catch (error) {
      this.#port.log("error", `the mail about the failure was not sent: ${messageOf(error)}`);
    }
  }

  async #callAll(callbacks: readonly Callback[], context: AttemptContext, name: string): Promise<void> {
    for (const callback of callbacks) {
      try {
        await this.#inContext(context, () => callback(context));
      } catch (error) {
        this.#port.log(
          "error",
          `${name} failed: ${messageOf(error)}`,
          error instanceof Error && error.stack ? { stack: error.stack } : undefined,
        );
      }
    }
  }

  async #call(callbacks: readonly Callback[], context: AttemptContext): Promise<void> {
    if (callbacks.length > 0) await this.#callAll(callbacks, context, "onExecuteCallback");
  }

  /** With `getContext()` and `getClient()`; what is thrown at once becomes a rejection. */
  async #inContext<T>(context: AttemptContext, body: () => T): Promise<Awaited<T>> {
    return await runWithContext(context, this.#client, body);
  }

  #unknownTask(): TradewindError {
    const { taskId, dagId } = this.#start.task;
    return new TradewindError(
      "TW_TASK_NOT_IN_DAG",
      `expected task "${taskId}" in Dag "${dagId}" of ${this.#start.code.relativeFile}, it defines ${[...this.#dag.tasks.keys()].slice(0, 20).join(", ")}`,
    );
  }
}

function timedOut(taskId: string, seconds: number): TradewindError {
  return new TradewindError(
    "TW_EXECUTION_TIMEOUT",
    `task "${taskId}" ran longer than its execution timeout of ${seconds} s`,
  );
}

function isEmpty(layer: Json): boolean {
  return layer === null || typeof layer !== "object" || Object.keys(layer).length === 0;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
