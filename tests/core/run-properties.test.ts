/** What must hold of every run, over random Dags, random outcomes and random orders of events. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AttemptOutcome, InstanceKey, RunFacts } from "../../src/core/facts.ts";
import type { CompiledDag } from "../../src/core/graph.ts";
import { clearInstances } from "../../src/core/interventions.ts";
import { applyCommand, planRun } from "../../src/core/plan.ts";
import { isFinished } from "../../src/core/states.ts";
import { randomDag, scopeOf } from "./support/random-dag.ts";
import { type Simulation, simulate } from "./support/simulate.ts";

interface Script {
  /** Outcomes out of ten: the rest succeed. */
  failures: number;
  skips: number;
  seed: number;
}

const script = (skips = 2): fc.Arbitrary<Script> =>
  fc.record({ failures: fc.nat(4), skips: fc.constantFrom(0, skips), seed: fc.nat(1_000_000) });

/** The outcome depends on the instance and its try alone, never on when it comes. */
function outcomeOf(
  run: Simulation,
  name: string,
  { failures, skips, seed }: Script,
  least = 0,
): AttemptOutcome {
  const instance = run.facts.instances.get(run.key(name));
  let hash = seed;
  for (const letter of `${name}#${instance?.tryNumber}`)
    hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 8;
  const draw = hash % 10;
  if (draw < failures) return { kind: "failed", message: "it broke", retryable: draw > 0 };
  if (draw < failures + skips) return { kind: "skipped", message: "nothing to do" };
  return { kind: "success", length: least + (hash % 3) };
}

/** Runs to the end, each time ending one of those that are ready; calls back after each step. */
function playOut(
  dag: CompiledDag,
  of: Script,
  picks: readonly number[],
  { after = () => {}, least = 0 }: { after?: (run: Simulation, at: string) => void; least?: number } = {},
): Simulation {
  const run = simulate(dag);
  for (let step = 0; run.facts.run.state === "running"; step++) {
    if (step > 500) throw new Error(`no end: ${JSON.stringify(run.states())}`);
    const ready = run.ready();
    const name = ready[(picks[step % picks.length] ?? 0) % Math.max(1, ready.length)];
    if (name !== undefined) run.run(name, outcomeOf(run, name, of, least));
    else if (run.facts.instances.countInRun("up_for_retry") > 0) run.passTime(86_400_000);
    else break;
    after(run, name ?? "time");
  }
  return run;
}

const picks = fc.array(fc.nat(1000), { minLength: 1, maxLength: 30 });
const everything = { setups: true, mapping: true, failFast: true };

function expectNothingMissed(run: Simulation): void {
  if (run.facts.run.state === "running") expect(planRun(run.facts, "all")).toEqual([]);
}

function expectScopesFinished(run: Simulation): void {
  for (const { task } of run.ready().map((name) => run.key(name))) {
    if (!run.facts.dag.tasks[task]?.spec.isTeardown) continue;
    for (const before of scopeOf(run.facts.dag, task)) {
      expect(run.facts.instances.countFinished(before)).toBe(run.facts.instances.size(before));
    }
  }
}

describe("every run", () => {
  it("comes to an end, whatever its Dag, its outcomes and their order", () => {
    fc.assert(
      fc.property(randomDag(everything), script(), picks, (dag, of, order) => {
        const run = playOut(dag, of, order);
        expect(["success", "failed"], JSON.stringify(run.states())).toContain(run.facts.run.state);
      }),
      { numRuns: 500 },
    );
  });

  it("misses nothing by looking only at what changed", () => {
    fc.assert(
      fc.property(randomDag(everything), script(), picks, (dag, of, order) => {
        playOut(dag, of, order, { after: expectNothingMissed });
      }),
      { numRuns: 300 },
    );
  });

  it("never runs a try twice, and never more tries than it has", () => {
    fc.assert(
      fc.property(randomDag(everything), script(), picks, (dag, of, order) => {
        const run = playOut(dag, of, order);
        const begun = run.log.filter((command) => command.kind === "set-state" && command.to === "queued");
        const attempts = begun.map((command) => (command.kind === "set-state" ? command.attemptId : ""));
        expect(new Set(attempts).size).toBe(attempts.length);
        for (const task of dag.tasks) {
          for (const { tryNumber } of run.facts.instances.of(task.index)) {
            expect(tryNumber).toBeLessThanOrEqual(task.spec.retries + 1);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("schedules nothing again that is finished", () => {
    fc.assert(
      fc.property(randomDag(everything), script(), picks, (dag, of, order) => {
        const finished = new Set<string>();
        const run = playOut(dag, of, order);
        for (const command of run.log) {
          if (command.kind !== "set-state") continue;
          const name = run.name(command.at);
          if (isFinished(command.from)) expect(command.to, name).toBe("skipped");
          expect(finished.has(name) && command.to === "scheduled").toBe(false);
          if (isFinished(command.to)) finished.add(name);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe("planning", () => {
  it("gives the same commands for the same facts, in whatever order the changes are named", () => {
    fc.assert(
      fc.property(randomDag(everything), script(), picks, (dag, of, order) => {
        const run = playOut(dag, of, order);
        // Take the run back to the facts before its end, and plan from everything that is finished at once.
        const facts: RunFacts = { ...run.facts, run: { ...run.facts.run, state: "running", endDate: null } };
        const changed = dag.tasks.flatMap((task): InstanceKey[] => [...facts.instances.of(task.index)]);
        const forwards = planRun(facts, changed);
        expect(planRun(facts, changed)).toEqual(forwards);
        expect(planRun(facts, changed.toReversed())).toEqual(forwards);
      }),
      { numRuns: 200 },
    );
  });

  it("gives the same commands for a batch of results, in whatever order they came", () => {
    fc.assert(
      fc.property(randomDag({ setups: true, mapping: true }), script(), (dag, of) => {
        const waves = [false, true].map((reverse) => {
          const run = simulate(dag);
          const ready = run.ready();
          for (const name of ready) run.begin(name);
          const batch = ready.map((name) => ({ name, outcome: outcomeOf(run, name, of) }));
          const keys = (reverse ? batch.toReversed() : batch).map(({ name, outcome }) => {
            const to =
              outcome.kind === "success" || outcome.kind === "skipped" ? outcome.kind : ("failed" as const);
            const at = run.key(name);
            applyCommand(run.facts, { kind: "set-state", at, from: "running", to, reason: "" });
            if (outcome.kind === "success") run.facts.values.record(at.task, at.mapIndex, 2);
            return at;
          });
          return planRun(run.facts, keys);
        });
        expect(waves[1]).toEqual(waves[0]);
      }),
      { numRuns: 200 },
    );
  });

  /**
   * Airflow's all_success is a race by design where both a failure and a skip are upstream: whichever comes first
   * decides. So either no skips, or every other rule.
   */
  it("ends in the same states in whatever order results arrive, without skips", () => {
    const dags = randomDag({
      setups: true,
      mapping: true,
      rules: ["all_success", "all_done", "always", "none_failed", "none_skipped"],
    });
    fc.assert(
      fc.property(dags, script(0), picks, picks, (dag, of, order, other) => {
        const [first, second] = [order, other].map((each) => playOut(dag, of, each, { least: 1 }));
        expect(second?.states()).toEqual(first?.states());
        expect(second?.facts.run.state).toBe(first?.facts.run.state);
      }),
      { numRuns: 300 },
    );
  });

  it("ends in the same states in whatever order results arrive, with skips, but for all_success", () => {
    const dags = randomDag({
      rules: [
        ...([
          "all_failed",
          "all_done",
          "all_done_min_one_success",
          "one_success",
          "one_failed",
          "one_done",
        ] as const),
        ...(["none_failed", "none_failed_min_one_success", "none_skipped", "all_skipped", "always"] as const),
      ],
    });
    fc.assert(
      fc.property(dags, script(3), picks, picks, (dag, of, order, other) => {
        const [first, second] = [order, other].map((each) => playOut(dag, of, each));
        expect(second?.states()).toEqual(first?.states());
      }),
      { numRuns: 300 },
    );
  });
});

describe("setups and teardowns", () => {
  // Rules that pass before all upstream is finished let a teardown come up early.
  const dags = randomDag({ setups: "many", rules: ["all_success", "one_failed", "one_success", "always"] });

  it("begin a teardown only after all in its scope is finished", () => {
    fc.assert(
      fc.property(
        dags,
        script(),
        picks,
        (dag, of, order) => void playOut(dag, of, order, { after: expectScopesFinished }),
      ),
      { numRuns: 300 },
    );
  });

  it("run a teardown whenever a setup of it succeeded, whatever else failed", () => {
    fc.assert(
      fc.property(dags, script(), picks, (dag, of, order) => {
        const { facts } = playOut(dag, of, order);
        for (const task of dag.tasks.filter(({ spec }) => spec.isTeardown)) {
          const setups = task.upstream.filter((index) => dag.tasks[index]?.spec.isSetup);
          const succeeded = setups.some((setup) => facts.instances.count(setup, "success") > 0);
          if (succeeded) expect(facts.instances.of(task.index)[0]?.tryNumber).toBeGreaterThan(0);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("mapped tasks", () => {
  it("run each of 0 … n-1 once, and nothing else", () => {
    fc.assert(
      fc.property(
        randomDag({ mapping: true, rules: ["all_success", "all_done", "none_failed"] }),
        script(),
        picks,
        (dag, of, order) => {
          const run = playOut(dag, of, order);
          for (const task of dag.tasks.filter(({ mapped }) => mapped !== null)) {
            const list = run.facts.instances.of(task.index);
            const indexes = list.map(({ mapIndex }) => mapIndex);
            expect(indexes).toEqual(list[0]?.mapIndex === -1 ? [-1] : list.map((_, at) => at));
            if (list[0]?.mapIndex === -1)
              expect(["skipped", "upstream_failed", "null"]).toContain(String(list[0].state));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("clearing", () => {
  it("lets a run come to an end again, whatever is cleared", () => {
    fc.assert(
      fc.property(
        randomDag({ setups: true, mapping: true }),
        script(),
        picks,
        fc.array(fc.nat(50), { minLength: 1, maxLength: 4 }),
        (dag, of, order, chosen) => {
          const run = playOut(dag, of, order);
          const all = dag.tasks.flatMap((task) => [...run.facts.instances.of(task.index)]);
          const keys = chosen.flatMap((pick) => all[pick % Math.max(1, all.length)] ?? []);
          run.apply(clearInstances(run.facts, keys));
          expect(run.facts.run.state).toBe("queued");
          run.apply([{ kind: "set-run-state", from: "queued", to: "running", reason: "room" }]);
          run.plan("all");
          for (let step = 0; run.facts.run.state === "running" && step < 300; step++) {
            const name = run.ready()[0];
            if (name === undefined) run.passTime(86_400_000);
            else run.run(name, outcomeOf(run, name, of));
            if (run.facts.run.state === "running") expect(planRun(run.facts, "all")).toEqual([]);
          }
          expect(["success", "failed"]).toContain(run.facts.run.state);
        },
      ),
      { numRuns: 300 },
    );
  });
});
