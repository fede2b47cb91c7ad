import { describe, expect, it } from "vitest";
import {
  categorical,
  createStudy,
  float,
  importances,
  int,
  optimizationHistory,
  type ParamValues,
  parallelCoordinates,
  type SamplerKind,
  type Space,
  type StudyOptions,
  slices,
  type Trial,
} from "../../../src/ml/index.ts";

const numeric = { x: float(-5, 10), y: float(0, 15) };
const conditional: Space = {
  kind: categorical(["tree", "net"]),
  depth: int(1, 9, { step: 2, when: { kind: ["tree"] } }),
  rate: float(1e-4, 1, { log: true, when: { kind: ["net"] } }),
  units: int(8, 512, { log: true, when: { kind: ["net"] } }),
  share: float(0, 1, { step: 0.25 }),
};

async function run(options: StudyOptions, objective: (params: ParamValues) => number, nTrials: number) {
  const study = await createStudy(options);
  await study.optimize(({ params }) => objective(params), { nTrials });
  return { study, trials: await study.trials() };
}

const bowl = ({ x, y }: ParamValues): number => (Number(x) - 2) ** 2 + (Number(y) - 3) ** 2;
const cost = ({ kind, depth, rate, share }: ParamValues): number =>
  Number(share) +
  (kind === "tree" ? Math.abs(Number(depth) - 5) : 1 + Math.abs(Math.log10(Number(rate)) + 2));

function expectInConditionalSpace({ params }: Trial): void {
  const names = Object.keys(params).sort();
  expect(names).toEqual(
    params["kind"] === "tree" ? ["depth", "kind", "share"] : ["kind", "rate", "share", "units"],
  );
  if (params["kind"] === "tree") expect([1, 3, 5, 7, 9]).toContain(params["depth"]);
  else {
    expect(Number(params["rate"])).toBeGreaterThanOrEqual(1e-4);
    expect(Number(params["rate"])).toBeLessThanOrEqual(1);
    expect(Number.isInteger(params["units"])).toBe(true);
  }
  expect([0, 0.25, 0.5, 0.75, 1]).toContain(params["share"]);
}

describe.each<[SamplerKind, number]>([
  ["random", 5],
  ["tpe", 0.3],
  ["cma-es", 0.3],
  ["gp", 0.01],
  ["genetic", 1.5],
  ["nsga2", 1.5],
])("the sampler %s", (sampler, close) => {
  // A process over all trials takes its time for each, and needs few.
  const times = sampler === "gp" ? 0.2 : 1;
  it("stays inside a space with steps, logarithms and conditions", async () => {
    const { trials } = await run({ space: conditional, sampler, seed: 2 }, cost, 120 * times);
    expect(trials.map(({ state }) => state)).toEqual(Array(120 * times).fill("complete"));
    for (const trial of trials) expectInConditionalSpace(trial);
  });

  it("comes near the bottom of a bowl", async () => {
    const { study } = await run({ space: numeric, sampler, seed: 1 }, bowl, 200 * times);
    expect(await study.bestValue()).toBeLessThan(close);
  });

  it("proposes the same for the same seed and other things for another", async () => {
    const params = async (seed: number) =>
      (await run({ space: numeric, sampler, seed }, bowl, times * 60)).trials.map((trial) => trial.params);
    expect(await params(7)).toEqual(await params(7));
    expect(await params(7)).not.toEqual(await params(8));
  });
});

describe("the grid", () => {
  it("goes through scikit-learn's order once and ends", async () => {
    const space = { b: categorical(["u", "v"]), a: int(1, 3) };
    const { trials } = await run({ space, sampler: "grid" }, () => 0, 100);
    expect(trials.map(({ params }) => [params["a"], params["b"]])).toEqual([
      [1, "u"],
      [1, "v"],
      [2, "u"],
      [2, "v"],
      [3, "u"],
      [3, "v"],
    ]);
  });

  it("tries a combination that failed once more after the others", async () => {
    const study = await createStudy({ space: { a: int(1, 2) }, sampler: "grid" });
    await study.ask();
    await study.tell(0, { state: "fail", error: "no memory" });
    await study.ask();
    expect((await study.ask())?.params).toEqual({ a: 1 });
  });

  it("leaves out what does not exist, and takes values of its own for a continuous range", async () => {
    const space = {
      kind: categorical(["tree", "net"]),
      rate: float(0, 1, { when: { kind: ["net"] } }),
    };
    const { trials } = await run(
      { space, sampler: { kind: "grid", grid: { rate: [0.1, 0.5] } } },
      () => 0,
      9,
    );
    expect(trials.map(({ params }) => params)).toEqual([
      { kind: "tree" },
      { kind: "net", rate: 0.1 },
      { kind: "net", rate: 0.5 },
    ]);
    const unstepped = await createStudy({ space, sampler: "grid" });
    await expect(unstepped.ask()).rejects.toMatchObject({ code: "TW_STUDY_SPACE" });
  });
});

it("several directions end in the trials that nothing dominates", async () => {
  const study = await createStudy({ space: numeric, directions: ["minimize", "maximize"], seed: 4 });
  await study.optimize(({ params: { x } }) => [Number(x) ** 2, -((Number(x) - 2) ** 2)], { nTrials: 300 });
  const best = await study.bestTrials();
  expect(best.length).toBeGreaterThan(10);
  const inside = best.filter(({ params }) => Number(params["x"]) >= -0.01 && Number(params["x"]) <= 2.01);
  expect(inside.length).toBe(best.length);
  await expect(study.bestTrial()).rejects.toMatchObject({ code: "TW_STUDY_NO_TRIAL" });
});

it("parallel workers under the Parzen estimator do not try the same point", async () => {
  const study = await createStudy({ space: numeric, seed: 1 });
  await study.optimize(({ params }) => bowl(params), { nTrials: 20 });
  const asked = await study.askMany(12);
  const distances = asked.flatMap((a, i) =>
    asked
      .slice(i + 1)
      .map((b) =>
        Math.hypot(
          Number(a.params["x"]) - Number(b.params["x"]),
          Number(a.params["y"]) - Number(b.params["y"]),
        ),
      ),
  );
  expect(Math.min(...distances)).toBeGreaterThan(0.01);
});

describe("what the page draws", () => {
  it("finds the parameters that matter, and gives nothing to one that does not", async () => {
    const space = { strong: float(0, 1), weak: float(0, 1), none: float(0, 1) };
    const { study, trials } = await run(
      { space, sampler: "random", seed: 6 },
      ({ strong, weak }) => 4 * Number(strong) + Number(weak),
      120,
    );
    const found = importances(study.spec, trials);
    expect(Object.keys(found)[0]).toBe("strong");
    expect(Object.values(found).reduce((a, b) => a + b)).toBeCloseTo(1);
    // The variances of 4x and x are as 16 to 1.
    expect(found["strong"]).toBeGreaterThan(0.85);
    expect(found["none"]).toBeLessThan(found["weak"]);
  });

  it("is flat where the value does not vary, and refuses a single trial", async () => {
    const { study, trials } = await run({ space: numeric, sampler: "random" }, () => 3, 20);
    expect(importances(study.spec, trials)).toEqual({ x: 0, y: 0 });
    expect(() => importances(study.spec, trials.slice(0, 1))).toThrow("at least 2 complete trials");
  });

  it("has history, slices and lines", async () => {
    const { study, trials } = await run({ space: conditional, direction: "maximize", seed: 1 }, cost, 30);
    const history = optimizationHistory(study.spec, trials);
    expect(history.at(-1)?.best).toBe(await study.bestValue());
    expect(slices(trials)["share"]).toHaveLength(30);
    const { names, lines } = parallelCoordinates(trials);
    expect(names.sort()).toEqual(Object.keys(conditional).sort());
    expect(lines).toHaveLength(30);
  });
});

describe("bad studies", () => {
  it.each([
    [{}, "at least one parameter"],
    [{ x: float(2, 1) }, "low ≤ high"],
    [{ x: float(0, 1, { log: true }) }, "low over 0"],
    [{ x: int(1, 8, { log: true, step: 2 }) }, "no step"],
    [{ x: float(0, Number.POSITIVE_INFINITY) }, "finite low and high"],
    [{ x: categorical([]) }, "at least one choice"],
    [{ x: categorical(["a", "a"]) }, "choices that differ"],
    [{ x: float(0, 1, { when: { y: ["a"] } }) }, "a condition on a parameter of the space"],
    [{ x: { type: "normal" } }, 'type "float", "int" or "categorical"'],
  ])("a space %j is refused with what was expected", async (space, message) => {
    await expect(createStudy({ space: space as Space })).rejects.toThrow(message);
  });

  it.each<[StudyOptions, string]>([
    [{ direction: "up" as "minimize" }, '"minimize" or "maximize"'],
    [{ sampler: { kind: "hyperopt" } as never }, "The samplers are"],
    [{ sampler: { kind: "tpe", nCandidates: 3 } as never }, 'no option "nCandidates"'],
    [{ pruner: { kind: "median", percentile: 120 } }, "percentile to be from 0 to 100"],
    [{ directions: ["minimize", "minimize"], sampler: "cma-es" }, "one for several directions"],
    [{ nTrials: 0 }, "nTrials to be at least 1"],
  ])("settings %j are refused", async (options, message) => {
    const failure = await createStudy({ space: numeric, ...options }).catch((error) => error);
    expect(`${failure.message} ${failure.hint ?? ""}`).toContain(message);
  });
});
