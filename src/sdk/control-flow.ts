/** `dag.if(…).then(…).else(…)` and `dag.switch(…).case(…).default(…)`. */
import { TradewindError } from "../errors.ts";
import { callSite } from "./call-site.ts";
import { type DagState, type Decision, type NodeState, nodeName, type TaskNode } from "./dag-state.ts";
import { show } from "./options.ts";
import { addEdge, stateOf } from "./task-handle.ts";
import type { Node } from "./value-ref.ts";

export interface Condition {
  /** What runs when the condition is true. */
  then(...targets: readonly Node[]): ConditionElse;
}

export interface ConditionElse {
  /** What runs when it is false. */
  else(...targets: readonly Node[]): void;
}

export interface Switch<Value> {
  /** A case that is chosen by returning its reference. */
  case(target: Node): Switch<Value>;
  /** A case that is chosen by returning this value. */
  case(value: Value & (string | number | boolean | null), ...targets: readonly Node[]): Switch<Value>;
  /** What runs when no case was chosen; without it such a decision fails the task. */
  default(...targets: readonly Node[]): void;
}

export function beginCondition(condition: unknown, dag: DagState): Condition {
  const node = beginDecision(condition, dag, "dag.if()");
  const decision: Decision & { kind: "if" } = { kind: "if", whenTrue: [], whenFalse: [], at: callSite() };
  node.decision = decision;
  const name = (side: "whenTrue" | "whenFalse", verb: string, targets: readonly unknown[]): void => {
    // An object with `then` is a thenable: `await dag.if(x)` would call it with two functions.
    if (typeof targets[0] === "function" && targets.length === 2) {
      throw branchError(
        `dag.if(${node.taskId}) was awaited`,
        "it builds a branch and has nothing to wait for: drop the await",
      );
    }
    if (decision[side].length > 0)
      throw branchError(`the condition "${node.taskId}" has its ${verb} already`);
    const states = targets.map((target) => targetOf(target, `${verb}() of the condition "${node.taskId}"`));
    if (states.length === 0) throw branchError(`${verb}() of the condition "${node.taskId}" names no task`);
    const both = states.find((state) => decision.whenTrue.includes(state));
    if (both !== undefined)
      throw branchError(`both sides of the condition "${node.taskId}" are ${nodeName(both)}`);
    decision[side].push(...states);
    for (const state of states) addEdge(dag, node, state);
  };
  return {
    // eslint-disable-next-line unicorn/no-thenable -- the call shape of Airflow's SDK
    then(...targets) {
      name("whenTrue", "then", targets);
      return { else: (...others) => name("whenFalse", "else", others) };
    },
  };
}

export function beginSwitch<Value>(decider: unknown, dag: DagState): Switch<Value> {
  const node = beginDecision(decider, dag, "dag.switch()");
  const decision: Decision & { kind: "switch" } = {
    kind: "switch",
    cases: [],
    otherwise: [],
    at: callSite(),
  };
  node.decision = decision;
  const where = `of the switch "${node.taskId}"`;
  const chain: Switch<Value> = {
    case(...args: readonly unknown[]) {
      const byReference = stateOf(args[0]) !== undefined;
      const targets = (byReference ? args : args.slice(1)).map((target) =>
        targetOf(target, `case() ${where}`),
      );
      if (targets.length === 0) throw branchError(`case(${show(args[0])}) ${where} names no task`);
      const known = decision.cases.some((one) =>
        byReference
          ? targets.some((target) => one.targets.includes(target))
          : "value" in one && one.value === args[0],
      );
      if (known)
        throw branchError(
          `case(${byReference ? nodeName(targets[0] as NodeState) : show(args[0])}) ${where} stands twice`,
        );
      decision.cases.push(byReference ? { targets } : { targets, value: args[0] });
      for (const target of targets) addEdge(dag, node, target);
      return chain;
    },
    default(...targets) {
      if (decision.otherwise.length > 0) throw branchError(`default() ${where} stands twice`);
      decision.otherwise = targets.map((target) => targetOf(target, `default() ${where}`));
      for (const target of decision.otherwise) addEdge(dag, node, target);
    },
  };
  return chain;
}

function beginDecision(value: unknown, dag: DagState, verb: string): TaskNode {
  const node = stateOf(value);
  if (node?.kind !== "task") {
    const hint =
      typeof value === "function" ? "call the task first: its factory returns the reference" : undefined;
    throw branchError(`${verb} takes a placed task, not ${show(value)}`, hint);
  }
  if (node.dag !== dag)
    throw branchError(`${nodeName(node)} belongs to Dag "${node.dag.dagId}", not to "${dag.dagId}"`);
  if (node.decision !== null) throw branchError(`${nodeName(node)} decides a branch already`);
  if (node.placement?.mapped !== undefined)
    throw branchError(`${nodeName(node)} is mapped and cannot decide a branch`);
  return node;
}

function targetOf(value: unknown, where: string): NodeState {
  const state = stateOf(value);
  if (state !== undefined) return state;
  const hint =
    typeof value === "function" ? "call the task first: its factory returns the reference" : undefined;
  throw branchError(`${where} takes tasks and task groups, not ${show(value)}`, hint);
}

function branchError(message: string, hint?: string): TradewindError {
  return new TradewindError("TW_BRANCH_INVALID", message, { at: callSite(), hint });
}
