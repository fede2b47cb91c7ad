/**
 * The whole life of a model, as two Dags: one that brings new versions out, and one that watches what serves.
 *
 *   penguins_monitor (hourly): what the endpoint was asked, against what it was trained on
 *     └─ drift → an event of the asset `penguins_drifted` → starts
 *   penguins_retrain: may_retrain → train.fit → register → gate → canary → promote → settle
 *     ├─ the gate keeps out what is worse than the champion on a frozen hold-out
 *     └─ the canary goes back by itself when its answers turn out worse than the champion's
 *
 * Start with a first version, which makes the endpoint, and ask it:
 *   tradewind dags trigger penguins_retrain --wait
 *   curl localhost:8080/endpoints/penguins/invocations -H 'content-type: application/json' -d '{"dataframe_records":
 *     [{"bill_length_mm": 39.1, "bill_depth_mm": 18.7, "flipper_length_mm": 181, "body_mass_g": 3750}]}'
 * Whether an answer was right is told later, by its id: POST /api/endpoints/penguins/outcomes, metric "right".
 *
 * Waits are seconds here, so that the loop can be watched; in earnest they are hours and days.
 */
import { Asset, Dag } from "tradewind";
import { monitorTask, retrainDag } from "tradewind/ml";
import { fitForest, holdOut, trainingFeatures } from "./steps.ts";

const drifted = new Asset({ name: "penguins_drifted", uri: "models://penguins/drift" });

export const retrain = retrainDag("penguins_retrain", {
  description: "Train, compare, try on a part of the traffic, promote or go back",
  schedule: drifted,
  startDate: "2026-01-01",
  tags: ["ml", "retraining"],
  model: "penguins",
  endpoint: "penguins",
  train: (group) => group.task("fit", fitForest)(),
  gate: {
    // Another forest on the same birds is no better: what counts is that it is not worse.
    metrics: [
      { name: "accuracy", threshold: 0.9, minAbsoluteChange: -0.02 },
      { name: "f1_macro", minAbsoluteChange: -0.02 },
    ],
    holdOut,
    noChampion: "pass",
  },
  canary: {
    requestLog: 1,
    steps: [
      { weight: 20, bakeSeconds: 5, minRequests: 20 },
      { weight: 100, bakeSeconds: 5, minRequests: 20 },
    ],
    guardrails: {
      maxErrorRate: 0.01,
      metrics: [{ metric: "right", maxLoss: 0.05, minSamples: 30, required: true }],
    },
    pokeInterval: { seconds: 2 },
  },
  cooldown: { seconds: 1 },
  maxRejections: 3,
});

export const monitor = new Dag("penguins_monitor", {
  description: "Is what the endpoint is asked still what the model was trained on?",
  schedule: "@hourly",
  startDate: "2026-01-01",
  catchup: false,
  tags: ["ml", "monitoring"],
});

monitorTask(monitor, "watch", {
  endpoint: "penguins",
  reference: trainingFeatures,
  hours: 24,
  minRows: 100,
  drift: { driftShare: 0.5 },
  onAlarm: drifted,
})();
