/** Retention: takes old runs and what nothing names any more away, a batch at a time, and their files with them. */
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { pruneRest, pruneRuns } from "../store/retention.ts";
import { removeRunFolder } from "./run-folder.ts";
import type { Services } from "./services.ts";

const dayMs = 86_400_000;

export class Prune {
  readonly #services: Services;
  #passing: Promise<number> | null = null;

  constructor(services: Services) {
    this.#services = services;
  }

  /** Whether the settings ask for anything. */
  get wanted(): boolean {
    const { days, runsPerDag, auditDays, trafficDays, outcomeDays } = this.#services.settings.retention;
    return days > 0 || runsPerDag > 0 || auditDays > 0 || trafficDays > 0 || outcomeDays > 0;
  }

  /** How many runs went. */
  runOnce(): Promise<number> {
    this.#passing ??= this.#pass().finally(() => {
      this.#passing = null;
      this.#services.signals.emit("prune");
    });
    return this.#passing;
  }

  async #pass(): Promise<number> {
    const { database, clock, settings, log } = this.#services;
    const { days, runsPerDag, auditDays, trafficDays, outcomeDays } = settings.retention;
    const before = (count: number): number | null => (count > 0 ? clock.now() - count * dayMs : null);
    const policy = {
      runsBefore: before(days),
      runsPerDag: runsPerDag > 0 ? runsPerDag : null,
      auditBefore: before(auditDays),
      trafficBefore: before(trafficDays),
      outcomesBefore: before(outcomeDays),
    };
    let total = 0;
    for (;;) {
      const { runs, artifacts } = await pruneRuns(database, policy);
      total += runs.length;
      for (const uri of artifacts) await removeArtifact(uri);
      for (const run of runs) await removeRunFolder(settings.runsFolder, run);
      if (runs.length === 0) break;
    }
    const rest = await pruneRest(database, policy);
    log.info({ runs: total, ...rest }, "old runs were removed");
    return total;
  }
}

/** Files of other stores than the local folder are theirs to expire. */
export async function removeArtifact(uri: string): Promise<void> {
  if (uri.startsWith("file:")) await rm(fileURLToPath(uri), { force: true });
}
