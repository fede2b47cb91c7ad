/** Steps of a start that wait for a database which was there a moment ago. */
import { TradewindError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { delay, systemClock } from "../time.ts";

const patienceMs = 60_000;
const firstPauseMs = 50;
const longestPauseMs = 500;

/**
 * Does the step again as long as the database does not answer, for up to a minute: a program that ended instead
 * would be started again by its manager only to find the same, and the work would wait for both.
 * A step that throws must have stopped what it began.
 */
export async function againWhileDatabaseIsAway<T>(
  log: Logger,
  step: string,
  start: () => Promise<T>,
): Promise<T> {
  const until = systemClock.now() + patienceMs;
  for (let pause = firstPauseMs; ; pause = Math.min(longestPauseMs, pause * 2)) {
    try {
      return await start();
    } catch (error) {
      if (!isAway(error) || systemClock.now() >= until) throw error;
      log.warn({ err: error, step }, "the database went away during the start; this step is done again");
      await delay(pause);
    }
  }
}

function isAway(error: unknown): boolean {
  return error instanceof TradewindError && error.code === "TW_DATABASE_UNAVAILABLE";
}
