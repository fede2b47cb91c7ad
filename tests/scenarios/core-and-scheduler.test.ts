/**
 * Generated scenarios: random Dags (every trigger rule, setups and teardowns, mapping, retries) times random
 * behaviours of their tasks. The scheduler, with its database, its batches and an executor, must come to the same
 * states as the core alone does in memory when the attempts end in the same order.
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CompiledDag, compileDag } from "../../src/core/graph.ts";
import type { Scheduler } from "../../src/scheduler/scheduler.ts";
import { sql } from "../../src/store/sql.ts";
import { randomDag } from "../core/support/random-dag.ts";
import { simulate } from "../core/support/simulate.ts";
import { type World, world } from "../scheduler/support.ts";
import { type Ending, failure, ScriptedExecutor, success } from "../support/scripted-executor.ts";

type Behaviour = "success" | "failed" | "skipped" | "lost";

interface Scenario {
  readonly dag: CompiledDag;
  /** What an attempt does, by a number made of its name. */
  readonly behaviours: readonly Behaviour[];
}

const scenarios: fc.Arbitrary<Scenario> = fc.record({
  dag: randomDag({ setups: true, mapping: true, failFast: true, most: 9 }),
  behaviours: fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constant<Behaviour>("success") },
      { weight: 2, arbitrary: fc.constant<Behaviour>("failed") },
      { weight: 1, arbitrary: fc.constant<Behaviour>("skipped") },
      { weight: 1, arbitrary: fc.constant<Behaviour>("lost") },
    ),
    { minLength: 17, maxLength: 17 },
  ),
});

function named(scenario: Scenario, index: number): Scenario {
  const { spec } = scenario.dag;
  const tasks = spec.tasks.map((task) => ({ ...task, retryDelay: 0 }));
  return { ...scenario, dag: compileDag({ ...spec, dagId: `scenario${index}`, tasks }) };
}

function behaviourOf({ behaviours }: Scenario, name: string, tryNumber: number): Behaviour {
  let hash = tryNumber * 7;
  for (const letter of name) hash = (hash * 31 + letter.charCodeAt(0)) % 65_521;
  return behaviours[hash % behaviours.length] ?? "success";
}

const returnedList = [1, 2, 3];

function endingOf(behaviour: Behaviour): Ending {
  if (behaviour === "success") return success(returnedList);
  if (behaviour === "skipped") return { result: { outcome: "skipped", message: "nothing to do" }, xcoms: [] };
  return behaviour === "failed" ? failure() : { lost: "gone" };
}

interface End {
  readonly name: string;
  readonly behaviour: Behaviour;
}

/** The core alone, with the attempts ending in the given order. */
function inMemory(
  { dag }: Scenario,
  ends: readonly End[],
): { states: { [name: string]: string }; run: string } {
  const simulation = simulate(dag);
  for (const { name, behaviour } of ends) {
    const outcome =
      behaviour === "success"
        ? ({ kind: "success", length: returnedList.length } as const)
        : behaviour === "lost"
          ? "failed"
          : behaviour;
    simulation.run(name, outcome);
  }
  return { states: simulation.states(), run: simulation.facts.run.state };
}

async function inScheduler(here: World, scheduler: Scheduler, scenario: Scenario) {
  await here.store(scenario.dag.spec);
  await here.database.run(sql`SELECT pg_notify('tradewind', ${`dag:${scenario.dag.spec.dagId}`})`);
  const run = await scheduler.triggerRun({ dagId: scenario.dag.spec.dagId, triggeredBy: "test" });
  for (;;) {
    const [row] = await here.database.rows<{ state: string }>(
      sql`SELECT state FROM dag_run WHERE id = ${run.pk}`,
    );
    if (row?.state === "success" || row?.state === "failed") return { ...run, state: row.state };
    await scheduler.signals.next("batch");
  }
}

describe("generated scenarios", () => {
  const count = 60;
  const chosen = fc.sample(scenarios, { numRuns: count, seed: 20_240_101 }).map(named);

  it(`come to the states that the core alone comes to (${count} Dags)`, async () => {
    const here = await world();
    const ends: End[] = [];
    const byDag = new Map(chosen.map((scenario) => [scenario.dag.spec.dagId, scenario]));
    // One slot: attempts end one after another, and their order is the order in which they count.
    const executor = new ScriptedExecutor(({ task }) => {
      const name = task.mapIndex < 0 ? task.taskId : `${task.taskId}[${task.mapIndex}]`;
      const scenario = byDag.get(task.dagId);
      const behaviour = scenario === undefined ? "success" : behaviourOf(scenario, name, task.tryNumber);
      ends.push({ name, behaviour });
      return endingOf(behaviour);
    }, 1);
    const scheduler = await here.start(executor);
    for (const scenario of chosen) {
      ends.length = 0;
      const run = await inScheduler(here, scheduler, scenario);
      const expected = inMemory(scenario, ends);
      const states = Object.fromEntries(
        Object.entries(await here.states(run.runId)).map(([name, state]) => [name, String(state)]),
      );
      expect(states, scenario.dag.spec.dagId).toEqual(expected.states);
      expect(run.state, scenario.dag.spec.dagId).toBe(expected.run);
    }
    const tries = executor.begun.map(
      (begun) => `${begun.runId} ${begun.taskId} ${begun.mapIndex} ${begun.tryNumber}`,
    );
    expect(tries).toHaveLength(new Set(tries).size);
    const [books] = await here.database.rows<{ wrong: number }>(sql`
      SELECT count(*) AS wrong FROM task_instance t
      WHERE t.attempt_id IS NOT NULL AND t.try_number - 1 <> (
        SELECT count(*) FROM task_instance_history h
        WHERE h.run_pk = t.run_pk AND h.task_id = t.task_id AND h.map_index = t.map_index)`);
    expect(books?.wrong).toBe(0);
    expect(executor.open).toBe(0);
  });
});
