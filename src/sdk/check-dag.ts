/** What can be said of a Dag only when its whole file was read. Each complaint names the line of the task. */
import type { DagSpec, ParamSpec, TaskSpec } from "../core/dag-model.ts";
import { validateTimetable } from "../core/timetable/next-run.ts";
import { type ErrorCode, TradewindError } from "../errors.ts";
import { type DagState, mappedGroupOf, type TaskNode } from "./dag-state.ts";
import { needsUpstream } from "./resolve-values.ts";
import { atDag } from "./serialize.ts";
import { complaintAbout } from "./validate-params.ts";

/** Throws TW_TASK_UNCALLED for what was declared and never placed, and for conditions without sides. */
export function checkPlaced(dag: DagState): void {
  for (const node of dag.tasks.values()) {
    if (node.placement === null) {
      throw complaint(
        "TW_TASK_UNCALLED",
        `task "${node.taskId}" of Dag "${dag.dagId}" is declared and never called`,
        node,
        {
          hint: `place it by calling what dag.task("${node.taskId}", …) returned`,
        },
      );
    }
    checkDecision(node);
  }
  for (const group of dag.groups.values()) {
    if (group.isPlaced) continue;
    throw complaint(
      "TW_TASK_UNCALLED",
      `task group "${group.groupId}" of Dag "${dag.dagId}" is declared and never called`,
      group,
    );
  }
}

function checkDecision(node: TaskNode): void {
  const { decision } = node;
  if (decision?.kind === "if" && decision.whenTrue.length === 0) {
    throw complaint("TW_BRANCH_INVALID", `the condition "${node.taskId}" has no then()`, decision);
  }
  if (decision?.kind === "switch" && decision.cases.length === 0) {
    throw complaint("TW_BRANCH_INVALID", `the switch "${node.taskId}" has no case()`, decision);
  }
}

/** Combinations of options that no run could honour. */
export function checkDag(dag: DagState, spec: DagSpec, now: number): void {
  atDag(dag, () => validateTimetable(spec.timetable, now));
  if (spec.timetable.kind === "continuous" && spec.maxActiveRuns > 1) {
    throw complaint(
      "TW_DAG_OPTIONS",
      `Dag "${dag.dagId}" runs continuously and needs maxActiveRuns 1, not ${spec.maxActiveRuns}`,
      dag,
    );
  }
  if (spec.startDate !== undefined && spec.endDate !== undefined && spec.endDate < spec.startDate) {
    throw complaint(
      "TW_SCHEDULE_INVALID",
      `Dag "${dag.dagId}" ends (${spec.endDate}) before it starts (${spec.startDate})`,
      dag,
    );
  }
  const specs = new Map(spec.tasks.map((task) => [task.taskId, task]));
  for (const task of spec.tasks) {
    const node = dag.tasks.get(task.taskId);
    if (node !== undefined) checkTask(node, task, spec, specs);
  }
}

function checkTask(node: TaskNode, task: TaskSpec, dag: DagSpec, all: ReadonlyMap<string, TaskSpec>): void {
  checkMapping(node, task);
  if (task.isTeardown && task.triggerRule !== "all_done_setup_success") {
    throw complaint(
      "TW_OPTION_INVALID",
      `task "${task.taskId}" is a teardown, which has no triggerRule of its own`,
      node,
    );
  }
  if (dag.failFast && task.triggerRule !== "all_success" && !task.isTeardown) {
    throw complaint(
      "TW_DAG_OPTIONS",
      `task "${task.taskId}" has the trigger rule "${task.triggerRule}"; a Dag with failFast can have "all_success" only`,
      node,
    );
  }
  const setup = task.upstream.map((id) => all.get(id)).find((upstream) => upstream?.isSetup);
  if (setup !== undefined && !task.isTeardown && task.triggerRule !== "all_success") {
    throw complaint(
      "TW_OPTION_INVALID",
      `task "${task.taskId}" follows the setup "${setup.taskId}" and needs the trigger rule "all_success", not "${task.triggerRule}"`,
      node,
    );
  }
}

function checkMapping(node: TaskNode, task: TaskSpec): void {
  const mapped = node.placement?.mapped;
  const group = mappedGroupOf(node);
  if (mapped !== undefined && group !== null) {
    throw complaint(
      "TW_DAG_MAPPING",
      `task "${task.taskId}" is inside of the mapped group "${group.groupId}" and cannot be mapped too`,
      node,
    );
  }
  const waits =
    (mapped !== undefined && needsUpstream(mapped)) || (group?.mapped != null && needsUpstream(group.mapped));
  if (waits && task.triggerRule === "always") {
    throw complaint(
      "TW_DAG_MAPPING",
      `task "${task.taskId}" expands over what another task returns and cannot have the trigger rule "always"`,
      node,
    );
  }
}

/** Airflow: a Dag that runs by itself must have defaults that are valid. */
export async function checkParams(dag: DagState, spec: DagSpec): Promise<void> {
  if (spec.timetable.kind === "none") return;
  for (const [name, param] of Object.entries(spec.params)) {
    if (param.value === undefined) {
      throw complaint(
        "TW_PARAM_INVALID",
        `param "${name}" of Dag "${dag.dagId}" needs a default, since the Dag has a schedule`,
        dag,
      );
    }
    const wrong = await complaintOf(name, param, dag);
    if (wrong === undefined) continue;
    throw complaint(
      "TW_PARAM_INVALID",
      `the default of param "${name}" of Dag "${dag.dagId}" ${wrong}, got ${JSON.stringify(param.value)}`,
      dag,
    );
  }
}

/** A schema that is none is a complaint about the param too. */
async function complaintOf(name: string, param: ParamSpec, dag: DagState): Promise<string | undefined> {
  try {
    return await complaintAbout(param, param.value ?? null);
  } catch (error) {
    if (!(error instanceof TradewindError)) throw error;
    throw complaint("TW_PARAM_INVALID", `param "${name}" of Dag "${dag.dagId}": ${error.message}`, dag);
  }
}

function complaint(
  code: ErrorCode,
  message: string,
  where: Pick<DagState, "at">,
  details: { hint?: string } = {},
): TradewindError {
  return new TradewindError(code, message, { ...details, at: where.at });
}
