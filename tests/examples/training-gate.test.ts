import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { trainingGate } from "../../examples/04_training_gate/pipeline.ts";
import type { Evaluation } from "../../examples/04_training_gate/steps.ts";
import { formatCsv, parseCsv } from "../../src/ml/index.ts";
import { testDag, testTask } from "../../src/testing/index.ts";
import { temporaryFolder } from "./temporary-folder.ts";

describe("the gated training", () => {
  /** What a server answers; the whole of it runs in `training-gate-served.test.ts`. */
  const server = {
    track_model: "models:/m-1",
    register_model: { name: "ad_clicks", version: "1" },
    deploy_model: { endpoint: "ad_clicks", variant: "v1" },
    score_visitors: { rows: 2000, bad: 0 },
  };

  it("tracks, registers and deploys a model that passes", async () => {
    const folder = await temporaryFolder();
    const run = await testDag(trainingGate, { params: { folder }, runId: "test_1", mocks: server });
    expect(run.state).toBe("success");
    expect(run.results["train_model"]).toHaveLength(3);
    expect((run.results["evaluate_model"] as Evaluation).accuracy).toBeGreaterThan(0.9);
    expect(run.states).toMatchObject({
      track_model: "success",
      register_model: "success",
      deploy_model: "success",
      retrain: "skipped",
      notify: "skipped",
      join: "success",
    });
  });

  it("trains again when the figures are not good enough, with one attempt more", async () => {
    const folder = await temporaryFolder();
    const run = await testDag(trainingGate, { params: { folder, label_noise: 0.6, rows: 1000 } });
    expect(run.state).toBe("success");
    expect(run.states).toMatchObject({
      register_model: "skipped",
      retrain: "success",
      notify: "skipped",
      join: "success",
    });
    expect(run.triggered).toMatchObject([
      { dagId: "training_gate", conf: { attempt: 1, max_retrains: 2, label_noise: 0.6, rows: 1000, folder } },
    ]);
  });

  it("tells people after the last attempt, and deploys nothing", async () => {
    const folder = await temporaryFolder();
    const run = await testDag(trainingGate, { params: { folder, label_noise: 0.6, attempt: 2 } });
    expect(run.states).toMatchObject({ retrain: "skipped", notify: "success", join: "success" });
    expect(run.states).toMatchObject({ register_model: "skipped", deploy_model: "skipped" });
  });

  const gate = async (figures: Partial<Evaluation>, attempt = 0) => {
    const best = { path: "", maxDepth: 3, accuracy: 0.95, auc: 0.95, ...figures };
    const { value } = await testTask(trainingGate, "check_performance", {
      inputs: { best },
      params: { attempt },
    });
    return value;
  };

  it("opens above the accuracy that is asked for and stays shut at it, or without a figure", async () => {
    expect(await gate({ accuracy: 0.9001, auc: 0.85 })).toEqual(["track_model"]);
    expect(await gate({ accuracy: 0.9 })).toEqual(["retrain"]);
    expect(await gate({ auc: 0.8499 })).toEqual(["retrain"]);
    expect(await gate({ accuracy: Number.NaN })).toEqual(["retrain"]);
    expect(await gate({ auc: 0.5 }, 2)).toEqual(["notify"]);
  });

  it("refuses data with gaps or repeated rows without trying again", async () => {
    const folder = await temporaryFolder();
    const sound = parseCsv("Age,Clicked on Ad\n31,0\n40,1\n");
    const broken = {
      "gaps.csv": "Age,Clicked on Ad\n31,0\n,1\n",
      "repeated.csv": `${formatCsv(sound)}31,0\n`,
    };
    const messages = [];
    for (const [name, text] of Object.entries(broken)) {
      const data = join(folder, name);
      await writeFile(data, text);
      const result = await testTask(trainingGate, "validate_data", { inputs: { data } });
      expect(result.retryable).toBe(false);
      messages.push(result.message);
    }
    expect(messages[0]).toContain("the training data has missing values: Age: 1");
    expect(messages[1]).toContain("the training data has 1 repeated rows, the first is row 2");
  });
});
