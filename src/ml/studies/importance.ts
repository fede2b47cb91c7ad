/**
 * How much of a value's variance each parameter explains by itself: functional ANOVA over a random forest (Hutter,
 * Hoos & Leyton-Brown, ICML 2014), as Optuna's default importance. A tree's leaves are boxes of the space; the mean
 * over all other parameters follows from their volumes.
 */
import { TradewindError } from "../../errors.ts";
import type { RandomState } from "../random-state.ts";
import { randomOf } from "./samplers/sampler.ts";
import type { Param, Space } from "./space.ts";
import type { StudySpec } from "./study-spec.ts";
import { lossOf, type Trial } from "./trial.ts";

const trees = 64;

/** A box with its value: `low[j]` to `high[j]` of each column. */
interface Leaf {
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly value: number;
}

/**
 * Shares that add up to 1, largest first; all 0 where the value does not vary. `target` is the direction in question.
 * A parameter that does not exist in a trial counts as a value of its own.
 *
 * @throws TradewindError TW_STUDY_NO_TRIAL with fewer than two complete trials.
 */
export function importances(spec: StudySpec, trials: readonly Trial[], target = 0): Record<string, number> {
  const direction = spec.directions[target] ?? "minimize";
  const complete = trials.filter(
    (trial) => trial.state === "complete" && Number.isFinite(lossOf(trial.values?.[target], direction)),
  );
  if (complete.length < 2) {
    throw new TradewindError(
      "TW_STUDY_NO_TRIAL",
      `importances need at least 2 complete trials, study "${spec.name}" has ${complete.length}`,
    );
  }
  const space = spec.space ?? spaceOf(complete);
  const names = Object.keys(space);
  const columns = names.map((name) =>
    Float64Array.from(complete, (trial) => unitOf(space[name] as Param, trial.params[name])),
  );
  const values = Float64Array.from(complete, (trial) => trial.values?.[target] as number);
  const floor = columns.map((column) => (column.some((x) => x < 0) ? 2 * missing : 0));
  const shares = new Float64Array(names.length);
  for (let tree = 0; tree < trees; tree++) {
    const random = randomOf(spec.seed, tree, 7);
    const rows = Int32Array.from(values, () => random.interval(values.length - 1));
    const leaves: Leaf[] = [];
    const box = { low: Float64Array.from(floor), high: new Float64Array(names.length).fill(1) };
    grow(columns, values, rows, box, random, leaves);
    addShares(leaves, floor, shares);
  }
  const total = shares.reduce((sum, share) => sum + share, 0);
  const entries = names.map((name, j) => [name, total > 0 ? (shares[j] as number) / total : 0] as const);
  return Object.fromEntries(entries.sort(([, a], [, b]) => b - a));
}

/** Where a missing parameter lies on the axis of its column. */
const missing = -0.25;

function spaceOf(trials: readonly Trial[]): Space {
  return Object.assign({}, ...trials.map((trial) => trial.distributions ?? {}));
}

/** A value's place in the range of its parameter, on the parameter's scale; choices are spread evenly. */
export function unitOf(param: Param, value: unknown): number {
  if (value === undefined) return missing;
  if (param.type === "categorical")
    return (param.choices.indexOf(value as string) + 0.5) / param.choices.length;
  const scale = param.log === true ? Math.log : (x: number): number => x;
  const [low, high] = [scale(param.low), scale(param.high)];
  return high > low ? (scale(Number(value)) - low) / (high - low) : 0.5;
}

type Box = Omit<Leaf, "value">;

/** Splits until a node's values are equal or nothing separates them; the best split of all columns. */
function grow(
  columns: readonly Float64Array[],
  values: Float64Array,
  rows: Int32Array,
  box: Box,
  random: RandomState,
  leaves: Leaf[],
): void {
  const split = bestSplit(columns, values, rows, random);
  if (split === null) {
    const mean = rows.reduce((sum, row) => sum + (values[row] as number), 0) / rows.length;
    leaves.push({ ...box, value: mean });
    return;
  }
  const column = columns[split.column] as Float64Array;
  const high = box.high.slice();
  const low = box.low.slice();
  high[split.column] = split.threshold;
  low[split.column] = split.threshold;
  const left = rows.filter((row) => (column[row] as number) <= split.threshold);
  const right = rows.filter((row) => (column[row] as number) > split.threshold);
  grow(columns, values, left, { low: box.low, high }, random, leaves);
  grow(columns, values, right, { low, high: box.high }, random, leaves);
}

/** The split with the smallest sum of squared deviations; ties are broken at random. */
function bestSplit(
  columns: readonly Float64Array[],
  values: Float64Array,
  rows: Int32Array,
  random: RandomState,
): { column: number; threshold: number } | null {
  if (rows.length < 2) return null;
  const first = values[rows[0] as number];
  if (rows.every((row) => values[row] === first)) return null;
  const total = rows.reduce((sum, row) => sum + (values[row] as number), 0);
  let best: { column: number; threshold: number } | null = null;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const j of random.permutation(columns.length)) {
    const column = columns[j] as Float64Array;
    const order = rows.slice().sort((a, b) => (column[a] as number) - (column[b] as number));
    let left = 0;
    for (let at = 1; at < order.length; at++) {
      left += values[order[at - 1] as number] as number;
      const [below, above] = [
        column[order[at - 1] as number] as number,
        column[order[at] as number] as number,
      ];
      if (below === above) continue;
      const score = left ** 2 / at + (total - left) ** 2 / (order.length - at);
      if (score <= bestScore) continue;
      bestScore = score;
      best = { column: j, threshold: (below + above) / 2 };
    }
  }
  return best;
}

/** Adds the share of the tree's variance that each column explains alone. */
function addShares(leaves: readonly Leaf[], floor: readonly number[], shares: Float64Array): void {
  const widths = floor.map((low) => 1 - low);
  const volumes = leaves.map(({ low, high }) =>
    widths.reduce((volume, width, j) => (volume * ((high[j] as number) - (low[j] as number))) / width, 1),
  );
  const mean = leaves.reduce((sum, { value }, k) => sum + value * (volumes[k] as number), 0);
  const variance = leaves.reduce(
    (sum, { value }, k) => sum + (value - mean) ** 2 * (volumes[k] as number),
    0,
  );
  if (!(variance > 0)) return;
  for (const [j, width] of widths.entries()) {
    const borders = [...new Set(leaves.flatMap(({ low, high }) => [low[j] as number, high[j] as number]))];
    borders.sort((a, b) => a - b);
    let explained = 0;
    for (let at = 1; at < borders.length; at++) {
      const [from, to] = [borders[at - 1] as number, borders[at] as number];
      let marginal = 0;
      for (const [k, { low, high, value }] of leaves.entries()) {
        if ((low[j] as number) > from || (high[j] as number) < to) continue;
        marginal += (value * (volumes[k] as number) * width) / ((high[j] as number) - (low[j] as number));
      }
      explained += ((marginal - mean) ** 2 * (to - from)) / width;
    }
    shares[j] = (shares[j] as number) + explained / variance / trees;
  }
}
