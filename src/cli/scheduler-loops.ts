/** Counting a scheduler's loops, for `scheduler --num-runs`: a loop is one look at everything. */
import type { Scheduler } from "../scheduler/scheduler.ts";

export interface LoopCount {
  readonly count: number;
  /** Only loops that found no run to work on. */
  readonly onlyIdle: boolean;
}

/** Resolves after so many loops, or on the signal. */
export async function loopsOf(scheduler: Scheduler, wanted: LoopCount, signal: AbortSignal): Promise<void> {
  for (let left = wanted.count; left > 0 && !signal.aborted; ) {
    await scheduler.signals.next("poll");
    const idle = scheduler.services.engine.memory.runs.size === 0;
    if (idle || !wanted.onlyIdle) left--;
  }
}
