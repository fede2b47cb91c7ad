/** What the predictions of a partition look like, to compare the next one with. */
import { readParquet } from "../data/parquet.ts";
import { type Cell, cellsOf } from "../data/table.ts";

export interface PredictionProfile {
  count: number;
  missing: number;
  /** Shares of the classes; null when there are too many different values to be classes. */
  classes: { [label: string]: number } | null;
  /** Of numbers; null of texts. */
  mean: number | null;
  deviation: number | null;
}

export interface Manifest {
  readonly partition: string;
  readonly model: string;
  readonly version: string;
  /** SHA-256 of the file that was read. */
  readonly input: string;
  readonly rows: number;
  /** Rows that were put aside. */
  readonly bad: number;
  readonly published_at: string;
  readonly rows_per_second: number;
  readonly profile: PredictionProfile;
}

const mostClasses = 50;

/** @param files Parquet with a column `prediction`. */
export async function profileOf(files: readonly string[]): Promise<PredictionProfile> {
  const counts = new Map<Cell, number>();
  let [count, missing, numbers, mean, squares] = [0, 0, 0, 0, 0];
  for (const file of files) {
    for (const cell of cellsOf((await readParquet(file, ["prediction"])).column("prediction"))) {
      if (cell === null) {
        missing += 1;
        continue;
      }
      count += 1;
      if (counts.size <= mostClasses) counts.set(cell, (counts.get(cell) ?? 0) + 1);
      if (typeof cell !== "number") continue;
      // Welford's: one pass, and no loss for means far from 0.
      numbers += 1;
      const difference = cell - mean;
      mean += difference / numbers;
      squares += difference * (cell - mean);
    }
  }
  // Numbers are classes when each comes up again and again; else there is only their mean to look at.
  const most = numbers === 0 ? mostClasses : Math.min(mostClasses, Math.max(2, count / 10));
  const isClasses = counts.size <= most;
  const shares = [...counts].map(([label, n]) => [String(label), n / count] as const);
  return {
    count,
    missing,
    classes: isClasses ? Object.fromEntries(shares) : null,
    mean: numbers === 0 ? null : mean,
    deviation: numbers === 0 ? null : Math.sqrt(squares / numbers),
  };
}

/** What differs from the partitions of before by more than `most`; nothing to compare with is no difference. */
export function checkBalance(
  now: PredictionProfile,
  before: readonly PredictionProfile[],
  most: number,
): string[] {
  if (before.length === 0) return [];
  const average = (of: (profile: PredictionProfile) => number): number =>
    before.reduce((sum, profile) => sum + of(profile), 0) / before.length;
  if (now.classes !== null && before.every(({ classes }) => classes !== null)) {
    const labels = new Set([now, ...before].flatMap(({ classes }) => Object.keys(classes ?? {})));
    return [...labels].flatMap((label) => {
      const usual = average(({ classes }) => classes?.[label] ?? 0);
      const share = now.classes?.[label] ?? 0;
      if (Math.abs(share - usual) <= most) return [];
      return [`the share of ${label} is ${share.toFixed(3)}, and was ${usual.toFixed(3)} before`];
    });
  }
  if (now.mean === null || before.some(({ mean }) => mean === null)) return [];
  const usual = average(({ mean }) => mean ?? 0);
  const shift = Math.abs(now.mean - usual) / (average(({ deviation }) => deviation ?? 0) || 1);
  if (shift <= most) return [];
  return [
    `the mean is ${now.mean.toPrecision(4)}, ${shift.toFixed(2)} deviations from ${usual.toPrecision(4)} before`,
  ];
}
