import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CompiledDag } from "../../src/core/graph.ts";
import { type Choice, chooseTasks, ReadyQueue } from "../../src/core/slots.ts";
import type { TaskInstanceState } from "../../src/core/states.ts";
import { dagOf, type TaskWords } from "./support/build-dag.ts";

const ready: [TaskInstanceState | null, TaskInstanceState | null] = [null, "scheduled"];

function queueOf(
  dag: CompiledDag,
  options: { runs?: { key: string; backfill?: boolean; date?: number }[]; maxActiveTasks?: number } = {},
): ReadyQueue {
  const queue = new ReadyQueue();
  queue.setPool("default_pool", { slots: 128, includeDeferred: false });
  for (const { key, backfill = false, date = 0 } of options.runs ?? [{ key: "r" }]) {
    const maxActiveTasks = options.maxActiveTasks ?? 16;
    queue.addRun({
      key,
      dagId: dag.spec.dagId,
      isBackfill: backfill,
      logicalDate: date,
      runAfter: date,
      maxActiveTasks,
    });
  }
  return queue;
}

/** Schedules "run/task" or "run/task[2]". */
function tell(
  queue: ReadyQueue,
  dag: CompiledDag,
  name: string,
  [from, to]: [TaskInstanceState | null, TaskInstanceState | null] = ready,
): void {
  const [, runKey, taskId, index] = /^(\w+)\/(\w+)(?:\[(\d+)\])?$/.exec(name) ?? [];
  const task = dag.tasks[dag.indexOf.get(taskId ?? "") ?? -1];
  if (!task || !runKey) throw new Error(`no task in ${name}`);
  queue.stateChanged(runKey, task, index === undefined ? -1 : Number(index), from, to);
}

function names(dag: CompiledDag, choices: readonly Choice[]): string[] {
  return choices.map(({ runKey, at }) => {
    const index = at.mapIndex < 0 ? "" : `[${at.mapIndex}]`;
    return `${runKey}/${dag.tasks[at.task]?.spec.taskId}${index}`;
  });
}

describe("choosing what gets a slot", () => {
  it("takes higher priority first, then the earlier date, then the lower map index", () => {
    const dag = dagOf({ low: { priorityWeight: 1 }, high: { priorityWeight: 5 } });
    const queue = queueOf(dag, {
      runs: [
        { key: "new", date: 2 },
        { key: "old", date: 1 },
      ],
    });
    for (const name of ["new/low[1]", "new/low[0]", "old/low[0]", "new/high"]) tell(queue, dag, name);
    expect(names(dag, chooseTasks(queue, 9))).toEqual(["new/high", "old/low[0]", "new/low[0]", "new/low[1]"]);
  });

  it("takes runs of backfills after all others", () => {
    const dag = dagOf({ a: {} });
    const queue = queueOf(dag, {
      runs: [
        { key: "back", backfill: true, date: 1 },
        { key: "normal", date: 2 },
      ],
    });
    tell(queue, dag, "back/a");
    tell(queue, dag, "normal/a");
    expect(names(dag, chooseTasks(queue, 9))).toEqual(["normal/a", "back/a"]);
  });

  it("never takes more than the executor has free", () => {
    const dag = dagOf({ a: {}, b: {}, c: {} });
    const queue = queueOf(dag);
    for (const name of ["r/a", "r/b", "r/c"]) tell(queue, dag, name);
    expect(chooseTasks(queue, 2)).toHaveLength(2);
    expect(chooseTasks(queue, 2)).toHaveLength(1);
  });

  it("does not let a starved pool hold back another", () => {
    const dag = dagOf({
      first: { pool: "gpu", priorityWeight: 9 },
      second: { pool: "gpu", priorityWeight: 8 },
      other: {},
    });
    const queue = queueOf(dag);
    queue.setPool("gpu", { slots: 1, includeDeferred: false });
    for (const name of ["r/first", "r/second", "r/other"]) tell(queue, dag, name);
    expect(names(dag, chooseTasks(queue, 9))).toEqual(["r/first", "r/other"]);
    tell(queue, dag, "r/first", ["scheduled", "queued"]);
    tell(queue, dag, "r/first", ["queued", "running"]);
    tell(queue, dag, "r/first", ["running", "success"]);
    expect(names(dag, chooseTasks(queue, 9))).toEqual(["r/second"]);
  });

  it("lets a smaller task pass one that needs more slots than are open", () => {
    const dag = dagOf({ wide: { poolSlots: 3, priorityWeight: 9, pool: "p" }, narrow: { pool: "p" } });
    const queue = queueOf(dag);
    queue.setPool("p", { slots: 3, includeDeferred: false });
    tell(queue, dag, "r/narrow");
    chooseTasks(queue, 9);
    tell(queue, dag, "r/wide");
    expect(chooseTasks(queue, 9)).toEqual([]);
    expect(queue.explain("r", dag.tasks[0]!)).toEqual(['pool "p" has 2 of 3 slots open, and it needs 3']);
    tell(queue, dag, "r/narrow", ["queued", "success"]);
    tell(queue, dag, "r/narrow", ["scheduled", "queued"]);
    tell(queue, dag, "r/narrow", ["queued", "success"]);
    expect(names(dag, chooseTasks(queue, 9))).toEqual(["r/wide"]);
  });

  it("reports a task that needs more slots than its pool has, and one whose pool nobody made", () => {
    const dag = dagOf({ wide: { poolSlots: 3, pool: "p" }, lost: { pool: "nowhere" } });
    const queue = queueOf(dag);
    queue.setPool("p", { slots: 2, includeDeferred: false });
    tell(queue, dag, "r/wide");
    tell(queue, dag, "r/lost");
    expect(chooseTasks(queue, 9)).toEqual([]);
    expect(queue.neverFitting().map(({ why }) => why)).toEqual([
      'it needs 3 slots, and pool "p" has only 2',
      'there is no pool "nowhere"',
    ]);
    queue.setPool("p", { slots: -1, includeDeferred: false });
    expect(names(dag, chooseTasks(queue, 9))).toEqual(["r/wide"]);
  });

  it("counts deferred tasks only in a pool that includes them", () => {
    const dag = dagOf({ a: { pool: "p" }, b: { pool: "p" } });
    for (const [includeDeferred, open] of [
      [true, 0],
      [false, 1],
    ] as const) {
      const queue = queueOf(dag);
      queue.setPool("p", { slots: 1, includeDeferred });
      tell(queue, dag, "r/a", [null, "deferred"]);
      tell(queue, dag, "r/b");
      expect(chooseTasks(queue, 9)).toHaveLength(open);
    }
  });

  it("keeps max_active_tasks of each run, max_active_tis_per_dagrun and max_active_tis_per_dag", () => {
    const dag = dagOf({ a: { maxActiveTisPerDagrun: 2 }, b: { maxActiveTisPerDag: 3 }, c: {} });
    const queue = queueOf(dag, {
      runs: [
        { key: "x", date: 1 },
        { key: "y", date: 2 },
      ],
      maxActiveTasks: 5,
    });
    for (const run of ["x", "y"]) {
      for (let index = 0; index < 4; index++)
        for (const task of ["a", "b", "c"]) tell(queue, dag, `${run}/${task}[${index}]`);
    }
    const chosen = names(dag, chooseTasks(queue, 99));
    const count = (text: string): number => chosen.filter((name) => name.startsWith(text)).length;
    expect([count("x/"), count("y/")]).toEqual([5, 5]);
    expect([count("x/a"), count("y/a")]).toEqual([2, 2]);
    expect(count("x/b") + count("y/b")).toBeLessThanOrEqual(3);
  });

  it("gives a slot back when a chosen task is skipped before it is queued", () => {
    const dag = dagOf({ a: { pool: "p" }, b: { pool: "p" } });
    const queue = queueOf(dag);
    queue.setPool("p", { slots: 1, includeDeferred: false });
    tell(queue, dag, "r/a");
    tell(queue, dag, "r/b");
    expect(names(dag, chooseTasks(queue, 9))).toEqual(["r/a"]);
    tell(queue, dag, "r/a", ["scheduled", "skipped"]);
    expect(names(dag, chooseTasks(queue, 9))).toEqual(["r/b"]);
  });

  it("holds back the tasks of a paused Dag until it is let go", () => {
    const dag = dagOf({ a: {} });
    const queue = queueOf(dag);
    tell(queue, dag, "r/a");
    queue.holdRun("r", true);
    expect(chooseTasks(queue, 9)).toEqual([]);
    queue.holdRun("r", false);
    expect(chooseTasks(queue, 9)).toHaveLength(1);
  });
});

interface World {
  slots: number;
  poolSizes: number[];
  maxActiveTasks: number;
  tasks: { pool: number; poolSlots: number; weight: number; perDag: number; perRun: number }[];
  steps: { kind: "ready" | "choose" | "end"; pick: number }[];
}

const world: fc.Arbitrary<World> = fc.record({
  slots: fc.integer({ min: 1, max: 6 }),
  poolSizes: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 3 }),
  maxActiveTasks: fc.integer({ min: 1, max: 5 }),
  tasks: fc.array(
    fc.record({
      pool: fc.nat(2),
      poolSlots: fc.integer({ min: 1, max: 3 }),
      weight: fc.integer({ min: 1, max: 3 }),
      perDag: fc.integer({ min: 1, max: 4 }),
      perRun: fc.integer({ min: 1, max: 3 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  steps: fc.array(fc.record({ kind: fc.constantFrom("ready", "choose", "end"), pick: fc.nat(1000) }), {
    maxLength: 60,
  }),
});

/** The same limits by brute force: counts what is active anew for each candidate. */
class Oracle {
  readonly waiting: Slot[] = [];
  readonly active: Slot[] = [];
  readonly #dag: CompiledDag;
  readonly #world: World;

  constructor(dag: CompiledDag, of: World) {
    this.#dag = dag;
    this.#world = of;
  }

  next(): Slot | undefined {
    const sorted = this.waiting.toSorted(
      (a, b) => this.#weight(b) - this.#weight(a) || a.run - b.run || a.index - b.index || a.task - b.task,
    );
    const found = sorted.find((slot) => this.#fits(slot));
    if (found) {
      this.waiting.splice(this.waiting.indexOf(found), 1);
      this.active.push(found);
    }
    return found;
  }

  #weight(slot: Slot): number {
    return this.#dag.tasks[slot.task]?.weight ?? 0;
  }

  #fits(slot: Slot): boolean {
    const { poolSizes, maxActiveTasks, tasks } = this.#world;
    const task = tasks[slot.task]!;
    const size = poolSizes[task.pool] ?? 0;
    const used = this.active.filter((other) => tasks[other.task]!.pool === task.pool);
    const taken = used.reduce((sum, other) => sum + tasks[other.task]!.poolSlots, 0);
    const ofTask = this.active.filter((other) => other.task === slot.task);
    return (
      task.poolSlots <= size - taken &&
      this.active.filter((other) => other.run === slot.run).length < maxActiveTasks &&
      ofTask.length < task.perDag &&
      ofTask.filter((other) => other.run === slot.run).length < task.perRun
    );
  }
}

interface Slot {
  run: number;
  task: number;
  index: number;
}

describe("the ready queue", () => {
  it("chooses what a search through everything would choose, whatever happened before", () => {
    fc.assert(
      fc.property(world, (of) => playAgainstOracle(of)),
      { numRuns: 400 },
    );
  });
});

function playAgainstOracle(of: World): void {
  const tasks: { [taskId: string]: TaskWords } = {};
  for (const [at, task] of of.tasks.entries()) {
    tasks[`t${at}`] = {
      pool: `p${task.pool}`,
      poolSlots: task.poolSlots,
      priorityWeight: task.weight,
      maxActiveTisPerDag: task.perDag,
      maxActiveTisPerDagrun: task.perRun,
    };
  }
  const dag = dagOf(tasks);
  const runs = [0, 1].map((run) => ({ key: String(run), date: run }));
  const queue = queueOf(dag, { runs, maxActiveTasks: of.maxActiveTasks });
  for (const [at, slots] of of.poolSizes.entries())
    queue.setPool(`p${at}`, { slots, includeDeferred: false });
  const oracle = new Oracle(dag, of);
  const change = (slot: Slot, from: TaskInstanceState | null, to: TaskInstanceState): void =>
    queue.stateChanged(String(slot.run), dag.tasks[slot.task]!, slot.index, from, to);
  let made = 0;
  for (const { kind, pick } of of.steps) {
    if (kind === "ready") {
      const slot = { run: pick % 2, task: pick % of.tasks.length, index: made++ };
      oracle.waiting.push(slot);
      change(slot, null, "scheduled");
    } else if (kind === "end" && oracle.active.length > 0) {
      const [slot] = oracle.active.splice(pick % oracle.active.length, 1);
      change(slot!, "running", "success");
    } else if (kind === "choose") {
      const expected = Array.from({ length: of.slots }, () => oracle.next()).filter(
        (slot) => slot !== undefined,
      );
      const chosen = chooseTasks(queue, of.slots);
      expect(
        chosen.map(({ runKey, at }) => ({ run: Number(runKey), task: at.task, index: at.mapIndex })),
      ).toEqual(expected);
      for (const slot of expected) {
        change(slot, "scheduled", "queued");
        change(slot, "queued", "running");
      }
    }
  }
}
