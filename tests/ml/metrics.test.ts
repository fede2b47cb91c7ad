import { describe, expect, it } from "vitest";
import {
  accuracyScore,
  averagePrecisionScore,
  brierScore,
  confusionMatrix,
  f1Score,
  LogisticRegression,
  loadBreastCancer,
  logLoss,
  Matrix,
  matthewsCorrelation,
  meanAbsoluteError,
  meanSquaredError,
  Pipeline,
  precisionScore,
  r2Score,
  recallScore,
  rocAucOneVsRest,
  rocAucScore,
  StandardScaler,
} from "../../src/ml/index.ts";
import { goldens } from "./goldens/goldens.ts";

const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe("scores of a classifier", () => {
  it("equal the reference on breast cancer: first 400 rows train, last 169 test", async () => {
    const { x, y } = await loadBreastCancer();
    const model = new Pipeline([
      ["scale", new StandardScaler()],
      ["model", new LogisticRegression()],
    ]).fit(x.select(rows(0, 400)), y.slice(0, 400));
    const truth = y.slice(400);
    const predicted = model.predict(x.select(rows(400, 569)));
    const probabilities = model.predictProba(x.select(rows(400, 569)));
    const positive = probabilities.column(1);
    const golden = goldens.holdout;
    expect(accuracyScore(truth, predicted)).toBeCloseTo(0.970414, 6);
    expect(accuracyScore(truth, predicted)).toBeCloseTo(golden.accuracy, 12);
    expect(precisionScore(truth, predicted)).toBeCloseTo(golden.precision, 12);
    expect(recallScore(truth, predicted)).toBeCloseTo(golden.recall, 12);
    expect(f1Score(truth, predicted)).toBeCloseTo(golden.f1, 12);
    expect(rocAucScore(truth, positive)).toBeCloseTo(golden.auc, 12);
    expect(logLoss(truth, probabilities)).toBeCloseTo(golden.logLoss, 7);
    expect(brierScore(truth, positive)).toBeCloseTo(golden.brier, 7);
    expect(matthewsCorrelation(truth, predicted)).toBeCloseTo(golden.mcc, 12);
    expect(averagePrecisionScore(truth, positive)).toBeCloseTo(golden.averagePrecision, 12);
    expect(confusionMatrix(truth, predicted)).toEqual([
      [39, 0],
      [5, 125],
    ]);
  });

  const golden = goldens.metrics;
  const averages = ["macro", "micro", "weighted"] as const;

  it.each(averages)("equal scikit-learn's with average %s over three classes", (average) => {
    expect(precisionScore(golden.y, golden.predicted, { average })).toBeCloseTo(
      golden.precision[average],
      12,
    );
    expect(recallScore(golden.y, golden.predicted, { average })).toBeCloseTo(golden.recall[average], 12);
    expect(f1Score(golden.y, golden.predicted, { average })).toBeCloseTo(golden.f1[average], 12);
  });

  it("equal scikit-learn's on tables, probabilities and tied scores", () => {
    const probabilities = Matrix.from(golden.probabilities);
    expect(confusionMatrix(golden.y, golden.predicted)).toEqual(golden.confusion);
    expect(matthewsCorrelation(golden.y, golden.predicted)).toBeCloseTo(golden.mcc, 12);
    expect(logLoss(golden.y, probabilities)).toBeCloseTo(golden.logLoss, 12);
    expect(rocAucOneVsRest(golden.y, probabilities)).toBeCloseTo(golden.aucOvr, 12);
    expect(rocAucOneVsRest(golden.y, probabilities, "weighted")).toBeCloseTo(golden.aucOvrWeighted, 12);
    expect(rocAucScore(golden.binary, golden.ties)).toBeCloseTo(golden.aucTies, 12);
    expect(averagePrecisionScore(golden.binary, golden.ties)).toBeCloseTo(golden.averagePrecisionTies, 12);
  });

  it("say what is missing", () => {
    expect(() => f1Score([0, 1, 2], [0, 1, 2])).toThrow("expected two classes for a binary score, got 3");
    expect(() => rocAucScore([1, 1], [0.2, 0.3])).toThrow("expected samples of class 1 and of another");
    expect(() => accuracyScore([1, 1], [1])).toThrow("got 1 for 2");
    expect(precisionScore([0, 1], [0, 0])).toBe(0);
    expect(precisionScore([0, 1], [0, 0], { zeroDivision: 1 })).toBe(1);
  });
});

describe("scores of predicted numbers", () => {
  const golden = goldens.metrics;

  it("equal scikit-learn's", () => {
    expect(r2Score(golden.truth, golden.guess)).toBeCloseTo(golden.r2, 12);
    expect(meanSquaredError(golden.truth, golden.guess)).toBeCloseTo(golden.mse, 12);
    expect(meanAbsoluteError(golden.truth, golden.guess)).toBeCloseTo(golden.mae, 12);
  });

  it("are defined for a constant truth", () => {
    expect(r2Score([2, 2], [2, 2])).toBe(1);
    expect(r2Score([2, 2], [2, 3])).toBe(0);
  });
});
