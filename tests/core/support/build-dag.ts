/** Dags for tests in a few words, with Airflow's defaults for all that is not said. */
import type { DagSpec, MapSpec, TaskGroupSpec, TaskSpec, ValueSpec } from "../../../src/core/dag-model.ts";
import { type CompiledDag, compileDag } from "../../../src/core/graph.ts";

export interface TaskWords extends Partial<Omit<TaskSpec, "taskId" | "upstream">> {
  after?: string[];
}

export interface DagWords extends Partial<Omit<DagSpec, "tasks" | "taskGroups">> {
  groups?: { [groupId: string]: { mapped?: MapSpec; parent?: string } };
}

export function dagSpecOf(tasks: { [taskId: string]: TaskWords }, words: DagWords = {}): DagSpec {
  const { groups = {}, ...rest } = words;
  return {
    format: 1,
    dagId: "dag",
    language: "typescript",
    displayName: "dag",
    tags: [],
    owners: [],
    ownerLinks: {},
    relativeFile: "dag.ts",
    timezone: "UTC",
    timetable: { kind: "none" },
    catchup: false,
    maxActiveTasks: 16,
    maxActiveRuns: 16,
    maxConsecutiveFailedDagRuns: 0,
    failFast: false,
    deadlines: [],
    params: {},
    renderTemplateAsNativeObj: false,
    callbacks: [],
    assets: [],
    edgeLabels: [],
    ...rest,
    taskGroups: Object.entries(groups).map(([groupId, group]) => groupSpec(groupId, group)),
    tasks: Object.entries(tasks).map(([taskId, task]) => taskSpec(taskId, task)),
  };
}

export function dagOf(tasks: { [taskId: string]: TaskWords }, words: DagWords = {}): CompiledDag {
  return compileDag(dagSpecOf(tasks, words));
}

/** What a task returned, as a value to expand over. */
export function returned(taskId: string): ValueSpec {
  return { xcom: { taskId, key: "return_value" } };
}

export function literal(...values: (number | string)[]): ValueSpec {
  return { literal: values };
}

function groupSpec(groupId: string, group: { mapped?: MapSpec; parent?: string }): TaskGroupSpec {
  return {
    groupId,
    parentGroupId: group.parent ?? null,
    label: groupId,
    tooltip: "",
    ...(group.mapped ? { mapped: group.mapped } : {}),
  };
}

function taskSpec(taskId: string, words: TaskWords): TaskSpec {
  const { after = [], ...rest } = words;
  return {
    taskId,
    operator: "@task",
    label: taskId,
    groupId: null,
    upstream: after,
    triggerRule: words.isTeardown ? "all_done_setup_success" : "all_success",
    isSetup: false,
    isTeardown: false,
    onFailureFailDagrun: false,
    empty: false,
    branch: false,
    retries: 0,
    retryDelay: 300,
    retryExponentialBackoff: 0,
    dependsOnPast: false,
    ignoreFirstDependsOnPast: true,
    waitForDownstream: false,
    waitForPastDependsBeforeSkipping: false,
    priorityWeight: 1,
    weightRule: "downstream",
    pool: "default_pool",
    poolSlots: 1,
    queue: "default",
    owner: "airflow",
    emailOnFailure: true,
    emailOnRetry: true,
    doXcomPush: true,
    multipleOutputs: false,
    inputs: {},
    params: {},
    inlets: [],
    outlets: [],
    callbacks: [],
    isolation: "warm",
    options: {},
    templateFields: [],
    ...rest,
  };
}
