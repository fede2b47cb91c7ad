/** From a declared task to the `TaskDefinition` that the runtime executes. */
import type { TaskSpec } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import { callbacksOf } from "./callbacks.ts";
import type { TaskContext } from "./context.ts";
import type { Decision, Flavour, Handler, NodeState, TaskNode } from "./dag-state.ts";
import { sensorSettings } from "./operator.ts";
import { checkOptions, show } from "./options.ts";
import { BranchResult, FailException, ForeignResult } from "./outcomes.ts";
import type { ResolvedEdges } from "./resolve-edges.ts";
import { runSensor } from "./sensor-loop.ts";
import type {
  Inputs,
  OperatorDefinition,
  PokeAnswer,
  ResumeEvent,
  TaskCallbacks,
  TaskDefinition,
} from "./task.ts";
import { stateOf } from "./task-handle.ts";
import type { TaskOptions } from "./task-options.ts";

export function taskCallbacks(options: TaskOptions): TaskCallbacks {
  return {
    execute: callbacksOf(options.onExecuteCallback),
    success: callbacksOf(options.onSuccessCallback),
    failure: callbacksOf(options.onFailureCallback),
    retry: callbacksOf(options.onRetryCallback),
    skipped: callbacksOf(options.onSkippedCallback),
  };
}

export function defineTask(
  node: TaskNode,
  spec: TaskSpec,
  options: TaskOptions,
  edges: ResolvedEdges,
): TaskDefinition {
  const work =
    node.body.kind === "function" ? functionWork(node.body.handler, node.body.flavour) : operatorWork(node);
  const decide = (value: unknown): unknown => decided(value, node, edges);
  return {
    taskId: node.taskId,
    operator: spec.operator,
    spec,
    options: work.options,
    templateFields: work.templateFields,
    templateExtensions: work.templateExtensions,
    callbacks: taskCallbacks(options),
    cacheKey: keyFunction(options),
    preExecute: options.preExecute ?? null,
    postExecute: options.postExecute ?? null,
    execute: async (inputs, context) => decide(await work.execute(inputs, context)),
    resume: async (method, inputs, context, event) =>
      decide(await work.resume(method, inputs, context, event)),
    interpret: decide,
    onKill: work.onKill,
  };
}

function keyFunction({ cache }: TaskOptions): TaskDefinition["cacheKey"] {
  const key = typeof cache === "object" ? cache.key : undefined;
  return typeof key === "function" ? (key as NonNullable<TaskDefinition["cacheKey"]>) : null;
}

type Work = Pick<
  TaskDefinition,
  "options" | "templateFields" | "templateExtensions" | "execute" | "resume" | "onKill"
>;

function functionWork(handler: Handler, flavour: Flavour): Work {
  const call = handler as (inputs: Inputs) => unknown;
  const execute = async (inputs: Inputs, context: TaskContext): Promise<unknown> => {
    if (flavour.kind === "python") return context.callPython(flavour.call, inputs);
    if (flavour.kind !== "sensor") return call(inputs);
    return runSensor(() => call(inputs) as PokeAnswer<unknown>, sensorSettings(flavour.options), context);
  };
  return {
    options: {},
    templateFields: [],
    templateExtensions: [],
    execute,
    resume: (_method, inputs, context) => execute(inputs, context),
    onKill: null,
  };
}

function operatorWork(node: TaskNode): Work {
  if (node.body.kind !== "operator") throw new TradewindError("TW_INTERNAL", "not an operator");
  const { definition, rules, own } = node.body.content;
  const given = Object.fromEntries(
    Object.entries(own).filter(([name]) => !Object.hasOwn(node.placement?.inputs ?? {}, name)),
  );
  const owner = `${definition.name} "${node.taskId}"`;
  const check = (inputs: Inputs): object => {
    checkOptions({ ...inputs }, rules, { owner, at: node.at });
    const complaint = definition.validate?.(inputs);
    if (complaint !== undefined)
      throw new TradewindError("TW_OPTION_INVALID", `${owner}: ${complaint}`, { at: node.at });
    return inputs;
  };
  return {
    options: given,
    templateFields: definition.templateFields ?? [],
    templateExtensions: definition.templateExtensions ?? [],
    execute: async (inputs, context) => definition.execute(check(inputs), context),
    resume: async (method, inputs, context, event) =>
      resumeOperator(definition, method, inputs, context, event),
    onKill:
      definition.onKill === undefined ? null : (inputs, context) => definition.onKill?.(inputs, context),
  };
}

function resumeOperator(
  definition: OperatorDefinition<object, unknown>,
  method: string,
  inputs: Inputs,
  context: TaskContext,
  event: ResumeEvent,
): unknown {
  const methods = definition.resume ?? {};
  const found = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (found === undefined)
    throw new FailException(`${definition.name} deferred to its method "${method}", which it does not have`);
  return found(inputs, context, event);
}

/** What the returned value means for the tasks after this one. */
function decided(value: unknown, node: TaskNode, edges: ResolvedEdges): unknown {
  const plain = value instanceof ForeignResult ? value.plain : value;
  if (node.decision !== null) return byDecision(plain, node, node.decision, edges);
  const flavour = node.body.kind === "function" ? node.body.flavour.kind : "operator";
  if (flavour === "branch") return byChoice(value, node, edges);
  if (flavour === "short-circuit" && !value) return shortCircuit(value, node, edges);
  if (value instanceof BranchResult && value.skip !== null && "followed" in value.skip) {
    return followed(value.skip.followed, value.value, node, edges);
  }
  return value;
}

function shortCircuit(value: unknown, node: TaskNode, edges: ResolvedEdges): BranchResult {
  const flavour = node.body.kind === "function" ? node.body.flavour : undefined;
  const all = flavour?.kind === "short-circuit" && flavour.ignoreDownstreamTriggerRules;
  return all ? BranchResult.skipAll(value) : BranchResult.skip(directlyAfter(node, edges), value);
}

function byChoice(value: unknown, node: TaskNode, edges: ResolvedEdges): BranchResult {
  const chosen = value === null || value === undefined ? [] : [value].flat();
  const ids = chosen.map((one) => {
    const state = stateOf(one);
    if (state !== undefined) return state.kind === "task" ? state.taskId : state.groupId;
    if (typeof one === "string") return one;
    throw branchError(
      node,
      `returned ${show(one)}, which is neither the id of a task nor a reference to one`,
    );
  });
  return followed(ids, ids, node, edges);
}

/**
 * Of the tasks directly after a branch, those that were chosen and those that a chosen one leads to run: a join
 * after the branch is not skipped with the sides that were not taken.
 */
function followed(
  ids: readonly string[],
  value: unknown,
  node: TaskNode,
  edges: ResolvedEdges,
): BranchResult {
  const wanted = new Set<TaskNode>();
  for (const id of ids) {
    const state: NodeState | undefined = node.dag.tasks.get(id) ?? node.dag.groups.get(id);
    if (state === undefined)
      throw branchError(node, `chose "${id}", which is not a task of Dag "${node.dag.dagId}"`);
    for (const entry of edges.entries(state)) reach(entry, edges, wanted);
  }
  const after = [...(edges.downstream.get(node) ?? [])];
  return BranchResult.follow(
    after.filter((task) => wanted.has(task)).map((task) => task.taskId),
    value,
  );
}

function reach(from: TaskNode, edges: ResolvedEdges, into: Set<TaskNode>): void {
  const waiting = [from];
  for (let task = waiting.pop(); task !== undefined; task = waiting.pop()) {
    if (into.has(task)) continue;
    into.add(task);
    waiting.push(...(edges.downstream.get(task) ?? []));
  }
}

function byDecision(value: unknown, node: TaskNode, decision: Decision, edges: ResolvedEdges): BranchResult {
  if (decision.kind === "if") {
    if (typeof value !== "boolean")
      throw branchError(node, `is a condition and returned ${show(value)}, not true or false`);
    return BranchResult.skip(entryIds(value ? decision.whenFalse : decision.whenTrue, edges), value);
  }
  const target = stateOf(value);
  const match = decision.cases.find((one) =>
    target === undefined
      ? "value" in one && one.value === value
      : !("value" in one) && one.targets.includes(target),
  );
  if (match === undefined && decision.otherwise.length === 0) {
    const known = decision.cases.map((one) =>
      "value" in one ? show(one.value) : one.targets.map(idOf).join(", "),
    );
    throw branchError(
      node,
      `chose ${target === undefined ? show(value) : `"${idOf(target)}"`}, which is not one of its cases: ${known.join(", ")}`,
    );
  }
  const taken = new Set(match?.targets ?? decision.otherwise);
  const all = [...decision.cases.flatMap((one) => one.targets), ...decision.otherwise];
  const skipped = new Set(
    entryIds(
      all.filter((one) => !taken.has(one)),
      edges,
    ),
  );
  for (const id of entryIds([...taken], edges)) skipped.delete(id);
  return BranchResult.skip([...skipped], target === undefined ? value : idOf(target));
}

function entryIds(nodes: readonly NodeState[], edges: ResolvedEdges): string[] {
  return nodes.flatMap((node) => edges.entries(node)).map((task) => task.taskId);
}

function directlyAfter(node: TaskNode, edges: ResolvedEdges): string[] {
  return [...(edges.downstream.get(node) ?? [])].map((task) => task.taskId);
}

function idOf(node: NodeState): string {
  return node.kind === "task" ? node.taskId : node.groupId;
}

function branchError(node: TaskNode, message: string): TradewindError {
  return new TradewindError("TW_BRANCH_INVALID", `task "${node.taskId}" ${message}`, { at: node.at });
}
