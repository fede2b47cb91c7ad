/**
 * The only door to the clock and to timers, so that tests and the simulated clock can stand in for both.
 * Instants are milliseconds since the epoch, UTC; durations are milliseconds unless a name says seconds.
 */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  now(): number;
  /** Calls back once, `ms` milliseconds from now; never keeps the process alive by itself. */
  after(ms: number, callback: () => void): Timer;
}

/** setTimeout fires at once for a delay over 2^31-1 ms; longer waits are made of several. */
const longestTimeout = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    let handle: NodeJS.Timeout;
    const arm = (left: number): void => {
      handle = setTimeout(
        () => (left > longestTimeout ? arm(left - longestTimeout) : callback()),
        Math.min(left, longestTimeout),
      );
      handle.unref();
    };
    arm(Math.max(0, ms));
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `ms`; for waiting in services and commands, where a kept-alive process is wanted. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const handle = setTimeout(done, Math.max(0, ms));
    function done(): void {
      clearTimeout(handle);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done, { once: true });
  });
}
