/**
 * Scores of classifiers, equal to scikit-learn's functions of the same names (sklearn/metrics/_classification.py).
 * Labels are numbers; `yTrue` and `yPred` have one label per sample.
 */
import { TradewindError } from "../../errors.ts";
import { Matrix, type Targets } from "../data/matrix.ts";
import { encodeClasses } from "../selection/classes.ts";

/** How scores of classes become one number. "binary" is the score of `positive` alone. */
export type Average = "binary" | "macro" | "micro" | "weighted";

export interface ScoreOptions {
  /** Default "binary" for two classes, else refused: an average must be named. */
  average?: Average;
  /** The positive class of a binary score. Default 1. */
  positive?: number;
  /** Score where nothing was predicted, or nothing is there to be found. Default 0. */
  zeroDivision?: number;
}

/** Share of labels that are right. */
export function accuracyScore(yTrue: Targets, yPred: Targets): number {
  checkPairs(yTrue, yPred);
  let right = 0;
  for (let i = 0; i < yTrue.length; i++) if (yTrue[i] === yPred[i]) right++;
  return right / yTrue.length;
}

/** Counts with true classes as rows and predicted ones as columns, both in ascending order or that of `labels`. */
export function confusionMatrix(yTrue: Targets, yPred: Targets, labels?: readonly number[]): number[][] {
  checkPairs(yTrue, yPred);
  const order = labels ?? labelsOf(yTrue, yPred);
  const position = new Map(order.map((label, at) => [label, at]));
  const counts = order.map(() => order.map(() => 0));
  for (let i = 0; i < yTrue.length; i++) {
    const row = position.get(yTrue[i]);
    const col = position.get(yPred[i]);
    if (row !== undefined && col !== undefined) counts[row][col]++;
  }
  return counts;
}

/** tp / (tp + fp). */
export function precisionScore(yTrue: Targets, yPred: Targets, options: ScoreOptions = {}): number {
  return averaged(yTrue, yPred, options, ({ hit, predicted }, zero) => ratio(hit, predicted, zero));
}

/** tp / (tp + fn). */
export function recallScore(yTrue: Targets, yPred: Targets, options: ScoreOptions = {}): number {
  return averaged(yTrue, yPred, options, ({ hit, actual }, zero) => ratio(hit, actual, zero));
}

/** 2 tp / (2 tp + fp + fn). */
export function f1Score(yTrue: Targets, yPred: Targets, options: ScoreOptions = {}): number {
  return averaged(yTrue, yPred, options, ({ hit, predicted, actual }, zero) =>
    ratio(2 * hit, predicted + actual, zero),
  );
}

/** Correlation of truth and prediction for any number of classes: Gorodkin, Comput. Biol. Chem. 28 (2004). */
export function matthewsCorrelation(yTrue: Targets, yPred: Targets): number {
  const tallies = tally(yTrue, yPred, labelsOf(yTrue, yPred));
  const n = yTrue.length;
  const sum = (of: (counts: Tally) => number): number =>
    tallies.reduce((total, counts) => total + of(counts), 0);
  const covariance = sum((c) => c.hit) * n - sum((c) => c.actual * c.predicted);
  const predicted = n * n - sum((c) => c.predicted ** 2);
  const actual = n * n - sum((c) => c.actual ** 2);
  return predicted * actual === 0 ? 0 : covariance / Math.sqrt(predicted * actual);
}

/**
 * Mean of −log p(true class). `probabilities` has shape (samples, classes) in ascending order of the labels, or one
 * probability of the larger label per sample; they are kept off 0 and 1 by the machine epsilon.
 */
export function logLoss(yTrue: Targets, probabilities: Matrix | Targets, labels?: readonly number[]): number {
  const order = labels ?? Array.from(encodeClasses(yTrue).classes);
  const position = new Map(order.map((label, at) => [label, at]));
  const table = probabilities instanceof Matrix ? probabilities : twoColumns(probabilities);
  if (table.cols !== order.length || table.rows !== yTrue.length) {
    throw new TradewindError(
      "TW_ML_SHAPE",
      `expected probabilities of ${yTrue.length} × ${order.length}, got ${table.rows} × ${table.cols}`,
      { hint: "Name all classes in labels where the samples do not have them all." },
    );
  }
  let loss = 0;
  for (let i = 0; i < yTrue.length; i++) {
    const probability = table.get(i, position.get(yTrue[i]) ?? 0);
    loss -= Math.log(Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, probability)));
  }
  return loss / yTrue.length;
}

/** Mean squared difference of the probability of class `positive` and whether it is that class. */
export function brierScore(yTrue: Targets, probabilities: Targets, positive = 1): number {
  checkPairs(yTrue, probabilities);
  let sum = 0;
  for (let i = 0; i < yTrue.length; i++) sum += (probabilities[i] - (yTrue[i] === positive ? 1 : 0)) ** 2;
  return sum / yTrue.length;
}

interface Tally {
  hit: number;
  predicted: number;
  actual: number;
}

function tally(yTrue: Targets, yPred: Targets, labels: readonly number[]): Tally[] {
  const tallies = labels.map(() => ({ hit: 0, predicted: 0, actual: 0 }));
  const position = new Map(labels.map((label, at) => [label, tallies[at]]));
  for (let i = 0; i < yTrue.length; i++) {
    const actual = position.get(yTrue[i]);
    const predicted = position.get(yPred[i]);
    if (actual) actual.actual++;
    if (predicted) predicted.predicted++;
    if (actual && actual === predicted) actual.hit++;
  }
  return tallies;
}

function averaged(
  yTrue: Targets,
  yPred: Targets,
  options: ScoreOptions,
  score: (counts: Tally, zeroDivision: number) => number,
): number {
  checkPairs(yTrue, yPred);
  const zero = options.zeroDivision ?? 0;
  const labels = labelsOf(yTrue, yPred);
  const average = options.average ?? "binary";
  if (average === "binary") {
    const positive = options.positive ?? 1;
    if (labels.length > 2) {
      throw new TradewindError(
        "TW_ML_PARAM",
        `expected two classes for a binary score, got ${labels.length}`,
        {
          hint: 'Choose average: "macro", "micro" or "weighted".',
        },
      );
    }
    return score(tally(yTrue, yPred, [positive])[0], zero);
  }
  const tallies = tally(yTrue, yPred, labels);
  const total = (of: (counts: Tally) => number): number =>
    tallies.reduce((sum, counts) => sum + of(counts), 0);
  if (average === "micro") {
    const all = {
      hit: total((c) => c.hit),
      predicted: total((c) => c.predicted),
      actual: total((c) => c.actual),
    };
    return score(all, zero);
  }
  if (average === "macro") return total((counts) => score(counts, zero)) / tallies.length;
  return total((counts) => counts.actual * score(counts, zero)) / yTrue.length;
}

function ratio(numerator: number, denominator: number, zeroDivision: number): number {
  return denominator === 0 ? zeroDivision : numerator / denominator;
}

function twoColumns(probabilities: Targets): Matrix {
  const table = new Matrix(probabilities.length, 2);
  for (let i = 0; i < probabilities.length; i++) table.row(i).set([1 - probabilities[i], probabilities[i]]);
  return table;
}

function labelsOf(yTrue: Targets, yPred: Targets): number[] {
  return Array.from(encodeClasses([...Array.from(yTrue), ...Array.from(yPred)]).classes);
}

function checkPairs(yTrue: Targets, other: Targets): void {
  if (yTrue.length === other.length && yTrue.length > 0) return;
  throw new TradewindError(
    "TW_ML_SHAPE",
    `expected as many predictions as targets and at least one, got ${other.length} for ${yTrue.length}`,
  );
}
