/**
 * Splitting samples into train and test sets, equal to scikit-learn's for the same seed
 * (sklearn/model_selection/_split.py: ShuffleSplit, StratifiedShuffleSplit).
 */
import { TradewindError } from "../../errors.ts";
import { type Matrix, selectTargets, type Targets } from "../data/matrix.ts";
import { RandomState } from "../random-state.ts";
import { groupByClass } from "./classes.ts";

export interface SplitOptions {
  /** Share of the samples in (0, 1), or a number of samples ≥ 1. Default 0.25. */
  testSize?: number;
  /** Share or number of training samples; default is all that are not test samples. */
  trainSize?: number;
  /** 0 to 2³² − 1. */
  seed: number;
  /** Class labels whose proportions both sets keep. */
  stratify?: Targets;
}

export interface Split {
  train: Int32Array;
  test: Int32Array;
}

/** Row numbers of a train and a test set: `train_test_split` on `range(samples)`. */
export function trainTestIndices(samples: number, options: SplitOptions): Split {
  const { trainCount, testCount } = splitCounts(samples, options);
  const random = new RandomState(options.seed);
  if (options.stratify !== undefined) {
    return stratifiedIndices(options.stratify, samples, trainCount, testCount, random);
  }
  const permutation = random.permutation(samples);
  return {
    test: permutation.slice(0, testCount),
    train: permutation.slice(testCount, testCount + trainCount),
  };
}

/** `train_test_split(X, y, test_size, random_state, stratify)`. */
export function trainTestSplit(
  x: Matrix,
  y: Targets,
  options: SplitOptions,
): { xTrain: Matrix; xTest: Matrix; yTrain: Float64Array; yTest: Float64Array } & Split {
  if (y.length !== x.rows) {
    throw new TradewindError("TW_ML_SHAPE", `expected ${x.rows} targets, one per row, got ${y.length}`);
  }
  const { train, test } = trainTestIndices(x.rows, options);
  return {
    train,
    test,
    xTrain: x.select(train),
    xTest: x.select(test),
    yTrain: selectTargets(y, train),
    yTest: selectTargets(y, test),
  };
}

function splitCounts(samples: number, options: SplitOptions): { trainCount: number; testCount: number } {
  const size = (name: string, value: number, round: (n: number) => number): number => {
    if (value > 0 && value < 1) return round(value * samples);
    if (Number.isInteger(value) && value >= 1 && value < samples) return value;
    throw new TradewindError(
      "TW_ML_PARAM",
      `expected ${name} in (0, 1) or a whole number from 1 to ${samples - 1}, got ${value}`,
    );
  };
  const given = options.testSize ?? (options.trainSize === undefined ? 0.25 : undefined);
  const train =
    options.trainSize === undefined ? undefined : size("trainSize", options.trainSize, Math.floor);
  const testCount = given === undefined ? samples - (train ?? 0) : size("testSize", given, Math.ceil);
  const trainCount = train ?? samples - testCount;
  if (trainCount + testCount > samples || trainCount < 1) {
    throw new TradewindError(
      "TW_ML_PARAM",
      `expected a train and a test set within ${samples} samples, got ${trainCount} and ${testCount}`,
    );
  }
  return { trainCount, testCount };
}

function stratifiedIndices(
  y: Targets,
  samples: number,
  trainCount: number,
  testCount: number,
  random: RandomState,
): Split {
  if (y.length !== samples) {
    throw new TradewindError("TW_ML_SHAPE", `expected ${samples} labels to stratify by, got ${y.length}`);
  }
  const { classes, members } = groupByClass(y);
  const counts = members.map((rows) => rows.length);
  const small = counts.findIndex((count) => count < 2);
  if (small !== -1) {
    throw new TradewindError(
      "TW_ML_DATA",
      `expected at least 2 samples of each class, got 1 of class ${classes[small]}`,
    );
  }
  if (Math.min(trainCount, testCount) < classes.length) {
    throw new TradewindError(
      "TW_ML_PARAM",
      `expected at least ${classes.length} samples in each set, one per class, got ${trainCount} and ${testCount}`,
    );
  }
  const trainOf = approximateMode(counts, trainCount, random);
  const testOf = approximateMode(
    counts.map((count, k) => count - trainOf[k]),
    testCount,
    random,
  );
  const train: number[] = [];
  const test: number[] = [];
  members.forEach((rows, k) => {
    const order = random.permutation(rows.length);
    order.forEach((position, drawn) => {
      if (drawn < trainOf[k]) train.push(rows[position]);
      else if (drawn < trainOf[k] + testOf[k]) test.push(rows[position]);
    });
  });
  return { train: random.permutation(train), test: random.permutation(test) };
}

/**
 * The most likely outcome of drawing `draws` of a population with these class counts, remainders largest first and
 * ties broken at random (sklearn.utils.extmath._approximate_mode).
 */
function approximateMode(counts: readonly number[], draws: number, random: RandomState): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const expected = counts.map((count) => (count / total) * draws);
  const drawn = expected.map(Math.floor);
  let missing = draws - drawn.reduce((sum, count) => sum + count, 0);
  const remainders = expected.map((value, k) => value - drawn[k]);
  for (const remainder of [...new Set(remainders)].sort((a, b) => b - a)) {
    if (missing === 0) break;
    const tied = remainders.flatMap((value, k) => (value === remainder ? [k] : []));
    const added = Math.min(tied.length, missing);
    for (const k of random.choose(tied, added)) drawn[k]++;
    missing -= added;
  }
  return drawn;
}
