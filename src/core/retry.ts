/** Whether a failed try is followed by another, and when (Airflow: `TaskInstance.next_retry_datetime`). */
import type { TaskSpec } from "./dag-model.ts";
import { sha1 } from "./sha1.ts";

/** Airflow's MAX_RETRY_DELAY, in seconds: no delay with backoff is longer. */
export const maxRetryDelay = 24 * 60 * 60;

/** Tries are numbered from 1, and `maxTries` counts those beyond the first. */
export function mayRetry(tryNumber: number, maxTries: number): boolean {
  return maxTries > 0 && tryNumber <= maxTries;
}

export interface RetryOf {
  readonly dagId: string;
  readonly taskId: string;
  /** Epoch milliseconds; null in runs without one. */
  readonly logicalDate: number | null;
  /** The try that failed. */
  readonly tryNumber: number;
}

export type RetryPolicy = Pick<TaskSpec, "retryDelay" | "retryExponentialBackoff" | "maxRetryDelay">;

/**
 * Seconds from the end of the failed try to the next. Without a multiplier: `retryDelay`. With one: the delay
 * grows by it with each try, and a jitter of up to as much again is added, which is the same each time it is
 * asked for and differs from task to task. Capped by one day and by `maxRetryDelay`.
 */
export function retryDelay(policy: RetryPolicy, of: RetryOf): number {
  const multiplier = policy.retryExponentialBackoff;
  if (multiplier <= 0 || multiplier === 1) return policy.retryDelay;
  const growth = multiplier ** (of.tryNumber - 1);
  // Airflow takes the cap where the power overflows, also for a delay of zero.
  const least = Number.isFinite(growth) ? Math.max(1, Math.ceil(policy.retryDelay * growth)) : maxRetryDelay;
  // Beyond the cap the jitter changes nothing any more.
  const delay = least >= maxRetryDelay ? maxRetryDelay : Math.min(maxRetryDelay, least + jitter(of, least));
  return policy.maxRetryDelay ? Math.min(policy.maxRetryDelay, delay) : delay;
}

function jitter(of: RetryOf, below: number): number {
  const date = of.logicalDate === null ? "None" : pythonDate(of.logicalDate);
  return Number(sha1(`${of.dagId}#${of.taskId}#${date}#${of.tryNumber}`) % BigInt(below));
}

/** As `str(datetime)` writes it in Python: "2024-01-01 00:00:00+00:00", with microseconds where there are any. */
function pythonDate(instant: number): string {
  const iso = new Date(instant).toISOString();
  const ms = iso.slice(20, 23);
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}${ms === "000" ? "" : `.${ms}000`}+00:00`;
}
