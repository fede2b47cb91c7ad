/**
 * The one internal shape of a task. A function and an operator both become a `TaskDefinition`, and the runtime
 * knows nothing else: it resolves inputs, renders template fields, and calls `execute`.
 *
 * Operators are defined with `defineOperator` (`defineSensor` for those that wait), which gives something that
 * is called or constructed with options and added to a Dag:
 *
 * @example
 * export const GreetOperator = defineOperator<{ name: string }, string>({
 *   name: "GreetOperator",
 *   options: { name: option.string({ required: true }) },
 *   templateFields: ["name"],
 *   execute: ({ name }) => `hello ${name}`,
 * });
 * dag.add(new GreetOperator({ taskId: "greet", name: "{{ ds }}", retries: 2 }));
 */
import type { Json, TaskSpec } from "../core/dag-model.ts";
import type { TaskContext } from "./context.ts";
import type { OptionTable } from "./options.ts";

/** Values by name: a function's arguments, or an operator's options. */
export type Inputs = { readonly [name: string]: unknown };

/** How an attempt goes on after a deferral. */
export interface ResumeEvent {
  readonly event: Json;
  readonly kwargs: { readonly [key: string]: Json };
}

/** Called with the context of what happened; `context.exception` and `context.reason` say what. */
export type Callback = (context: TaskContext) => unknown;

export interface TaskCallbacks {
  readonly execute: readonly Callback[];
  readonly success: readonly Callback[];
  readonly failure: readonly Callback[];
  readonly retry: readonly Callback[];
  readonly skipped: readonly Callback[];
}

/** What the runtime executes. Found by task id in a `CollectedDag`. */
export interface TaskDefinition {
  readonly taskId: string;
  /** As pages show it: "BashOperator", "@task". */
  readonly operator: string;
  /** The serialized task; its `inputs` and `mapped` say which values to fetch. */
  readonly spec: TaskSpec;
  /**
   * Options that stand in the Dag file as they are (of an operator; empty for a function), functions included.
   * `execute` gets them together with the values of `spec.inputs` and of the expansion, which go over them.
   */
  readonly options: Inputs;
  /** Names of options whose strings are rendered as templates, at any depth, before `execute`. */
  readonly templateFields: readonly string[];
  /** A templated string that ends in one of these is the name of a file to render: [".sh", ".sql"]. */
  readonly templateExtensions: readonly string[];
  readonly callbacks: TaskCallbacks;
  /** Makes the key of the step cache, where a function does. */
  readonly cacheKey: ((inputs: Inputs, context: TaskContext) => unknown) | null;
  readonly preExecute: ((context: TaskContext) => unknown) | null;
  readonly postExecute: ((context: TaskContext, result: unknown) => unknown) | null;
  /**
   * Does the work; what it returns is the XCom `return_value`. A `BranchResult` also says which tasks to skip.
   * Ends otherwise by throwing one of `outcomes.ts`, or any error.
   */
  execute(inputs: Inputs, context: TaskContext): Promise<unknown>;
  /** Goes on after a deferral. A function is called again, with `context.triggerEvent` set. */
  resume(method: string, inputs: Inputs, context: TaskContext, event: ResumeEvent): Promise<unknown>;
  /** What a returned value means for the tasks after this one: of a branch a `BranchResult`. `execute` does it itself. */
  interpret(value: unknown): unknown;
  /** Called when the attempt is told to end, before its process is signalled. */
  readonly onKill: ((inputs: Inputs, context: TaskContext) => unknown) | null;
}

/** What a kind of operator is. `Options` are its own, without those that every task has. */
export interface OperatorDefinition<Options extends object, Result> {
  /** Class name as pages show it: "BashOperator". */
  readonly name: string;
  /** A rule for each option; unknown ones and wrong types are import errors. */
  readonly options: OptionTable<Options>;
  readonly templateFields?: readonly (keyof Options & string)[];
  readonly templateExtensions?: readonly string[];
  execute(options: Options, context: TaskContext): Result | Promise<Result>;
  /** Methods that a deferral can name; `executeComplete` is the usual one. */
  readonly resume?: {
    readonly [method: string]: (
      options: Options,
      context: TaskContext,
      event: ResumeEvent,
    ) => unknown | Promise<unknown>;
  };
  onKill?(options: Options, context: TaskContext): unknown;
  /** Checks what one rule alone cannot, at import. Returns the complaint, or undefined. */
  validate?(options: Options): string | undefined;
  /** May return a `BranchResult`. */
  readonly branch?: boolean;
  /** Nothing to run at all: the scheduler sets success (EmptyOperator). */
  readonly empty?: boolean;
  readonly uiColor?: string;
  readonly uiFgcolor?: string;
  /** Another Dag that the task triggers, waits for or marks. */
  dagDependency?(options: Options): TaskSpec["dagDependency"] | undefined;
}

/** A poke may give a value together with its answer; `value` becomes the XCom. */
export interface PokeReturn<Value = unknown> {
  readonly isDone: boolean;
  readonly value?: Value;
}

export interface SensorDefinition<Options extends object, Value>
  extends Omit<OperatorDefinition<Options, Value>, "execute"> {
  /** One look at what is waited for. */
  poke(options: Options, context: TaskContext): PokeAnswer<Value> | Promise<PokeAnswer<Value>>;
  /** Called before the first poke of an attempt; may `defer` instead of poking at all. */
  start?(options: Options, context: TaskContext): unknown;
}

export type PokeAnswer<Value> = boolean | PokeReturn<Value>;
