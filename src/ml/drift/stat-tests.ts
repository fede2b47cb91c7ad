/**
 * Scores of how far two samples of one column are apart, with the formulas, names and thresholds of Evidently
 * (evidently/legacy/calculations/stattests, 0.7). Missing values are left out before.
 */
import { TradewindError } from "../../errors.ts";
import { RandomState } from "../random-state.ts";
import { chiSquaredTail, normalTwoSided, studentTwoSided } from "./distributions.ts";
import { kolmogorovSmirnov } from "./kolmogorov-smirnov.ts";

/** A value of a column without the missing ones. */
export type Value = number | string | boolean;
export type Sample = readonly Value[];

export interface StatTest {
  /** As Evidently shows it. */
  readonly display: string;
  readonly kinds: readonly ("num" | "cat")[];
  readonly threshold: number;
  score(reference: Sample, current: Sample, kind: "num" | "cat"): number;
  /** Whether a score means drift: p-values when small, distances when large. */
  isDrift(score: number, threshold: number): boolean;
}

const far = (score: number, threshold: number): boolean => score >= threshold;
const unlikely = (score: number, threshold: number): boolean => score < threshold;

const distance = (
  display: string,
  score: StatTest["score"],
  kinds: StatTest["kinds"] = ["num", "cat"],
): StatTest => ({
  display,
  kinds,
  threshold: 0.1,
  score,
  isDrift: far,
});

const pValue = (
  display: string,
  threshold: number,
  score: StatTest["score"],
  kinds: StatTest["kinds"],
): StatTest => ({
  display,
  kinds,
  threshold,
  score,
  isDrift: unlikely,
});

/** By Evidently's names. */
export const statTests = {
  psi: distance("PSI", (r, c, kind) =>
    sumOver(shares(r, c, kind, true), (p, q) => (p - q) * Math.log(p / q)),
  ),
  kl_div: distance("Kullback-Leibler divergence", kullbackLeibler),
  jensenshannon: distance("Jensen-Shannon distance", jensenShannon),
  hellinger: distance("Hellinger distance", (r, c, kind) =>
    Math.sqrt(Math.max(0, 1 - sumOver(shares(r, c, kind, false), (p, q) => Math.sqrt(p * q)))),
  ),
  wasserstein: distance("Wasserstein distance (normed)", wassersteinNormed, ["num"]),
  ed: {
    ...distance("Energy distance", energyDistance, ["num"]),
    isDrift: (score, threshold) => score > threshold,
  },
  ks: {
    ...pValue("K-S p_value", 0.05, (r, c) => kolmogorovSmirnov(numbers(r), numbers(c)), ["num"]),
    isDrift: (score, threshold) => score <= threshold,
  },
  chisquare: pValue("chi-square p_value", 0.05, chiSquare, ["cat"]),
  z: pValue("Z-test p_value", 0.05, zTest, ["cat"]),
  t_test: pValue("t_test", 0.05, tTest, ["num"]),
  fisher_exact: pValue("Fisher's Exact test", 0.1, fisherExact, ["cat"]),
  TVD: pValue("Total-Variation-Distance", 0.1, totalVariation, ["cat"]),
} satisfies Record<string, StatTest>;

export type StatTestName = keyof typeof statTests;

const numbers = (sample: Sample): Float64Array =>
  Float64Array.from(sample as readonly number[], Number).sort();

function sumOver(
  pairs: readonly (readonly [number, number])[],
  term: (p: number, q: number) => number,
): number {
  return pairs.reduce((sum, [p, q]) => sum + term(p, q), 0);
}

function counts(sample: Sample): Map<Value, number> {
  const found = new Map<Value, number>();
  for (const value of sample) found.set(value, (found.get(value) ?? 0) + 1);
  return found;
}

/**
 * Shares of both samples, per bin where the reference has more than 20 distinct numbers, else per value. With `fill`
 * empty cells get a ten-thousandth, or a millionth of the smallest share where that is smaller.
 */
function shares(reference: Sample, current: Sample, kind: "num" | "cat", fill: boolean): [number, number][] {
  const distinct = new Set(reference).size;
  const [r, c] =
    kind === "num" && distinct > 20
      ? histograms(numbers(reference), numbers(current))
      : categories(reference, current);
  const left = r.map((count) => count / reference.length);
  const right = c.map((count) => count / current.length);
  if (fill) for (const list of [left, right]) fillZeros(list);
  return left.map((share, i) => [share, right[i]]);
}

function fillZeros(list: number[]): void {
  const least = Math.min(...list.filter((share) => share > 0));
  const filler = least <= 0.0001 ? least / 1_000_000 : 0.0001;
  for (const [i, share] of list.entries()) if (share === 0) list[i] = filler;
}

function categories(reference: Sample, current: Sample): [number[], number[]] {
  const [r, c] = [counts(reference), counts(current)];
  const keys = [...new Set([...r.keys(), ...c.keys()])];
  return [keys.map((key) => r.get(key) ?? 0), keys.map((key) => c.get(key) ?? 0)];
}

/** Counts in Sturges's bins over both samples: log2(n) + 1 of them, equally wide. Both samples are sorted. */
function histograms(reference: Float64Array, current: Float64Array): [number[], number[]] {
  const low = Math.min(reference[0], current[0]);
  const high = Math.max(reference[reference.length - 1], current[current.length - 1]);
  const total = reference.length + current.length;
  const width = (high - low) / (Math.log2(total) + 1);
  const bins = width > 0 ? Math.max(1, Math.ceil((high - low) / width)) : 1;
  const borders = Array.from({ length: bins + 1 }, (_, k) => low + ((high - low) * k) / bins);
  const count = (sample: Float64Array): number[] => {
    const found = Array<number>(bins).fill(0);
    for (const value of sample) {
      let bin = Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins));
      if (value < borders[bin]) bin--;
      else if (bin < bins - 1 && value >= borders[bin + 1]) bin++;
      found[bin]++;
    }
    return found;
  };
  return [count(reference), count(current)];
}

/** Shares with filled cells are brought back to a sum of 1, as SciPy's entropy does. */
function kullbackLeibler(reference: Sample, current: Sample, kind: "num" | "cat"): number {
  const pairs = shares(reference, current, kind, true);
  const left = sumOver(pairs, (p) => p);
  const right = sumOver(pairs, (_, q) => q);
  return sumOver(pairs, (p, q) => (p / left) * Math.log(p / left / (q / right)));
}

function jensenShannon(reference: Sample, current: Sample, kind: "num" | "cat"): number {
  const term = (p: number, m: number): number => (p === 0 ? 0 : p * Math.log(p / m));
  const sum = sumOver(shares(reference, current, kind, false), (p, q) => {
    const m = (p + q) / 2;
    return (term(p, m) + term(q, m)) / 2;
  });
  return Math.sqrt(Math.max(0, sum));
}

/** Area between the two cumulative distributions, or of its square. Both are sorted. */
function areaBetween(a: Float64Array, b: Float64Array, power: 1 | 2): number {
  const all = Float64Array.from([...a, ...b]).sort();
  let [i, j, area] = [0, 0, 0];
  for (let k = 1; k < all.length; k++) {
    while (i < a.length && a[i] <= all[k - 1]) i++;
    while (j < b.length && b[j] <= all[k - 1]) j++;
    const gap = Math.abs(i / a.length - j / b.length);
    area += (all[k] - all[k - 1]) * (power === 1 ? gap : gap * gap);
  }
  return area;
}

function wassersteinNormed(reference: Sample, current: Sample): number {
  const [r, c] = [numbers(reference), numbers(current)];
  const mean = r.reduce((a, b) => a + b, 0) / r.length;
  const deviation = Math.sqrt(r.reduce((sum, value) => sum + (value - mean) ** 2, 0) / r.length);
  return areaBetween(r, c, 1) / Math.max(deviation, 0.001);
}

function energyDistance(reference: Sample, current: Sample): number {
  return Math.sqrt(2 * areaBetween(numbers(reference), numbers(current), 2));
}

/** Counts against those of the reference, scaled to the current size. One category in both is no drift. */
function chiSquare(reference: Sample, current: Sample): number {
  const [expected, observed] = categories(reference, current);
  if (expected.length < 2) return 1;
  const scale = current.length / reference.length;
  const statistic = observed.reduce(
    (sum, count, i) => sum + (count - expected[i] * scale) ** 2 / (expected[i] * scale),
    0,
  );
  return statistic === Number.POSITIVE_INFINITY ? 0 : chiSquaredTail(statistic, expected.length - 1);
}

function zTest(reference: Sample, current: Sample): number {
  const keys = [...new Set([...reference, ...current])].sort((a, b) => (a < b ? -1 : 1));
  if (keys.length < 2) return 1;
  const share = (sample: Sample): number =>
    sample.filter((value) => value !== keys[0]).length / sample.length;
  const [p, q] = [share(reference), share(current)];
  const [n, m] = [reference.length, current.length];
  const pooled = (p * n + q * m) / (n + m);
  return normalTwoSided((p - q) / Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m)));
}

function tTest(reference: Sample, current: Sample): number {
  const [a, b] = [numbers(reference), numbers(current)];
  const mean = (list: Float64Array): number => list.reduce((x, y) => x + y, 0) / list.length;
  const [left, right] = [mean(a), mean(b)];
  const squares =
    a.reduce((sum, x) => sum + (x - left) ** 2, 0) + b.reduce((sum, x) => sum + (x - right) ** 2, 0);
  const degrees = a.length + b.length - 2;
  const error = Math.sqrt((squares / degrees) * (1 / a.length + 1 / b.length));
  if (error === 0) return left === right ? 1 : 0;
  return studentTwoSided((left - right) / error, degrees);
}

/** Two-sided: all tables with the same margins that are no likelier than the one that came. */
function fisherExact(reference: Sample, current: Sample): number {
  const keys = [...new Set([...reference, ...current])].sort((a, b) => (a < b ? -1 : 1));
  if (keys.length > 2)
    throw new TradewindError("TW_ML_DATA", `fisher_exact: expected at most 2 categories, got ${keys.length}`);
  const first = (sample: Sample): number => sample.filter((value) => value === keys[0]).length;
  const [a, b] = [first(reference), first(current)];
  const total = reference.length + current.length;
  const logs = new Float64Array(total + 1);
  for (let i = 2; i <= total; i++) logs[i] = logs[i - 1] + Math.log(i);
  const choose = (n: number, k: number): number => logs[n] - logs[k] - logs[n - k];
  const log = (k: number): number =>
    choose(reference.length, k) + choose(current.length, a + b - k) - choose(total, a + b);
  const limit = log(a) + 1e-7;
  let sum = 0;
  for (let k = Math.max(0, a + b - current.length); k <= Math.min(reference.length, a + b); k++)
    if (log(k) <= limit) sum += Math.exp(log(k));
  return Math.min(1, sum);
}

/** Share of 1000 random partings of all values whose distance is larger. */
function totalVariation(reference: Sample, current: Sample): number {
  const distanceOf = (a: Sample, b: Sample): number =>
    sumOver(shares(a, b, "cat", false), (p, q) => Math.abs(p - q)) / 2;
  const observed = distanceOf(reference, current);
  const all = [...reference, ...current];
  const random = new RandomState(0);
  let larger = 0;
  for (let i = 0; i < 1000; i++) {
    const order = random.permutation(all.length);
    const shuffled = Array.from(order, (at) => all[at]);
    if (distanceOf(shuffled.slice(0, reference.length), shuffled.slice(reference.length)) > observed)
      larger++;
  }
  return larger / 1000;
}
