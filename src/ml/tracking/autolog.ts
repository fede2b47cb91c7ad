/**
 * Logs what estimators do without being told each time, under the names that MLflow's autologging of scikit-learn
 * gives: `training_accuracy_score`, `best_cv_score`, `cv_results.csv`.
 */
import type { Matrix, Targets } from "../data/matrix.ts";
import { type Estimator, isClassifier, isPredictor, type Predictor } from "../estimators/estimator.ts";
import { accuracyScore, f1Score, logLoss, precisionScore, recallScore } from "../metrics/classification.ts";
import { meanAbsoluteError, meanSquaredError, r2Score, rootMeanSquaredError } from "../metrics/regression.ts";
import type { GridSearchResult } from "../selection/grid-search.ts";
import type { ActiveRun } from "./run.ts";
import { activeRun, withRun } from "./tracking.ts";

export interface AutologOptions {
  /** Logs the fitted model under this name; false logs none. Default "model". */
  readonly logModel?: string | false;
  readonly registeredModelName?: string;
}

function trainingMetrics(model: Predictor, x: Matrix, y: Targets): Record<string, number> {
  const truth = Float64Array.from(y);
  const predicted = model.predict(x);
  if (!isClassifier(model))
    return {
      training_score: r2Score(truth, predicted),
      training_r2_score: r2Score(truth, predicted),
      training_mean_absolute_error: meanAbsoluteError(truth, predicted),
      training_mean_squared_error: meanSquaredError(truth, predicted),
      training_root_mean_squared_error: rootMeanSquaredError(truth, predicted),
    };
  const weighted = { average: "weighted" } as const;
  return {
    training_score: accuracyScore(truth, predicted),
    training_accuracy_score: accuracyScore(truth, predicted),
    training_precision_score: precisionScore(truth, predicted, weighted),
    training_recall_score: recallScore(truth, predicted, weighted),
    training_f1_score: f1Score(truth, predicted, weighted),
    training_log_loss: logLoss(truth, model.predictProba(x)),
  };
}

/**
 * The same model, whose `fit` logs options, scores on the training data and the fitted model to the active run. Without
 * an active run nothing is logged.
 */
export function autolog<M extends Estimator>(model: M, options: AutologOptions = {}): M {
  return new Proxy(model, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name !== "fit") return value.bind(target);
      return (x: Matrix, y?: Targets): M => {
        target.fit(x, y);
        const run = activeRun();
        if (run !== null) logFit(run, target, x, y, options);
        return target;
      };
    },
  });
}

function logFit(
  run: ActiveRun,
  model: Estimator,
  x: Matrix,
  y: Targets | undefined,
  options: AutologOptions,
): void {
  run.afterwards(run.logParams(model.params));
  run.afterwards(run.setTags({ estimator_name: model.kind, estimator_class: `tradewind/ml.${model.kind}` }));
  if (y !== undefined && isPredictor(model)) run.logMetrics(trainingMetrics(model, x, y));
  const name = options.logModel ?? "model";
  if (name === false) return;
  const { registeredModelName } = options;
  run.afterwards(
    run.logModel(model, { name, ...(registeredModelName === undefined ? {} : { registeredModelName }) }),
  );
}

/** As scikit-learn's autologging: the best few candidates get a run of their own. */
const mostChildRuns = 5;

function csvOf<M extends Predictor>({ results }: GridSearchResult<M>): string {
  const names = [...new Set(results.params.flatMap((params) => Object.keys(params)))].sort();
  const splits = results.splitTestScores.map((_, fold) => `split${fold}_test_score`);
  const header = [
    ...names.map((name) => `param_${name}`),
    ...splits,
    "mean_test_score",
    "std_test_score",
    "rank_test_score",
    "mean_fit_time",
  ];
  const quoted = (value: unknown): string => {
    const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const rows = results.params.map((params, at) => [
    ...names.map((name) => quoted(params[name])),
    ...results.splitTestScores.map((scores) => scores[at]),
    results.meanTestScore[at],
    results.stdTestScore[at],
    results.rankTestScore[at],
    results.meanFitTime[at],
  ]);
  return [header, ...rows].map((row) => row.join(",")).join("\n");
}

/** Logs what a grid search found to the active run: best options and score, the table, and a child run for each of the best. */
export async function logGridSearch<M extends Predictor>(search: GridSearchResult<M>): Promise<void> {
  const run = activeRun();
  if (run === null) return;
  const { results } = search;
  const best = Object.entries(search.bestParams).map(([name, value]) => [`best_${name}`, value] as const);
  await run.logParams(Object.fromEntries(best));
  run.logMetrics({ best_cv_score: search.bestScore });
  await run.logText(csvOf(search), "cv_results.csv");
  await run.logModel(search.bestEstimator, { name: "best_estimator" });
  const order = [...results.params.keys()].sort(
    (a, b) => results.rankTestScore[a] - results.rankTestScore[b],
  );
  for (const at of order.slice(0, mostChildRuns))
    await withRun({}, async (child) => {
      await child.logParams(results.params[at]);
      child.logMetrics({
        mean_test_score: results.meanTestScore[at],
        std_test_score: results.stdTestScore[at],
        rank_test_score: results.rankTestScore[at],
      });
    });
}
