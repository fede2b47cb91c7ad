/** The part of the catalogue that is about data, models, studies, tracking and serving. */
import type { ErrorKind } from "./error-catalogue.ts";

export const modelErrors = {
  TW_CSV_SYNTAX: { summary: "A CSV text breaks the rules of RFC 4180.", exitCode: 1, httpStatus: 422 },
  TW_CSV_VALUE: {
    summary: "A CSV field is not of its column's type, or a column is missing.",
    exitCode: 1,
    httpStatus: 422,
  },
  TW_DATA_QUALITY: {
    summary: "Data does not hold what a suite expects of it.",
    exitCode: 1,
    httpStatus: 422,
  },
  TW_EXPECTATION: { summary: "An expectation about data is written wrongly.", exitCode: 2, httpStatus: 422 },
  TW_FEATURE: {
    summary: "A feature view, or data for it, is not as it must be.",
    exitCode: 2,
    httpStatus: 422,
  },
  TW_MODEL_FAILED: {
    summary: "A served model broke while it was loaded or asked.",
    exitCode: 1,
    httpStatus: 500,
  },
  TW_MODEL_INPUT: { summary: "A model cannot work with what it was asked.", exitCode: 1, httpStatus: 400 },
  TW_MODEL_PACKAGE: { summary: "A folder is no model that can be served.", exitCode: 1, httpStatus: 422 },
  TW_MODEL_REFERENCE: { summary: "A reference leads to no model.", exitCode: 2, httpStatus: 404 },
  TW_MODEL_RUNTIME: {
    summary: "A model needs a package that is not installed.",
    exitCode: 3,
    httpStatus: 501,
  },
  TW_ENDPOINT_CHANGED: {
    summary: "Somebody changed an endpoint's traffic in between.",
    exitCode: 1,
    httpStatus: 409,
  },
  TW_CHECK_NOT_FOUND: { summary: "There is no such report of a check.", exitCode: 1, httpStatus: 404 },
  TW_ENDPOINT_EXISTS: { summary: "An endpoint of that name exists.", exitCode: 1, httpStatus: 409 },
  TW_ENDPOINT_NOT_FOUND: { summary: "There is no endpoint of that name.", exitCode: 1, httpStatus: 404 },
  TW_ENDPOINT_TRAFFIC: {
    summary: "The variants of an endpoint cannot share its traffic like that.",
    exitCode: 2,
    httpStatus: 422,
  },
  TW_FRAMES_PACKAGE: {
    summary: "SQL over files needs a package that is not installed.",
    exitCode: 3,
    httpStatus: 501,
  },
  TW_FRAMES_QUERY: {
    summary: "DuckDB refuses a query, or cannot read what it names.",
    exitCode: 1,
    httpStatus: 422,
  },
  TW_LINEAGE_NOT_FOUND: {
    summary: "There is nothing of that kind and id in the lineage.",
    exitCode: 1,
    httpStatus: 404,
  },
  TW_LINEAGE_VALUE: {
    summary: "What a task tells of its data cannot be kept.",
    exitCode: 1,
    httpStatus: 422,
  },
  TW_METRIC_ALERT_NOT_FOUND: {
    summary: "There is no such rule about a metric.",
    exitCode: 1,
    httpStatus: 404,
  },
  TW_RUN_STOPPED: {
    summary: "A rule about a metric does not hold, and ends the run.",
    exitCode: 1,
    httpStatus: 400,
  },
  TW_ROLLOUT_NOT_FOUND: { summary: "The endpoint has no such rollout.", exitCode: 1, httpStatus: 404 },
  TW_ROLLOUT_STATE: {
    summary: "A rollout is not in the state that this needs.",
    exitCode: 1,
    httpStatus: 409,
  },
  TW_PROMOTION_CHANGED: {
    summary: "Another promotion came first.",
    exitCode: 1,
    httpStatus: 409,
  },
  TW_PROMOTION_NONE: {
    summary: "There is no earlier version to go back to.",
    exitCode: 1,
    httpStatus: 409,
  },
  TW_GATE: { summary: "A gate between models is written wrongly.", exitCode: 2, httpStatus: 422 },
  TW_AB_TEST: { summary: "An A/B test cannot be made like that.", exitCode: 2, httpStatus: 422 },
  TW_BATCH: {
    summary: "A batch of predictions does not hold what is expected of it, and is not published.",
    exitCode: 1,
    httpStatus: 422,
  },
  TW_ML_DATA: { summary: "The samples cannot be learnt from.", exitCode: 1, httpStatus: 422 },
  TW_ML_FORMAT: { summary: "A saved model cannot be read.", exitCode: 1, httpStatus: 422 },
  TW_ML_NOT_FITTED: { summary: "A model was used before it was fitted.", exitCode: 1, httpStatus: 422 },
  TW_ML_ONNX: { summary: "A model cannot be written as ONNX.", exitCode: 1, httpStatus: 422 },
  TW_ML_PARAM: {
    summary: "An option of a model, split or search is unknown or out of range.",
    exitCode: 2,
    httpStatus: 422,
  },
  TW_ML_SHAPE: { summary: "Numbers of rows or columns do not fit together.", exitCode: 1, httpStatus: 422 },
  // Experiment tracking and the model registry
  TW_TRACKING_VALUE: {
    summary: "A name, value or filter of a tracking request cannot be used.",
    exitCode: 2,
    httpStatus: 400,
  },
  TW_TRACKING_NOT_FOUND: {
    summary: "There is no such experiment, run, model, version or trace.",
    exitCode: 1,
    httpStatus: 404,
  },
  TW_TRACKING_EXISTS: {
    summary: "An experiment or registered model of that name exists.",
    exitCode: 1,
    httpStatus: 400,
  },
  TW_TRACKING_STATE: {
    summary: "What a tracking request would change is deleted, or otherwise not in the state for it.",
    exitCode: 1,
    httpStatus: 400,
  },
  TW_NOT_REPRODUCIBLE: {
    summary: "A run cannot be repeated and compared.",
    exitCode: 1,
    httpStatus: 422,
  },
  TW_STUDY_EXISTS: { summary: "A study of that name exists already.", exitCode: 2, httpStatus: 409 },
  TW_STUDY_NO_TRIAL: { summary: "A study has no best trial.", exitCode: 1, httpStatus: 404 },
  TW_STUDY_NOT_FOUND: { summary: "There is no study of that name.", exitCode: 1, httpStatus: 404 },
  TW_STUDY_PARAMS: { summary: "Parameters are not of the study's space.", exitCode: 2, httpStatus: 422 },
  TW_STUDY_SETTING: { summary: "A study was given a setting that cannot be.", exitCode: 2, httpStatus: 422 },
  TW_STUDY_SPACE: { summary: "The space of a study cannot be searched.", exitCode: 2, httpStatus: 422 },
  TW_STUDY_TRIAL_NOT_FOUND: {
    summary: "The study has no trial of that number.",
    exitCode: 1,
    httpStatus: 404,
  },
  TW_STUDY_TRIAL_STATE: {
    summary: "A trial is not in the state that this needs.",
    exitCode: 1,
    httpStatus: 409,
  },
  TW_STUDY_VALUE: { summary: "A trial was told something that is no value.", exitCode: 2, httpStatus: 422 },
  TW_TRACKING_NO_RUN: { summary: "Something was logged outside of a run.", exitCode: 1, httpStatus: 422 },
  TW_TRACKING_REFUSED: {
    summary: "The tracking server refused what a task logs.",
    exitCode: 1,
    httpStatus: 422,
  },
  TW_TRACKING_BACKLOG: {
    summary: "Metrics are logged faster than the tracking server stores them.",
    exitCode: 1,
    httpStatus: 422,
  },
  TW_TRACKING_SERVER: {
    summary: "The tracking server does not answer, or none is named.",
    exitCode: 3,
    httpStatus: 503,
  },
  TW_ARTIFACT_PATH: {
    summary: "An artifact's path leads out of the store, or stands where a file cannot be.",
    exitCode: 2,
    httpStatus: 400,
  },
  TW_ARTIFACT_NOT_FOUND: { summary: "There is no such artifact.", exitCode: 1, httpStatus: 404 },
  TW_ARTIFACT_BROKEN_OFF: {
    summary: "The upload of an artifact broke off; nothing of it is kept.",
    exitCode: 1,
    httpStatus: 400,
  },
  TW_ARTIFACT_STORE: {
    summary: "The artifact store is down, full, or refuses.",
    exitCode: 3,
    httpStatus: 424,
  },
  TW_NOT_IMPLEMENTED: {
    summary: "A call of MLflow's protocol that Tradewind does not have.",
    exitCode: 2,
    httpStatus: 501,
  },
  TW_WEBHOOK_URL: {
    summary: "A webhook names an address that requests may not go to.",
    exitCode: 2,
    httpStatus: 400,
  },
} as const satisfies Record<string, ErrorKind>;
