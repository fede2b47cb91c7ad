/**
 * Ad clicks: who will click on an advertisement?
 *
 *   load_data → data_preprocessing → separate_data_outputs → build_model → load_model ┬→ send_email → start_status_api
 *                                         track_model → register_model → deploy_model ←┘
 *
 * - Data: the CSV file of the param `data`, or, without one, rows invented by a seeded generator.
 * - Mail goes through the connection `smtp_default`, to the param `email`. Make it once, for example:
 *   tradewind connections add smtp_default --conn-type smtp --conn-host localhost --conn-port 1025 \
 *     --conn-extra '{"from_email": "tradewind@example.com"}'
 * - Callbacks of the Dag tell of every run that succeeded or failed.
 * - What was trained is a tracked run and a version of the model `ad_click_rate`, and gets a tenth of its endpoint's traffic;
 *   the first version gets all of it. Without an API server that keeps track, these three are skipped. `--conf '{"wandb": true}'`
 *   writes the run for Weights & Biases, too: `wandb sync` sends it, or the run itself does where a key is set.
 * - The last task starts a run of another Dag, `ad_clicks_api` (status-api.ts), which serves the state of this one.
 */
import { join } from "node:path";
import { Dag, EmailOperator, Param, TriggerDagRunOperator } from "tradewind";
import { deployTask, registerModelTask } from "tradewind/ml";
import { notifyFailure, notifySuccess } from "./notifications.ts";
import {
  buildModel,
  loadAndScoreModel,
  loadData,
  preprocessData,
  separateDataOutputs,
  trackModel,
} from "./steps.ts";

export const adClicks = new Dag("ad_clicks", {
  description: "Predict clicks on ads with logistic regression, tell people, and serve the state of the run",
  schedule: "@daily",
  startDate: "2024-01-01",
  catchup: false,
  tags: ["ml", "logistic-regression"],
  defaultArgs: { owner: "Ad Team", retries: 2, retryDelay: { minutes: 15 } },
  onSuccessCallback: notifySuccess,
  onFailureCallback: notifyFailure,
  params: {
    folder: new Param(join(import.meta.dirname, "data"), {
      type: "string",
      description: "Files of the runs",
    }),
    data: new Param<string | null>(null, {
      type: ["string", "null"],
      description: "A CSV file with the columns of an ad-click log; none means generated rows",
    }),
    wandb: new Param(false, {
      type: "boolean",
      description: "Whether Weights & Biases gets the run as well",
    }),
    email: new Param("team@example.com", { type: "string", description: "Who is told" }),
  },
});

const load = adClicks.task("load_data", loadData);
const preprocess = adClicks.task("data_preprocessing", preprocessData);
const separate = adClicks.task("separate_data_outputs", separateDataOutputs);
const build = adClicks.task("build_model", buildModel);
const score = adClicks.task("load_model", loadAndScoreModel);

const track = adClicks.task("track_model", trackModel);
const register = registerModelTask(adClicks, "register_model", { model: "ad_click_rate" });
const deploy = deployTask(adClicks, "deploy_model", { endpoint: "ad_click_rate", weight: 10 });

const data = load();
const outputs = separate({ data: preprocess({ data }) });
const scored = score({ outputs, model: build({ outputs }) });

deploy({ model: register({ source: track({ data, scored }) }) });

const sendEmail = adClicks.add(
  new EmailOperator({
    taskId: "send_email",
    to: "{{ params.email }}",
    subject: "Ad clicks: accuracy {{ ti.xcom_pull('load_model').accuracy }}",
    htmlContent: "<h3>The model of run {{ run_id }} is ready.</h3>",
  }),
);

const startStatusApi = adClicks.add(
  new TriggerDagRunOperator({
    taskId: "start_status_api",
    triggerDagId: "ad_clicks_api",
    // There is one server: where it runs already, it is started again.
    triggerRunId: "status_api",
    resetDagRun: true,
  }),
);

scored.before(sendEmail);
sendEmail.before(startStatusApi);
