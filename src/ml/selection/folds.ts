/**
 * Cross-validation splitters, fold for fold scikit-learn's `KFold` and `StratifiedKFold`
 * (sklearn/model_selection/_split.py), shuffled ones included.
 */
import { TradewindError } from "../../errors.ts";
import type { Targets } from "../data/matrix.ts";
import { RandomState } from "../random-state.ts";
import { encodeClasses } from "./classes.ts";
import type { Split } from "./split.ts";

export interface FoldOptions {
  /** Number of folds, at least 2. Default 5. */
  folds?: number;
  /** Shuffles before folding when given; without it folds follow the order of the samples. */
  seed?: number;
}

/** Consecutive folds; the first `samples % folds` of them have one sample more. */
export function kFold(samples: number, options: FoldOptions = {}): Split[] {
  const folds = checkFolds(options.folds ?? 5, samples);
  const order = Int32Array.from({ length: samples }, (_, i) => i);
  if (options.seed !== undefined) new RandomState(options.seed).shuffle(order);
  const foldOf = new Int32Array(samples);
  let start = 0;
  for (let fold = 0; fold < folds; fold++) {
    const size = Math.floor(samples / folds) + (fold < samples % folds ? 1 : 0);
    for (let i = start; i < start + size; i++) foldOf[order[i]] = fold;
    start += size;
  }
  return splitsOf(foldOf, folds);
}

/** Folds that keep the proportions of the classes. Every class needs at least one fold's worth of samples. */
export function stratifiedKFold(y: Targets, options: FoldOptions = {}): Split[] {
  const folds = checkFolds(options.folds ?? 5, y.length);
  const codes = codesByAppearance(y);
  const sizes: number[] = [];
  for (const code of codes) sizes[code] = (sizes[code] ?? 0) + 1;
  if (Math.max(...sizes) < folds) {
    throw new TradewindError(
      "TW_ML_PARAM",
      `expected at most ${Math.max(...sizes)} folds, the size of the largest class, got ${folds}`,
    );
  }
  const sorted = Int32Array.from(codes).sort();
  const allocation = Array.from({ length: folds }, () => new Int32Array(sizes.length));
  sorted.forEach((code, i) => allocation[i % folds][code]++);
  const random = options.seed === undefined ? null : new RandomState(options.seed);
  const foldOf = new Int32Array(y.length);
  for (let code = 0; code < sizes.length; code++) {
    const blocks = Int32Array.from(
      allocation.flatMap((perClass, fold) => Array<number>(perClass[code]).fill(fold)),
    );
    random?.shuffle(blocks);
    let next = 0;
    codes.forEach((rowCode, row) => {
      if (rowCode === code) foldOf[row] = blocks[next++];
    });
  }
  return splitsOf(foldOf, folds);
}

/** Class codes in the order in which classes first appear, which decides what an uneven fold gets. */
function codesByAppearance(y: Targets): Int32Array {
  const { codes } = encodeClasses(y);
  const seen = new Map<number, number>();
  return codes.map((code) => {
    const known = seen.get(code);
    if (known !== undefined) return known;
    seen.set(code, seen.size);
    return seen.size - 1;
  });
}

function splitsOf(foldOf: Int32Array, folds: number): Split[] {
  return Array.from({ length: folds }, (_, fold) => {
    const train: number[] = [];
    const test: number[] = [];
    foldOf.forEach((of, row) => (of === fold ? test : train).push(row));
    return { train: Int32Array.from(train), test: Int32Array.from(test) };
  });
}

function checkFolds(folds: number, samples: number): number {
  if (Number.isInteger(folds) && folds >= 2 && folds <= samples) return folds;
  throw new TradewindError("TW_ML_PARAM", `expected 2 to ${samples} folds, got ${folds}`);
}
