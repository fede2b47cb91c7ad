/**
 * References: what stands in a Dag file for a value that only a run will have. They are inert handles for
 * wiring; nothing in a Dag file executes a task.
 */
import type { Json } from "../core/dag-model.ts";

// Carries a reference's type without carrying a value; never set.
declare const valueType: unique symbol;

/** What `.map`, `.zip` and expansion see of a value: elements of a list, `[key, value]` pairs of an object. */
export type Element<T> = T extends readonly (infer E)[]
  ? E
  : T extends { readonly [key: string]: infer V }
    ? [string, V]
    : never;

// The methods take their own type parameter from `this`, so that a reference to a narrower value stays usable
// where one to a wider value is expected.
/** A value that a task will have returned (Airflow's `XComArg`), perhaps changed by `map`, `zip` or `concat`. */
export interface XComArg<T = unknown> {
  /** Never set; for the compiler. */
  readonly [valueType]?: T;

  /**
   * Each element through a function, before a mapped task expands over it. The function runs when the value is
   * read, in a task's process. Where it throws `SkipException`, the instance is skipped.
   *
   * @example
   * load.expand({ path: listFiles().map((name) => `/data/${name}`) });
   */
  map<V, U>(this: XComArg<V>, fn: (item: Element<V>) => U): XComArg<U[]>;

  /**
   * Elements side by side with those of others, as tuples; as long as the shortest, or with `fillvalue` as the
   * longest.
   */
  zip<V, U>(
    this: XComArg<V>,
    other: XComArg<readonly U[]> | readonly U[],
    options?: { fillvalue?: Json },
  ): XComArg<[Element<V>, U][]>;
  zip(...others: readonly (XComArg | readonly Json[] | { fillvalue?: Json })[]): XComArg<unknown[][]>;

  /** The elements, then those of the others. */
  concat<V, Others extends readonly unknown[]>(
    this: XComArg<V>,
    ...others: { [I in keyof Others]: XComArg<readonly Others[I][]> | readonly Others[I][] }
  ): XComArg<(Element<V> | Others[number])[]>;
}

/** Anything that an edge can join: a task, a group. */
export interface Node {
  readonly dagId: string;
  /** This node runs before those (Airflow's `>>`). A `Label` names the edges to the nodes after it. */
  before(...downstream: readonly (Node | EdgeLabel | readonly Node[])[]): Node;
  /** This node runs after those (Airflow's `<<`). */
  after(...upstream: readonly (Node | EdgeLabel | readonly Node[])[]): Node;
}

/** Made by `Label("text")`. */
export interface EdgeLabel {
  readonly edgeLabel: string;
}

export interface TeardownOptions {
  /** Made setups if they are not yet, and joined to the teardown. */
  readonly setups?: TaskRef | readonly TaskRef[];
  /** Whether the teardown's failure fails the run. Default false. */
  readonly onFailureFailDagrun?: boolean;
}

/** One placed task and the value it returns. */
export interface TaskRef<T = unknown> extends XComArg<T>, Node {
  readonly dagId: string;
  /** With the prefix of its groups. */
  readonly taskId: string;
  before(...downstream: readonly (Node | EdgeLabel | readonly Node[])[]): TaskRef<T>;
  after(...upstream: readonly (Node | EdgeLabel | readonly Node[])[]): TaskRef<T>;
  /** A value that the task pushes under another key, as `multipleOutputs` and `xcomPush` do. */
  output<V, K extends keyof V & string>(this: TaskRef<V>, key: K): XComArg<V[K]>;
  output<U = unknown>(key: string): XComArg<U>;
  /** Makes the task a setup: tasks after it need it, and clearing one of them clears it too. */
  asSetup(): TaskRef<T>;
  /**
   * Makes the task a teardown: it runs after the tasks before it, whether they succeeded or not, if a setup did.
   *
   * @example
   * dropTable.asTeardown({ setups: createTable }).after(query);
   */
  asTeardown(options?: TeardownOptions): TaskRef<T>;
}

/** A task group as a node of the graph. */
export interface GroupNodeRef extends Node {
  /** With the prefix of its parents. */
  readonly groupId: string;
  before(...downstream: readonly (Node | EdgeLabel | readonly Node[])[]): GroupNodeRef;
  after(...upstream: readonly (Node | EdgeLabel | readonly Node[])[]): GroupNodeRef;
}

/**
 * The part of `T` that a literal can express, since a literal travels in the serialized Dag. What JSON cannot
 * carry (a Date, a function) is `never`: it can be given only by reference.
 */
export type JsonCompatible<T> = T extends Json
  ? T
  : T extends (...args: never[]) => unknown
    ? never
    : T extends readonly (infer E)[]
      ? readonly JsonCompatible<E>[]
      : T extends object
        ? T extends { [K in keyof T]: JsonCompatible<T[K]> }
          ? { [K in keyof T]: JsonCompatible<T[K]> }
          : never
        : unknown extends T
          ? Json
          : T extends undefined
            ? undefined
            : never;

/** One input: a reference, or the value itself. */
export type TaskInput<T> = XComArg<T> | JsonCompatible<T>;

/** Inputs of a task by the name of the argument that each supplies. */
export type TaskInputs<Args> = { [K in keyof Args]: TaskInput<Args[K]> };

/** What an argument can be expanded over: a list, an object (as `[key, value]` pairs), or a reference to one. */
export type Expandable<T> =
  | XComArg<readonly T[]>
  | readonly JsonCompatible<T>[]
  | (T extends readonly [string, infer V]
      ? XComArg<{ [key: string]: V }> | { [key: string]: JsonCompatible<V> }
      : never);

export type ExpandInputs<Args> = { [K in keyof Args]: Expandable<Args[K]> };
