/**
 * Breast cancer on PostgreSQL: a grid search whose candidates and folds are tasks, with its results in tables.
 *
 *   creating_storage_structures (two tables) → fetching_data → preparing_data (scaled rows, kept in `batch_data`)
 *     → hyperparam_tuning (29 candidates × 3 folds = 87 mapped tasks) → after_crossvalidation (results into
 *       `experiments`, the best model fitted on all rows, both into the tracking server) → a mail
 *
 * - Tables live where the connection `postgres_default` points. Make it once, for example:
 *   tradewind connections add postgres_default --conn-uri postgres://user:password@localhost:5432/warehouse
 * - Every statement can run twice: a retried task changes nothing that it has written already.
 * - The search is a run of the experiment `breast_cancer`, each candidate a child of it, and the best model a version of
 *   `breast_cancer`. They are rows of Tradewind's own PostgreSQL as well: SELECT name, key, value FROM run JOIN
 *   run_latest_metric USING (run_id).
 * - A candidate is scaling → PCA with 1 … 29 components → logistic regression, as `GridSearchCV` would try them.
 */
import { join } from "node:path";
import { Dag, Param, SQLExecuteQueryOperator } from "tradewind";
import { mailSuccess } from "./notifications.ts";
import {
  fitBestModel,
  loadSamples,
  preprocessSamples,
  saveBatchData,
  saveResults,
  scoreCandidate,
  summarizeScores,
  trackExperiments,
} from "./steps.ts";

export const breastCancer = new Dag("breast_cancer", {
  description: "Search the number of principal components by 3-fold cross-validation",
  schedule: "@daily",
  startDate: "2022-11-22",
  catchup: false,
  tags: ["ml", "grid-search", "postgresql"],
  defaultArgs: { owner: "Me", retries: 1, retryDelay: { seconds: 30 } },
  onSuccessCallback: mailSuccess,
  params: {
    folder: new Param(join(import.meta.dirname, "data"), {
      type: "string",
      description: "Files of the runs",
    }),
    email: new Param("team@example.com", { type: "string", description: "Who is told of a success" }),
  },
});

const connId = "postgres_default";

const storage = breastCancer.taskGroup("creating_storage_structures");
storage.add(
  new SQLExecuteQueryOperator({
    taskId: "creating_experiment_tracking_table",
    connId,
    sql: `
      CREATE TABLE IF NOT EXISTS experiments (
        run_id text NOT NULL,
        n_components integer NOT NULL,
        mean_accuracy double precision NOT NULL,
        std_accuracy double precision NOT NULL,
        rank integer NOT NULL,
        logged_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (run_id, n_components)
      )`,
  }),
);
storage.add(
  new SQLExecuteQueryOperator({
    taskId: "creating_batch_data_table",
    connId,
    sql: `
      CREATE TABLE IF NOT EXISTS batch_data (
        run_id text NOT NULL,
        row_number integer NOT NULL,
        features double precision[] NOT NULL,
        target smallint NOT NULL,
        PRIMARY KEY (run_id, row_number)
      )`,
  }),
);

const fetched = breastCancer.task("fetching_data", loadSamples)();
storage.before(fetched);

const preparing = breastCancer.taskGroup("preparing_data");
const prepared = preparing.task("preprocessing", preprocessSamples)({ data: fetched });
const saved = preparing.task("saving_batch_data", saveBatchData)({ data: prepared });

// The cross product: every candidate on every fold. One result per task, in the order folds × components.
const tuning = breastCancer.task("hyperparam_tuning", scoreCandidate, {
  mapIndexTemplate: "fold {{ fold }}, {{ nComponents }} components",
});
const components = Array.from({ length: 29 }, (_, i) => i + 1);
const scores = tuning.partial({ data: prepared }).expand({ fold: [0, 1, 2], nComponents: components });
saved.before(scores);

const after = breastCancer.taskGroup("after_crossvalidation");
const summary = after.task("ranking_candidates", summarizeScores)({ scores });
after.task("saving_results", saveResults)({ summary });
const model = after.task("fitting_best_model", fitBestModel)({ data: prepared, summary });
after.task("tracking_experiments", trackExperiments)({ data: prepared, summary, model });
