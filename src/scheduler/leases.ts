/**
 * Which Dags this scheduler works on. Alone it takes all; beside others its share, and it lets go of Dags without
 * unfinished runs when another comes. Leases of a scheduler whose session is gone are taken over; one that hangs
 * is ended first.
 */
import {
  claimFreeDags,
  endHungSchedulers,
  ownLeases,
  releaseDags,
  takeOverChosenDags,
  takeOverDags,
  viewLeases,
} from "../store/scheduler-leases.ts";
import { dagSignatures } from "../store/scheduler-load.ts";
import type { CreateRuns } from "./create-runs.ts";
import type { EngineEvent } from "./engine.ts";
import {
  type LoadedDag,
  type LoadedRun,
  loadLeasedDags,
  loadUnfinished,
  restoreRun,
  runRow,
} from "./load-runs.ts";
import type { LeasedDag } from "./memory.ts";
import type { Rescue } from "./rescue.ts";
import type { Runs } from "./runs.ts";
import { forecastColumns, forecastDiffers, missedEvent, sameSchedule } from "./schedule.ts";
import type { Services } from "./services.ts";
import type { Work } from "./work.ts";

export interface LeaseParts {
  readonly runs: Runs;
  readonly createRuns: CreateRuns;
  readonly rescue: Rescue;
}

/** A scheduler without session is taken for dead when two looks, this far apart, do not find it. */
const deadAfterMs = 400;
/** After a restart of the server everybody has lost the session: time to come back. */
const serverGraceMs = 3000;

export class Leases {
  readonly #services: Services;
  readonly #parts: LeaseParts;
  readonly #missedSince = new Map<number, number>();
  #first = true;
  #passing: Promise<void> | null = null;

  constructor(services: Services, parts: LeaseParts) {
    this.#services = services;
    this.#parts = parts;
  }

  /** All that stands under this scheduler's name, as the event that fills an empty memory. */
  async reload(): Promise<EngineEvent> {
    const { database, jobId } = this.#services;
    if (this.#first) await this.#claim(await ownLeases(database, jobId));
    this.#first = false;
    const dagIds = await ownLeases(database, jobId);
    return this.#loadEvent(dagIds);
  }

  /** One look: takes over, claims, lets go. */
  runOnce(): Promise<void> {
    this.#passing ??= this.#pass()
      .catch((error: unknown) => this.#services.log.warn({ err: error }, "leases could not be looked after"))
      .finally(() => {
        this.#passing = null;
        this.#services.signals.emit("leases");
      });
    return this.#passing;
  }

  async #pass(): Promise<void> {
    const { database, jobId, clock, settings, engine } = this.#services;
    const hung = await endHungSchedulers(database, jobId, clock.now() - settings.unhealthyMs);
    if (hung.length > 0)
      this.#services.log.warn({ hung }, "ended schedulers that hold their lock and do not beat");
    const have = [...engine.memory.dags.keys()];
    const { gained, surplus } = await this.#claim(have);
    if (gained.length > 0) await this.#bringIn(gained);
    if (surplus > 0) await this.#letGo(surplus);
  }

  /** Takes what is free or was left by the dead, up to this scheduler's share. */
  async #claim(have: readonly string[]): Promise<{ gained: string[]; surplus: number }> {
    const { database, jobId, clock, settings } = this.#services;
    const { onlyDags } = settings;
    const now = clock.now();
    const view = await viewLeases(database);
    const gained: string[] = [];
    for (const dead of view.dead) {
      const since = this.#missedSince.get(dead) ?? now;
      this.#missedSince.set(dead, since);
      if (dead === jobId || (!this.#first && now - since < deadAfterMs)) continue;
      if (!this.#first && view.serverUptime < serverGraceMs) continue;
      gained.push(
        ...(onlyDags === null
          ? await takeOverDags(database, jobId, dead, now)
          : await takeOverChosenDags(database, jobId, dead, onlyDags, now)),
      );
    }
    for (const id of this.#missedSince.keys()) if (!view.dead.includes(id)) this.#missedSince.delete(id);
    const others = view.live.filter((id) => id !== jobId).length;
    const share = Math.ceil(view.total / (others + 1));
    const missing = (others === 0 ? Number.MAX_SAFE_INTEGER : share) - have.length - gained.length;
    if (missing > 0 && view.free > 0) {
      gained.push(...(await claimFreeDags(database, jobId, Math.min(missing, 5000), now, onlyDags)));
    }
    return { gained, surplus: others === 0 ? 0 : have.length + gained.length - share };
  }

  async #bringIn(dagIds: readonly string[]): Promise<void> {
    const event = await this.#loadEvent(dagIds);
    await new Promise<void>((resolve, reject) =>
      this.#services.engine.submit({ ...event, committed: resolve, failed: reject }),
    );
  }

  /** Dags of which nothing is under way; the others stay until their runs have ended. */
  async #letGo(surplus: number): Promise<void> {
    const { engine, database, jobId } = this.#services;
    const released: string[] = [];
    await new Promise<void>((resolve, reject) =>
      engine.submit({
        name: "release",
        apply: (work) => {
          for (const [dagId, lease] of work.memory.dags) {
            if (released.length >= surplus) break;
            if (lease.running.size > 0 || lease.queued.length > 0) continue;
            work.memory.dags.delete(dagId);
            if (lease.schedule !== null) lease.schedule.serial++;
            released.push(dagId);
          }
          if (released.length > 0) work.notify("tradewind", "leases");
        },
        committed: resolve,
        failed: reject,
      }),
    );
    if (released.length > 0) await releaseDags(database, jobId, released);
  }

  async #loadEvent(dagIds: readonly string[]): Promise<EngineEvent> {
    const loader = this.#loader();
    const dags = await loadLeasedDags(loader, dagIds);
    const runs = await loadUnfinished(loader, dagIds);
    await this.#parts.rescue.beforeLoad(runs);
    return {
      name: "dags leased",
      apply: (work) => {
        for (const dag of dags) this.#enter(work, dag);
        for (const run of runs) this.#enterRun(work, run);
      },
    };
  }

  #loader() {
    const { database, versions, engine, settings, log } = this.#services;
    return { database, versions, log, memory: () => engine.memory, ignoresPause: settings.onlyDags !== null };
  }

  #enter(work: Work, { record, lease }: LoadedDag): void {
    if (work.memory.dags.has(lease.dagId)) return;
    work.memory.dags.set(lease.dagId, lease);
    this.#parts.createRuns.watch(lease, missedEvent(record, lease.schedule, work.now));
    if (forecastDiffers(record, lease.schedule)) work.writeDag(forecastColumns(lease.dagId, lease.schedule));
  }

  #enterRun(work: Work, loaded: LoadedRun): void {
    const { runs, rescue } = this.#parts;
    const lease = work.memory.dags.get(loaded.record.dagId);
    if (lease === undefined || work.memory.runs.has(loaded.record.pk)) return;
    if (runs.quarantined.has(loaded.record.pk)) return;
    if (lease.queued.some(({ pk }) => pk === loaded.record.pk)) return;
    if (loaded.instances.length === 0 && loaded.record.state === "queued") {
      runs.enqueue(work, lease, runRow(loaded.record, loaded.past));
      return;
    }
    const run = restoreRun(loaded, lease, work.now);
    if (loaded.record.state === "queued") return runs.enqueue(work, lease, run.row);
    runs.restore(work, run);
    rescue.adopt(work, run);
  }

  /** Runs that other processes inserted for Dags of ours. */
  async newRuns(dagIds: readonly string[]): Promise<void> {
    const { engine } = this.#services;
    const { memory } = engine;
    const ours = dagIds.filter((dagId) => memory.dags.has(dagId));
    if (ours.length === 0) return;
    const known = (pk: number): boolean => {
      if (engine.memory.runs.has(pk)) return true;
      return ours.some(
        (dagId) => engine.memory.dags.get(dagId)?.queued.some((row) => row.pk === pk) ?? false,
      );
    };
    const left = await this.#watchLeaving();
    try {
      const runs = await loadUnfinished(this.#loader(), ours, known);
      if (runs.length === 0) return;
      await new Promise<void>((resolve, reject) =>
        engine.submit({
          name: "runs found",
          apply: (work) => {
            for (const run of runs) if (!left.has(run.record.pk)) this.#enterRun(work, run);
          },
          committed: resolve,
          failed: reject,
        }),
      );
    } finally {
      memory.leaving.delete(left);
    }
  }

  /** Runs that end from now on; what ended before is committed when this resolves, and so is not read any more. */
  async #watchLeaving(): Promise<Set<number>> {
    const left = new Set<number>();
    await new Promise<void>((resolve, reject) =>
      this.#services.engine.submit({
        name: "look for runs",
        apply: (work) => void work.memory.leaving.add(left),
        committed: resolve,
        failed: reject,
      }),
    );
    return left;
  }

  /** A Dag was saved anew, paused or set going: its row is read again. */
  async dagsChanged(dagIds: readonly string[]): Promise<void> {
    const { engine } = this.#services;
    const ours = dagIds.filter((dagId) => engine.memory.dags.has(dagId));
    if (ours.length === 0) return;
    const dags = await loadLeasedDags(this.#loader(), ours);
    await new Promise<void>((resolve, reject) =>
      engine.submit({
        name: "dags changed",
        apply: (work) => {
          for (const dag of dags) this.#refresh(work, dag);
        },
        committed: resolve,
        failed: reject,
      }),
    );
  }

  /** Finds Dags of which a notification was lost. */
  async lookAtDags(): Promise<void> {
    const { engine, database, settings } = this.#services;
    const found = await dagSignatures(database, [...engine.memory.dags.keys()]);
    const changed = found.filter((seen) => {
      const lease = engine.memory.dags.get(seen.dagId);
      if (lease === undefined) return false;
      return (
        (lease.isPaused !== seen.isPaused && settings.onlyDags === null) ||
        lease.isStale !== seen.isStale ||
        lease.currentVersionId !== seen.versionId ||
        lease.maxActiveRuns !== seen.maxActiveRuns ||
        lease.maxConsecutiveFailedRuns !== seen.maxConsecutiveFailedRuns
      );
    });
    await this.dagsChanged(changed.map(({ dagId }) => dagId));
  }

  #refresh(work: Work, { record, lease: fresh }: LoadedDag): void {
    const lease: LeasedDag | undefined = work.memory.dags.get(record.dagId);
    if (lease === undefined) return;
    // What is due in this very moment must not be forecast anew, and so be passed over.
    const goesOn =
      sameSchedule(lease.schedule, fresh.schedule) &&
      lease.isPaused === record.isPaused &&
      lease.isStale === record.isStale;
    lease.isStale = record.isStale;
    lease.currentVersionId = record.versionId;
    lease.maxActiveRuns = record.maxActiveRuns;
    lease.maxConsecutiveFailedRuns = record.maxConsecutiveFailedRuns;
    if (!goesOn) {
      if (lease.schedule !== null) lease.schedule.serial++;
      lease.schedule = fresh.schedule;
    }
    if (lease.isPaused !== record.isPaused) this.#parts.runs.hold(work, lease, record.isPaused);
    if (!goesOn) this.#parts.createRuns.watch(lease);
    work.memory.startable.add(lease);
    if (!goesOn && forecastDiffers(record, lease.schedule))
      work.writeDag(forecastColumns(lease.dagId, lease.schedule));
  }
}
