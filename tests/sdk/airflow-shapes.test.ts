import { describe, expect, it } from "vitest";
import { collectDags } from "../../src/sdk/collect.ts";
import { testDag } from "../../src/testing/index.ts";
import { edgesOf, now, taskOf } from "./support/collect.ts";

describe("a Dag file in the shapes of Airflow's TypeScript SDK", () => {
  it("is read with its options, groups, edges and references", async () => {
    const load = () => import("./fixtures/airflow-shapes.ts?first" as "./fixtures/airflow-shapes.ts");
    const [dag, ...others] = await collectDags(load, { relativeFile: "orchard.ts", now });
    expect(others).toEqual([]);
    if (dag === undefined) throw new Error("no Dag");
    expect(dag.spec).toMatchObject({
      dagId: "orchard",
      relativeFile: "orchard.ts",
      timetable: { kind: "cron-trigger", cron: "@daily", timezone: "UTC" },
      startDate: "2026-01-01T00:00:00.000Z",
      dagrunTimeout: 7200,
      maxActiveRuns: 1,
      isPausedUponCreation: false,
      tags: ["native", "orchard"],
      taskGroups: [
        { groupId: "pick", parentGroupId: null },
        { groupId: "pick.far", parentGroupId: "pick", label: "far" },
      ],
    });
    expect(edgesOf(dag)).toEqual([
      "bicycle -> sweep",
      "choose -> bicycle",
      "choose -> truck",
      "enough -> keep",
      "enough -> sell",
      "keep -> sweep",
      "pick.far.all -> choose",
      "pick.far.all -> weigh",
      "pick.near -> choose",
      "pick.near -> weigh",
      "price -> sweep",
      "sell -> sweep",
      "sweep -> market",
      "truck -> sweep",
      "weigh -> enough",
      "weigh -> price",
    ]);
    expect(taskOf(dag, "weigh")).toMatchObject({
      queue: "typescript",
      retries: 2,
      retryDelay: 30,
      executionTimeout: 600,
    });
    expect(taskOf(dag, "price").inputs).toEqual({
      crates: { xcom: { taskId: "weigh", key: "return_value" } },
      currency: { literal: "EUR" },
    });
    expect(taskOf(dag, "market")).toMatchObject({
      operator: "TriggerDagRunOperator",
      dagDependency: { kind: "trigger", dagId: "market" },
    });
  });

  it("runs: conditions, switches and references decide as written", async () => {
    const { dag } = await import("./fixtures/airflow-shapes.ts");
    const run = await testDag(dag, {
      logicalDate: "2026-01-02T00:00:00Z",
      runId: "r1",
      variables: { far_crates: "5", slow: "yes" },
    });
    expect(run.state).toBe("success");
    expect(run.results).toMatchObject({
      weigh: { crates: 8, fields: 2 },
      price: "32 EUR",
      enough: true,
      sell: "sold in r1",
      choose: "bicycle",
    });
    expect(run.xcom("weigh", "crates")).toBe(8);
    expect(run.states).toMatchObject({
      keep: "skipped",
      truck: "skipped",
      bicycle: "success",
      sweep: "success",
    });
    expect(run.triggered).toEqual([{ dagId: "market", runId: "manual__1", conf: { from: "orchard" } }]);
  });
});
