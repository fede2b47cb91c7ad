import { describe, expect, it } from "vitest";
import { dag } from "../../examples/11_study.ts";
import { Dag } from "../../src/index.ts";
import { float, type StudyResult, studyTasks, TrialPruned } from "../../src/ml/index.ts";
import { testDag } from "../../src/testing/index.ts";

describe("the study example", () => {
  it("tries twelve trials as instances of one task and trains with the best", async () => {
    const run = await testDag(dag);
    expect(run.state).toBe("success");
    const best = run.results["tune.best"] as StudyResult;
    expect(best.trials).toEqual({ complete: 12 });
    expect(best.bestValue).toBeGreaterThan(0.94);
    expect(run.results["train"]).toMatchObject({
      trees: best.bestParams?.["nEstimators"],
      crossValidated: best.bestValue,
    });
  });
});

const space = { x: float(-1, 1) };

describe("trials as tasks", () => {
  it("goes on with the same parameters in a second try, and fails alone when tries are used up", async () => {
    const seen: Record<number, number[]> = {};
    const flaky = new Dag("flaky", { autoRegister: false });
    const options = { space, nTrials: 3, nJobs: 1, trial: { retries: 1, retryDelay: { seconds: 1 } } };
    studyTasks(flaky, "tune", options, ({ number, params }) => {
      seen[number] = [...(seen[number] ?? []), Number(params["x"])];
      if (number === 0 && seen[0]?.length === 1) throw new Error("no luck");
      if (number === 1) throw new Error("never");
      return Number(params["x"]);
    });
    const run = await testDag(flaky);
    expect(run.results["tune.best"]).toMatchObject({ trials: { complete: 2, fail: 1 } });
    for (const tries of Object.values(seen)) expect(new Set(tries).size).toBe(1);
    expect([seen[0]?.length, seen[1]?.length, seen[2]?.length]).toEqual([2, 2, 1]);
  });

  it("counts a pruned trial as done, and fails when none is complete", async () => {
    const pruned = new Dag("pruned", { autoRegister: false });
    studyTasks(pruned, "tune", { space, nTrials: 2 }, () => {
      throw new TrialPruned();
    });
    const run = await testDag(pruned);
    expect(run.states["tune.best"]).toBe("failed");
    expect(run.attempts.at(-1)?.message).toContain("none is complete");
  });
});
