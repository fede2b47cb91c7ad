/** Rows for tests of the store: a Dag with a version, runs, instances. */
import type { DagSpec, TaskSpec } from "../../src/core/dag-model.ts";
import type { DagRunState, DagRunType, TaskInstanceState } from "../../src/core/states.ts";
import type { Database, Executor } from "../../src/store/connect.ts";
import { createDagRun, type DagRunRow } from "../../src/store/dag-runs.ts";
import { type ImportedDag, type StoredDag, storeDag } from "../../src/store/dag-versions.ts";
import { instant, sql } from "../../src/store/sql.ts";

export const noon = Date.UTC(2026, 0, 1, 12);
export const day = 86_400_000;

export function dagSpec(dagId: string, more: Partial<DagSpec> = {}): DagSpec {
  return {
    format: 1,
    dagId,
    language: "typescript",
    displayName: dagId,
    tags: ["a"],
    owners: ["me"],
    ownerLinks: {},
    relativeFile: `${dagId}.ts`,
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
    taskGroups: [],
    tasks: [],
    edgeLabels: [],
    ...more,
  };
}

export function importedDag(spec: DagSpec, text = "export {};"): ImportedDag {
  const hash = `h-${text}`;
  return {
    spec,
    hash: `v-${spec.dagId}-${text}`,
    files: { [spec.relativeFile]: hash },
    texts: new Map([[hash, text]]),
    interpreter: "node",
    bundleName: "dags-folder",
    dagsFolder: "/dags",
    timetableSummary: null,
    timetableDescription: null,
    pausedAtCreation: false,
  };
}

export function addDag(database: Database, dagId: string, more: Partial<DagSpec> = {}): Promise<StoredDag> {
  return database.transaction((tx) => storeDag(tx, importedDag(dagSpec(dagId, more)), noon));
}

export async function addRun(
  executor: Executor,
  dagId: string,
  runId: string,
  more: {
    state?: DagRunState;
    at?: number;
    type?: DagRunType;
    versionId?: number;
    logicalDate?: number;
  } = {},
): Promise<DagRunRow> {
  const at = more.at ?? noon;
  const run = await createDagRun(
    executor,
    {
      dagId,
      runId,
      runType: more.type ?? "manual",
      logicalDate: more.logicalDate ?? null,
      dataInterval: null,
      runAfter: at,
      triggeredBy: "cli",
      versionId: more.versionId ?? 1,
    },
    at,
  );
  const state = more.state ?? "queued";
  const finished = state === "success" || state === "failed";
  await executor.run(sql`
    UPDATE dag_run SET state = ${state}, start_date = ${state === "queued" ? null : instant(at)}::timestamptz,
      end_date = ${finished ? instant(at + 1000) : null}::timestamptz WHERE id = ${run.id}`);
  return { ...run, state };
}

export async function addInstance(
  executor: Executor,
  runPk: number,
  taskId: string,
  more: {
    state?: TaskInstanceState | null;
    mapIndex?: number;
    pool?: string;
    slots?: number;
    tryNumber?: number;
  } = {},
): Promise<void> {
  const state = more.state ?? null;
  await executor.run(sql`
    INSERT INTO task_instance (run_pk, task_id, map_index, attempt_id, state, try_number, max_tries, version_id, pool,
      pool_slots, queue, priority_weight, operator, start_date, end_date)
    VALUES (${runPk}, ${taskId}, ${more.mapIndex ?? -1}, gen_random_uuid(), ${state}, ${more.tryNumber ?? 1}, 1, 1,
      ${more.pool ?? "default_pool"}, ${more.slots ?? 1}, 'default', 1, '@task', ${instant(noon)},
      ${state === "success" || state === "failed" ? instant(noon + 1000) : null})`);
}

export function task(taskId: string, more: Partial<TaskSpec> = {}): TaskSpec {
  return {
    taskId,
    operator: "@task",
    label: taskId,
    groupId: null,
    upstream: [],
    triggerRule: "all_success",
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
    owner: "me",
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
    ...more,
  };
}
