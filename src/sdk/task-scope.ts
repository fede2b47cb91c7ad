/** What a Dag and a task group have in common: both declare tasks, and groups inside of them. */
import { TradewindError } from "../errors.ts";
import { callSite } from "./call-site.ts";
import { beginCondition, beginSwitch, type Condition, type Switch } from "./control-flow.ts";
import type { DagState, Flavour, GroupNode, Handler, TaskNode } from "./dag-state.ts";
import { type GroupFactory, type GroupInputs, groupFactory } from "./group-factory.ts";
import { checkId } from "./ids.ts";
import {
  type MappedOperatorInstance,
  type OperatorContent,
  type OperatorInstance,
  operatorContent,
  type SensorOptions,
  sensorOptionRules,
} from "./operator.ts";
import { TriggerDagRunOperator, type TriggerDagRunOptions } from "./operators/trigger-dag-run.ts";
import { checkOptions, isPlainObject, type OptionRule, option, show } from "./options.ts";
import { type PythonTaskOptions, pythonTask } from "./python-task.ts";
import type { PokeAnswer } from "./task.ts";
import {
  checkExpandValue,
  functionFactory,
  operatorFactory,
  place,
  type TaskFactory,
} from "./task-factory.ts";
import { type TaskGroupOptions, taskGroupOptionRules } from "./task-group-options.ts";
import { join, standFor } from "./task-handle.ts";
import { checkInput } from "./task-inputs.ts";
import { type TaskOptions, taskOptionRules } from "./task-options.ts";
import type { EdgeLabel, GroupNodeRef, Node, TaskRef, TeardownOptions } from "./value-ref.ts";
import { isXComArg } from "./xcom-arg.ts";

type TaskFunction<Args, Result> = (args: Args) => Result | Promise<Result>;

/** What a branch returns: ids or references of what is to run directly after it; nothing skips all of them. */
export type BranchChoice =
  | string
  | TaskRef
  | GroupNodeRef
  | readonly (string | TaskRef | GroupNodeRef)[]
  | null
  | undefined;

export interface ShortCircuitOptions extends TaskOptions {
  /** Whether everything downstream is skipped, whatever its trigger rule (the default), or only what is directly after. */
  readonly ignoreDownstreamTriggerRules?: boolean;
}

/** Options of `dag.triggerDagRun`: those of `TriggerDagRunOperator`, its Dag and run by their short names. */
export interface TriggerDagRunSpec
  extends Omit<TriggerDagRunOptions, "triggerDagId" | "triggerRunId">,
    Omit<TaskOptions, keyof TriggerDagRunOptions> {
  readonly taskId: string;
  /** The Dag to run. */
  readonly dagId: string;
  /** Default: made from the type and the time of the run. */
  readonly runId?: string;
}

export type SensorTaskOptions = TaskOptions & SensorOptions;

export abstract class TaskScope {
  /** For the SDK. */
  protected readonly state: DagState;
  protected readonly groupState: GroupNode | null;

  protected constructor(state: DagState, group: GroupNode | null) {
    this.state = state;
    this.groupState = group;
    // Not listed, so that printing a Dag does not print everything behind it.
    Object.defineProperty(this, "state", { enumerable: false });
    Object.defineProperty(this, "groupState", { enumerable: false });
  }

  /**
   * Declares a task: `dag.task(handler)`, `dag.task(id, handler)`, each with options, or `dag.task(id, operator)`.
   * The handler takes one object of named inputs; what it returns is the task's result. Call the factory once to
   * place the task.
   *
   * @example
   * const train = dag.task("train", async ({ rows }: { rows: number[] }) => fit(rows), { retries: 2 });
   * train({ rows: extract() });
   */
  task<Args extends object | void = void, Result = unknown>(
    taskId: string,
    handler: TaskFunction<Args, Result>,
    options?: TaskOptions,
  ): TaskFactory<Args, Result>;
  task<Args extends object | void = void, Result = unknown>(
    handler: TaskFunction<Args, Result>,
    options?: TaskOptions,
  ): TaskFactory<Args, Result>;
  task<Result>(
    taskId: string,
    operator: OperatorInstance<Result>,
    options?: TaskOptions,
  ): TaskFactory<void, Result>;
  task(...args: unknown[]): unknown {
    const operator = operatorContent(args[1]) ?? operatorContent(args[0]);
    if (operator !== undefined) return this.#operatorTask(args, operator);
    return this.#functionTask(args, { kind: "task" }, {});
  }

  /**
   * Adds an operator and places it at once.
   *
   * @example
   * const listed = dag.add(new BashOperator({ taskId: "list", bashCommand: "ls {{ params.folder }}" }));
   */
  add<Result>(operator: MappedOperatorInstance<Result>): TaskRef<Result[]>;
  add<Result>(operator: OperatorInstance<Result>): TaskRef<Result>;
  add(operator: unknown): unknown {
    const content = operatorContent(operator);
    if (content === undefined) {
      throw new TradewindError("TW_HANDLER_INVALID", `add() takes an operator, not ${show(operator)}`, {
        at: callSite(),
        hint:
          typeof operator === "function" ? "a function becomes a task by dag.task(id, handler)" : undefined,
      });
    }
    const { node, placement } = this.#operatorNode(content.task.taskId, content, {});
    return place(node, { at: () => content.at, ...placement });
  }

  /**
   * Declares a task that chooses which of the tasks directly after it run: it returns their ids or references.
   *
   * @example
   * const gate = dag.branch("gate", async ({ accuracy }: { accuracy: number }) =>
   *   accuracy >= 0.9 ? "register" : ["retrain", "notify"]);
   */
  branch<Args extends object | void = void>(
    taskId: string,
    handler: TaskFunction<Args, BranchChoice>,
    options?: TaskOptions,
  ): TaskFactory<Args, string[]>;
  branch<Args extends object | void = void>(
    handler: TaskFunction<Args, BranchChoice>,
    options?: TaskOptions,
  ): TaskFactory<Args, string[]>;
  branch(...args: unknown[]): unknown {
    return this.#functionTask(args, { kind: "branch" }, {});
  }

  /** Declares a task that skips what comes after it when it returns something falsy. */
  shortCircuit<Args extends object | void = void, Result = unknown>(
    taskId: string,
    handler: TaskFunction<Args, Result>,
    options?: ShortCircuitOptions,
  ): TaskFactory<Args, Result>;
  shortCircuit<Args extends object | void = void, Result = unknown>(
    handler: TaskFunction<Args, Result>,
    options?: ShortCircuitOptions,
  ): TaskFactory<Args, Result>;
  shortCircuit(...args: unknown[]): unknown {
    return this.#functionTask(
      args,
      { kind: "short-circuit", ignoreDownstreamTriggerRules: true },
      shortCircuitRules,
    );
  }

  /**
   * Declares a task that waits: its handler is asked every `pokeInterval` until it returns true, or
   * `{ isDone: true, value }`, whose value is the task's result.
   *
   * @example
   * const ready = dag.sensor("ready", async () => (await head(url)).ok, { mode: "reschedule", timeout: { hours: 2 } });
   */
  sensor<Args extends object | void = void, Value = unknown>(
    taskId: string,
    handler: (args: Args) => PokeAnswer<Value> | Promise<PokeAnswer<Value>>,
    options?: SensorTaskOptions,
  ): TaskFactory<Args, Value>;
  sensor<Args extends object | void = void, Value = unknown>(
    handler: (args: Args) => PokeAnswer<Value> | Promise<PokeAnswer<Value>>,
    options?: SensorTaskOptions,
  ): TaskFactory<Args, Value>;
  sensor(...args: unknown[]): unknown {
    return this.#functionTask(args, { kind: "sensor", options: {} }, sensorOptionRules);
  }

  /** Declares a setup task: the same as `dag.task(…)` and `asSetup()` on what its factory returns. */
  setup<Args extends object | void = void, Result = unknown>(
    taskId: string,
    handler: TaskFunction<Args, Result>,
    options?: TaskOptions,
  ): TaskFactory<Args, Result>;
  setup<Args extends object | void = void, Result = unknown>(
    handler: TaskFunction<Args, Result>,
    options?: TaskOptions,
  ): TaskFactory<Args, Result>;
  setup(...args: unknown[]): unknown {
    return this.#functionTask(args, { kind: "task" }, {}, (node) => {
      node.isSetup = true;
    });
  }

  /** Declares a teardown task: the same as `dag.task(…)` and `asTeardown()` on what its factory returns. */
  teardown<Args extends object | void = void, Result = unknown>(
    taskId: string,
    handler: TaskFunction<Args, Result>,
    options?: TaskOptions & Pick<TeardownOptions, "onFailureFailDagrun">,
  ): TaskFactory<Args, Result>;
  teardown<Args extends object | void = void, Result = unknown>(
    handler: TaskFunction<Args, Result>,
    options?: TaskOptions & Pick<TeardownOptions, "onFailureFailDagrun">,
  ): TaskFactory<Args, Result>;
  teardown(...args: unknown[]): unknown {
    return this.#functionTask(args, { kind: "task" }, teardownRules, (node, extra) => {
      node.isTeardown = true;
      node.onFailureFailDagrun = extra["onFailureFailDagrun"] === true;
    });
  }

  /**
   * Declares a group. With a function, a group that is called with inputs, or expanded as a whole: every task
   * inside then runs once for each element.
   *
   * @example
   * const extract = dag.taskGroup("extract");
   * const north = extract.task("north", readNorth)(); // task "extract.north"
   *
   * const perFile = dag.taskGroup("per_file", (group, { file }: GroupInputs<{ file: string }>) => {
   *   const rows = group.task("read", async ({ file }: { file: string }) => read(file))({ file });
   *   return group.task("count", async ({ rows }: { rows: string[] }) => rows.length)({ rows });
   * });
   * const counts = perFile.expand({ file: listFiles() }); // TaskRef<number[]>
   */
  taskGroup(groupId: string, options?: TaskGroupOptions): TaskGroup;
  taskGroup<Args extends object, Result>(
    groupId: string,
    body: (group: TaskGroup, inputs: GroupInputs<Args>) => Result,
    options?: TaskGroupOptions,
  ): GroupFactory<Args, Result>;
  taskGroup(groupId: string, second?: unknown, third?: unknown): unknown {
    const body =
      typeof second === "function" ? (second as (group: TaskGroup, inputs: object) => unknown) : undefined;
    const options = (body === undefined ? second : third) as TaskGroupOptions | undefined;
    const node = this.#groupNode(groupId, options ?? {}, body !== undefined);
    const group = new TaskGroup(this.state, node);
    return body === undefined ? group : groupFactory(node, (inputs) => body(group, inputs) ?? group);
  }

  /**
   * Makes a placed task a condition. The side that is not taken is skipped, and stays skipped when it is cleared.
   *
   * @example
   * dag.if(hasRows({ rows })).then(load).else(report);
   */
  if(condition: TaskRef<boolean>): Condition {
    return beginCondition(condition, this.state);
  }

  /**
   * Makes a placed task a choice: of the tasks that its cases name, the one it returned runs. A case is the
   * reference itself, or a value and what it leads to.
   *
   * @example
   * dag.switch(picked).case(daily).case(weekly); // picked returns daily or weekly
   * dag.switch(size).case("small", quick).case("large", slow).default(notify);
   */
  switch<Value>(decider: TaskRef<Value>): Switch<Value> {
    return beginSwitch(decider, this.state);
  }

  /**
   * Adds a task that starts a run of another Dag.
   *
   * @example
   * dag.triggerDagRun({ taskId: "serve", dagId: "model_api", conf: { model: "{{ ds }}" } }).after(trained);
   */
  triggerDagRun(spec: TriggerDagRunSpec): TaskRef<undefined> {
    if (!isPlainObject(spec) || typeof spec.dagId !== "string") {
      throw new TradewindError(
        "TW_OPTION_MISSING",
        "triggerDagRun() needs the option `dagId`, the Dag to run",
        {
          at: callSite(),
        },
      );
    }
    const { dagId, runId, ...rest } = spec;
    const run = { triggerDagId: dagId, ...(runId === undefined ? {} : { triggerRunId: runId }), ...rest };
    return this.add(new TriggerDagRunOperator(run));
  }

  /**
   * Places a task that calls a function of a Python file beside the Dag file, `"steps.py:train_model"`, with named
   * arguments: JSON, whose texts are templates, or references to other tasks. Without `:function` the file is run as a
   * script, and the option `argv` are its arguments. What the function returns is the task's result.
   *
   * @example
   * const model = dag.python<{ accuracy: number }>("steps.py:train_model", { rows: extract(), day: "{{ ds }}" }, {
   *   requirements: ["scikit-learn==1.7"],
   * });
   */
  python<Result = unknown>(
    target: string,
    inputs: { readonly [name: string]: unknown } = {},
    options: PythonTaskOptions = {},
  ): TaskRef<Result> {
    const { call, rest, name } = pythonTask(target, options);
    const handler = (given: unknown): unknown => given;
    const args = [rest.taskId ?? name, handler, rest];
    const factory = this.#functionTask(args, { kind: "python", call }, {}) as (
      given: unknown,
    ) => TaskRef<Result>;
    return factory(inputs);
  }

  #functionTask(
    args: readonly unknown[],
    flavour: Flavour,
    extraRules: Readonly<Record<string, OptionRule>>,
    finish?: (node: TaskNode, extra: Readonly<Record<string, unknown>>) => void,
  ): unknown {
    const named = typeof args[0] === "string";
    const [handler, given = {}] = named ? args.slice(1) : args;
    const rules: Readonly<Record<string, OptionRule>> = { ...taskOptionRules, ...extraRules };
    const owner = named ? `task "${String(args[0])}"` : "a task";
    if (typeof handler !== "function") {
      throw new TradewindError(
        "TW_HANDLER_INVALID",
        `the handler of ${owner} must be a function, not ${show(handler)}`,
        {
          at: callSite(),
        },
      );
    }
    checkOptions(given, rules, { owner });
    const all = given as Readonly<Record<string, unknown>>;
    const extra = Object.fromEntries(Object.entries(all).filter(([name]) => Object.hasOwn(extraRules, name)));
    const options = Object.fromEntries(
      Object.entries(all).filter(([name]) => !Object.hasOwn(extraRules, name)),
    );
    const id = localId(named ? (args[0] as string) : undefined, options as TaskOptions, handler.name);
    const node = this.#taskNode(id, options as TaskOptions, {
      kind: "function",
      handler: handler as Handler,
      flavour: withExtra(flavour, extra),
    });
    finish?.(node, extra);
    return functionFactory(node);
  }

  #operatorTask(args: readonly unknown[], content: OperatorContent): unknown {
    const [id, , more = {}] = typeof args[0] === "string" ? args : [undefined, ...args];
    const { node, placement } = this.#operatorNode(id as string | undefined, content, more as TaskOptions);
    return operatorFactory(node, placement);
  }

  #operatorNode(id: string | undefined, content: OperatorContent, more: TaskOptions) {
    checkOptions(more, taskOptionRules, { owner: `task "${id}"`, at: content.at });
    const options = { ...content.task, ...more };
    const node = this.#taskNode(localId(id, options), options, { kind: "operator", content }, content.at);
    const owner = `task "${node.taskId}"`;
    const inputs = Object.fromEntries(Object.entries(content.own).filter(([, value]) => isXComArg(value)));
    for (const [name, value] of Object.entries(inputs)) checkInput(name, value, owner, this.state);
    if (content.mapped !== undefined && "expand" in content.mapped) {
      for (const [name, value] of Object.entries(content.mapped.expand))
        checkExpandValue(name, value, owner, node);
    }
    return {
      node,
      placement: content.mapped === undefined ? { inputs } : { inputs, mapped: content.mapped },
    };
  }

  #taskNode(local: string, options: TaskOptions, body: TaskNode["body"], at = callSite()): TaskNode {
    this.#refuseWhenFinished();
    checkId("task id", local, at);
    const taskId = prefixed(this.groupState, local);
    checkId("task id", taskId, at);
    this.#refuseTaken(taskId, `task id "${taskId}"`);
    const node: TaskNode = {
      kind: "task",
      dag: this.state,
      taskId,
      label: options.taskDisplayName ?? local,
      group: this.groupState,
      at,
      options,
      body,
      placement: null,
      isSetup: false,
      isTeardown: false,
      onFailureFailDagrun: false,
      decision: null,
    };
    this.state.tasks.set(taskId, node);
    return node;
  }

  #groupNode(groupId: string, options: TaskGroupOptions, isFactory: boolean): GroupNode {
    this.#refuseWhenFinished();
    checkId("task group id", groupId);
    checkOptions(options, taskGroupOptionRules, { owner: `task group "${groupId}"` });
    checkOptions(options.defaultArgs ?? {}, taskOptionRules, {
      owner: `defaultArgs of task group "${groupId}"`,
    });
    let fullId = prefixed(this.groupState, groupId);
    for (let n = 1; options.addSuffixOnCollision === true && this.#isTaken(fullId); n++) {
      fullId = `${prefixed(this.groupState, groupId)}__${n}`;
    }
    this.#refuseTaken(fullId, `task group id "${fullId}"`);
    const node: GroupNode = {
      kind: "group",
      dag: this.state,
      groupId: fullId,
      label: options.groupDisplayName ?? fullId.slice(fullId.lastIndexOf(".") + 1),
      parent: this.groupState,
      options,
      at: callSite(),
      isPlaced: !isFactory,
      mapped: null,
    };
    this.state.groups.set(fullId, node);
    return node;
  }

  #isTaken(id: string): boolean {
    return this.state.tasks.has(id) || this.state.groups.has(id);
  }

  #refuseTaken(id: string, what: string): void {
    const first = this.state.tasks.get(id) ?? this.state.groups.get(id);
    if (first === undefined) return;
    const where = first.at === undefined ? "" : `, first in line ${first.at.line}`;
    throw new TradewindError(
      "TW_DAG_TASK_TWICE",
      `${what} is used twice in Dag "${this.state.dagId}"${where}`,
      {
        at: callSite(),
      },
    );
  }

  #refuseWhenFinished(): void {
    if (!this.state.finished) return;
    throw new TradewindError(
      "TW_DAG_OPTIONS",
      `Dag "${this.state.dagId}" was read already; declare its tasks while its file is imported`,
      { at: callSite() },
    );
  }
}

/** A group of tasks; its id goes before theirs, and an edge to it is an edge to its first tasks. */
export class TaskGroup extends TaskScope implements GroupNodeRef {
  readonly dagId: string;
  readonly groupId: string;

  constructor(state: DagState, group: GroupNode) {
    super(state, group);
    this.dagId = state.dagId;
    this.groupId = group.groupId;
    standFor(this, group);
  }

  /** For the SDK: the state behind the group. */
  get node(): GroupNode {
    return this.groupState as GroupNode;
  }

  before(...downstream: readonly (Node | EdgeLabel | readonly Node[])[]): this {
    join(this.node, downstream, "before");
    return this;
  }

  after(...upstream: readonly (Node | EdgeLabel | readonly Node[])[]): this {
    join(this.node, upstream, "after");
    return this;
  }
}

const shortCircuitRules = { ignoreDownstreamTriggerRules: option.boolean() };
const teardownRules = { onFailureFailDagrun: option.boolean() };

function withExtra(flavour: Flavour, extra: Readonly<Record<string, unknown>>): Flavour {
  if (flavour.kind === "sensor") return { kind: "sensor", options: extra as SensorOptions };
  if (flavour.kind !== "short-circuit") return flavour;
  return { ...flavour, ignoreDownstreamTriggerRules: extra["ignoreDownstreamTriggerRules"] !== false };
}

/** The id without the groups' prefix: as given, from the options, or the handler's name. */
function localId(given: string | undefined, options: TaskOptions, handlerName?: string): string {
  if (given !== undefined && options.taskId !== undefined && given !== options.taskId) {
    throw new TradewindError("TW_OPTION_INVALID", `a task has two ids: "${given}" and "${options.taskId}"`, {
      at: callSite(),
    });
  }
  const id = given ?? options.taskId ?? handlerName ?? "";
  if (id !== "") return id;
  if (handlerName === undefined) {
    throw new TradewindError("TW_OPTION_MISSING", "an operator needs the option `taskId`", {
      at: callSite(),
    });
  }
  throw new TradewindError("TW_ID_INVALID", "a task needs an id, or a handler with a name to take it from", {
    at: callSite(),
    hint: 'dag.task("extract", async () => …), or dag.task(async function extract() { … })',
  });
}

function prefixed(group: GroupNode | null, local: string): string {
  return group === null || group.options.prefixGroupId === false ? local : `${group.groupId}.${local}`;
}
