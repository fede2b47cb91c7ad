/** What a box plot draws. */
export interface Box {
  /** Lower whisker, first quartile, median, third quartile, upper whisker. */
  box: [number, number, number, number, number];
  outside: number[];
}

/** Linear between the two nearest, as NumPy's default. */
export function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
}

/** Whiskers reach the last value within 1.5 times the box (Tukey). */
export function boxOf(values: readonly number[]): Box {
  const sorted = [...values].sort((a, b) => a - b);
  const [q1, median, q3] = [quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)];
  const reach = 1.5 * (q3 - q1);
  const inside = sorted.filter((value) => value >= q1 - reach && value <= q3 + reach);
  return {
    box: [inside[0] ?? q1, q1, median, q3, inside.at(-1) ?? q3],
    outside: sorted.filter((value) => value < q1 - reach || value > q3 + reach),
  };
}
