/** Runs a Dag in memory by the planner alone: no slots, no clock but the one given, an outcome for each attempt. */
import type {
  AttemptOutcome,
  Changed,
  Command,
  InstanceKey,
  PastRun,
  RunFacts,
} from "../../../src/core/facts.ts";
import type { CompiledDag } from "../../../src/core/graph.ts";
import { createInstances, type Instance } from "../../../src/core/instances.ts";
import { decideOutcome } from "../../../src/core/outcome.ts";
import { applyCommand, settle, touchedBy } from "../../../src/core/plan.ts";
import { RunValues } from "../../../src/core/run-values.ts";

export interface Simulation {
  readonly facts: RunFacts;
  /** Every command that was applied, in order. */
  readonly log: Command[];
  /** "task", or "task[3]" for a mapped instance. */
  name(key: InstanceKey): string;
  key(name: string): InstanceKey;
  state(name: string): string;
  states(): { [name: string]: string };
  /** Names of what is scheduled, in the order of the Dag. */
  ready(): string[];
  plan(changed: Changed): void;
  apply(commands: readonly Command[]): void;
  /** A slot takes the scheduled instance. */
  begin(name: string): void;
  finish(name: string, outcome?: AttemptOutcome | "success" | "failed" | "skipped"): void;
  /** Begins and ends it. */
  run(name: string, outcome?: AttemptOutcome | "success" | "failed" | "skipped"): void;
  passTime(ms: number): void;
}

export interface SimulationWords {
  past?: PastRun | null;
  now?: number;
  without?: ReadonlySet<number>;
  maxMapLength?: number;
}

export function simulate(dag: CompiledDag, words: SimulationWords = {}): Simulation {
  const facts = factsOf(dag, words) as RunFacts & { now: number };
  const log: Command[] = [];
  const name = (key: InstanceKey): string =>
    `${dag.tasks[key.task]?.spec.taskId}${key.mapIndex < 0 ? "" : `[${key.mapIndex}]`}`;
  const key = (text: string): InstanceKey => {
    const match = /^([^[]+)(?:\[(\d+)\])?$/.exec(text);
    const task = dag.indexOf.get(match?.[1] ?? "");
    if (task === undefined) throw new Error(`no task in ${text}`);
    return { task, mapIndex: match?.[2] === undefined ? -1 : Number(match[2]) };
  };
  const instancesOf = (): Instance[] => dag.tasks.flatMap((task) => [...facts.instances.of(task.index)]);
  const plan = (changed: Changed): void => {
    for (let rest = changed; rest === "all" || rest.length > 0; ) {
      const settled = settle(facts, rest);
      log.push(...settled.commands);
      rest = settled.rest;
    }
  };
  const apply = (commands: readonly Command[]): void => {
    for (const command of commands) applyCommand(facts, command);
    log.push(...commands);
    plan(touchedBy(commands));
  };
  const simulation: Simulation = {
    facts,
    log,
    name,
    key,
    plan,
    apply,
    state: (text) => String(facts.instances.get(key(text))?.state),
    states: () =>
      Object.fromEntries(instancesOf().map((instance) => [name(instance), String(instance.state)])),
    ready: () =>
      instancesOf()
        .filter(({ state }) => state === "scheduled")
        .map(name),
    begin(text) {
      const at = key(text);
      const attemptId = `${text}#${facts.instances.get(at)?.tryNumber}`;
      apply([
        { kind: "set-state", at, from: "scheduled", to: "queued", reason: "slot", attemptId },
        { kind: "set-state", at, from: "queued", to: "running", reason: "taken" },
      ]);
    },
    finish(text, outcome = "success") {
      const limits = { maxMapLength: words.maxMapLength ?? 1024 };
      const full: AttemptOutcome = typeof outcome === "string" ? outcomes[outcome] : outcome;
      apply(decideOutcome(facts, key(text), full, limits));
    },
    run(text, outcome) {
      simulation.begin(text);
      simulation.finish(text, outcome);
    },
    passTime(ms) {
      facts.now += ms;
      plan(instancesOf().filter(({ notBefore }) => notBefore !== null));
    },
  };
  plan("all");
  return simulation;
}

const outcomes = {
  success: { kind: "success" },
  failed: { kind: "failed", message: "it broke", retryable: true },
  skipped: { kind: "skipped", message: "nothing to do" },
} as const satisfies { [name: string]: AttemptOutcome };

export function factsOf(dag: CompiledDag, words: SimulationWords = {}): RunFacts {
  const now = words.now ?? Date.UTC(2024, 0, 1);
  return {
    dag,
    run: {
      dagId: dag.spec.dagId,
      runId: "run",
      runType: "manual",
      state: "running",
      logicalDate: now,
      dataInterval: null,
      runAfter: now,
      queuedAt: now,
      startDate: now,
      endDate: null,
      conf: {},
      backfillId: null,
    },
    instances: createInstances(dag, { now, ...(words.without ? { without: words.without } : {}) }),
    past: words.past ?? null,
    values: new RunValues(),
    skipDecisions: new Map(),
    now,
  };
}
