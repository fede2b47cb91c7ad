/** From words on the channel `tradewind` to passes of services. Words about one thing that come together are one pass. */

import { watchingWord } from "../store/live-changes.ts";
import type { LiveChanges } from "./live-changes.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Services } from "./services.ts";

type Parts = Pick<
  Scheduler,
  | "leases"
  | "requests"
  | "firedTriggers"
  | "assetRuns"
  | "partitionRuns"
  | "backfills"
  | "pools"
  | "timetableQuestions"
>;

export class Notifications {
  readonly #services: Services;
  readonly #parts: Parts;
  readonly #live: LiveChanges;
  readonly #waiting = new Map<string, Set<string>>();
  #working = false;

  constructor(services: Services, parts: Parts, live: LiveChanges) {
    this.#services = services;
    this.#parts = parts;
    this.#live = live;
  }

  heard(payload: string): void {
    const colon = payload.indexOf(":");
    const word = colon < 0 ? payload : payload.slice(0, colon);
    const about = colon < 0 ? "" : payload.slice(colon + 1);
    // A run that ended and a trigger that was made are for others to know.
    if (word === "ended" || word === "trigger") return;
    if (word === watchingWord) return this.#live.watched();
    const waiting = this.#waiting.get(word);
    if (waiting === undefined) this.#waiting.set(word, new Set([about]));
    else waiting.add(about);
    if (!this.#working) void this.#work();
  }

  async #work(): Promise<void> {
    this.#working = true;
    try {
      while (this.#waiting.size > 0) {
        const words = [...this.#waiting];
        this.#waiting.clear();
        for (const [word, about] of words) {
          await this.#act(word, [...about]).catch((error: unknown) => {
            // The poll looks again.
            this.#services.log.debug({ err: error, word }, "a notification could not be followed");
          });
        }
      }
    } finally {
      this.#working = false;
    }
  }

  async #act(word: string, about: readonly string[]): Promise<void> {
    const { leases, requests, firedTriggers, assetRuns, partitionRuns, backfills, pools } = this.#parts;
    const { memory } = this.#services.engine;
    switch (word) {
      case "run":
        if (about.some((dagId) => !memory.dags.has(dagId))) await leases.runOnce();
        return leases.newRuns(about);
      case "dag":
        if (about.some((dagId) => !memory.dags.has(dagId))) await leases.runOnce();
        await leases.dagsChanged(about);
        // Mappers may take their time: nothing else waits for them.
        void partitionRuns.runOnce();
        return assetRuns.runOnce();
      case "request":
        return requests.runOnce();
      case "fired":
        return firedTriggers.runOnce();
      case "assets":
        void partitionRuns.runOnce();
        return assetRuns.runOnce();
      case "backfill":
        return backfills.runOnce();
      case "timetable":
        return this.#parts.timetableQuestions.runOnce();
      case "pools":
        return pools.runOnce();
      case "pools-wanted":
        if (!about.includes(String(this.#services.jobId))) pools.starved();
        return;
      case "leases":
        return leases.runOnce();
      default:
        return;
    }
  }
}
