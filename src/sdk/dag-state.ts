/** What a Dag remembers while its file is being imported; `build.ts` turns it into a `CollectedDag`. */
import type { Json } from "../core/dag-model.ts";
import type { CallSite } from "./call-site.ts";
import type { DagOptions } from "./dag-options.ts";
import type { OperatorContent, SensorOptions } from "./operator.ts";
import type { TaskGroupOptions } from "./task-group-options.ts";
import type { TaskOptions } from "./task-options.ts";

export interface DagState {
  readonly dagId: string;
  readonly options: DagOptions;
  readonly at: CallSite | undefined;
  readonly tasks: Map<string, TaskNode>;
  readonly groups: Map<string, GroupNode>;
  readonly edges: EdgeState[];
  /** Set when the Dag was read: nothing can be added after it. */
  finished: boolean;
}

export interface EdgeState {
  readonly from: NodeState;
  readonly to: NodeState;
  readonly label?: string;
  readonly at: () => CallSite | undefined;
}

export type NodeState = TaskNode | GroupNode;

/** A function of the user's, whatever its arguments. */
export type Handler = (args: never) => unknown;

export type TaskBody =
  | { readonly kind: "function"; readonly handler: Handler; readonly flavour: Flavour }
  | { readonly kind: "operator"; readonly content: OperatorContent };

/** What the value that a function returns means. */
export type Flavour =
  | { readonly kind: "task" }
  | { readonly kind: "branch" }
  | { readonly kind: "short-circuit"; readonly ignoreDownstreamTriggerRules: boolean }
  | { readonly kind: "sensor"; readonly options: SensorOptions }
  | { readonly kind: "python"; readonly call: PythonCall };

/** A function, or a script, of a Python file. */
export interface PythonCall {
  readonly file: string;
  readonly function: string | null;
  readonly argv: readonly string[];
  readonly environment: { readonly [name: string]: Json };
}

/** Set by `dag.if` and `dag.switch`. */
export type Decision =
  | { readonly kind: "if"; whenTrue: NodeState[]; whenFalse: NodeState[]; readonly at: CallSite | undefined }
  | {
      readonly kind: "switch";
      readonly cases: SwitchCase[];
      otherwise: NodeState[];
      readonly at: CallSite | undefined;
    };

export interface SwitchCase {
  readonly targets: readonly NodeState[];
  /** Chosen by this returned value; absent where the case is chosen by returning its reference. */
  readonly value?: unknown;
}

export interface TaskNode {
  readonly kind: "task";
  readonly dag: DagState;
  readonly taskId: string;
  readonly label: string;
  readonly group: GroupNode | null;
  readonly at: CallSite | undefined;
  options: TaskOptions;
  readonly body: TaskBody;
  /** Null until its factory was called. */
  placement: Placement | null;
  isSetup: boolean;
  isTeardown: boolean;
  onFailureFailDagrun: boolean;
  decision: Decision | null;
}

export interface Placement {
  readonly at: () => CallSite | undefined;
  /** Literals and references by argument. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly mapped?: MappedInputs;
}

export type MappedInputs =
  | { readonly expand: Readonly<Record<string, unknown>> }
  | { readonly expandKwargs: unknown };

export interface GroupNode {
  readonly kind: "group";
  readonly dag: DagState;
  readonly groupId: string;
  readonly label: string;
  readonly parent: GroupNode | null;
  readonly options: TaskGroupOptions;
  readonly at: CallSite | undefined;
  /** False for a group with a function until that was called or expanded. */
  isPlaced: boolean;
  mapped: MappedInputs | null;
}

/** Whether the node is the group or anywhere inside of it. */
export function isInside(node: NodeState, group: GroupNode): boolean {
  let at: GroupNode | null = node.kind === "task" ? node.group : node;
  while (at !== null && at !== group) at = at.parent;
  return at === group;
}

/** The innermost mapped group around a node. */
export function mappedGroupOf(node: NodeState): GroupNode | null {
  let at: GroupNode | null = node.kind === "task" ? node.group : node;
  while (at !== null && at.mapped === null) at = at.parent;
  return at;
}

/** How messages name a node. */
export function nodeName(node: NodeState): string {
  return node.kind === "task" ? `task "${node.taskId}"` : `task group "${node.groupId}"`;
}
