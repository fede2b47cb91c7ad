/** Our trigger rules give what Airflow's TriggerRuleDep answered; `record-trigger-rules.py` asked it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { triggerRules } from "../../src/core/states.ts";
import {
  evaluateSetups,
  evaluateTriggerRule,
  noUpstream,
  type RuleVerdict,
  type UpstreamCounts,
} from "../../src/core/trigger-rules.ts";
import { grid } from "../core/support/grid.ts";

interface Recording {
  most: number;
  states: (string | null)[];
  rules: { [rule: string]: { [mapIndex: string]: string } };
  teardown: string;
  indirectSetups: { [mapIndex: string]: string };
}

const recording = JSON.parse(
  readFileSync(join(import.meta.dirname, "fixtures/trigger-rules.json"), "utf8"),
) as Recording;

const letters = { upstream_failed: "u", skipped: "s", removed: "r" } as const;

function letterOf({ early, passes }: RuleVerdict): string {
  if (early === null) return passes ? "p" : ".";
  return passes ? letters[early].toUpperCase() : letters[early];
}

function countsOf([success, skipped, failed, upstreamFailed, removed, unfinished]: number[]): UpstreamCounts {
  const row = {
    success: success!,
    skipped: skipped!,
    failed: failed!,
    upstreamFailed: upstreamFailed!,
    removed: removed!,
  };
  const done = row.success + row.skipped + row.failed + row.upstreamFailed + row.removed;
  return { ...noUpstream(), ...row, upstream: done + unfinished! };
}

describe("trigger rules as Airflow answers them", () => {
  const rows = grid(recording.states.length, recording.most).map(countsOf);

  it("knows the same rules", () => {
    expect(Object.keys(recording.rules).sort()).toEqual([...triggerRules].sort());
  });

  for (const rule of triggerRules) {
    it(`${rule}: the same early states and passes over the whole grid`, () => {
      for (const [mapIndex, answers] of Object.entries(recording.rules[rule] ?? {})) {
        for (const [at, counts] of rows.entries()) {
          // Without upstream nobody is asked: the task passes.
          const verdict =
            counts.upstream === 0
              ? { early: null, passes: true }
              : evaluateTriggerRule(rule, counts, Number(mapIndex));
          expect(letterOf(verdict), `${JSON.stringify(counts)} at ${mapIndex}`).toBe(answers[at]);
        }
      }
    });
  }

  it("all_done_setup_success: the same with setups upstream", () => {
    let at = 0;
    for (const [success, skipped, failed, unfinished] of grid(4, recording.most)) {
      for (const [otherSuccess, otherFailed, otherUnfinished] of grid(3, 1)) {
        const setups = success! + skipped! + failed! + unfinished!;
        const counts: UpstreamCounts = {
          ...noUpstream(),
          upstream: setups + otherSuccess! + otherFailed! + otherUnfinished!,
          success: success! + otherSuccess!,
          skipped: skipped!,
          failed: failed! + otherFailed!,
          setups,
          successSetups: success!,
          skippedSetups: skipped!,
        };
        const verdict =
          counts.upstream === 0
            ? { early: null, passes: true }
            : evaluateTriggerRule("all_done_setup_success", counts, -1);
        expect(letterOf(verdict), JSON.stringify(counts)).toBe(recording.teardown[at++]);
      }
    }
  });

  it("setups that are not directly before a task: the same", () => {
    for (const [mapIndex, answers] of Object.entries(recording.indirectSetups)) {
      for (const [at, counts] of rows.entries()) {
        expect(letterOf(evaluateSetups(counts, Number(mapIndex))), JSON.stringify(counts)).toBe(answers[at]);
      }
    }
  });
});
