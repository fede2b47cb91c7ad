/**
 * Starts runs of Dags that wait for assets: when the queued events make the Dag's expression true, a run takes all
 * of them. Queue, run and what the run consumed change in one transaction.
 */
import { type AssetRunDecision, assetRunDue, assetsOf } from "../core/asset-schedule.ts";
import { isPartitioned } from "../core/timetable/next-run.ts";
import {
  aliasAssets,
  eventsBetween,
  type QueuedAssetRecord,
  queuedAssets,
} from "../store/scheduler-assets.ts";
import { type CreateRuns, generatedRunId } from "./create-runs.ts";
import type { LeasedDag } from "./memory.ts";
import { Passes } from "./passes.ts";
import type { Services } from "./services.ts";

export class AssetRuns {
  readonly #services: Services;
  readonly #createRuns: CreateRuns;
  readonly #passes: Passes;

  constructor(services: Services, createRuns: CreateRuns) {
    this.#services = services;
    this.#createRuns = createRuns;
    this.#passes = new Passes(services, {
      signal: "asset-runs",
      failed: "asset-triggered runs could not be made yet",
      pass: () => this.#pass(),
    });
  }

  runOnce(): Promise<void> {
    return this.#passes.run();
  }

  async #pass(): Promise<void> {
    const { engine, database } = this.#services;
    const waiting = [...engine.memory.dags.values()].filter(
      ({ schedule, isPaused, isStale }) =>
        schedule?.assets != null && !isPartitioned(schedule.timetable) && !isPaused && !isStale,
    );
    if (waiting.length === 0) return;
    const queued = await queuedAssets(
      database,
      waiting.map(({ dagId }) => dagId),
    );
    if (queued.length === 0) return;
    const byDag = Map.groupBy(queued, ({ dagId }) => dagId);
    for (const lease of waiting) {
      const own = byDag.get(lease.dagId);
      if (own !== undefined) await this.#consider(lease, own);
    }
  }

  async #consider(lease: LeasedDag, queued: readonly QueuedAssetRecord[]): Promise<void> {
    const { database } = this.#services;
    const expression = lease.schedule?.assets;
    if (expression == null) return;
    const { aliases } = assetsOf(expression);
    const known = aliases.length === 0 ? [] : await aliasAssets(database, aliases);
    const resolve = (alias: string) => known.filter((one) => one.alias === alias);
    const decision = assetRunDue(expression, queued, queued[0]?.previousRunAfter ?? null, resolve);
    if (decision !== null) await this.#make(lease, decision);
  }

  async #make(lease: LeasedDag, decision: AssetRunDecision): Promise<void> {
    const { database, engine, versions, runIds, random } = this.#services;
    const { dagId, currentVersionId } = lease;
    if (currentVersionId === null) return;
    const version = await versions.get(currentVersionId);
    const { eventsAfter, eventsUpTo, runAfter } = decision;
    const eventIds = await eventsBetween(database, dagId, eventsAfter, eventsUpTo);
    const durations = await this.#createRuns.durationsFor(version);
    const pk = await runIds.next();
    await new Promise<void>((resolve, reject) =>
      engine.submit({
        name: "asset run",
        apply: (work) => {
          if (work.memory.dags.get(dagId) !== lease) return;
          const runId = generatedRunId("asset_triggered", runAfter, null, random(8));
          this.#createRuns.create(work, lease, version, pk, {
            dagId,
            runId,
            runType: "asset_triggered",
            logicalDate: null,
            dataInterval: null,
            runAfter,
            triggeredBy: "asset",
            pastDurations: durations,
          });
          work.batch.assetQueueTakes.push({ dagId, upTo: eventsUpTo });
          work.batch.runAssetEvents.push({ runPk: pk, eventIds });
        },
        committed: resolve,
        failed: reject,
      }),
    );
  }
}
