/**
 * One batch of the scheduler: everything that it decided since its last commit, written in ONE transaction with at
 * most one statement per table and kind of write. All statements, BEGIN and COMMIT travel in one round trip (`pipeline`).
 *
 * Only the connection that holds the scheduler's advisory lock runs a batch, so while a batch runs no other
 * scheduler can hold the same leases. Updates are guarded all the same by the state and the attempt that memory
 * believes in; a row that does not match is not written, and the caller drops its memory and reloads.
 *
 * Instants are epoch milliseconds. The order of statements matters: history copies rows before they are updated,
 * the unexpanded instance goes before the expanded ones come.
 */
import type { Connection } from "./connect.ts";
import type { CacheLookupWrite, CacheResultWrite } from "./scheduler-batch-cache.ts";
import { cacheStatements } from "./scheduler-batch-cache.ts";
import type {
  AssetEventWrite,
  BackfillRunWrite,
  DagWrite,
  DeadlineWrite,
  LogWrite,
} from "./scheduler-batch-dags.ts";
import { dagStatements } from "./scheduler-batch-dags.ts";
import type {
  ExpansionWrite,
  HistoryWrite,
  InstanceDetailWrite,
  InstanceInsert,
  InstanceRef,
  InstanceWrite,
} from "./scheduler-batch-instances.ts";
import { instanceStatements } from "./scheduler-batch-instances.ts";
import type { RunInsert, RunWrite } from "./scheduler-batch-runs.ts";
import { runStatements } from "./scheduler-batch-runs.ts";
import type { InletWrite, UseWrite } from "./scheduler-batch-uses.ts";
import { useStatements } from "./scheduler-batch-uses.ts";
import type {
  AnswerByDefault,
  CallbackWrite,
  QuestionWrite,
  RenderedWrite,
  RescheduleWrite,
  TaskMapWrite,
  TriggerInsert,
  XComWrite,
} from "./scheduler-batch-values.ts";
import { valueStatements } from "./scheduler-batch-values.ts";
import type { Statement } from "./sql.ts";

export interface SchedulerBatch {
  /** The instant that rows created by the batch carry. */
  readonly now: number;
  readonly runInserts: RunInsert[];
  readonly runs: RunWrite[];
  readonly runDeletes: number[];
  readonly histories: HistoryWrite[];
  readonly instanceDeletes: InstanceRef[];
  readonly instanceInserts: InstanceInsert[];
  readonly expansions: ExpansionWrite[];
  readonly instances: InstanceWrite[];
  readonly instanceDetails: InstanceDetailWrite[];
  /** Instances that go on with another version of their Dag. */
  readonly instanceVersions: (InstanceRef & { versionId: number })[];
  /** Instances of tasks that the version of their run does not have any more. */
  readonly instanceRemovals: InstanceRef[];
  readonly xcoms: XComWrite[];
  /** Instances whose XComs go because a new try begins. */
  readonly xcomClears: InstanceRef[];
  readonly xcomDeletes: (InstanceRef & { key: string })[];
  /** Instances whose state stores are emptied. */
  readonly taskStateClears: InstanceRef[];
  readonly taskMaps: TaskMapWrite[];
  readonly reschedules: RescheduleWrite[];
  readonly rescheduleClears: InstanceRef[];
  readonly rendered: RenderedWrite[];
  readonly questions: QuestionWrite[];
  readonly answeredByDefault: AnswerByDefault[];
  readonly triggerInserts: TriggerInsert[];
  readonly triggerDeletes: number[];
  readonly callbackInserts: CallbackWrite[];
  readonly lineageUses: UseWrite[];
  /** Assets that attempts declare to read. */
  readonly inletUses: InletWrite[];
  readonly cacheResults: CacheResultWrite[];
  readonly cacheLookups: CacheLookupWrite[];
  readonly assetEvents: AssetEventWrite[];
  readonly assetQueueTakes: { dagId: string; upTo: number }[];
  /** Partitions of Dags that have their run now. */
  readonly partitionRuns: { id: number; runPk: number }[];
  readonly runAssetEvents: { runPk: number; eventIds: readonly number[] }[];
  readonly dags: DagWrite[];
  readonly deadlineInserts: DeadlineWrite[];
  readonly deadlinesMissed: number[];
  readonly deadlineDeletes: number[];
  readonly backfillRuns: BackfillRunWrite[];
  readonly backfillsCompleted: number[];
  readonly requestDeletes: number[];
  readonly logs: LogWrite[];
  readonly notifications: { channel: string; payload: string }[];
  /** Job ids to beat for. */
  readonly heartbeats: number[];
}

export function emptyBatch(now: number): SchedulerBatch {
  return {
    now,
    runInserts: [],
    runs: [],
    runDeletes: [],
    histories: [],
    instanceDeletes: [],
    instanceInserts: [],
    expansions: [],
    instances: [],
    instanceDetails: [],
    instanceVersions: [],
    instanceRemovals: [],
    xcoms: [],
    xcomClears: [],
    xcomDeletes: [],
    taskStateClears: [],
    taskMaps: [],
    reschedules: [],
    rescheduleClears: [],
    rendered: [],
    questions: [],
    answeredByDefault: [],
    triggerInserts: [],
    triggerDeletes: [],
    callbackInserts: [],
    lineageUses: [],
    inletUses: [],
    cacheResults: [],
    cacheLookups: [],
    assetEvents: [],
    assetQueueTakes: [],
    partitionRuns: [],
    runAssetEvents: [],
    dags: [],
    deadlineInserts: [],
    deadlinesMissed: [],
    deadlineDeletes: [],
    backfillRuns: [],
    backfillsCompleted: [],
    requestDeletes: [],
    logs: [],
    notifications: [],
    heartbeats: [],
  };
}

/** A prepared statement of a batch. `expect` is how many rows it must touch for memory and database to agree. */
export interface BatchStatement extends Statement {
  readonly name: string;
  readonly expect?: number;
}

export function batchStatements(batch: SchedulerBatch): BatchStatement[] {
  return [
    ...runStatements(batch),
    ...instanceStatements(batch),
    ...valueStatements(batch),
    ...dagStatements(batch),
    ...useStatements(batch),
    ...cacheStatements(batch),
  ];
}

/**
 * Commits the statements; the names of those that touched another number of rows than memory expected come back,
 * none when all is well. Rejects when a statement failed or the connection broke: then nothing stands, or, when
 * it broke on COMMIT, everything does; only reading again tells.
 */
export async function commitBatch(
  connection: Connection,
  statements: readonly BatchStatement[],
): Promise<string[]> {
  const counts = await connection.batch(statements);
  return statements.flatMap(({ expect, name }, i) =>
    expect === undefined || counts[i] === expect
      ? []
      : [`${name}: expected ${expect} rows, touched ${counts[i]}`],
  );
}
