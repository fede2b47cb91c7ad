/** Latencies in buckets that grow by a fixed factor: a quantile is right to within that factor, whatever the load. */

/** 10 µs to 40 s; each bucket ends 20 % above the one before. */
const lowestMs = 0.01;
const factor = 1.2;
export const bucketCount = 84;
const logFactor = Math.log(factor);
/** Where each bucket ends, milliseconds. */
export const latencyBorders: readonly number[] = Array.from(
  { length: bucketCount },
  (_, bucket) => lowestMs * factor ** bucket,
);

export class LatencyHistogram {
  readonly counts: number[];
  total = 0;

  constructor(counts: readonly number[] = []) {
    this.counts = Array.from({ length: bucketCount }, (_, bucket) => counts[bucket] ?? 0);
    this.total = this.counts.reduce((sum, count) => sum + count, 0);
  }

  /** @param ms Milliseconds. */
  add(ms: number): void {
    const bucket = Math.ceil(Math.log(Math.max(ms, lowestMs) / lowestMs) / logFactor);
    this.counts[Math.min(bucket, bucketCount - 1)] =
      (this.counts[Math.min(bucket, bucketCount - 1)] ?? 0) + 1;
    this.total += 1;
  }

  /** @param q From 0 to 1. @returns milliseconds, or null without a measurement. */
  quantile(q: number): number | null {
    if (this.total === 0) return null;
    const rank = Math.max(1, Math.ceil(q * this.total));
    let seen = 0;
    for (const [bucket, count] of this.counts.entries()) {
      seen += count;
      if (seen >= rank) return latencyBorders[bucket] ?? null;
    }
    return null;
  }
}
