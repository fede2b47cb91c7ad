import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { drawStates } from "../../scripts/draw-states.ts";
import { dagRunStates, type TaskInstanceState, taskInstanceStates } from "../../src/core/states.ts";
import {
  assertRunTransition,
  assertTransition,
  isLegalTransition,
  runTransitions,
  taskTransitions,
} from "../../src/core/transition.ts";

type State = TaskInstanceState | null;
const states: State[] = [null, ...taskInstanceStates];

/** Said once more by hand: what no cause may do. */
const illegal: [State, State[]][] = [
  [
    null,
    ["queued", "running", "up_for_retry", "up_for_reschedule", "deferred", "restarting", "awaiting_input"],
  ],
  [
    "scheduled",
    [
      "running",
      "up_for_retry",
      "up_for_reschedule",
      "deferred",
      "restarting",
      "upstream_failed",
      "awaiting_input",
    ],
  ],
  ["queued", ["up_for_reschedule", "deferred", "restarting", "upstream_failed", "awaiting_input"]],
  ["running", ["queued", "upstream_failed"]],
  [
    "success",
    ["scheduled", "queued", "running", "up_for_retry", "upstream_failed", "restarting", "deferred"],
  ],
  ["failed", ["scheduled", "queued", "running", "up_for_retry", "upstream_failed", "restarting", "deferred"]],
  [
    "skipped",
    ["scheduled", "queued", "running", "up_for_retry", "upstream_failed", "restarting", "deferred"],
  ],
  ["removed", ["scheduled", "queued", "running", "upstream_failed", "up_for_retry"]],
  ["deferred", ["running", "queued", "upstream_failed", "restarting"]],
  ["up_for_retry", ["queued", "running", "deferred", "restarting"]],
  ["restarting", ["running", "queued", "scheduled", "up_for_retry", "deferred"]],
];

describe("transitions", () => {
  it("refuses what no cause may do, and says what was expected", () => {
    for (const [from, targets] of illegal) {
      for (const to of targets) expect(isLegalTransition(from, to), `${from} → ${to}`).toBe(false);
    }
    expect(() => assertTransition("success", { from: "success", to: "running" }, () => "it")).toThrow(
      "expected a state that may follow success for it, but got running after success",
    );
    expect(() => assertTransition("success", { from: "running", to: "failed" }, () => "it")).toThrow(
      "follow success",
    );
    expect(() => assertRunTransition("success", { from: "success", to: "running" }, () => "it")).toThrow(
      "got running",
    );
  });

  it("allows every row of the table, and the same state once more", () => {
    for (const row of taskTransitions) assertTransition(row.from, row, () => "it");
    for (const row of runTransitions) assertRunTransition(row.from, row, () => "it");
    for (const state of states) assertTransition(state, { from: state, to: state }, () => "it");
    for (const state of dagRunStates) assertRunTransition(state, { from: state, to: state }, () => "it");
  });

  it("holds each row once, and none from a state to itself", () => {
    const rows = taskTransitions.map(({ from, to, by, when }) => `${from} ${to} ${by} ${when}`);
    expect(new Set(rows).size).toBe(rows.length);
    expect(taskTransitions.filter(({ from, to }) => from === to)).toEqual([]);
  });

  it("reaches every state, and leads on from every one", () => {
    expect(new Set(taskTransitions.map(({ to }) => to))).toEqual(new Set(states));
    expect(new Set(taskTransitions.map(({ from }) => from))).toEqual(new Set(states));
  });

  it("stands in docs/states.md as the table says", () => {
    expect(readFileSync(join(import.meta.dirname, "../../docs/states.md"), "utf8")).toBe(drawStates());
  });
});
