import { describe, expect, it } from "vitest";
import { type AlertRule, judgeMetric, type Watched } from "../../../src/core/tracking/metric-alerts.ts";

const rule = (given: Partial<AlertRule>): AlertRule => ({
  name: "r",
  metric: "loss",
  kind: "above",
  threshold: null,
  patience: null,
  minChange: 0,
  greaterIsBetter: false,
  ...given,
});
const points = (...values: number[]) => values.map((value, step) => ({ step, value }));

describe("a rule about a metric", () => {
  it.each<[Partial<AlertRule>, number[], string | null]>([
    [{ kind: "above", threshold: 1 }, [0.5, 1], null],
    [{ kind: "above", threshold: 1 }, [0.5, 1.5, 9], "expected loss to be at most 1, got 1.5 at step 1"],
    [{ kind: "below", threshold: 0.2 }, [0.5, 0.1], "expected loss to be at least 0.2, got 0.1 at step 1"],
    [{ kind: "above", threshold: 1 }, [Number.NaN], "expected loss to be at most 1, got NaN at step 0"],
    [{ kind: "not_finite" }, [1, 1e308], null],
    [
      { kind: "not_finite" },
      [1, Number.POSITIVE_INFINITY],
      "expected loss to be a finite number, got Infinity at step 1",
    ],
  ])("%o of %o says %s", (given, values, message) => {
    expect(judgeMetric(rule(given), null, points(...values)).broken?.message ?? null).toBe(message);
  });

  it("looks at points in the order of their steps", () => {
    const came = [
      { step: 7, value: 3 },
      { step: 2, value: 5 },
    ];
    expect(judgeMetric(rule({ threshold: 1 }), null, came).broken).toMatchObject({ step: 2, value: 5 });
  });

  it("waits for an improvement over batches, and counts steps and not points", () => {
    const patient = rule({ kind: "no_improvement", patience: 3 });
    let watched: Watched | null = null;
    const say = (step: number, value: number): string | null => {
      const verdict = judgeMetric(patient, watched, [{ step, value }]);
      watched = verdict.watched;
      return verdict.broken?.message ?? null;
    };
    expect([say(0, 1), say(1, 0.9), say(2, 0.95), say(3, 0.9)]).toEqual([null, null, null, null]);
    expect(watched).toEqual({ best: 0.9, bestStep: 1 });
    expect(say(4, 0.91)).toBe("expected loss to improve within 3 steps, got none since 0.9 at step 1");
    expect(judgeMetric(patient, { best: 0.9, bestStep: 1 }, [{ step: 100, value: 0.5 }]).broken).toBeNull();
  });

  it("takes NaN for no improvement, a greater value for one where that is better, and a small change for none", () => {
    const rising = rule({ kind: "no_improvement", patience: 2, greaterIsBetter: true, minChange: 0.1 });
    const { watched, broken } = judgeMetric(rising, null, points(0.5, 0.55, Number.NaN));
    expect(watched).toEqual({ best: 0.5, bestStep: 0 });
    expect(broken).toMatchObject({ step: 2 });
    expect(judgeMetric(rising, null, points(0.5, 0.7, 0.75)).watched).toEqual({ best: 0.7, bestStep: 1 });
  });
});
