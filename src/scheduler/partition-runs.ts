/**
 * Starts runs of Dags that go by partitions of their assets (`PartitionedAssetTimetable`). Which partition of the Dag an
 * event is of, and whether one has all that it needs, only the Dag's own mappers can tell: they are asked in a process of
 * theirs, never within the loop.
 *
 * An event with a key: queued for the Dag in the transaction that brings it → mapped → a partition that waits → a run.
 */
import { assetsSatisfied } from "../core/asset-schedule.ts";
import { isPartitioned } from "../core/timetable/next-run.ts";
import { TradewindError } from "../errors.ts";
import type { TimetableAnswers } from "../executor/timetable-host.ts";
import { addAuditEntry } from "../store/audit-log.ts";
import { putWarningsOf } from "../store/dags.ts";
import { notify } from "../store/notify.ts";
import {
  keepMapped,
  keepPartitionAnswers,
  type PartitionAnswer,
  type PartitionEventRecord,
  unmappedEvents,
  type WaitingPartition,
  waitingPartitions,
} from "../store/partitions.ts";
import { type CreateRuns, generatedRunId } from "./create-runs.ts";
import { CustomTimetables } from "./custom-timetables.ts";
import type { LeasedDag } from "./memory.ts";
import type { Services } from "./services.ts";
import type { DagVersion } from "./versions.ts";

/** Events that one question takes. */
const perQuestion = 500;
const warningKind = "partition error";

export class PartitionRuns {
  readonly #services: Services;
  readonly #createRuns: CreateRuns;
  readonly #timetables: CustomTimetables;
  #passing: Promise<void> | null = null;
  #again = false;
  /** Dags whose partitions are to be looked at though no event came: all at first. */
  readonly #looked = new Map<string, number>();

  constructor(services: Services, createRuns: CreateRuns) {
    this.#services = services;
    this.#createRuns = createRuns;
    this.#timetables = new CustomTimetables(services);
  }

  runOnce(): Promise<void> {
    this.#again = true;
    this.#passing ??= this.#passes().finally(() => (this.#passing = null));
    return this.#passing;
  }

  async #passes(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      try {
        await this.#pass();
      } catch (error) {
        this.#services.log.warn({ err: error }, "runs of partitions could not be made yet");
      }
    }
    this.#services.signals.emit("partition-runs");
  }

  async #pass(): Promise<void> {
    const { engine, database, timetables } = this.#services;
    const leases = [...engine.memory.dags.values()].filter(
      ({ schedule, isPaused, isStale }) =>
        schedule !== null && isPartitioned(schedule.timetable) && !isPaused && !isStale,
    );
    if (leases.length === 0 || timetables === null) return;
    const dagIds = leases.map(({ dagId }) => dagId);
    const events = Map.groupBy(await unmappedEvents(database, dagIds, perQuestion), ({ dagId }) => dagId);
    for (const lease of leases) await this.#consider(lease, events.get(lease.dagId) ?? []);
    if ([...events.values()].some((of) => of.length > 0)) this.#again = true;
  }

  /** A Dag whose mappers fail keeps what came for it, with a warning; the others go on. */
  async #consider(lease: LeasedDag, events: readonly PartitionEventRecord[]): Promise<void> {
    const { versions, database, clock, log } = this.#services;
    const { dagId, currentVersionId } = lease;
    // Another version may have other mappers.
    if (currentVersionId === null || (events.length === 0 && this.#looked.get(dagId) === currentVersionId))
      return;
    const version = await versions.get(currentVersionId);
    try {
      if (events.length > 0) await this.#map(version, events);
      const problems = await this.#makeRuns(lease, version);
      this.#looked.set(dagId, currentVersionId);
      await putWarningsOf(database, dagId, { kind: warningKind, messages: problems }, clock.now());
    } catch (error) {
      if (!(error instanceof TradewindError) || error.code !== "TW_TIMETABLE") throw error;
      log.error({ err: error, dagId }, "the partition mappers of a Dag could not be asked");
      await putWarningsOf(database, dagId, { kind: warningKind, messages: [error.message] }, clock.now());
    }
  }

  async #map(version: DagVersion, events: readonly PartitionEventRecord[]): Promise<void> {
    const { database, clock } = this.#services;
    const asked = events.map(({ name, uri, key }) => ({ name, uri, key }));
    const answers = await this.#timetables.askDag(version, { ask: "partitions", events: asked });
    await database.transaction(async (tx) => {
      for (const [index, event] of events.entries()) {
        const answer = answers[index] ?? { keys: [] };
        await keepMapped(tx, event, "keys" in answer ? answer.keys : [], clock.now());
        if ("keys" in answer) continue;
        const extra = `${event.dagId} takes no partition ${JSON.stringify(event.key)} of ${event.name}: ${answer.problem}`;
        const entry = { event: "failed to map partition_key", dagId: event.dagId, extra };
        await addAuditEntry(tx, entry, clock.now());
      }
    });
  }

  /** Why the mappers cannot tell of some. */
  async #makeRuns(lease: LeasedDag, version: DagVersion): Promise<string[]> {
    const waiting = await waitingPartitions(this.#services.database, [lease.dagId]);
    const expression = lease.schedule?.assets;
    if (waiting.length === 0 || expression == null) return [];
    const partitions = waiting.map(({ key, events, versionId }) => ({
      key,
      events: [...events],
      // What it needs is the mappers', and stays as long as they do.
      describe: versionId !== version.id,
    }));
    const answers = await this.#timetables.askDag(version, { ask: "complete", partitions });
    await this.#keep(version, waiting, answers);
    const problems: string[] = [];
    for (const [index, partition] of waiting.entries()) {
      const answer = answers[index];
      if (answer === undefined) continue;
      if ("problem" in answer) problems.push(`partition ${partition.key} waits: ${answer.problem}`);
      else if (assetsSatisfied(expression, answer.assets)) await this.#make(lease, version, partition);
    }
    return problems;
  }

  /** For pages. */
  async #keep(
    version: DagVersion,
    waiting: readonly WaitingPartition[],
    answers: TimetableAnswers["complete"],
  ): Promise<void> {
    const { database } = this.#services;
    const rows = waiting.flatMap(({ id }, index): PartitionAnswer[] => {
      const answer = answers[index];
      if (answer === undefined) return [];
      const isProblem = "problem" in answer;
      const complete = isProblem ? [] : answer.assets;
      const problem = isProblem ? answer.problem : null;
      return [{ id, versionId: version.id, needs: answer.needs ?? null, complete, problem }];
    });
    await keepPartitionAnswers(database, rows);
    await notify(database, [`partitions:${version.dagId}`]);
  }

  async #make(lease: LeasedDag, version: DagVersion, partition: WaitingPartition): Promise<void> {
    const { engine, runIds, random, clock } = this.#services;
    const { dagId } = lease;
    const durations = await this.#createRuns.durationsFor(version);
    const pk = await runIds.next();
    const runAfter = clock.now();
    await new Promise<void>((resolve, reject) =>
      engine.submit({
        name: "partition run",
        apply: (work) => {
          if (work.memory.dags.get(dagId) !== lease) return;
          this.#createRuns.create(work, lease, version, pk, {
            dagId,
            runId: generatedRunId("asset_triggered", runAfter, null, random(8)),
            runType: "asset_triggered",
            logicalDate: null,
            dataInterval: null,
            runAfter,
            triggeredBy: "asset",
            partitionKey: partition.key,
            pastDurations: durations,
          });
          work.batch.partitionRuns.push({ id: partition.id, runPk: pk });
          work.batch.runAssetEvents.push({ runPk: pk, eventIds: partition.events.map(({ id }) => id) });
        },
        committed: resolve,
        failed: reject,
      }),
    );
  }
}
