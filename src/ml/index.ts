/**
 * `tradewind/ml`: estimators, splits, metrics and data that pipelines need to begin with, in one shape:
 * `new Model(options).fit(x, y)`, then `predict`, `predictProba` or `transform`. Results equal scikit-learn's to the
 * tolerances that `tests/ml` states.
 */
export { type CsvOptions, formatCsv, parseCsv, readCsv, writeCsv } from "./data/csv.ts";
export {
  adClickColumns,
  type Dataset,
  encodeColumn,
  generateAdClicks,
  loadBreastCancer,
  loadIris,
} from "./data/datasets.ts";
export { Matrix, selectTargets, type Targets } from "./data/matrix.ts";
export { type Column, type ColumnType, Table } from "./data/table.ts";
export type {
  Classifier,
  Estimator,
  ModelJson,
  Params,
  Predictor,
  Transformer,
} from "./estimators/estimator.ts";
export {
  DecisionTreeClassifier,
  type ForestOptions,
  RandomForestClassifier,
  type TreeOptions,
} from "./estimators/forest.ts";
export { LogisticRegression, type LogisticRegressionOptions } from "./estimators/logistic-regression.ts";
export { PCA, type PcaOptions } from "./estimators/pca.ts";
export { Pipeline, type Step } from "./estimators/pipeline.ts";
export { loadModel, modelFromJson, saveModel } from "./estimators/saved-models.ts";
export {
  MinMaxScaler,
  type MinMaxScalerOptions,
  StandardScaler,
  type StandardScalerOptions,
} from "./estimators/scalers.ts";
export {
  type Average,
  accuracyScore,
  brierScore,
  confusionMatrix,
  f1Score,
  logLoss,
  matthewsCorrelation,
  precisionScore,
  recallScore,
  type ScoreOptions,
} from "./metrics/classification.ts";
export { averagePrecisionScore, rocAucOneVsRest, rocAucScore } from "./metrics/ranking.ts";
export { meanAbsoluteError, meanSquaredError, r2Score, rootMeanSquaredError } from "./metrics/regression.ts";
export { type Scorer, type ScorerName, scorerNames } from "./metrics/scorers.ts";
export { RandomState } from "./random-state.ts";
export { encodeLabels } from "./selection/classes.ts";
export {
  type CrossValidationOptions,
  crossValidate,
  crossValScore,
  type FoldScore,
  foldsFor,
  scoreFold,
} from "./selection/cross-validation.ts";
export { type FoldOptions, kFold, stratifiedKFold } from "./selection/folds.ts";
export {
  type GridSearchOptions,
  type GridSearchResult,
  gridSearch,
  type ParamGrid,
  parameterGrid,
  type SearchResults,
  searchTable,
  summarizeSearch,
} from "./selection/grid-search.ts";
export { type Split, type SplitOptions, trainTestIndices, trainTestSplit } from "./selection/split.ts";
