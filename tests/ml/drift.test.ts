/** Equal to what Evidently answered (goldens/generate_drift.py) about samples of the same generator. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  type DriftOptions,
  detectDrift,
  joinLabels,
  performanceDecay,
  type StatTestName,
  statTests,
  Table,
} from "../../src/ml/index.ts";

const goldens = JSON.parse(readFileSync(new URL("goldens/drift.json", import.meta.url), "utf8"));

/** A linear congruential generator and Box and Muller's transform, rounded as the goldens were. */
function normal(seed: number, n: number, mean = 0, deviation = 1): number[] {
  let state = seed;
  const uniform = (): number => {
    state = Number((1664525n * BigInt(state) + 1013904223n) % 4294967296n);
    return (state + 0.5) / 4294967296;
  };
  return Array.from({ length: n / 2 }, () => {
    const radius = Math.sqrt(-2 * Math.log(uniform()));
    const angle = 2 * Math.PI * uniform();
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  })
    .flat()
    .map((value) => Number((mean + deviation * value).toFixed(6)));
}

const samples: Record<string, [number[], number[]]> = {
  same: [normal(1, 500), normal(2, 500)],
  shifted: [normal(1, 500), normal(3, 500, 0.3)],
  wider: [normal(1, 500), normal(4, 500, 0, 1.5)],
  unequal: [normal(1, 400), normal(3, 250, 0.1)],
  large: [normal(5, 5000), normal(6, 5000, 0.1)],
  largeSame: [normal(5, 5000), normal(7, 5000)],
};

const names = Object.keys(goldens.cases);
const sidesOf = (name: string): [number[], number[]] =>
  samples[name] ?? [goldens.cases[name].reference, goldens.cases[name].current];
const table = (values: ArrayLike<number> | readonly string[]): Table => Table.from({ x: values });
const drift = (reference: number[] | string[], current: number[] | string[], options?: DriftOptions) =>
  detectDrift(table(reference), table(current), options).columns[0];

describe("scores and verdicts are Evidently's", () => {
  it.each(names)("%s", (name) => {
    const golden = goldens.cases[name];
    const [reference, current] = sidesOf(name);
    for (const [test, [score, drifted]] of Object.entries(golden.scores) as [
      StatTestName,
      [number, boolean],
    ][]) {
      const found = statTests[test].score(reference, current, golden.kind);
      const off = Math.abs(found - score) / Math.max(1e-9, Math.abs(score));
      expect(off < 1e-6 || Math.abs(found - score) < 1e-9, `${test}: ${found}, Evidently ${score}`).toBe(
        true,
      );
      expect(statTests[test].isDrift(found, statTests[test].threshold), test).toBe(drifted);
    }
    const chosen = drift(reference, current, { categorical: golden.kind === "cat" ? ["x"] : [] });
    expect([chosen?.test, chosen?.drifted]).toEqual([golden.default, golden.drifted]);
  });

  it("the first values are those that the goldens were made of", () => {
    expect(samples["same"]?.[0].slice(0, 4)).toEqual([-1.156834, 1.243272, -0.327303, -1.123508]);
  });
});

describe("a table", () => {
  const reference = Table.from({ a: normal(1, 500), b: normal(2, 500), c: Array(500).fill("x") });

  it("has drifted when half of its columns have", () => {
    const current = Table.from({ a: normal(3, 500, 1), b: normal(4, 500), c: Array(500).fill("x") });
    const report = detectDrift(reference, current);
    expect(report).toMatchObject({ drifted: false, driftedColumns: 1, driftShare: 1 / 3 });
    expect(detectDrift(reference, current, { driftShare: 0.3 }).drifted).toBe(true);
    expect(report.columns[0]?.reference.bins).toHaveLength(20);
    expect(report.columns[0]?.current.mean).toBeCloseTo(1, 0);
  });

  it("gives a test and a threshold by column", () => {
    const options = { test: { a: "psi" }, threshold: { a: 0.01 } } as const;
    const [a] = detectDrift(reference, reference.select([...Array(250).keys()]), options).columns;
    expect([a?.test, a?.threshold, a?.drifted]).toEqual(["psi", 0.01, true]);
  });
});

describe("odd columns", () => {
  it("one value everywhere is no drift, and another one is", () => {
    expect(drift(["a", "a"], ["a", "a"])).toMatchObject({ drifted: false });
    expect(drift(Array(50).fill("a"), Array(50).fill("b"))).toMatchObject({ drifted: true });
    expect(drift(Array(50).fill(3), Array(50).fill(3))).toMatchObject({ drifted: false });
  });

  it("an empty current table and a column of missing values have no score and say why", () => {
    expect(drift([1, 2, 3], [])).toMatchObject({
      score: null,
      drifted: true,
      note: "the current data has no value",
    });
    const missing = [Number.NaN, Number.NaN];
    expect(drift(missing, missing)).toMatchObject({
      score: null,
      drifted: false,
      note: "the reference has no value",
    });
    expect(() => detectDrift(table([]), table([1]))).toThrow("expected a reference with rows");
  });

  it("missing and infinite numbers are counted and left out", () => {
    const current = [...normal(2, 500), Number.NaN, Number.POSITIVE_INFINITY];
    const found = drift(normal(1, 500), current);
    expect(found?.current).toMatchObject({ count: 500, missing: 2 });
    expect(found?.score).toBeCloseTo(goldens.cases.same.scores.ks[0], 9);
  });

  it("another type, an unknown test and one that does not fit are refused", () => {
    expect(() => drift([1, 2], ["a"])).toThrow("is of number in the reference and of text now");
    expect(() => drift([1], [2], { test: "magic" as StatTestName })).toThrow('no test of drift "magic"');
    expect(() => drift(["a"], ["b"], { test: "ks" })).toThrow("which is of categories");
    expect(() => detectDrift(table([1]), Table.from({ y: [1] }))).toThrow("share no column");
  });
});

describe("performance when labels come late", () => {
  it("is that of the predictions whose label has come", () => {
    const predictions = Table.from({ id: [1, 2, 3, 4], predicted: [0, 1, 1, 0] });
    const labels = Table.from({ id: [3, 1, 9, 1], label: [1, 1, 0, 0] });
    const { table, labelled } = joinLabels(predictions, labels, { key: "id", label: "label" });
    expect(labelled).toBe(0.5);
    expect(Array.from(table.numbers("label"))).toEqual([0, 1]);
    expect(joinLabels(predictions, labels.select([2]), { key: "id", label: "label" })).toMatchObject({
      labelled: 0,
    });
  });

  it("has decayed beyond the tolerance, says nothing of few samples, and never passes without a number", () => {
    expect(performanceDecay(0.9, 0.86, 100)).toMatchObject({ decayed: false });
    expect(performanceDecay(0.9, 0.8, 100)).toMatchObject({ decayed: true });
    expect(performanceDecay(0.9, 0.1, 5)).toMatchObject({ decayed: null });
    expect(performanceDecay(0.9, Number.NaN, 100)).toMatchObject({ decayed: true });
    expect(performanceDecay(2, 3, 100, { greaterIsBetter: false })).toMatchObject({ decayed: true, loss: 1 });
  });
});
