/** What every engine under measurement can do; peers and Tradewind implement the same four workload shapes. */

export interface Engine {
  readonly name: string;
  /** A: in the engine's own process; B: a warm worker process; C: a fresh process for each task. */
  readonly isolation: "A" | "B" | "C";
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Triggers one run of `length` tasks in a row, each computing fibo(n); resolves with its wall time in ms. */
  chain(length: number, n: number): Promise<number>;
  /** Triggers `runs` chains at once; resolves when all ended, with the wall time in ms. */
  chains(runs: number, length: number): Promise<number>;
  /** `dags` Dags of `tasks` independent no-op tasks each, triggered at once; wall time in ms. */
  independent?(dags: number, tasks: number): Promise<number>;
  /** One task that makes a list of n, a no-op for each element, one that reduces; wall time in ms. */
  fanOut?(n: number): Promise<number>;
}

export function fibo(n: number): number {
  return n < 2 ? n : fibo(n - 1) + fibo(n - 2);
}

export interface Summary {
  readonly median: number;
  readonly p95: number;
  readonly min: number;
  readonly max: number;
}

export function summary(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
  return { median: at(0.5), p95: at(0.95), min: at(0), max: sorted.at(-1) ?? Number.NaN };
}
