/**
 * Makes runs: those that a schedule asks for when they are due, those that somebody triggers. A run, its instances
 * and the first tasks that are queued are one commit.
 */
import type { Json } from "../core/dag-model.ts";
import { deadlineAt } from "../core/deadline.ts";
import { runId as runIdOf, runIdSuffix } from "../core/run-id.ts";
import type { DagRunType, TriggeredBy } from "../core/states.ts";
import { customOf } from "../core/timetable/custom.ts";
import type { NextRun } from "../core/timetable/timetable.ts";
import { TradewindError } from "../errors.ts";
import { existingRuns, pastDurations } from "../store/scheduler-load.ts";
import { CustomTimetables } from "./custom-timetables.ts";
import type { LeasedDag, RunRow } from "./memory.ts";
import type { Runs } from "./runs.ts";
import { forecast, forecastColumns, type Schedule } from "./schedule.ts";
import type { Services } from "./services.ts";
import type { DagVersion } from "./versions.ts";
import type { Work } from "./work.ts";

export interface NewRun {
  readonly dagId: string;
  readonly runId: string;
  readonly runType: DagRunType;
  readonly logicalDate: number | null;
  readonly dataInterval: { start: number; end: number } | null;
  readonly runAfter: number;
  readonly triggeredBy: TriggeredBy;
  readonly triggeringUser?: string | null;
  readonly conf?: Json;
  readonly backfillId?: number | null;
  readonly sortOrdinal?: number;
  readonly partitionKey?: string | null;
  readonly note?: string | null;
  /** Of the version that the run is made with; the Dag's current one otherwise. */
  readonly versionId?: number;
  /** Average of the Dag's runs, where a deadline asks for it. */
  readonly pastDurations?: readonly number[];
}

/** Runs of one Dag that a schedule may bring in one batch; more follow in the next. */
const runsPerDag = 16;

export class CreateRuns {
  readonly #services: Services;
  readonly #runs: Runs;
  readonly #timetables: CustomTimetables;
  #due = new Set<string>();
  #passing: Promise<void> | null = null;

  constructor(services: Services, runs: Runs) {
    this.#services = services;
    this.#runs = runs;
    this.#timetables = new CustomTimetables(services);
  }

  /** Puts a new run into memory and into the batch; it starts in the same one where limits leave room. */
  create(work: Work, lease: LeasedDag, version: DagVersion, pk: number, run: NewRun): RunRow {
    const row: RunRow = {
      pk,
      info: {
        dagId: run.dagId,
        runId: run.runId,
        runType: run.runType,
        state: "queued",
        logicalDate: run.logicalDate,
        dataInterval: run.dataInterval,
        runAfter: run.runAfter,
        queuedAt: work.now,
        startDate: null,
        endDate: null,
        conf: run.conf ?? {},
        backfillId: run.backfillId ?? null,
      },
      triggeredBy: run.triggeredBy,
      triggeringUser: run.triggeringUser ?? null,
      partitionKey: run.partitionKey ?? null,
      note: run.note ?? null,
      queuedAt: work.now,
      versionId: version.id,
      clearNumber: 0,
      committed: null,
      sortOrdinal: run.sortOrdinal ?? 0,
      active: null,
      past: null,
      pastKnown: !version.asksForPast,
    };
    work.writeRun(row);
    for (const spec of version.compiled.spec.deadlines) {
      const facts = {
        queuedAt: work.now,
        logicalDate: run.logicalDate,
        pastDurations: run.pastDurations ?? [],
        now: work.now,
      };
      const at = deadlineAt(spec, facts);
      if (at === null) continue;
      const { dagId } = run;
      work.batch.deadlineInserts.push({
        runPk: pk,
        dagId,
        name: spec.name ?? null,
        deadlineAt: at,
        callback: spec.callback,
      });
      this.#services.engine.timers.at(at, () => this.#services.signals.emit("deadline due"));
    }
    this.#runs.enqueue(work, lease, row);
    return row;
  }

  /** Seconds of past runs, read only where a deadline counts from their average. */
  async durationsFor(version: DagVersion): Promise<readonly number[]> {
    const most = Math.max(
      0,
      ...version.compiled.spec.deadlines.map(({ reference }) =>
        reference.kind === "average-runtime" ? reference.maxRuns : 0,
      ),
    );
    return most === 0 ? [] : pastDurations(this.#services.database, version.dagId, most);
  }

  /** Forecasts a Dag's next run, or goes on with one that was forecast before, and sets the timer for it. */
  watch(lease: LeasedDag, kept: NextRun | null = null): void {
    const { schedule } = lease;
    const { engine, settings, clock } = this.#services;
    if (schedule === null || !settings.useJobSchedule || lease.isStale) return;
    if (kept !== null) {
      schedule.next = kept;
      schedule.serial++;
    }
    if (kept === null && customOf(schedule.timetable) !== null) {
      return this.#timetables.watch(lease, schedule, (next) => this.#told(lease, next));
    }
    const next = kept ?? this.#forecast(lease.dagId, schedule, clock.now());
    if (next === null || lease.isPaused) return;
    const { serial } = schedule;
    engine.timers.at(next.runAfter, () => {
      if (schedule.serial === serial) this.due(lease.dagId);
    });
  }

  /** A timetable that is asked elsewhere has answered. */
  #told(lease: LeasedDag, next: NextRun | null): void {
    const { schedule } = lease;
    if (schedule === null) return;
    schedule.next = next;
    if (next !== null) this.watch(lease, next);
    this.#services.engine.submit({
      name: "next run told",
      apply: (work) => {
        if (work.memory.dags.get(lease.dagId) === lease)
          work.writeDag(forecastColumns(lease.dagId, schedule));
      },
    });
  }

  #forecast(dagId: string, schedule: Schedule, now: number): NextRun | null {
    try {
      return forecast(schedule, now);
    } catch (error) {
      this.#services.log.error({ err: error, dagId }, "the next run of a Dag cannot be told");
      return null;
    }
  }

  due(dagId: string): void {
    this.#due.add(dagId);
    void this.runOnce();
  }

  /** Makes what is due now. Calls while it works are followed by one more pass. */
  runOnce(): Promise<void> {
    this.#passing ??= this.#passes().finally(() => (this.#passing = null));
    return this.#passing;
  }

  async #passes(): Promise<void> {
    while (this.#due.size > 0) {
      const dagIds = [...this.#due].slice(0, 500);
      for (const dagId of dagIds) this.#due.delete(dagId);
      try {
        await this.#pass(dagIds);
      } catch (error) {
        const { log, engine, clock } = this.#services;
        log.warn({ err: error }, "scheduled runs could not be made yet");
        engine.timers.at(clock.now() + 1000, () => {
          for (const dagId of dagIds) this.due(dagId);
        });
        return;
      }
    }
    this.#services.signals.emit("create-runs");
  }

  async #pass(dagIds: readonly string[]): Promise<void> {
    const { engine, database, versions, runIds, clock } = this.#services;
    const leases = dagIds.flatMap((dagId) => engine.memory.dags.get(dagId) ?? []);
    const wanted = leases.flatMap((lease) => scheduledRuns(lease, clock.now()));
    if (wanted.length === 0) return;
    await versions.load(wanted.flatMap(({ lease }) => lease.currentVersionId ?? []));
    const found = await existingRuns(
      database,
      wanted.map(({ run }) => run),
    );
    const taken = new Set(
      found.flatMap(({ dagId, runId, logicalDate }) => [`${dagId}\n${runId}`, `${dagId}\n${logicalDate}`]),
    );
    const averages = await this.#averages(leases);
    await runIds.reserve(wanted.length);
    await new Promise<void>((resolve, reject) =>
      engine.submit({
        name: "scheduled runs",
        apply: (work) => {
          for (const one of wanted) this.#createScheduled(work, one, taken, averages);
        },
        committed: () => {
          for (const { dagId } of leases) this.#again(dagId);
          resolve();
        },
        failed: reject,
      }),
    );
  }

  async #averages(leases: readonly LeasedDag[]): Promise<Map<string, readonly number[]>> {
    const { versions } = this.#services;
    const averages = new Map<string, readonly number[]>();
    for (const { dagId, currentVersionId } of leases) {
      const version = currentVersionId === null ? undefined : versions.peek(currentVersionId);
      if (version !== undefined) averages.set(dagId, await this.durationsFor(version));
    }
    return averages;
  }

  #createScheduled(
    work: Work,
    one: Wanted,
    taken: ReadonlySet<string>,
    averages: Map<string, readonly number[]>,
  ): void {
    const { lease, schedule, next, run } = one;
    if (work.memory.dags.get(lease.dagId) !== lease || lease.isPaused) return;
    const version =
      lease.currentVersionId === null ? undefined : this.#services.versions.peek(lease.currentVersionId);
    if (version === undefined || schedule.last !== one.after) return;
    // A run of that date exists, made by hand or by a backfill: the schedule goes on behind it.
    if (!taken.has(`${run.dagId}\n${run.runId}`) && !taken.has(`${run.dagId}\n${run.logicalDate}`)) {
      const allowed = version.compiled.spec.allowedRunTypes;
      const pk = allowed === undefined || allowed.includes("scheduled") ? this.#services.runIds.take() : null;
      if (pk !== null)
        this.create(work, lease, version, pk, { ...run, pastDurations: averages.get(run.dagId) ?? [] });
      else if (allowed === undefined) return;
    }
    schedule.last = next.dataInterval;
    forecast(schedule, work.now);
    work.writeDag(forecastColumns(lease.dagId, schedule));
  }

  /** The Dag may be due again at once, as with catchup. */
  #again(dagId: string): void {
    const lease = this.#services.engine.memory.dags.get(dagId);
    if (lease === undefined) return;
    this.watch(lease);
  }
}

interface Wanted {
  readonly lease: LeasedDag;
  readonly schedule: Schedule;
  readonly next: NextRun;
  readonly after: Schedule["last"];
  readonly run: NewRun;
}

/** Runs of the Dag that are due and that `max_active_runs` leaves room for. */
function scheduledRuns(lease: LeasedDag, now: number): Wanted[] {
  const { schedule, dagId } = lease;
  if (schedule === null || lease.isPaused || lease.isStale || lease.currentVersionId === null) return [];
  const limit = Math.min(lease.maxActiveRuns, schedule.activeRunsLimit ?? Number.POSITIVE_INFINITY);
  const active =
    lease.queued.filter(({ info }) => info.backfillId === null).length +
    [...lease.running.values()].filter(({ run }) => run.backfillId === null).length;
  const wanted: Wanted[] = [];
  let { last } = schedule;
  const ahead: Schedule = { ...schedule };
  for (let room = Math.min(limit - active, runsPerDag); room > 0; room--) {
    // The run that was forecast is made, also by a timetable that looks only ahead of `now`.
    const next = wanted.length === 0 && ahead.next !== null ? ahead.next : forecast(ahead, now);
    if (next === null || next.runAfter > now) break;
    const { logicalDate, dataInterval, runAfter } = next;
    const runId = next.runId ?? runIdOf("scheduled", runAfter);
    const run = {
      dagId,
      runId,
      runType: "scheduled",
      logicalDate,
      dataInterval,
      runAfter,
      triggeredBy: "timetable",
      partitionKey: next.partitionKey ?? null,
    } as const;
    wanted.push({ lease, schedule, next, after: last, run });
    last = dataInterval;
    ahead.last = dataInterval;
  }
  return wanted;
}

/** A run id that nobody gave: by type and date, with a random end where there is no logical date. */
export function generatedRunId(
  runType: DagRunType,
  at: number,
  logicalDate: number | null,
  random: Uint8Array,
): string {
  return logicalDate === null ? runIdOf(runType, at, runIdSuffix(random)) : runIdOf(runType, logicalDate);
}

export function noVersion(dagId: string): TradewindError {
  return new TradewindError("TW_DAG_NOT_FOUND", `expected a Dag with a version, but ${dagId} has none`);
}
