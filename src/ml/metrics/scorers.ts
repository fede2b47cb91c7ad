/** Scores by name, for cross-validation and searches: larger is always better, so losses are negated. */
import { TradewindError } from "../../errors.ts";
import type { Matrix, Targets } from "../data/matrix.ts";
import { isClassifier, type Predictor } from "../estimators/estimator.ts";
import { accuracyScore, f1Score, logLoss, precisionScore, recallScore } from "./classification.ts";
import { rocAucOneVsRest, rocAucScore } from "./ranking.ts";
import { meanAbsoluteError, meanSquaredError, r2Score } from "./regression.ts";

/** A score of a fitted model on samples it has not seen. */
export type Scorer = (model: Predictor, x: Matrix, y: Targets) => number;

/** scikit-learn's names for the same scores. */
const scorers = {
  accuracy: (model, x, y) => accuracyScore(y, model.predict(x)),
  precision: (model, x, y) => precisionScore(y, model.predict(x)),
  recall: (model, x, y) => recallScore(y, model.predict(x)),
  f1: (model, x, y) => f1Score(y, model.predict(x)),
  f1_macro: (model, x, y) => f1Score(y, model.predict(x), { average: "macro" }),
  f1_weighted: (model, x, y) => f1Score(y, model.predict(x), { average: "weighted" }),
  roc_auc: (model, x, y) => rocAucScore(y, probabilities(model, x).column(1), classesOf(model)[1]),
  roc_auc_ovr: (model, x, y) => rocAucOneVsRest(y, probabilities(model, x)),
  neg_log_loss: (model, x, y) => -logLoss(y, probabilities(model, x), Array.from(classesOf(model))),
  r2: (model, x, y) => r2Score(y, model.predict(x)),
  neg_mean_squared_error: (model, x, y) => -meanSquaredError(y, model.predict(x)),
  neg_mean_absolute_error: (model, x, y) => -meanAbsoluteError(y, model.predict(x)),
} satisfies Record<string, Scorer>;

export type ScorerName = keyof typeof scorers;

export const scorerNames = Object.keys(scorers) as ScorerName[];

/** The scorer of that name, or the function itself. */
export function scorerOf(scoring: ScorerName | Scorer): Scorer {
  if (typeof scoring === "function") return scoring;
  if (Object.hasOwn(scorers, scoring)) return scorers[scoring];
  throw new TradewindError("TW_ML_PARAM", `there is no scorer "${String(scoring)}"`, {
    hint: `The scorers are ${scorerNames.join(", ")}; a function (model, x, y) => number will do too.`,
  });
}

function probabilities(model: Predictor, x: Matrix): Matrix {
  if (isClassifier(model)) return model.predictProba(x);
  throw new TradewindError("TW_ML_PARAM", `this score needs probabilities, and ${model.kind} has none`);
}

function classesOf(model: Predictor): Float64Array {
  return isClassifier(model) ? model.classes : new Float64Array();
}
