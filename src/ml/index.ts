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
export { readParquet, readPartitions, writeParquet, writePartitions } from "./data/parquet.ts";
export { type Cell, type Cells, type Column, type ColumnType, Table } from "./data/table.ts";
export { type AbRules, type AbVerdict, type Arm, decideAbTest } from "./deployment/ab-test-decision.ts";
export { type AbTestResult, type AbTestTaskOptions, abTestTask } from "./deployment/ab-test-task.ts";
export {
  type BatchPredictInputs,
  type BatchPredictOptions,
  batchPredictTask,
} from "./deployment/batch-predict-task.ts";
export type { BatchChecks } from "./deployment/batch-prediction.ts";
export {
  type CanaryResult,
  type CanaryTaskOptions,
  canaryTask,
  type Deployed,
  type DeployTaskOptions,
  deployTask,
} from "./deployment/deploy-task.ts";
export type { CanaryGuardrails, CanaryMetric, CanaryStep } from "./deployment/endpoints.ts";
export {
  decideGate,
  type GateCheck,
  type GateDecision,
  type GateMetric,
  type GateScores,
} from "./deployment/gate-decision.ts";
export { type GateResult, type GateTaskOptions, gateTask, type HoldOut } from "./deployment/gate-task.ts";
export {
  type DecayCheck,
  type MonitorResult,
  type MonitorTaskOptions,
  monitorTask,
  type ToldDecay,
} from "./deployment/monitor-task.ts";
export { placeTask } from "./deployment/place-task.ts";
export type { Manifest, PredictionProfile } from "./deployment/prediction-profile.ts";
export {
  type PredictionScore,
  type PredictionScoreName,
  predictionScore,
  type ScoredPredictions,
} from "./deployment/prediction-scores.ts";
export {
  type PromoteResult,
  type PromoteTaskOptions,
  promoteTask,
  type RollbackTaskOptions,
  rollbackTask,
} from "./deployment/promote-tasks.ts";
export { type RegisterModelOptions, registerModelTask } from "./deployment/register-task.ts";
export type { ModelVersionRef } from "./deployment/registry.ts";
export { type Incident, type RetrainOptions, retrainDag } from "./deployment/retrain.ts";
export {
  type ColumnDrift,
  type Distribution,
  type DriftOptions,
  type DriftReport,
  detectDrift,
} from "./drift/drift.ts";
export {
  type DecayOptions,
  type DecayReport,
  joinLabels,
  type LabelledPredictions,
  performanceDecay,
} from "./drift/performance.ts";
export { driftBySegment, type SegmentDrift, type SegmentOptions } from "./drift/segments.ts";
export { type StatTest, type StatTestName, statTests } from "./drift/stat-tests.ts";
export {
  type Classifier,
  type Estimator,
  isClassifier,
  type ModelJson,
  type Predictor,
  type Transformer,
} from "./estimators/estimator.ts";
export {
  DecisionTreeClassifier,
  type ForestOptions,
  RandomForestClassifier,
  type TreeOptions,
} from "./estimators/forest.ts";
export {
  type BoostingOptions,
  GradientBoostingClassifier,
  GradientBoostingRegressor,
} from "./estimators/gradient-boosting.ts";
export { KMeans, type KMeansOptions } from "./estimators/k-means.ts";
export {
  ElasticNet,
  type ElasticNetOptions,
  LinearRegression,
  type LinearRegressionOptions,
  Ridge,
  type RidgeOptions,
} from "./estimators/linear-models.ts";
export { LogisticRegression, type LogisticRegressionOptions } from "./estimators/logistic-regression.ts";
export {
  GaussianNB,
  type GaussianNBOptions,
  MultinomialNB,
  type MultinomialNBOptions,
} from "./estimators/naive-bayes.ts";
export {
  KNeighborsClassifier,
  KNeighborsRegressor,
  type NeighboursOptions,
} from "./estimators/nearest-neighbours.ts";
export { PCA, type PcaOptions } from "./estimators/pca.ts";
export { Pipeline, type Step } from "./estimators/pipeline.ts";
export { DecisionTreeRegressor, RandomForestRegressor } from "./estimators/regression-trees.ts";
export { loadModel, modelFromJson, saveModel } from "./estimators/saved-models.ts";
export {
  MinMaxScaler,
  type MinMaxScalerOptions,
  StandardScaler,
  type StandardScalerOptions,
} from "./estimators/scalers.ts";
export { type FeatureStatus, FeatureStore, type OnlineFeature } from "./features/feature-store.ts";
export type { FeatureView } from "./features/feature-view.ts";
export { type HistoricalOptions, historicalFeatures } from "./features/point-in-time.ts";
export { querySql, readFrame, type SqlValue } from "./frames/query.ts";
export type { FrameSource } from "./frames/sources.ts";
export { type LineageItem, type LineageItems, recordLineage } from "./lineage/record.ts";
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
export { type OnnxOptions, toOnnx } from "./onnx/convert.ts";
export { type MlflowModelOptions, saveMlflowModel } from "./onnx/mlflow-model.ts";
export type { Params } from "./options.ts";
export { type ColumnStep, ColumnTransformer } from "./preparation/column-transformer.ts";
export { OneHotEncoder, OrdinalEncoder, TargetEncoder } from "./preparation/encoders.ts";
export { FrequencyEncoder, HashingEncoder } from "./preparation/hashing.ts";
export { KNNImputer, SimpleImputer } from "./preparation/imputers.ts";
export { KBinsDiscretizer, MaxAbsScaler, OutlierClipper, RobustScaler } from "./preparation/scalers.ts";
export { PowerTransformer, QuantileTransformer } from "./preparation/shapes.ts";
export type { Encoder } from "./preparation/table-step.ts";
export { CountVectorizer, type DatePart, DateParts, TfidfVectorizer } from "./preparation/text.ts";
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
export {
  permutationImportance,
  type Selection,
  selectByCorrelation,
  selectByImportance,
  selectByVariance,
  selectGenetically,
  selectKBest,
  selectRecursively,
  selectSequentially,
} from "./selection/feature-selection.ts";
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
export {
  chi2,
  correlation,
  fClassif,
  fRegression,
  mutualInformation,
  variances,
} from "./selection/univariate.ts";
export {
  loadModelPackage,
  type SaveModelOptions,
  saveModelPackage,
} from "./serving/save-model-package.ts";
export type { ColumnType as ModelColumnType } from "./serving/signature.ts";
export { DatabaseStudyStorage } from "./studies/database-storage.ts";
export type { Outcome, StudyState } from "./studies/decisions.ts";
export { importances } from "./studies/importance.ts";
export { MemoryStudyStorage } from "./studies/memory-storage.ts";
export type { PrunerSpec } from "./studies/pruners.ts";
export type { SamplerKind, SamplerSpec } from "./studies/samplers/from-spec.ts";
export {
  type Choice,
  type Condition,
  categorical,
  float,
  int,
  type Param,
  type ParamValues,
  type Space,
} from "./studies/space.ts";
export type { StudyStorage } from "./studies/storage.ts";
export {
  createStudy,
  type Objective,
  type OptimizeOptions,
  openStudy,
  RunningTrial,
  Study,
  TrialPruned,
} from "./studies/study.ts";
export type { StudyOptions, StudySpec } from "./studies/study-spec.ts";
export {
  type StudyResult,
  type StudyTaskOptions,
  studyTasks,
  type TrialResult,
} from "./studies/study-tasks.ts";
export { TaskStudyStorage } from "./studies/task-storage.ts";
export type { Direction, Trial, TrialState } from "./studies/trial.ts";
export {
  contour,
  type HistoryPoint,
  intermediateValues,
  optimizationHistory,
  parallelCoordinates,
  slices,
} from "./studies/views.ts";
export type { AlertRule } from "./tracking/alert-rules.ts";
export { type AutologOptions, autolog, logGridSearch } from "./tracking/autolog.ts";
export { TrackingClient } from "./tracking/client.ts";
export { isTracked, type TrackingServer } from "./tracking/environment.ts";
export { type LogInputOptions, logInput } from "./tracking/log-input.ts";
export type { LoggedModel, LogModelOptions } from "./tracking/model-files.ts";
export type { ActiveRun, MetricOptions, RunEnd } from "./tracking/run.ts";
export {
  activeRun,
  logArtifact,
  logArtifacts,
  logDict,
  logMetric,
  logMetrics,
  logModel,
  logParam,
  logParams,
  logText,
  type RunOptions,
  setTag,
  setTags,
  startRun,
  withRun,
} from "./tracking/tracking.ts";
export type { WandbOptions } from "./tracking/wandb/forwarding.ts";
export {
  type ImportedWandbRun,
  importWandbRun,
  type WandbImportOptions,
  wandbRunFolders,
} from "./tracking/wandb/import-run.ts";
export {
  type DecayTaskOptions,
  type DriftResult,
  type DriftTaskOptions,
  decayTask,
  driftTask,
  type Scores,
  type ValidationResult,
  type ValidationTaskOptions,
  validationTask,
} from "./validation/check-tasks.ts";
export { futureColumns, type Leak, targetCopies, trainTestOverlap } from "./validation/leakage.ts";
export type { CheckSubject } from "./validation/report-check.ts";
export { type DataSnapshot, snapshotOf } from "./validation/snapshot.ts";
export {
  describeFailures,
  type Expectation,
  type ExpectationResult,
  type InferOptions,
  inferSuite,
  type Suite,
  type ValidationReport,
  validate,
} from "./validation/suite.ts";
