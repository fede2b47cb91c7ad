import { describe, expect, it } from "vitest";
import { type TriggerRule, triggerRules } from "../../src/core/states.ts";
import {
  type EarlyState,
  evaluateTriggerRule,
  noUpstream,
  type RuleVerdict,
  type UpstreamCounts,
} from "../../src/core/trigger-rules.ts";
import { grid } from "./support/grid.ts";

/** An upstream instance: S success, K skipped, F failed, U upstream_failed, R removed, "." not finished. */
type Letter = "S" | "K" | "F" | "U" | "R" | ".";

/** Airflow's table, said over the list of upstream instances and not over counts. First early row that holds wins. */
interface Row {
  early: [EarlyState, (up: Letter[]) => boolean][];
  passes: (up: Letter[]) => boolean;
}

const some =
  (...letters: Letter[]) =>
  (up: Letter[]): boolean =>
    up.some((letter) => letters.includes(letter));
const only =
  (...letters: Letter[]) =>
  (up: Letter[]): boolean =>
    up.every((letter) => letters.includes(letter));
const done = only("S", "K", "F", "U", "R");
const none =
  (...letters: Letter[]) =>
  (up: Letter[]): boolean =>
    !some(...letters)(up);
const both =
  (a: (up: Letter[]) => boolean, b: (up: Letter[]) => boolean) =>
  (up: Letter[]): boolean =>
    a(up) && b(up);

const table: Record<TriggerRule, Row> = {
  all_success: {
    early: [
      ["upstream_failed", some("F", "U")],
      ["skipped", some("K")],
    ],
    passes: only("S", "R"),
  },
  all_failed: { early: [["skipped", some("S", "K")]], passes: only("F", "U", "R") },
  all_done: { early: [], passes: done },
  all_done_min_one_success: {
    early: [
      ["skipped", some("K")],
      ["upstream_failed", both(done, none("S"))],
    ],
    passes: both(only("S", "F", "U", "R"), some("S")),
  },
  all_done_setup_success: { early: [], passes: done },
  one_success: {
    early: [
      ["skipped", only("K")],
      ["upstream_failed", both(done, none("S"))],
    ],
    passes: some("S"),
  },
  one_failed: { early: [["skipped", both(done, none("F", "U"))]], passes: some("F", "U") },
  one_done: { early: [["skipped", both(done, none("F", "S"))]], passes: some("S", "F") },
  none_failed: { early: [["upstream_failed", some("F", "U")]], passes: only("S", "K", "R") },
  none_failed_min_one_success: {
    early: [
      ["upstream_failed", some("F", "U")],
      ["skipped", only("K")],
      ["upstream_failed", both(done, none("S"))],
    ],
    passes: both(only("S", "K", "R"), some("S")),
  },
  none_skipped: { early: [["skipped", some("K")]], passes: both(done, none("K")) },
  all_skipped: { early: [["skipped", some("S", "F", "U")]], passes: only("K") },
  always: { early: [], passes: () => true },
};

const letters: Letter[] = ["S", "K", "F", "U", "R", "."];

function countsOf(up: readonly Letter[]): UpstreamCounts {
  const count = (letter: Letter): number => up.filter((other) => other === letter).length;
  return {
    ...noUpstream(),
    upstream: up.length,
    success: count("S"),
    skipped: count("K"),
    failed: count("F"),
    upstreamFailed: count("U"),
    removed: count("R"),
  };
}

const upstreams = grid(letters.length, 3)
  .map((counts) => counts.flatMap((count, at) => Array.from({ length: count }, () => letters[at] as Letter)))
  .filter((up) => up.length > 0);

function withSetups(more: Partial<UpstreamCounts>): RuleVerdict {
  return evaluateTriggerRule("all_done_setup_success", { ...countsOf(["S", "F"]), ...more }, -1);
}

describe("trigger rules", () => {
  for (const rule of triggerRules) {
    it(`${rule} keeps to the table over a full grid of upstream counts`, () => {
      const { early, passes } = table[rule];
      for (const up of upstreams) {
        const expected = { early: early.find(([, holds]) => holds(up))?.[0] ?? null, passes: passes(up) };
        expect(evaluateTriggerRule(rule, countsOf(up), -1), up.join("")).toEqual(expected);
      }
    });
  }

  it("all_success takes out an instance whose counterpart was removed", () => {
    const counts = countsOf(["S", "S", "R"]);
    expect(evaluateTriggerRule("all_success", counts, 2).early).toBe("removed");
    expect(evaluateTriggerRule("all_success", counts, 1)).toEqual({ early: null, passes: true });
  });

  it("all_done_setup_success needs one setup that succeeded, where there is any", () => {
    expect(withSetups({ setups: 1, successSetups: 1 })).toEqual({ early: null, passes: true });
    expect(withSetups({ setups: 1 })).toEqual({ early: "upstream_failed", passes: false });
    expect(withSetups({ setups: 1, skippedSetups: 1 }).early).toBe("skipped");
    expect(withSetups({ setups: 2, skippedSetups: 1, successSetups: 1 }).passes).toBe(true);
  });
});
