/** `testTask`: one attempt of one task in memory. */
import { describe, expect, it } from "vitest";
import { BashOperator, Dag, defer, getContext, SkipException, TimeDeltaTrigger } from "../../src/index.ts";
import { testTask } from "../../src/testing/index.ts";

const date = { logicalDate: "2026-01-01T00:00:00Z" };

const dag = new Dag("dag", { autoRegister: false });
const rows = dag.task("rows", async (): Promise<number[]> => Promise.reject(new Error("no network")))();
dag.task("sum", async ({ rows, factor }: { rows: number[]; factor: number }) => {
  getContext().logger.info(`summing ${rows.length}`);
  await getContext().ti.xcomPush("count", rows.length);
  return rows.reduce((a, b) => a + b, 0) * factor;
})({ rows, factor: 2 });
dag.task("wait", async () => getContext().triggerEvent ?? defer(TimeDeltaTrigger({ delta: 60 })))();
dag.sensor("ready", async () => false, { mode: "reschedule", pokeInterval: 60 })();
dag.sensor("poked", async () => getContext().now().getTime() >= Date.parse("2026-01-01T01:00:00Z"))();
dag
  .branch("gate", async () => "left")()
  .before(dag.task("left", async () => 1)(), dag.task("right", async () => 1)());
dag.task("skip", async () => Promise.reject(new SkipException("no news")))();
dag.add(
  new BashOperator({
    taskId: "echo",
    bashCommand: "echo {{ ds }} $X",
    env: { X: "{{ params.x }}" },
    params: { x: "y" },
  }),
);
dag.task("each", async ({ n }: { n: number }) => n * 10).expand({ n: rows });

describe("testTask", () => {
  it("runs a handler with the inputs of the test, and the others as written", async () => {
    const result = await testTask(dag, "sum", { ...date, inputs: { rows: [1, 2, 3] } });
    expect(result).toMatchObject({ outcome: "success", value: 12, xcoms: { count: 3 } });
    expect(result.logs.map(({ message }) => message)).toContain("summing 3");
  });

  it("takes inputs from XComs of the test", async () => {
    expect((await testTask(dag, "sum", { ...date, xcoms: { rows: [4] } })).value).toBe(8);
  });

  it("tells of failures and whether they may be retried", async () => {
    expect(await testTask(dag, "rows", date)).toMatchObject({
      outcome: "failed",
      message: "Error: no network",
      retryable: true,
    });
    expect(await testTask(dag, "skip", date)).toMatchObject({ outcome: "skipped", message: "no news" });
  });

  it("tells of deferrals, and goes on after them", async () => {
    expect(await testTask(dag, "wait", date)).toMatchObject({
      outcome: "deferred",
      trigger: { classpath: "TimeDeltaTrigger", kwargs: { delta: 60 } },
    });
    expect(await testTask(dag, "wait", { ...date, event: 5 })).toMatchObject({
      outcome: "success",
      value: 5,
    });
  });

  it("tells of reschedules, and lets a poking sensor wait in no time", async () => {
    expect(await testTask(dag, "ready", date)).toMatchObject({
      outcome: "reschedule",
      at: new Date("2026-01-01T00:01:00Z"),
    });
    expect(await testTask(dag, "poked", date)).toMatchObject({ outcome: "success" });
  });

  it("tells what a branch decided", async () => {
    expect(await testTask(dag, "gate", date)).toMatchObject({
      value: ["left"],
      skip: { followed: ["left"] },
    });
  });

  it("renders the templates of an operator, and lets options be replaced", async () => {
    const result = await testTask(dag, "echo", date);
    expect(result.value).toBe("2026-01-01 y");
    expect(result.rendered).toMatchObject({ bashCommand: "echo 2026-01-01 $X", env: { X: "y" } });
    expect((await testTask(dag, "echo", { ...date, inputs: { bashCommand: "echo other" } })).value).toBe(
      "other",
    );
  });

  it("runs one instance of a mapped task", async () => {
    expect((await testTask(dag, "each", { ...date, mapIndex: 1, inputs: { n: 7 } })).value).toBe(70);
    expect((await testTask(dag, "each", { ...date, mapIndex: 1, xcoms: { rows: [1, 2] } })).value).toBe(20);
  });

  it("refuses a task that there is not", async () => {
    await expect(testTask(dag, "nothing")).rejects.toMatchObject({ code: "TW_DAG_UNKNOWN_TASK" });
  });
});
