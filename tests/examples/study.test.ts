import { describe, expect, it } from "vitest";
import { dag } from "../../examples/11_study.ts";
import { Dag } from "../../src/index.ts";
import { float, type StudyResult, studyTasks, TrialPruned } from "../../src/ml/index.ts";
import { testDag } from "../../src/testing/index.ts";
import { runningWorld } from "./running-world.ts";

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

interface Found {
  runs: {
    info: { run_id: string; run_name: string; status: string };
    data: { metrics: { key: string; value: number }[]; params: { key: string; value: string }[] };
  }[];
}

it("a study under a server is a run, and its trials are children of it", { timeout: 120_000 }, async () => {
  const world = await runningWorld(["study"], {}, { api: true });
  const run = await world.run("study");
  expect(run.state).toBe("success");
  const search = async (filter: string): Promise<Found["runs"]> => {
    const asked = { experiment_ids: ["1"], filter };
    const { body } = await world.call<Found>("POST", "/api/2.0/mlflow/runs/search", asked);
    return body.runs;
  };
  const [parent, ...others] = await search("tags.`study.sampler` = 'tpe'");
  expect(others).toEqual([]);
  expect(parent?.info).toMatchObject({ run_name: `study.tune.${run.runId}`, status: "FINISHED" });
  const children = await search(`tags.\`mlflow.parentRunId\` = '${parent?.info.run_id}'`);
  expect(children).toHaveLength(12);
  const values = children.map(({ data }) => data.metrics.find(({ key }) => key === "value")?.value ?? 0);
  const best = parent?.data.metrics.find(({ key }) => key === "best_value")?.value;
  expect(best).toBe(Math.max(...values));
  expect(children[0]?.data.params.map(({ key }) => key).sort()).toEqual([
    "maxDepth",
    "maxFeatures",
    "nEstimators",
  ]);
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
