/**
 * Training with a gate: a model is deployed only when it is good enough.
 *
 *   extract → features → validate → train (3 candidates, 2 at a time) → evaluate → check_performance
 *     ├─ track_model → register_model ┬→ deploy_model ──┐
 *     │                               └→ score_visitors ┤
 *     ├─ retrain ───────────────────────────────────────┼→ join
 *     └─ notify ────────────────────────────────────────┘
 *   training_gate_monitor (hourly): what the endpoint was asked → drift → an event that starts training_gate
 *
 * - `train_model` runs in the pool `gpu_pool`. Make it once: tradewind pools set gpu_pool 2 "two GPUs"
 * - The gate is accuracy above 0.90 and an area under the ROC curve of 0.85 at least; a missing or broken figure never
 *   passes.
 * - `track_model` logs the run and its model, `register_model` makes a version of `ad_clicks`, and `deploy_model` gives it
 *   a tenth of the endpoint's traffic: the first version gets all of it, and makes the endpoint. Whether the tenth does
 *   better is for `abTestTask`, or for somebody who looks.
 * - `score_visitors` asks the new version about all visitors: rows and answers are checked, and published as a partition or,
 *   where they do not hold, set aside with a report.
 * - When visitors are no longer what they were, it is trained again before its week is over. What does not pass the gate is not
 *   deployed, and what is deployed has a tenth of the traffic: the version of before keeps serving.
 * - A Dag has no loops. To retrain is to trigger another run of this Dag, with the number of the attempt in its
 *   configuration, so every attempt has its own run, logs and model, and there are at most `max_retrains` of them.
 * - `join` runs whichever way was taken: its rule asks for no failure and at least one success before it.
 */
import { join as joinPath } from "node:path";
import { Asset, assetOrTime, Dag, EmptyOperator, Param, TriggerDagRunOperator } from "tradewind";
import { batchPredictTask, deployTask, monitorTask, registerModelTask } from "tradewind/ml";
import {
  checkPerformance,
  engineerFeatures,
  evaluateModels,
  extractTrainingData,
  notifyTeam,
  trackModel,
  trainModel,
  usualVisitors,
  validateData,
} from "./steps.ts";

const drifted = new Asset({ name: "ad_clicks_drifted", uri: "models://ad_clicks/drift" });

export const trainingGate = new Dag("training_gate", {
  description: "Train, evaluate, and deploy only what passes the gate",
  schedule: assetOrTime("@weekly", drifted),
  startDate: "2024-01-01",
  catchup: false,
  // A later attempt waits for the earlier one.
  maxActiveRuns: 1,
  tags: ["ml", "training", "production"],
  defaultArgs: { owner: "ml-team", retries: 2, retryDelay: { minutes: 5 } },
  params: {
    folder: new Param(joinPath(import.meta.dirname, "data"), {
      type: "string",
      description: "Files of the runs",
    }),
    rows: new Param(2000, { type: "integer", minimum: 100, description: "Rows to extract" }),
    label_noise: new Param(0, {
      type: "number",
      minimum: 0,
      maximum: 1,
      description: "Share of labels replaced by chance: more than about a tenth, and the gate stays shut",
    }),
    min_accuracy: new Param(0.9, { type: "number", minimum: 0, maximum: 1 }),
    min_auc: new Param(0.85, { type: "number", minimum: 0, maximum: 1 }),
    attempt: new Param(0, { type: "integer", minimum: 0, description: "How often it was trained again" }),
    max_retrains: new Param(2, { type: "integer", minimum: 0 }),
  },
});

const extract = trainingGate.task("extract_training_data", extractTrainingData);
const features = trainingGate.task("feature_engineering", engineerFeatures);
const validate = trainingGate.task("validate_data", validateData, { retries: 0 });
const train = trainingGate.task("train_model", trainModel, {
  pool: "gpu_pool",
  executionTimeout: { hours: 4 },
  mapIndexTemplate: "depth {{ maxDepth }}",
});
const evaluate = trainingGate.task("evaluate_model", evaluateModels);
const gate = trainingGate.branch("check_performance", checkPerformance, { retries: 0 });
const track = trainingGate.task("track_model", trackModel);
const register = registerModelTask(trainingGate, "register_model", { model: "ad_clicks" });
const deploy = deployTask(trainingGate, "deploy_model", {
  endpoint: "ad_clicks",
  weight: 10,
  requestLog: 0.1,
});
const score = batchPredictTask(trainingGate, "score_visitors", {
  model: "ad_clicks",
  output: joinPath(import.meta.dirname, "data", "scores"),
  keep: ["Age"],
  before: {
    name: "visitors",
    expectations: [
      { type: "expect_column_values_to_not_be_null", kwargs: { column: "Daily Time Spent on Site" } },
      { type: "expect_column_values_to_be_between", kwargs: { column: "Age", min_value: 0, max_value: 120 } },
    ],
  },
  after: {
    name: "clicks",
    expectations: [
      { type: "expect_column_values_to_be_in_set", kwargs: { column: "prediction", value_set: [0, 1] } },
    ],
  },
});
const notify = trainingGate.task("notify", notifyTeam);

const data = validate({ data: features({ data: extract() }) });
const models = train.partial({ data }).expand({ maxDepth: [3, 6, 12] });
const best = evaluate({ data, models });
const decision = gate({ best });

const tracked = track({ data, best });
const registered = register({ source: tracked });
const deployed = deploy({ model: registered });
const scored = score({ input: data, version: registered });
const retrain = trainingGate.add(
  new TriggerDagRunOperator({
    taskId: "retrain",
    triggerDagId: "training_gate",
    // Numbers stay numbers: a param of type integer refuses "1".
    renderTemplateAsNativeObj: true,
    // Everything that this run was given, and one attempt more.
    conf: {
      attempt: "{{ params.attempt + 1 }}",
      max_retrains: "{{ params.max_retrains }}",
      label_noise: "{{ params.label_noise }}",
      rows: "{{ params.rows }}",
      folder: "{{ params.folder }}",
    },
  }),
);
const notified = notify({ best });
const join = trainingGate.add(
  new EmptyOperator({ taskId: "join", triggerRule: "none_failed_min_one_success" }),
);

decision.before(tracked, retrain, notified);
join.after(deployed, scored, retrain, notified);

export const monitor = new Dag("training_gate_monitor", {
  description: "Are visitors still what they were when the model was trained?",
  schedule: "@hourly",
  startDate: "2024-01-01",
  catchup: false,
  tags: ["ml", "monitoring"],
});

monitorTask(monitor, "watch", {
  endpoint: "ad_clicks",
  reference: usualVisitors,
  minRows: 100,
  onAlarm: drifted,
})();
