import { describe, expect, it } from "vitest";
import {
  BranchDateTimeOperator,
  BranchDayOfWeekOperator,
  BranchOperator,
  Dag,
  EmptyOperator,
  LatestOnlyOperator,
  type OperatorInstance,
  ShortCircuitOperator,
} from "../../src/index.ts";
import { testTask } from "../../src/testing/index.ts";

type Options = NonNullable<Parameters<typeof testTask>[2]>;

/** The operator with two tasks after it. */
async function decide(
  operator: OperatorInstance,
  options: Options = {},
  dagOptions: ConstructorParameters<typeof Dag>[1] = {},
) {
  const dag = new Dag("branching", dagOptions);
  const branch = dag.add(operator);
  branch.before(dag.add(new EmptyOperator({ taskId: "yes" })), dag.add(new EmptyOperator({ taskId: "no" })));
  const { skip, outcome, message } = await testTask(dag, "branch", options);
  return skip ?? message ?? outcome;
}

const sides = { followTaskIdsIfTrue: "yes", followTaskIdsIfFalse: "no" } as const;
const taken = (side: string) => ({ followed: [side] });

describe("BranchOperator", () => {
  it("follows what its function chooses, and refuses what is not in the Dag", async () => {
    expect(await decide(new BranchOperator({ taskId: "branch", choose: () => "yes" }))).toEqual(taken("yes"));
    expect(await decide(new BranchOperator({ taskId: "branch", choose: async () => ["yes", "no"] }))).toEqual(
      { followed: ["yes", "no"] },
    );
    expect(await decide(new BranchOperator({ taskId: "branch", choose: () => null }))).toEqual({
      followed: [],
    });
    expect(await decide(new BranchOperator({ taskId: "branch", choose: () => "nobody" }))).toContain(
      '"nobody"',
    );
  });
});

describe("ShortCircuitOperator", () => {
  it("skips everything after it, or what is directly after it", async () => {
    const circuit = (condition: () => unknown, ignoreDownstreamTriggerRules?: boolean) =>
      decide(
        new ShortCircuitOperator({
          taskId: "branch",
          condition,
          ...(ignoreDownstreamTriggerRules === undefined ? {} : { ignoreDownstreamTriggerRules }),
        }),
      );
    expect(await circuit(() => true)).toBe("success");
    expect(await circuit(() => [])).toEqual({ skipAll: true });
    expect(await circuit(() => 0, false)).toEqual({ skipped: ["yes", "no"] });
  });
});

describe("LatestOnlyOperator", () => {
  const at = (logicalDate: string, now: string, runType: "scheduled" | "manual" = "scheduled") =>
    decide(
      new LatestOnlyOperator({ taskId: "branch" }),
      { logicalDate, now, runType },
      { schedule: "@daily", startDate: "2024-01-01" },
    );

  it("goes on in the newest run and in manual ones, and stops in older ones", async () => {
    expect(await at("2024-02-28T00:00:00Z", "2024-02-28T09:00:00Z")).toEqual({ followed: ["yes", "no"] });
    expect(await at("2024-02-26T00:00:00Z", "2024-02-28T09:00:00Z")).toEqual({ skipped: ["yes", "no"] });
    expect(await at("2024-02-26T00:00:00Z", "2024-02-28T09:00:00Z", "manual")).toEqual({
      followed: ["yes", "no"],
    });
  });
});

describe("BranchDateTimeOperator", () => {
  const at = (now: string, targetLower: string | null, targetUpper: string | null, timezone = "UTC") =>
    decide(
      new BranchDateTimeOperator({ taskId: "branch", ...sides, targetLower, targetUpper }),
      { now, logicalDate: "2024-01-01T00:00:00Z" },
      { startDate: "2024-01-01", timezone },
    );

  it("compares with dates, and with times of day over midnight and in the Dag's zone", async () => {
    expect(await at("2024-02-28T10:00:00Z", "2024-02-01", "2024-03-01")).toEqual(taken("yes"));
    expect(await at("2024-03-28T10:00:00Z", "2024-02-01", "2024-03-01")).toEqual(taken("no"));
    expect(await at("2024-02-28T10:00:00Z", "09:00", "11:00:00")).toEqual(taken("yes"));
    expect(await at("2024-02-28T23:30:00Z", "22:00", "06:00")).toEqual(taken("yes"));
    expect(await at("2024-02-28T12:00:00Z", "22:00", "06:00")).toEqual(taken("no"));
    expect(await at("2024-02-28T10:00:00Z", null, "09:00")).toEqual(taken("no"));
    expect(await at("2024-02-28T14:30:00Z", "09:00", "10:00", "America/New_York")).toEqual(taken("yes"));
  });

  it("can look at the logical date", async () => {
    const operator = new BranchDateTimeOperator({
      taskId: "branch",
      ...sides,
      targetLower: "2024-01-01",
      targetUpper: null,
      useTaskLogicalDate: true,
    });
    expect(await decide(operator, { logicalDate: "2023-12-31T00:00:00Z", now: "2024-06-01" })).toEqual(
      taken("no"),
    );
  });

  it("wants a bound", () => {
    expect(
      () => new BranchDateTimeOperator({ taskId: "branch", ...sides, targetLower: null, targetUpper: null }),
    ).toThrow("both are null");
    expect(
      () =>
        new BranchDateTimeOperator({ taskId: "branch", ...sides, targetLower: "25:00", targetUpper: null }),
    ).toThrow("targetLower");
  });
});

describe("BranchDayOfWeekOperator", () => {
  it("compares days by name in any case", async () => {
    const on = (weekDay: "WEDNESDAY" | "Thursday") =>
      decide(new BranchDayOfWeekOperator({ taskId: "branch", ...sides, weekDay: [weekDay] }), {
        now: "2024-02-28T10:00:00Z",
      });
    expect(await on("WEDNESDAY")).toEqual(taken("yes"));
    expect(await on("Thursday")).toEqual(taken("no"));
  });
});
