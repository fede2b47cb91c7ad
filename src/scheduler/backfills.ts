/**
 * Makes the runs of backfills: for each date that waits a new run, or the old one cleared, as the reprocess
 * behavior says. Their order and their own cap are kept where runs start. A cancelled backfill starts no more.
 */

import { planBackfill } from "../core/backfill.ts";
import { clearInstances, markRun } from "../core/interventions.ts";
import { runId as runIdOf } from "../core/run-id.ts";
import {
  type BackfillDate,
  type OpenBackfill,
  openBackfills,
  pendingDates,
} from "../store/scheduler-backfills.ts";
import { loadRuns } from "../store/scheduler-load.ts";
import { carryOut } from "./carry-out.ts";
import type { CreateRuns } from "./create-runs.ts";
import { type LoadedRun, loadWithInstances, restoreRun } from "./load-runs.ts";
import type { LeasedDag } from "./memory.ts";
import { Passes } from "./passes.ts";
import type { Around } from "./run-changes.ts";
import type { Runs } from "./runs.ts";
import type { Services } from "./services.ts";
import type { DagVersion } from "./versions.ts";
import type { Work } from "./work.ts";

export { planBackfill };

const datesPerBatch = 200;

export interface BackfillParts {
  readonly runs: Runs;
  readonly createRuns: CreateRuns;
}

export class Backfills {
  readonly #services: Services;
  readonly #around: Around;
  readonly #parts: BackfillParts;
  readonly #passes: Passes;

  constructor(services: Services, around: Around, parts: BackfillParts) {
    this.#services = services;
    this.#around = around;
    this.#parts = parts;
    this.#passes = new Passes(services, {
      signal: "backfills",
      failed: "backfills could not be looked after",
      pass: () => this.#pass(),
    });
  }

  runOnce(): Promise<void> {
    return this.#passes.run();
  }

  async #pass(): Promise<void> {
    const { database, engine } = this.#services;
    for (const backfill of await openBackfills(database, [...engine.memory.dags.keys()]))
      await this.#work(backfill);
  }

  async #work(backfill: OpenBackfill): Promise<void> {
    await this.#settle(backfill);
    if (backfill.isCancelled) return;
    for (let made = datesPerBatch; made === datesPerBatch; ) made = await this.#makeRuns(backfill);
  }

  /** Its row as it is now, and its end when nothing is left of it. */
  #settle(backfill: OpenBackfill): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#services.engine.submit({
        name: "backfill",
        apply: (work) => {
          const { id, maxActiveRuns, isPaused, isCancelled } = backfill;
          const lease = work.memory.dags.get(backfill.dagId);
          if (lease === undefined) return;
          work.memory.backfills.set(id, { id, maxActiveRuns, isPaused: isPaused || isCancelled });
          work.memory.startable.add(lease);
          if (isCancelled) this.#failWaiting(work, lease, id);
          else if (backfill.pendingDates === 0 && backfill.unfinishedRuns === 0)
            work.batch.backfillsCompleted.push(id);
        },
        committed: resolve,
        failed: reject,
      }),
    );
  }

  /** Runs of a cancelled backfill that have not started fail; those that run go on. */
  #failWaiting(work: Work, lease: LeasedDag, id: number): void {
    for (const row of lease.queued.filter(({ info }) => info.backfillId === id)) {
      lease.queued.splice(lease.queued.indexOf(row), 1);
      if (row.active !== null) {
        carryOut(work, this.#around, row.active, markRun(row.active, "failed"));
        continue;
      }
      row.info.state = "failed";
      row.info.endDate = work.now;
      work.writeRun(row);
    }
  }

  async #makeRuns(backfill: OpenBackfill): Promise<number> {
    const { database, engine, versions, runIds, log } = this.#services;
    const dates = await pendingDates(database, backfill.id, datesPerBatch);
    const lease = engine.memory.dags.get(backfill.dagId);
    if (dates.length === 0 || lease === undefined || lease.currentVersionId === null) return 0;
    const version = await versions.get(lease.currentVersionId);
    const again = dates.filter((date) => date.runPk !== null && mayRunAgain(backfill, date));
    const loader = { database, versions, log, memory: () => engine.memory };
    const loaded = await loadWithInstances(
      loader,
      await loadRuns(
        database,
        again.flatMap(({ runPk }) => runPk ?? []),
      ),
    );
    await runIds.reserve(dates.length);
    await new Promise<void>((resolve, reject) =>
      engine.submit({
        name: "backfill runs",
        apply: (work) => {
          if (work.memory.dags.get(backfill.dagId) !== lease) return;
          for (const date of dates) this.#makeRun(work, lease, version, backfill, date, loaded);
        },
        committed: resolve,
        failed: reject,
      }),
    );
    return dates.length;
  }

  #makeRun(
    work: Work,
    lease: LeasedDag,
    version: DagVersion,
    backfill: OpenBackfill,
    date: BackfillDate,
    loaded: readonly LoadedRun[],
  ): void {
    const { logicalDate, sortOrdinal } = date;
    const written = { backfillId: backfill.id, logicalDate };
    if (date.runPk !== null) {
      const found = loaded.find(({ record }) => record.pk === date.runPk);
      const done = found !== undefined && this.#clear(work, lease, found, backfill.id, sortOrdinal);
      const reason = date.state === "queued" || date.state === "running" ? "in flight" : "already exists";
      work.batch.backfillRuns.push({
        ...written,
        runPk: done ? date.runPk : null,
        exceptionReason: done ? null : reason,
      });
      return;
    }
    const pk = this.#services.runIds.take();
    if (pk === null) return;
    const { intervalStart, intervalEnd, runAfter, runId, partitionKey } = date;
    this.#parts.createRuns.create(work, lease, version, pk, {
      dagId: backfill.dagId,
      runId: runId ?? runIdOf("backfill", runAfter),
      runType: "backfill",
      logicalDate,
      dataInterval: { start: intervalStart, end: intervalEnd },
      runAfter,
      partitionKey,
      triggeredBy: "backfill",
      triggeringUser: backfill.triggeringUser,
      conf: backfill.conf,
      backfillId: backfill.id,
      sortOrdinal,
    });
    work.batch.backfillRuns.push({ ...written, runPk: pk, exceptionReason: null });
  }

  #clear(work: Work, lease: LeasedDag, found: LoadedRun, backfillId: number, sortOrdinal: number): boolean {
    if (work.memory.runs.has(found.record.pk)) return false;
    const run = restoreRun(found, lease, work.now);
    run.now = work.now;
    const keys = run.dag.tasks.flatMap((task) => run.instances.of(task.index));
    carryOut(work, this.#around, run, clearInstances(run, keys));
    run.run.state = "queued";
    run.run.startDate = null;
    run.run.endDate = null;
    (run.run as { backfillId: number | null }).backfillId = backfillId;
    (run.row as { sortOrdinal: number }).sortOrdinal = sortOrdinal;
    run.row.clearNumber++;
    run.row.queuedAt = work.now;
    run.row.active = run;
    work.writeRun(run.row);
    this.#parts.runs.enqueue(work, lease, run.row);
    return true;
  }
}

function mayRunAgain(backfill: OpenBackfill, date: BackfillDate): boolean {
  if (date.state === "failed") return backfill.reprocessBehavior !== "none";
  return date.state === "success" && backfill.reprocessBehavior === "completed";
}
