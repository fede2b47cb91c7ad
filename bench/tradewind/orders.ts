/** What the measured process can be told to do. */
import type { Life } from "./watch-attempts.ts";

export interface Orders {
  /** Triggers one run of each at the same time; resolves when all have succeeded. */
  run(dagIds: readonly string[]): Promise<{ ms: number; pks: number[] }>;
  /** Attempts that ended since the last call. */
  lives(): Promise<Life[]>;
  /** Longest time that the event loop was held since the last call, in ms; 0 at the first. */
  heldMs(): Promise<number>;
  /** Batches that the scheduler's engine has made since its start. */
  batches(): Promise<number>;
  /** Retention, once. */
  prune(): Promise<{ ms: number; runs: number }>;
  stop(): Promise<void>;
}
