/**
 * Plays the runs that `record-runs.py` recorded from Airflow through our planner: the same outcomes in the same
 * order must lead to the same states after every step, and to the same end of the run.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { MapSpec } from "../../src/core/dag-model.ts";
import type { AttemptOutcome } from "../../src/core/facts.ts";
import type { CompiledDag } from "../../src/core/graph.ts";
import type { TriggerRule } from "../../src/core/states.ts";
import { dagOf, returned, type TaskWords } from "../core/support/build-dag.ts";
import { simulate } from "../core/support/simulate.ts";

type Over = { source: string } | { literal: number };

interface RecordedTask {
  after: string[];
  rule: TriggerRule;
  setup?: boolean;
  teardown?: boolean;
  failDagrun?: boolean;
  branch?: boolean;
  mapped?: Over;
  group?: string;
}

interface RecordedOutcome {
  state: "success" | "failed" | "skipped";
  length?: number;
  returned?: boolean;
  followed?: string[];
}

interface Step {
  at?: string;
  outcome?: RecordedOutcome;
  states: { [name: string]: string | null };
  run: string;
}

interface Recording {
  airflow: string;
  runs: {
    name: string;
    dag: { tasks: { [id: string]: RecordedTask }; groups: { [id: string]: Over } };
    steps: Step[];
  }[];
}

const recording = JSON.parse(
  readFileSync(join(import.meta.dirname, "fixtures/runs.json"), "utf8"),
) as Recording;

function mapSpec(over: Over): MapSpec {
  if ("source" in over) return { expand: { x: returned(over.source) } };
  return { expand: { x: { literal: Array.from({ length: over.literal }, (_, at) => at) } } };
}

function build({ tasks, groups }: Recording["runs"][number]["dag"]): CompiledDag {
  const words: { [taskId: string]: TaskWords } = {};
  for (const [taskId, task] of Object.entries(tasks)) {
    words[taskId] = {
      after: task.after,
      triggerRule: task.rule,
      isSetup: task.setup ?? false,
      isTeardown: task.teardown ?? false,
      onFailureFailDagrun: task.failDagrun ?? false,
      branch: task.branch ?? false,
      groupId: task.group ?? null,
      ...(task.mapped ? { mapped: mapSpec(task.mapped) } : {}),
    };
  }
  const mapped = Object.entries(groups).map(
    ([groupId, over]) => [groupId, { mapped: mapSpec(over) }] as const,
  );
  return dagOf(words, { groups: Object.fromEntries(mapped) });
}

function outcomeOf(outcome: RecordedOutcome): AttemptOutcome {
  if (outcome.state === "failed") return { kind: "failed", message: "it broke", retryable: true };
  if (outcome.state === "skipped") return { kind: "skipped", message: "nothing to do" };
  return {
    kind: "success",
    ...(outcome.length === undefined ? {} : { length: outcome.length }),
    ...(outcome.returned ? { length: null } : {}),
    ...(outcome.followed ? { skip: { followed: outcome.followed } } : {}),
  };
}

function states(run: ReturnType<typeof simulate>): unknown {
  const entries = Object.entries(run.states()).map(
    ([name, state]) => [name, state === "null" ? null : state] as const,
  );
  return {
    states: Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))),
    run: run.facts.run.state,
  };
}

function sorted({ states, run }: Step): unknown {
  return { states: Object.fromEntries(Object.entries(states).sort(([a], [b]) => (a < b ? -1 : 1))), run };
}

/**
 * Where we do otherwise on purpose. `from` is the first step that differs, `ours` what stands there instead.
 *
 * - early: a rule that part of the upstream satisfies passes before the value to expand over has come. Airflow
 *   expands at once, finds no value and gives upstream_failed; here the task waits for the value.
 * - order: two checks give different states. Airflow asks them in the order of a Python set, which differs from
 *   process to process; here the value that will never come is asked first.
 */
const differences: {
  [name: string]: { from: number; why: "early" | "order"; ours: { [task: string]: string } };
} = {
  group_21: { from: 1, why: "early", ours: { t4: "null" } },
  group_39: { from: 1, why: "early", ours: { t4: "null" } },
  group_42: { from: 1, why: "early", ours: { t3: "null", t4: "null" } },
  group_46: { from: 1, why: "early", ours: { t2: "null" } },
  group_50: { from: 1, why: "order", ours: { t1: "upstream_failed" } },
  group_51: { from: 2, why: "early", ours: { t6: "null" } },
};

describe("runs as Airflow decides them", () => {
  it.each(recording.runs)("$name", ({ name, dag, steps }) => {
    const run = simulate(build(dag));
    for (const [number, step] of steps.entries()) {
      if (step.at && step.outcome) run.run(step.at, outcomeOf(step.outcome));
      const difference = differences[name];
      if (difference?.from === number) {
        expect(run.states()).toMatchObject(difference.ours);
        return;
      }
      expect(states(run), `step ${number}: ${step.at} ${step.outcome?.state}`).toEqual(sorted(step));
    }
  });
});
