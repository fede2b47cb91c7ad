import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  Dag,
  DateTimeSensor,
  DateTimeSensorAsync,
  DayOfWeekSensor,
  ExternalTaskMarker,
  ExternalTaskSensor,
  FileSensor,
  FunctionSensor,
  type OperatorInstance,
  TimeDeltaSensor,
  TimeSensor,
  WaitSensor,
} from "../../src/index.ts";
import { testDag, testTask } from "../../src/testing/index.ts";

type Options = NonNullable<Parameters<typeof testTask>[2]>;

function one(
  operator: OperatorInstance,
  options: Options = {},
  dagOptions: ConstructorParameters<typeof Dag>[1] = {},
) {
  const dag = new Dag("waiting", dagOptions);
  dag.add(operator);
  return testTask(dag, "wait", options);
}

/** The whole wait, with deferrals and reschedules, on the simulated clock. */
async function waited(operator: OperatorInstance, options: Parameters<typeof testDag>[1] = {}) {
  const dag = new Dag("waiting");
  dag.add(operator);
  const result = await testDag(dag, options);
  const { start, end } = result;
  return {
    state: result.states["wait"],
    seconds: (end.getTime() - start.getTime()) / 1000,
    attempts: result.attempts.map(({ outcome }) => outcome),
  };
}

const now = "2024-02-28T06:30:00Z";

describe("waiting for a time", () => {
  it("polls until the date, the time of day or the length of time is reached", async () => {
    expect(
      await waited(new DateTimeSensor({ taskId: "wait", targetTime: "2024-02-28T06:32:30Z" }), { now }),
    ).toEqual({
      state: "success",
      seconds: 180,
      attempts: ["success"],
    });
    expect(
      await waited(
        new TimeSensor({
          taskId: "wait",
          targetTime: "07:00",
          mode: "reschedule",
          pokeInterval: { minutes: 20 },
        }),
        { now },
      ),
    ).toEqual({
      state: "success",
      seconds: 2400,
      attempts: ["reschedule", "reschedule", "success"],
    });
    expect(
      (await waited(new TimeDeltaSensor({ taskId: "wait", delta: { minutes: 1 } }), { now })).seconds,
    ).toBe(60);
    expect((await waited(new WaitSensor({ taskId: "wait", timeToWait: 2 }), { now })).seconds).toBe(120);
  });

  it("defers to the instant when told to", async () => {
    for (const operator of [
      new DateTimeSensor({ taskId: "wait", targetTime: "2024-02-28T06:32:30Z", deferrable: true }),
      new DateTimeSensorAsync({
        taskId: "wait",
        targetTime: "{{ macros.datetime(2024, 2, 28, 6, 32, 30) }}",
      }),
      new TimeDeltaSensor({ taskId: "wait", delta: 150, deferrable: true }),
      new WaitSensor({ taskId: "wait", timeToWait: { seconds: 150 }, deferrable: true }),
    ]) {
      expect(await waited(operator, { now })).toEqual({
        state: "success",
        seconds: 150,
        attempts: ["deferred", "success"],
      });
    }
    const past = new TimeSensor({ taskId: "wait", targetTime: "06:00", deferrable: true });
    expect((await one(past, { now })).outcome).toBe("success");
  });

  it("waits for a day of the week", async () => {
    const result = await waited(
      new DayOfWeekSensor({
        taskId: "wait",
        weekDay: "Friday",
        pokeInterval: { hours: 6 },
        mode: "reschedule",
      }),
      { now },
    );
    expect(result).toMatchObject({ state: "success", seconds: 42 * 3600 });
  });
});

describe("how a sensor waits", () => {
  const never = () => false;

  it("fails without a retry after its timeout, and skips with softFail", async () => {
    const timing = { condition: never, pokeInterval: 10, timeout: 25 } as const;
    expect(await one(new FunctionSensor({ taskId: "wait", ...timing }))).toMatchObject({
      outcome: "failed",
      retryable: false,
      message: expect.stringContaining("timeout of 25 s"),
    });
    expect((await one(new FunctionSensor({ taskId: "wait", ...timing, softFail: true }))).outcome).toBe(
      "skipped",
    );
    expect(
      await waited(new FunctionSensor({ taskId: "wait", ...timing, mode: "reschedule" }), { now }),
    ).toMatchObject({ state: "failed", seconds: 30 });
  });

  it("doubles the interval with backoff, up to maxWait", async () => {
    const at: number[] = [];
    const condition = (context: { now(): Date }) => at.push(context.now().getTime() / 1000) === 6;
    await one(
      new FunctionSensor({
        taskId: "wait",
        condition,
        pokeInterval: 10,
        exponentialBackoff: true,
        maxWait: 60,
      }),
      { now },
    );
    expect(at.map((second) => second - (at[0] as number))).toEqual([0, 10, 30, 70, 130, 190]);
  });

  it("treats errors of a poke as it is told", async () => {
    let pokes = 0;
    const flaky = () => {
      if (++pokes < 3) throw new Error("not reachable");
      return { isDone: true, value: pokes };
    };
    const make = (options: object) =>
      one(new FunctionSensor({ taskId: "wait", condition: flaky, ...options }));
    expect(await make({})).toMatchObject({
      outcome: "failed",
      retryable: true,
      message: "Error: not reachable",
    });
    pokes = 0;
    expect(await make({ silentFail: true })).toMatchObject({ outcome: "success", value: 3 });
    pokes = 0;
    expect((await make({ neverFail: true })).outcome).toBe("skipped");
    pokes = 0;
    expect((await make({ softFail: true })).outcome).toBe("skipped");
  });
});

describe("FileSensor", () => {
  it("finds files, folders that hold one, and globs", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tw-files-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const look = (filepath: string, options: object = {}, more: Options = {}) =>
      one(new FileSensor({ taskId: "wait", filepath, timeout: 60, softFail: true, ...options }), more);
    expect((await look(join(folder, "*.csv"))).outcome).toBe("skipped");
    expect((await look(folder)).outcome).toBe("skipped");
    writeFileSync(join(folder, "a.csv"), "");
    writeFileSync(join(folder, "b.csv"), "");
    expect((await look(join(folder, "*.csv"))).value).toEqual([join(folder, "a.csv"), join(folder, "b.csv")]);
    expect((await look(folder)).value).toEqual([folder]);
    const connections = { fs_default: { type: "fs", extra: { path: folder } } };
    expect((await look("a.csv", {}, { connections })).value).toEqual([join(folder, "a.csv")]);
    expect((await look(join(folder, "c.csv"), { deferrable: true })).trigger).toMatchObject({
      classpath: "FileTrigger",
      kwargs: { filepath: join(folder, "c.csv"), recursive: false, pollInterval: 60 },
    });
  });
});

describe("ExternalTaskSensor", () => {
  const run = { dagId: "other", runId: "r", logicalDate: "2024-02-28T06:30:00+00:00" };
  const look = (state: string, options: object = {}) =>
    one(
      new ExternalTaskSensor({
        taskId: "wait",
        externalDagId: "other",
        timeout: 100,
        softFail: false,
        ...options,
      }),
      { now, logicalDate: now, dagRuns: [{ ...run, state }] },
    );

  it("waits for the run of the same logical date, and ends as its state says", async () => {
    expect((await look("success")).outcome).toBe("success");
    expect(await look("running")).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining("timeout"),
    });
    expect(await look("failed", { failedStates: ["failed"] })).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining('run of Dag "other"'),
    });
    expect((await look("failed", { skippedStates: ["failed"] })).outcome).toBe("skipped");
    expect((await look("failed", { allowedStates: ["failed", "success"] })).outcome).toBe("success");
    expect(await look("success", { executionDelta: { hours: 1 } })).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining("timeout"),
    });
  });

  it("defers with all that the trigger needs", async () => {
    const { trigger } = await look("running", { deferrable: true, externalTaskIds: ["a", "b"] });
    expect(trigger).toMatchObject({
      classpath: "ExternalTaskTrigger",
      kwargs: {
        dagId: "other",
        taskIds: ["a", "b"],
        logicalDates: ["2024-02-28T06:30:00+00:00"],
        allowed: ["success"],
        pollInterval: 2,
      },
    });
  });

  it("refuses options that contradict each other", () => {
    const make = (options: object) => () =>
      new ExternalTaskSensor({ taskId: "wait", externalDagId: "other", ...options });
    expect(make({ externalTaskId: "a", externalTaskGroupId: "g" })).toThrow("got several");
    expect(make({ failedStates: ["success"] })).toThrow('"success" is there twice');
    expect(make({ allowedStates: ["done"] })).toThrow("allowedStates");
  });

  it("has a marker that does nothing but say so", async () => {
    expect(
      (await one(new ExternalTaskMarker({ taskId: "wait", externalDagId: "other", externalTaskId: "t" })))
        .outcome,
    ).toBe("success");
  });
});
