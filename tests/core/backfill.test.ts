import { describe, expect, it } from "vitest";
import {
  type BackfillRequest,
  backfillRunsToStart,
  type ExistingRun,
  planBackfill,
} from "../../src/core/backfill.ts";
import { pausesAfterFailures } from "../../src/core/consecutive-failures.ts";
import type { DagSpec } from "../../src/core/dag-model.ts";
import { type DeadlineFacts, deadlineAt, deadlineMissed } from "../../src/core/deadline.ts";

const at = (text: string): number => Date.parse(text);
const now = at("2026-03-10T12:00:00Z");
const daily = (more: Partial<DagSpec> = {}): DagSpec =>
  ({
    dagId: "etl",
    timetable: { kind: "cron-trigger", cron: "@daily", timezone: "UTC" },
    tasks: [],
    ...more,
  }) as unknown as DagSpec;
const request: BackfillRequest = {
  from: at("2026-03-01T00:00:00Z"),
  to: at("2026-03-04T00:00:00Z"),
  reprocess: "none",
  backwards: false,
};
const nothing = (): null => null;
const days = (plan: ReturnType<typeof planBackfill>): string[] =>
  plan.map((one) => new Date(one.run.logicalDate).toISOString().slice(8, 10));

describe("a backfill", () => {
  it("creates a run for each date of the schedule, both ends included", () => {
    const plan = planBackfill(daily(), request, nothing, now);
    expect(days(plan)).toEqual(["01", "02", "03", "04"]);
    expect(plan.map((one) => one.ordinal)).toEqual([1, 2, 3, 4]);
    expect(plan[0]?.action).toEqual({ kind: "create", runId: "backfill__2026-03-01T00:00:00+00:00" });
  });

  it("begins with the newest date when it runs backwards", () => {
    expect(days(planBackfill(daily(), { ...request, backwards: true }, nothing, now))).toEqual([
      "04",
      "03",
      "02",
      "01",
    ]);
  });

  it("leaves out dates that are not over yet", () => {
    const plan = planBackfill(
      daily(),
      { ...request, from: at("2026-03-09T00:00:00Z"), to: at("2026-03-20T00:00:00Z") },
      nothing,
      now,
    );
    expect(days(plan)).toEqual(["09", "10"]);
  });

  it.each([
    [
      "none",
      { failed: "already exists", success: "already exists", running: "in flight", queued: "in flight" },
    ],
    ["failed", { failed: "clear", success: "already exists", running: "in flight", queued: "in flight" }],
    ["completed", { failed: "clear", success: "clear", running: "in flight", queued: "in flight" }],
  ] as const)(
    "with reprocess behavior %s does to an existing run what Airflow does",
    (reprocess, expected) => {
      for (const [state, outcome] of Object.entries(expected)) {
        const existing: ExistingRun = { runId: "manual__x", state: state as ExistingRun["state"] };
        const [first] = planBackfill(daily(), { ...request, reprocess }, () => existing, now);
        expect(first?.action).toEqual(
          outcome === "clear" ? { kind: "clear", runId: "manual__x" } : { kind: "skip", reason: outcome },
        );
      }
    },
  );

  const dependent = [{ taskId: "load", dependsOnPast: true }] as unknown as DagSpec["tasks"];
  it.each([
    [
      "backwards with depends_on_past",
      daily({ tasks: dependent }),
      { ...request, backwards: true },
      'cannot run backwards: task "load" depends on its past',
    ],
    ["depends_on_past without reprocessing", daily({ tasks: dependent }), request, "depends on its past"],
    [
      "a Dag without schedule",
      daily({ timetable: { kind: "none" } }),
      request,
      "expected a schedule that repeats",
    ],
    [
      "a Dag that forbids backfills",
      daily({ allowedRunTypes: ["manual"] }),
      request,
      "none of type backfill",
    ],
    [
      "dates in the wrong order",
      daily(),
      { ...request, from: request.to, to: request.from },
      "expected the first date before the last",
    ],
    [
      "dates in the future",
      daily(),
      { ...request, from: now + 1, to: now + 2 },
      "expected dates in the past",
    ],
    [
      "a stretch without dates",
      daily(),
      { ...request, from: request.from + 1, to: request.from + 2 },
      "no run of Dag",
    ],
    [
      "more dates than anybody waits for",
      daily({ timetable: { kind: "delta-trigger", delta: 1 } }),
      request,
      "expected at most 100000 dates",
    ],
  ])("refuses %s", (_what, dag, wanted, message) => {
    expect(() => planBackfill(dag, wanted, nothing, now)).toThrow(message);
  });

  it("starts runs in its order up to its own cap, and none while paused", () => {
    const queued = [{ ordinal: 3 }, { ordinal: 2 }, { ordinal: 4 }];
    expect(backfillRunsToStart({ isPaused: false, maxActiveRuns: 3 }, queued, 1)).toEqual([
      { ordinal: 2 },
      { ordinal: 3 },
    ]);
    expect(backfillRunsToStart({ isPaused: true, maxActiveRuns: 3 }, queued, 0)).toEqual([]);
    expect(backfillRunsToStart({ isPaused: false, maxActiveRuns: 1 }, queued, 5)).toEqual([]);
  });
});

describe("consecutive failures", () => {
  it("pause a Dag when its last runs all failed, and there are so many", () => {
    expect(pausesAfterFailures(2, ["failed", "failed", "success"])).toBe(true);
    expect(pausesAfterFailures(2, ["failed", "running", "failed"])).toBe(false);
    expect(pausesAfterFailures(3, ["failed", "failed"])).toBe(false);
    expect(pausesAfterFailures(0, ["failed"])).toBe(false);
  });
});

describe("a deadline", () => {
  const facts: DeadlineFacts = {
    queuedAt: 1_000_000,
    logicalDate: 500_000,
    pastDurations: [10, 20, 60],
    now: 2_000_000,
  };
  const with60 = (
    reference: Parameters<typeof deadlineAt>[0]["reference"],
    more: Partial<DeadlineFacts> = {},
  ): number | null => deadlineAt({ reference, interval: 60, callback: 0 }, { ...facts, ...more });

  it("counts from when the run was queued, from its logical date, or from a date", () => {
    expect(with60({ kind: "dagrun-queued-at" })).toBe(1_060_000);
    expect(with60({ kind: "dagrun-logical-date" })).toBe(560_000);
    expect(with60({ kind: "dagrun-logical-date" }, { logicalDate: null })).toBeNull();
    expect(with60({ kind: "fixed", date: "2026-01-01T00:00:00Z" })).toBe(at("2026-01-01T00:01:00Z"));
  });

  it("counts from now plus the average of the newest successful runs, if there are enough", () => {
    expect(with60({ kind: "average-runtime", maxRuns: 2, minRuns: 2 })).toBe(2_000_000 + 15_000 + 60_000);
    expect(with60({ kind: "average-runtime", maxRuns: 10, minRuns: 4 })).toBeNull();
    expect(with60({ kind: "average-runtime", maxRuns: 10, minRuns: 0 }, { pastDurations: [] })).toBeNull();
  });

  it("is missed by a run that still goes on at it, or ended after it", () => {
    expect(deadlineMissed(100, null, 100)).toBe(true);
    expect(deadlineMissed(100, null, 99)).toBe(false);
    expect(deadlineMissed(100, 101, 200)).toBe(true);
    expect(deadlineMissed(100, 100, 200)).toBe(false);
  });
});
