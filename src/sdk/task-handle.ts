/** The object behind `TaskRef`, and the edges that it and groups draw. */
import { TradewindError } from "../errors.ts";
import { callSite, laterCallSite } from "./call-site.ts";
import { type DagState, type NodeState, nodeName, type TaskNode } from "./dag-state.ts";
import { checkOptions, option, show } from "./options.ts";
import type { EdgeLabel, TeardownOptions } from "./value-ref.ts";
import { ValueRef } from "./xcom-arg.ts";

const nodeKey = Symbol.for("tradewind.node");

/** The state behind a `Node`; undefined for anything else. */
export function stateOf(value: unknown): NodeState | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as { [nodeKey]?: NodeState })[nodeKey];
}

/** Lets an object stand for a node of the graph. */
export function standFor(object: object, state: NodeState): void {
  Object.defineProperty(object, nodeKey, { value: state });
}

export class TaskHandle extends ValueRef {
  readonly dagId: string;
  readonly taskId: string;

  constructor(node: TaskNode) {
    super({ kind: "task", node, key: "return_value" });
    this.dagId = node.dag.dagId;
    this.taskId = node.taskId;
    standFor(this, node);
  }

  before(...downstream: readonly unknown[]): this {
    join(taskOf(this), downstream, "before");
    return this;
  }

  after(...upstream: readonly unknown[]): this {
    join(taskOf(this), upstream, "after");
    return this;
  }

  output(key: string): ValueRef {
    return new ValueRef({ kind: "task", node: taskOf(this), key });
  }

  asSetup(): this {
    const node = taskOf(this);
    refuseIf(node.isTeardown, `${nodeName(node)} is a teardown already and cannot be a setup too`);
    node.isSetup = true;
    return this;
  }

  asTeardown(options: TeardownOptions = {}): this {
    const node = taskOf(this);
    checkOptions(options, teardownRules, { owner: `asTeardown() of ${nodeName(node)}` });
    refuseIf(node.isSetup, `${nodeName(node)} is a setup already and cannot be a teardown too`);
    node.isTeardown = true;
    node.onFailureFailDagrun = options.onFailureFailDagrun ?? node.onFailureFailDagrun;
    const setups = options.setups === undefined ? [] : [options.setups].flat();
    for (const setup of setups as TaskHandle[]) setup.asSetup().before(this);
    return this;
  }
}

const teardownRules = {
  setups: option.that("a task or an array of tasks", (value) =>
    [value].flat().every((item) => item instanceof TaskHandle || stateOf(item)?.kind === "task"),
  ),
  onFailureFailDagrun: option.boolean(),
};

function refuseIf(condition: boolean, message: string): void {
  if (condition) throw new TradewindError("TW_EDGE_INVALID", message, { at: callSite() });
}

function taskOf(handle: TaskHandle): TaskNode {
  return stateOf(handle) as TaskNode;
}

export function isLabel(value: unknown): value is EdgeLabel {
  return typeof value === "object" && value !== null && typeof (value as EdgeLabel).edgeLabel === "string";
}

/** Draws edges between one node and those of a list, in which a label names the edges after it. */
export function join(node: NodeState, others: readonly unknown[], direction: "before" | "after"): void {
  let label: string | undefined;
  for (const other of others.flat(3)) {
    if (isLabel(other)) {
      label = other.edgeLabel;
      continue;
    }
    const state = stateOf(other);
    if (state === undefined) {
      const hint =
        typeof other === "function" ? "call the task first: its factory returns the reference" : undefined;
      throw new TradewindError(
        "TW_EDGE_INVALID",
        `${direction}() of ${nodeName(node)} takes tasks and task groups, not ${show(other)}`,
        { at: callSite(), hint },
      );
    }
    if (direction === "before") addEdge(node.dag, node, state, label);
    else addEdge(node.dag, state, node, label);
  }
}

export function addEdge(dag: DagState, from: NodeState, to: NodeState, label?: string): void {
  const at = laterCallSite();
  for (const node of [from, to]) {
    if (node.dag === dag) continue;
    throw new TradewindError(
      "TW_EDGE_INVALID",
      `${nodeName(node)} belongs to Dag "${node.dag.dagId}" and cannot be joined to one of Dag "${dag.dagId}"`,
      { at: at(), hint: "an ExternalTaskSensor or an asset joins tasks of two Dags" },
    );
  }
  if (dag.finished) {
    throw new TradewindError(
      "TW_EDGE_INVALID",
      `Dag "${dag.dagId}" was read already; draw edges while its file is imported`,
      { at: at() },
    );
  }
  dag.edges.push(label === undefined ? { from, to, at } : { from, to, label, at });
}
