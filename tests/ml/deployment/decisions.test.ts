/** What gates, A/B tests and retraining decide: functions of figures. */
import { describe, expect, it } from "vitest";
import { mayRetrain } from "../../../src/ml/deployment/retrain-rules.ts";
import { type Arm, decideAbTest, decideGate, type GateMetric } from "../../../src/ml/index.ts";

describe("a gate", () => {
  const accuracy: GateMetric = { name: "accuracy", threshold: 0.9 };
  const decide = (
    candidate: number,
    champion: number | null,
    { noChampion = "pass", ...metric }: Partial<GateMetric> & { noChampion?: "pass" | "fail" } = {},
  ) =>
    decideGate({
      candidate: { accuracy: candidate },
      champion: champion === null ? null : { accuracy: champion },
      metrics: [{ ...accuracy, ...metric }],
      noChampion,
    });

  it("lets through what reaches the threshold and is no worse than the champion", () => {
    expect(decide(0.95, 0.94)).toMatchObject({
      passed: true,
      reason: "accuracy: 0.95 against the champion's 0.94",
    });
    expect(decide(0.94, 0.94).passed).toBe(true);
    expect(decide(0.93, 0.94)).toMatchObject({
      passed: false,
      reason: "accuracy: 0.93 against the champion's 0.94: expected a gain of 0, got -0.01",
    });
    expect(decide(0.89, 0.5)).toMatchObject({
      passed: false,
      reason: "accuracy: expected at least as good as 0.9, got 0.89",
    });
  });

  it("takes the threshold itself, unless it is exclusive", () => {
    expect(decide(0.9, null).passed).toBe(true);
    expect(decide(0.9, null, { exclusive: true })).toMatchObject({
      passed: false,
      reason: "accuracy: expected better than 0.9, got 0.9",
    });
  });

  it("asks for the gain that is named, absolute and relative, exactly", () => {
    expect(decide(0.96, 0.95, { minAbsoluteChange: 0.01 }).passed).toBe(true);
    expect(decide(0.9599, 0.95, { minAbsoluteChange: 0.01 }).passed).toBe(false);
    expect(decide(0.94, 0.95, { minAbsoluteChange: -0.02 }).passed).toBe(true);
    expect(decide(0.955, 0.95, { minRelativeChange: 0.01 }).passed).toBe(false);
    expect(decide(0.96, 0.95, { minRelativeChange: 0.01 }).passed).toBe(true);
  });

  it("turns everything round where less is better", () => {
    const loss = (candidate: number, champion: number) =>
      decideGate({
        candidate: { loss: candidate },
        champion: { loss: champion },
        metrics: [{ name: "loss", greaterIsBetter: false, threshold: 0.5, minAbsoluteChange: 0.1 }],
        noChampion: "fail",
      }).passed;
    expect([loss(0.3, 0.4), loss(0.35, 0.4), loss(0.6, 0.9)]).toEqual([true, false, false]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, undefined as unknown as number])(
    "keeps out a candidate whose score is %s, and one whose champion's is",
    (score) => {
      expect(decide(score, 0.9)).toMatchObject({ passed: false, checks: [{ candidate: null }] });
      expect(decide(0.99, score)).toMatchObject({ passed: false, checks: [{ champion: null }] });
    },
  );

  it("does what it is told without a champion", () => {
    expect(decide(0.95, null).passed).toBe(true);
    expect(decide(0.95, null, { noChampion: "fail" })).toMatchObject({
      passed: false,
      reason: "there is no champion to compare with",
    });
    expect(decide(0.5, null).passed).toBe(false);
  });

  it("wants all of several metrics, and at least one", () => {
    const metrics = [accuracy, { name: "recall", threshold: 0.8 }];
    const candidate = { accuracy: 0.95, recall: 0.7 };
    expect(decideGate({ candidate, champion: null, metrics, noChampion: "pass" }).passed).toBe(false);
    expect(() => decideGate({ candidate, champion: null, metrics: [], noChampion: "pass" })).toThrow(
      "expected at least one metric",
    );
    expect(() => decide(0.9, 0.9, { threshold: Number.NaN })).toThrow(
      "accuracy: expected a number as its bound, got NaN",
    );
  });
});

describe("an A/B test", () => {
  const share = (variant: string, count: number, mean: number): Arm => ({
    variant,
    count,
    mean,
    variance: (mean * (1 - mean) * count) / (count - 1),
  });
  const rules = { minSamples: 100 };

  it("says nothing before both sides have what was agreed on", () => {
    expect(decideAbTest(share("a", 99, 0.5), share("b", 500, 0.9), rules)).toBeNull();
    expect(decideAbTest(null, share("b", 500, 0.9), rules)).toBeNull();
  });

  it("compares shares as two proportions", () => {
    // statsmodels.stats.proportion.proportions_ztest([240, 200], [1000, 1000]): z 2.1592, p 0.030837
    const verdict = decideAbTest(share("a", 1000, 0.2), share("b", 1000, 0.24), rules);
    expect(verdict).toMatchObject({ winner: "treatment", significant: true, test: "proportions" });
    expect(verdict?.pValue).toBeCloseTo(0.030837, 5);
    expect(verdict?.difference).toBeCloseTo(0.04, 12);
  });

  it("compares means of anything by Welch's test", () => {
    // scipy.stats.ttest_ind_from_stats(10, 2, 120, 10.5, 3, 150, equal_var=False): p 0.102917
    const verdict = decideAbTest(
      { variant: "a", count: 120, mean: 10, variance: 4 },
      { variant: "b", count: 150, mean: 10.5, variance: 9 },
      rules,
    );
    expect(verdict).toMatchObject({ winner: "control", significant: false, test: "welch" });
    expect(verdict?.pValue).toBeCloseTo(0.102917, 5);
  });

  it("keeps the control for a difference of chance, and for a treatment that is worse", () => {
    expect(decideAbTest(share("a", 1000, 0.2), share("b", 1000, 0.21), rules)).toMatchObject({
      winner: "control",
      significant: false,
    });
    expect(decideAbTest(share("a", 1000, 0.3), share("b", 1000, 0.2), rules)).toMatchObject({
      winner: "control",
      significant: true,
    });
    const less = { ...rules, greaterIsBetter: false };
    expect(decideAbTest(share("a", 1000, 0.3), share("b", 1000, 0.2), less)).toMatchObject({
      winner: "treatment",
    });
  });

  it("refuses rules that cannot be", () => {
    expect(() => decideAbTest(null, null, { minSamples: 1 })).toThrow("from 2 on, got 1");
    expect(() => decideAbTest(null, null, { minSamples: 10, significance: 0 })).toThrow(
      "between 0 and 1, got 0",
    );
  });
});

describe("retraining", () => {
  const now = Date.parse("2026-03-10T00:00:00Z");
  const day = 86_400_000;
  const rules = { cooldownMs: day, maxRejections: 3 };
  const made = (...outcomes: (string | null)[]) =>
    outcomes.map((outcome, at) => ({
      version: String(at + 1),
      createdAt: now - (outcomes.length - at + 1) * day,
      outcome,
    }));

  it("may begin at once, and again after the cooldown", () => {
    expect(mayRetrain([], rules, now)).toEqual({ may: true });
    expect(mayRetrain(made("promoted"), rules, now)).toEqual({ may: true });
    const [last] = made("promoted");
    expect(mayRetrain([{ ...last, createdAt: now - day + 1 }], rules, now)).toMatchObject({
      may: false,
      why: "cooldown",
    });
    expect(mayRetrain([{ ...last, createdAt: now - day }], rules, now)).toEqual({ may: true });
  });

  it("stops when version after version does not make it, and goes on after one that does", () => {
    expect(mayRetrain(made("promoted", "rejected", "rolled_back"), rules, now)).toEqual({ may: true });
    expect(mayRetrain(made("promoted", "rejected", "rolled_back", null), rules, now)).toEqual({
      may: false,
      why: "flapping",
      reason: "the last 3 versions did not make it (newest 4: no outcome)",
    });
    expect(mayRetrain(made("rejected", "rejected", "rejected", "promoted"), rules, now)).toEqual({
      may: true,
    });
  });
});
