import { describe, expect, it } from "vitest";
import { Asset, Dag } from "../../src/index.ts";
import { driftTask, type Suite, Table, type ValidationResult, validationTask } from "../../src/ml/index.ts";
import { testDag } from "../../src/testing/index.ts";

const suite: Suite = {
  name: "ages",
  expectations: [
    { type: "expect_column_values_to_be_between", kwargs: { column: "age", min_value: 0, max_value: 120 } },
    { type: "expect_table_row_count_to_be_between", kwargs: { min_value: 3 }, severity: "warning" },
  ],
};
const good = Table.from({ age: [20, 30, 40] });
const bad = Table.from({ age: [20, 300] });

describe("a check of data as a task", () => {
  it("fails without another try, and says what does not hold", async () => {
    const dag = new Dag("fails", { autoRegister: false });
    validationTask(dag, "check", () => bad, { suite })();
    const run = await testDag(dag);
    expect([run.states["check"], run.tries["check"]]).toEqual(["failed", 1]);
    expect(run.attempts[0]?.message).toContain("1 of 2 expectations do not hold");
    expect(run.attempts[0]?.message).toContain("1 of 2 do not fit, such as [300]");
  });

  it("warns and goes on, or lets the Dag branch", async () => {
    const warns = new Dag("warns", { autoRegister: false });
    validationTask(warns, "check", () => bad, { suite, onFailure: "warn" })();
    expect((await testDag(warns)).results["check"]).toMatchObject({ success: false, outcome: "failed" });

    for (const [table, way] of [
      [good, "train"],
      [bad, "quarantine"],
    ] as const) {
      const dag = new Dag("branches", { autoRegister: false });
      const check = validationTask(dag, "check", () => table, { suite, onFailure: "branch" });
      const holds = dag.task("holds", async ({ report }: { report: ValidationResult }) => report.success);
      const train = dag.task("train", async () => "trained");
      const quarantine = dag.task("quarantine", async () => "put aside");
      dag
        .if(holds({ report: check() }))
        .then(train())
        .else(quarantine());
      const run = await testDag(dag);
      expect(run.states[way]).toBe("success");
      expect(Object.values(run.states).filter((state) => state === "skipped")).toHaveLength(1);
    }
  });
});

describe("a check of drift as a task", () => {
  const reference = Table.from({ x: Array.from({ length: 100 }, (_, i) => i) });
  const moved = Table.from({ x: Array.from({ length: 100 }, (_, i) => i + 80) });
  const drifted = new Asset("drifted");

  it("gives the asset an event when the data drifted, and is skipped when not", async () => {
    const dagOf = (current: Table) => {
      const dag = new Dag("monitor", { autoRegister: false });
      driftTask(dag, "drift", () => ({ reference, current }), { onDrift: drifted })();
      return dag;
    };
    const alarm = await testDag(dagOf(moved));
    expect(alarm.results["drift"]).toMatchObject({
      drifted: true,
      columns: [{ column: "x", test: "ks", drifted: true }],
    });
    expect(alarm.assetEvents).toMatchObject([{ extra: { driftShare: 1, columns: ["x"] } }]);
    const calm = await testDag(dagOf(reference));
    expect([calm.states["drift"], calm.assetEvents.length]).toEqual(["skipped", 0]);
  });
});
