/**
 * Brings leased Dags and their unfinished runs into memory: when a lease is taken, after a failure, and when
 * another process added a run. Reading happens beside the loop; an event puts what was read into memory.
 */

import type { RunInfo } from "../core/facts.ts";
import { restoreInstances, tasksOutside } from "../core/instances.ts";
import { executionStates } from "../core/states.ts";
import type { Logger } from "../log.ts";
import type { Database } from "../store/connect.ts";
import type {
  DagRecord,
  InstanceRecord,
  RescheduleRecord,
  ReturnedRecord,
  RunRecord,
  SkipDecisionRecord,
} from "../store/scheduler-load.ts";
import {
  loadDags,
  loadInstances,
  loadReschedules,
  loadReturned,
  loadRuns,
  loadSkipDecisions,
  unfinishedRuns,
} from "../store/scheduler-load.ts";
import { ActiveRun, type LeasedDag, type Memory, type RunRow } from "./memory.ts";
import { loadPast, type PastRunView } from "./past-run.ts";
import { scheduleOf } from "./schedule.ts";
import type { DagVersion, Versions } from "./versions.ts";

export interface LoadedDag {
  readonly record: DagRecord;
  readonly lease: LeasedDag;
}

export interface LoadedRun {
  readonly record: RunRecord;
  readonly version: DagVersion;
  /** None where the run has not started yet. */
  readonly instances: readonly InstanceRecord[];
  readonly returned: readonly ReturnedRecord[];
  readonly decisions: readonly SkipDecisionRecord[];
  readonly reschedules: readonly RescheduleRecord[];
  readonly past: PastRunView | null;
}

export interface Loader {
  readonly database: Database;
  readonly versions: Versions;
  readonly log?: Logger;
  /** Memory of the moment: past runs are looked up in it while they are active. */
  memory(): Memory;
  /** Runs of paused Dags go on, too: `dags test`. */
  readonly ignoresPause?: boolean;
}

export async function loadLeasedDags(loader: Loader, dagIds: readonly string[]): Promise<LoadedDag[]> {
  const records = await loadDags(loader.database, dagIds);
  const ignoresPause = loader.ignoresPause ?? false;
  return records
    .map((record) => (ignoresPause ? { ...record, isPaused: false } : record))
    .map((record) => ({ record, lease: leasedDag(record, loader.log) }));
}

/** A schedule that cannot be read starts nothing; runs by hand go on. */
function readSchedule(record: DagRecord, log: Logger | undefined): LeasedDag["schedule"] {
  try {
    return scheduleOf(record);
  } catch (error) {
    log?.error({ err: error, dagId: record.dagId }, "the schedule of a Dag cannot be used");
    return null;
  }
}

export function leasedDag(record: DagRecord, log?: Logger): LeasedDag {
  return {
    dagId: record.dagId,
    isPaused: record.isPaused,
    isStale: record.isStale,
    currentVersionId: record.versionId,
    maxActiveRuns: record.maxActiveRuns,
    maxConsecutiveFailedRuns: record.maxConsecutiveFailedRuns,
    schedule: readSchedule(record, log),
    queued: [],
    running: new Map(),
    wakesAt: null,
  };
}

/** Unfinished runs of these Dags that are not `known` yet. */
export async function loadUnfinished(
  loader: Loader,
  dagIds: readonly string[],
  known: (pk: number) => boolean = () => false,
): Promise<LoadedRun[]> {
  if (dagIds.length === 0) return [];
  const pks = (await unfinishedRuns(loader.database, dagIds)).filter((pk) => !known(pk));
  if (pks.length === 0) return [];
  return loadWithInstances(loader, await loadRuns(loader.database, pks));
}

const runsPerRead = 200;

export async function loadWithInstances(loader: Loader, records: readonly RunRecord[]): Promise<LoadedRun[]> {
  const { database, versions } = loader;
  await versions.load(records.map(({ versionId }) => versionId));
  const loaded: LoadedRun[] = [];
  for (let from = 0; from < records.length; from += runsPerRead) {
    const part = records.slice(from, from + runsPerRead);
    // A fresh run that waits has no instances yet: nothing to read.
    const pks = part.filter(hasStarted).map(({ pk }) => pk);
    const [instances, returned, decisions, reschedules] =
      pks.length === 0
        ? [[], [], [], []]
        : await Promise.all([
            loadInstances(database, pks),
            loadReturned(database, pks),
            loadSkipDecisions(database, pks),
            loadReschedules(database, pks),
          ]);
    const byRun = [instances, returned, decisions, reschedules].map((rows) => groupByRun(rows));
    for (const record of part) {
      const version = versions.peek(record.versionId);
      if (version === undefined) continue;
      const of = <Row>(index: number): Row[] => (byRun[index]?.get(record.pk) ?? []) as Row[];
      const past = await loadPast(loader, record, version);
      loaded.push({
        record,
        version,
        instances: of(0),
        returned: of(1),
        decisions: of(2),
        reschedules: of(3),
        past,
      });
    }
  }
  return loaded;
}

function hasStarted(record: RunRecord): boolean {
  return record.state !== "queued" || record.clearNumber > 0 || record.startDate !== null;
}

function groupByRun(rows: readonly { runPk: number }[]): Map<number, unknown[]> {
  const groups = new Map<number, unknown[]>();
  for (const row of rows) {
    const group = groups.get(row.runPk);
    if (group === undefined) groups.set(row.runPk, [row]);
    else group.push(row);
  }
  return groups;
}

export function runRow(record: RunRecord, past: PastRunView | null): RunRow {
  const { intervalStart, intervalEnd } = record;
  const info: RunInfo = {
    dagId: record.dagId,
    runId: record.runId,
    runType: record.runType,
    state: record.state,
    logicalDate: record.logicalDate,
    dataInterval:
      intervalStart === null || intervalEnd === null ? null : { start: intervalStart, end: intervalEnd },
    runAfter: record.runAfter,
    queuedAt: record.queuedAt,
    startDate: record.startDate,
    endDate: record.endDate,
    conf: record.conf,
    backfillId: record.backfillId,
  };
  const {
    pk,
    triggeredBy,
    triggeringUser,
    partitionKey,
    note,
    queuedAt,
    versionId,
    clearNumber,
    sortOrdinal,
  } = record;
  return {
    pk,
    info,
    triggeredBy,
    triggeringUser,
    partitionKey,
    note,
    queuedAt,
    versionId,
    clearNumber,
    committed: record.state,
    sortOrdinal,
    active: null,
    past,
    pastKnown: true,
  };
}

/** Instances as the store kept them; rows of tasks that the version does not have are left alone. */
export function restoreRun(loaded: LoadedRun, lease: LeasedDag, now: number): ActiveRun {
  const { record, version } = loaded;
  const row = runRow(record, loaded.past);
  const kept = withoutUnexpanded(loaded.instances).map(toInstanceRow(now));
  const { instances } = restoreInstances(version.compiled, kept, {
    now,
    without: tasksOutside(version.compiled, row.info),
  });
  const run = new ActiveRun(row, lease, version, instances);
  row.active = run;
  for (const one of loaded.instances) restoreRowState(run, one);
  for (const { taskId, mapIndex, length } of loaded.returned) {
    const task = version.compiled.indexOf.get(taskId);
    if (task !== undefined && version.mapSources.has(task)) run.values.record(task, mapIndex, length);
  }
  for (const { taskId, mapIndex, decision } of loaded.decisions) {
    const task = version.compiled.indexOf.get(taskId);
    if (task === undefined) continue;
    const ofTask = run.skipDecisions.get(task) ?? new Map();
    run.skipDecisions.set(task, ofTask.set(mapIndex, decision));
  }
  for (const { taskId, mapIndex, firstAt, count } of loaded.reschedules) {
    const task = version.compiled.indexOf.get(taskId);
    const instance = task === undefined ? undefined : instances.get({ task, mapIndex });
    if (instance !== undefined) run.rowOf(instance).reschedule = { firstAt, count };
  }
  return run;
}

/** Both stand in the table only where an expansion went on after a row of -1 came back; the expanded ones count. */
function withoutUnexpanded(rows: readonly InstanceRecord[]): readonly InstanceRecord[] {
  const expanded = new Set(rows.filter(({ mapIndex }) => mapIndex >= 0).map(({ taskId }) => taskId));
  return rows.filter(({ taskId, mapIndex }) => mapIndex >= 0 || !expanded.has(taskId));
}

function toInstanceRow(now: number) {
  return ({ taskId, mapIndex, state, tryNumber, maxTries, attemptId, notBefore }: InstanceRecord) => ({
    taskId,
    mapIndex,
    state,
    tryNumber,
    maxTries,
    attemptId,
    notBefore,
    since: now,
  });
}

function restoreRowState(run: ActiveRun, record: InstanceRecord): void {
  const task = run.dag.indexOf.get(record.taskId);
  const instance = task === undefined ? undefined : run.instances.get({ task, mapIndex: record.mapIndex });
  if (instance === undefined) return;
  const row = run.rowOf(instance);
  row.inserted = true;
  row.committedState = record.state;
  row.committedAttempt = record.attemptId;
  row.scheduledAt = record.scheduledAt;
  row.queuedAt = record.queuedAt;
  row.startDate = record.startDate;
  row.endDate = record.endDate;
  row.hostname = record.hostname;
  row.pid = record.pid;
  row.workerId = record.workerId;
  if (record.nextMethod !== null) {
    row.deferral = {
      triggerId: record.triggerId,
      timeoutAt: record.triggerTimeout,
      method: record.nextMethod,
      payload: record.nextKwargs ?? "{}",
    };
  }
  if (executionStates.has(record.state)) row.aliveAt = instance.since;
}
