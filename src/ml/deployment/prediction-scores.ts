/** Scores of predictions against what turned out to be true, under scikit-learn's names. */
import { TradewindError } from "../../errors.ts";
import { Matrix } from "../data/matrix.ts";
import { type Cell, type Cells, cellsOf, type Table } from "../data/table.ts";
import { accuracyScore, f1Score, logLoss, precisionScore, recallScore } from "../metrics/classification.ts";
import { rocAucOneVsRest, rocAucScore } from "../metrics/ranking.ts";
import { meanAbsoluteError, meanSquaredError, r2Score, rootMeanSquaredError } from "../metrics/regression.ts";
import type { AskedModel } from "./loaded-model.ts";

export interface ScoredPredictions {
  /** Numbers; classes that are texts are numbered in their order. */
  readonly truth: Float64Array;
  readonly predictions: Float64Array;
  /** Shape (rows, classes); null where the model gives none. */
  readonly probabilities: Matrix | null;
}

export type PredictionScore = (scored: ScoredPredictions) => number;

const scores = {
  accuracy: ({ truth, predictions }) => accuracyScore(truth, predictions),
  precision: ({ truth, predictions }) => precisionScore(truth, predictions),
  recall: ({ truth, predictions }) => recallScore(truth, predictions),
  f1: ({ truth, predictions }) => f1Score(truth, predictions),
  f1_macro: ({ truth, predictions }) => f1Score(truth, predictions, { average: "macro" }),
  f1_weighted: ({ truth, predictions }) => f1Score(truth, predictions, { average: "weighted" }),
  roc_auc: (scored) => rocAucScore(scored.truth, needed(scored).column(1)),
  roc_auc_ovr: (scored) => rocAucOneVsRest(scored.truth, needed(scored)),
  log_loss: (scored) => logLoss(scored.truth, needed(scored)),
  r2: ({ truth, predictions }) => r2Score(truth, predictions),
  mean_squared_error: ({ truth, predictions }) => meanSquaredError(truth, predictions),
  root_mean_squared_error: ({ truth, predictions }) => rootMeanSquaredError(truth, predictions),
  mean_absolute_error: ({ truth, predictions }) => meanAbsoluteError(truth, predictions),
} satisfies Record<string, PredictionScore>;

export type PredictionScoreName = keyof typeof scores;

/** Scores for which less is better. */
export const losses: ReadonlySet<string> = new Set<PredictionScoreName>([
  "log_loss",
  "mean_squared_error",
  "root_mean_squared_error",
  "mean_absolute_error",
]);

const needProbabilities: ReadonlySet<string> = new Set<PredictionScoreName>([
  "roc_auc",
  "roc_auc_ovr",
  "log_loss",
]);

/** @throws TradewindError TW_ML_PARAM for a name that is none. */
export function predictionScore(name: string): PredictionScore {
  if (Object.hasOwn(scores, name)) return scores[name as PredictionScoreName];
  throw new TradewindError("TW_ML_PARAM", `there is no score "${name}"`, {
    hint: `The scores are ${Object.keys(scores).join(", ")}; a function of truth, predictions and probabilities will do too.`,
  });
}

/** A score of truth and answers alone, texts too. TW_ML_PARAM for a name that is none; its result throws for one that needs probabilities. */
export function scoreOfAnswers(
  name: string,
): (truth: readonly unknown[], answers: readonly unknown[]) => number {
  const score = predictionScore(name);
  return (truth, answers) => {
    const [asked, predictions] = asNumbers(truth as Cells, answers);
    return score({ truth: asked, predictions, probabilities: null });
  };
}

function needed({ probabilities }: ScoredPredictions): Matrix {
  if (probabilities !== null) return probabilities;
  throw new TradewindError("TW_ML_PARAM", "this score needs probabilities, and the model gives none");
}

/**
 * Asks the model about a table and scores the answers against a column of it.
 * @throws TradewindError TW_ML_DATA for a table without rows; TW_MODEL_INPUT for one that the model cannot work with.
 */
export async function scoreModel(
  model: AskedModel,
  table: Table,
  target: string,
  wanted: Readonly<Record<string, PredictionScore>>,
): Promise<{ [metric: string]: number }> {
  if (table.rows === 0) throw new TradewindError("TW_ML_DATA", "expected rows to score a model on, got none");
  const features = table.without([target]);
  const names = Object.keys(wanted);
  const [truth, predictions] = asNumbers(cellsOf(table.column(target)), await model.predict(features));
  const asksMore = names.some((name) => needProbabilities.has(name));
  const lists = asksMore ? await model.probabilities(features) : null;
  const probabilities = lists === null ? null : Matrix.from(lists.map((row) => [...row]));
  return Object.fromEntries(names.map((name) => [name, wanted[name]({ truth, predictions, probabilities })]));
}

/** Texts on either side: classes, numbered in their order. */
function asNumbers(truth: readonly Cell[], predictions: readonly unknown[]): [Float64Array, Float64Array] {
  const isText = (value: unknown): boolean => typeof value === "string";
  if (!truth.some(isText) && !predictions.some(isText))
    return [Float64Array.from(truth, Number), Float64Array.from(predictions, Number)];
  const classes = [...new Set([...truth, ...predictions].map(String))].sort();
  const number = (value: unknown): number => classes.indexOf(String(value));
  return [Float64Array.from(truth, number), Float64Array.from(predictions, number)];
}
