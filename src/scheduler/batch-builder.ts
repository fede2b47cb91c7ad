/** From what changed in memory to the rows of one batch; memory is then what the database will be. */
import type { Instance } from "../core/instances.ts";
import type { BatchStatement } from "../store/scheduler-batch.ts";
import { batchStatements } from "../store/scheduler-batch.ts";
import type { ExpansionWrite, InstanceFields, InstanceStatic } from "../store/scheduler-batch-instances.ts";
import type { RunInsert } from "../store/scheduler-batch-runs.ts";
import type { ActiveRun, InstanceRowState, RunRow } from "./memory.ts";
import { refOf, type Work } from "./work.ts";

interface BatchRules {
  /** Of task instances that succeed. */
  readonly clearsTaskStates: boolean;
}

export function buildBatch(work: Work, rules: BatchRules): BatchStatement[] {
  for (const row of work.changedRuns) writeRun(work, row);
  for (const run of work.dirtyRuns) {
    writeExpansions(work, run);
    for (const instance of run.dirty) writeInstance(work, run, instance, rules);
    run.dirty.clear();
  }
  for (const write of work.dagWrites()) work.batch.dags.push(write);
  return batchStatements(work.batch);
}

function writeRun(work: Work, row: RunRow): void {
  const { state } = row.info;
  if (row.committed === null) work.batch.runInserts.push(runInsert(row));
  else {
    const { pk, queuedAt, clearNumber, versionId, info } = row;
    const { startDate, endDate, backfillId } = info;
    const changed = { queuedAt, startDate, endDate, clearNumber, versionId, backfillId };
    work.batch.runs.push({ pk, expectState: row.committed, state, ...changed });
  }
  row.committed = state;
}

function runInsert(row: RunRow): RunInsert {
  const { pk, triggeredBy, triggeringUser, versionId, partitionKey, note, queuedAt } = row;
  const {
    dagId,
    runId,
    runType,
    state,
    logicalDate,
    dataInterval,
    runAfter,
    startDate,
    endDate,
    conf,
    backfillId,
  } = row.info;
  return {
    pk,
    dagId,
    runId,
    runType,
    state,
    logicalDate,
    dataInterval,
    runAfter,
    queuedAt,
    startDate,
    endDate,
    triggeredBy,
    triggeringUser,
    conf,
    backfillId,
    versionId,
    partitionKey,
    note,
  };
}

function fieldsOf(instance: Instance, row: InstanceRowState): InstanceFields {
  const { state, attemptId, tryNumber, maxTries, notBefore } = instance;
  const { scheduledAt, queuedAt, startDate, endDate, hostname, pid, workerId } = row;
  return {
    state,
    attemptId,
    tryNumber,
    maxTries,
    notBefore,
    scheduledAt,
    queuedAt,
    startDate,
    endDate,
    hostname,
    pid,
    workerId,
  };
}

function staticOf(run: ActiveRun, taskIndex: number): InstanceStatic {
  const task = run.dag.tasks[taskIndex];
  if (task === undefined) throw new Error(`no task ${taskIndex}`);
  const { pool, poolSlots, queue, operator } = task.spec;
  return { versionId: run.version.id, pool, poolSlots, queue, operator, priorityWeight: task.weight };
}

function writeInstance(work: Work, run: ActiveRun, instance: Instance, rules: BatchRules): void {
  const row = run.rowOf(instance);
  if (!row.dirty) return;
  row.dirty = false;
  const ref = refOf(run, instance);
  if (row.inserted) {
    const expectState = row.committedState;
    const expectAttempt = row.committedAttempt;
    const succeeds = instance.state === "success" && expectState !== "success";
    if (rules.clearsTaskStates && succeeds) work.batch.taskStateClears.push(ref);
    work.batch.instances.push({ ...ref, ...fieldsOf(instance, row), expectState, expectAttempt });
  } else {
    work.batch.instanceInserts.push({ ...ref, ...fieldsOf(instance, row), ...staticOf(run, instance.task) });
  }
  settleRow(instance, row);
}

function settleRow(instance: Instance, row: InstanceRowState): void {
  row.inserted = true;
  row.committedState = instance.state;
  row.committedAttempt = instance.attemptId;
}

/**
 * New instances of mapped tasks. Neighbours that are alike (no attempt yet) become one row of the expansion
 * statement; one that was already given a slot is inserted like any other.
 */
function writeExpansions(work: Work, run: ActiveRun): void {
  for (const { task, from, to } of run.expanded.splice(0)) {
    let open: Expansion | null = null;
    for (let index = from; index < to; index++) {
      const instance = run.instances.get({ task, mapIndex: index });
      if (instance === undefined) continue;
      const row = run.rowOf(instance);
      if (instance.attemptId !== null || row.endDate !== null || row.inserted) continue;
      row.dirty = false;
      settleRow(instance, row);
      if (open !== null && continues(open, index, instance, row)) open.to = index + 1;
      else {
        open = expansionAt(run, instance, row);
        work.batch.expansions.push(open);
      }
    }
  }
}

type Expansion = { -readonly [K in keyof ExpansionWrite]: ExpansionWrite[K] };

function continues(open: Expansion, index: number, instance: Instance, row: InstanceRowState): boolean {
  return (
    open.to === index &&
    open.state === instance.state &&
    open.tryNumber === instance.tryNumber &&
    open.maxTries === instance.maxTries &&
    open.scheduledAt === row.scheduledAt
  );
}

function expansionAt(run: ActiveRun, instance: Instance, row: InstanceRowState): Expansion {
  const { task, mapIndex, state, tryNumber, maxTries } = instance;
  const { runPk, taskId } = refOf(run, instance);
  const { scheduledAt } = row;
  return {
    runPk,
    taskId,
    from: mapIndex,
    to: mapIndex + 1,
    state,
    tryNumber,
    maxTries,
    scheduledAt,
    ...staticOf(run, task),
  };
}
