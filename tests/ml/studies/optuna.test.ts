/** Equal to what Optuna answered (written by generate.py). */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { categorical, createStudy, float, int, type PrunerSpec, type Space } from "../../../src/ml/index.ts";
import { ParzenEstimator } from "../../../src/ml/studies/samplers/parzen.ts";

const goldens = JSON.parse(readFileSync(new URL("optuna.json", import.meta.url), "utf8"));

async function prunedAt(pruner: PrunerSpec, direction: "minimize" | "maximize"): Promise<(number | null)[]> {
  const study = await createStudy({
    name: "curves",
    space: { x: float(0, 1) },
    sampler: "random",
    pruner,
    direction,
  });
  const sign = direction === "maximize" ? -1 : 1;
  const ends: (number | null)[] = [];
  for (const curve of goldens.curves as number[][]) {
    const trial = await study.ask();
    let end: number | null = null;
    for (const [step, value] of curve.entries()) {
      await trial?.report(value * sign, step);
      if (!(await trial?.shouldPrune())) continue;
      end = step;
      break;
    }
    await study.tell(trial?.number ?? -1, end === null ? curve[26] : { state: "pruned" });
    ends.push(end);
  }
  return ends;
}

describe("pruners end the same trials at the same step as Optuna", () => {
  it.each<[string, PrunerSpec, "minimize" | "maximize"]>([
    ["median", { kind: "median" }, "minimize"],
    [
      "percentile",
      { kind: "median", percentile: 25, nStartupTrials: 3, nWarmupSteps: 4, intervalSteps: 3 },
      "minimize",
    ],
    ["medianMaximize", { kind: "median" }, "maximize"],
    ["halving", { kind: "successive-halving" }, "minimize"],
    [
      "halvingFrom2",
      { kind: "successive-halving", minResource: 2, reductionFactor: 3, minEarlyStoppingRate: 1 },
      "maximize",
    ],
    ["hyperband", { kind: "hyperband", minResource: 1, maxResource: 27, reductionFactor: 3 }, "minimize"],
    ["hyperbandAuto", { kind: "hyperband" }, "minimize"],
  ])("%s", async (name, pruner, direction) => {
    expect(await prunedAt(pruner, direction)).toEqual(goldens.pruned[name]);
  });
});

describe("the Parzen estimator has Optuna's densities", () => {
  const space: Space = {
    x: float(-2, 3),
    rate: float(1e-4, 1, { log: true }),
    step: float(0, 1, { step: 0.25 }),
    n: int(1, 9, { step: 2 }),
    units: int(8, 512, { log: true }),
    kind: categorical(["a", "b", "c"]),
  };

  it.each(["joint", "single"] as const)("drawn %s", (name) => {
    const golden = goldens.parzen[name];
    const names: string[] = golden.names;
    const part = Object.fromEntries(names.map((each) => [each, space[each]]));
    const observations = (golden.observations[names[0]] as number[]).map((_, i) =>
      Object.fromEntries(
        names.map((each) => {
          const value = golden.observations[each][i];
          return [each, each === "kind" ? ["a", "b", "c"][value] : value];
        }),
      ),
    );
    const weights = new Float64Array(observations.length).fill(1);
    const estimator = new ParzenEstimator(part, observations, weights);
    for (const [i, wanted] of (golden.logDensity as number[]).entries()) {
      const point = Float64Array.from(names, (each) => golden.points[each][i]);
      expect(estimator.logDensity(point)).toBeCloseTo(wanted, 9);
    }
  });
});
