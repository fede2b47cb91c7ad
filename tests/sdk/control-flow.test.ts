/** Branches, conditions, switches, short circuits, setups and teardowns, as they run. */
import { describe, expect, it } from "vitest";
import { type BranchChoice, chain, Dag, EmptyOperator, type TaskRef } from "../../src/index.ts";
import { testDag } from "../../src/testing/index.ts";
import { collectOne, edgesOf, taskOf } from "./support/collect.ts";

const date = { logicalDate: "2026-01-01T00:00:00Z" };
const hidden = { autoRegister: false };

function empties<Id extends string>(dag: Dag, ...ids: Id[]): { [K in Id]: TaskRef<undefined> } {
  return Object.fromEntries(ids.map((id) => [id, dag.add(new EmptyOperator({ taskId: id }))])) as never;
}

describe("dag.if", () => {
  const build = (value: unknown, oneSided = false) => {
    const dag = new Dag("dag", hidden);
    const { yes, no, after } = empties(dag, "yes", "no", "after");
    const gate = dag.task("gate", async () => value as boolean)();
    const then = dag.if(gate).then(yes);
    if (!oneSided) then.else(no);
    chain(yes, after);
    return dag;
  };

  it("runs the side that holds and skips the other", async () => {
    expect((await testDag(build(true), date)).states).toEqual({
      yes: "success",
      no: "skipped",
      after: "success",
      gate: "success",
    });
    expect((await testDag(build(false), date)).states).toEqual({
      yes: "skipped",
      no: "success",
      after: "skipped",
      gate: "success",
    });
  });

  it("with one side follows nothing when it is false", async () => {
    expect((await testDag(build(false, true), date)).states).toMatchObject({ yes: "skipped", no: "success" });
  });

  it("fails when the condition is neither true nor false", async () => {
    const run = await testDag(build("yes"), date);
    expect(run.states).toMatchObject({ gate: "failed", yes: "upstream_failed" });
    expect(run.reasons["gate"]).toBe(
      'TradewindError: task "gate" is a condition and returned "yes", not true or false',
    );
  });

  it("takes groups, and several targets", async () => {
    const dag = new Dag("dag", hidden);
    const group = dag.taskGroup("g");
    const [a, b] = [
      group.add(new EmptyOperator({ taskId: "a" })),
      group.add(new EmptyOperator({ taskId: "b" })),
    ];
    a.before(b);
    const { c, d } = empties(dag, "c", "d");
    dag
      .if(dag.task("gate", async () => false)())
      .then(group, c)
      .else(d);
    expect((await testDag(dag, date)).states).toMatchObject({
      "g.a": "skipped",
      "g.b": "skipped",
      c: "skipped",
      d: "success",
    });
  });
});

describe("dag.switch", () => {
  const build = (value: unknown, withDefault = true) => {
    const dag = new Dag("dag", hidden);
    const { small, large, other, join } = empties(dag, "small", "large", "other", "join");
    const size = dag.task("size", async () => value as string)();
    const cases = dag.switch(size).case("small", small).case("large", large);
    if (withDefault) cases.default(other);
    else other.after(size);
    dag
      .task("end", async () => 1, { triggerRule: "none_failed_min_one_success" })()
      .after(small, large, other, join);
    return dag;
  };

  it("runs what the value leads to, or the default", async () => {
    expect((await testDag(build("large"), date)).states).toMatchObject({
      small: "skipped",
      large: "success",
      other: "skipped",
      end: "success",
    });
    expect((await testDag(build("huge"), date)).states).toMatchObject({
      small: "skipped",
      large: "skipped",
      other: "success",
    });
  });

  it("fails on a value that leads nowhere", async () => {
    const run = await testDag(build("huge", false), date);
    expect(run.states).toMatchObject({ size: "failed" });
    expect(run.reasons["size"]).toBe(
      'TradewindError: task "size" chose "huge", which is not one of its cases: "small", "large"',
    );
  });

  it("runs the reference that was returned, and gives its id on", async () => {
    const dag = new Dag("dag", hidden);
    const { daily, weekly } = empties(dag, "daily", "weekly");
    const pick = dag.task("pick", async () => weekly)();
    dag.switch(pick).case(daily).case(weekly);
    const run = await testDag(dag, date);
    expect(run.states).toMatchObject({ daily: "skipped", weekly: "success" });
    expect(run.results["pick"]).toBe("weekly");
  });

  it("fails on a reference outside of its cases", async () => {
    const dag = new Dag("dag", hidden);
    const { daily, weekly } = empties(dag, "daily", "weekly");
    const pick = dag.task("pick", async (): Promise<TaskRef> => weekly)();
    dag.switch(pick).case(daily);
    const run = await testDag(dag, date);
    expect(run.reasons["pick"]).toBe(
      'TradewindError: task "pick" chose "weekly", which is not one of its cases: daily',
    );
  });
});

describe("dag.branch", () => {
  const build = (choice: (refs: { [id: string]: TaskRef }) => BranchChoice) => {
    const dag = new Dag("dag", hidden);
    const refs = empties(dag, "a", "b", "join");
    const group = dag.taskGroup("g");
    const inner = group.add(new EmptyOperator({ taskId: "inner" }));
    const gate = dag.branch("gate", async () => choice({ ...refs, inner }))();
    gate.before(refs.a, refs.b, group, refs.join);
    dag
      .task("end", async () => 1, { triggerRule: "none_failed" })()
      .after(refs.a, refs.b, refs.join);
    refs.a.before(refs.join);
    return dag;
  };

  it("runs what was chosen by id, and a join that it leads to", async () => {
    expect(
      (
        await testDag(
          build(() => "a"),
          date,
        )
      ).states,
    ).toMatchObject({ a: "success", b: "skipped", "g.inner": "skipped", join: "success" });
    expect(
      (
        await testDag(
          build(() => "b"),
          date,
        )
      ).states,
    ).toMatchObject({ a: "skipped", b: "success", join: "skipped" });
  });

  it("takes several, references and groups", async () => {
    const run = await testDag(
      build(({ b }) => [b as TaskRef, "g"]),
      date,
    );
    expect(run.states).toMatchObject({ a: "skipped", b: "success", "g.inner": "success" });
    expect(run.results["gate"]).toEqual(["b", "g"]);
  });

  it("skips everything when nothing was chosen", async () => {
    expect(
      (
        await testDag(
          build(() => null),
          date,
        )
      ).states,
    ).toMatchObject({ a: "skipped", b: "skipped", "g.inner": "skipped", join: "skipped" });
  });

  it("fails on an id that there is not", async () => {
    const run = await testDag(
      build(() => "c"),
      date,
    );
    expect(run.states["gate"]).toBe("failed");
    expect(run.reasons["gate"]).toBe(
      'TradewindError: task "gate" chose "c", which is not a task of Dag "dag"',
    );
  });
});

describe("dag.shortCircuit", () => {
  const build = (value: unknown, ignoreDownstreamTriggerRules?: boolean) => {
    const dag = new Dag("dag", hidden);
    const { a } = empties(dag, "a");
    const late = dag.task("late", async () => 1, { triggerRule: "all_done" })();
    const options = ignoreDownstreamTriggerRules === undefined ? {} : { ignoreDownstreamTriggerRules };
    chain(dag.shortCircuit("gate", async () => value, options)(), a, late);
    return dag;
  };

  it("skips everything after it, or only what is directly after it", async () => {
    expect((await testDag(build(0), date)).states).toEqual({
      gate: "success",
      a: "skipped",
      late: "skipped",
    });
    expect((await testDag(build(0, false), date)).states).toEqual({
      gate: "success",
      a: "skipped",
      late: "success",
    });
  });

  it("lets everything run on a truthy value, which it gives on", async () => {
    const run = await testDag(build([1]), date);
    expect(run.states).toEqual({ gate: "success", a: "success", late: "success" });
    expect(run.results["gate"]).toEqual([1]);
  });
});

describe("setup and teardown", () => {
  const build = (
    fails: { setup?: boolean; work?: boolean; teardown?: boolean },
    onFailureFailDagrun = false,
  ) => {
    const dag = new Dag("dag", hidden);
    const may = (name: keyof typeof fails) => async () => {
      if (fails[name]) throw new Error(`${name} failed`);
    };
    const create = dag.setup("create", may("setup"))();
    const work = dag.task("work", may("work"))();
    const drop = dag.task("drop", may("teardown"))().asTeardown({ setups: create, onFailureFailDagrun });
    chain(create, work, drop);
    return dag;
  };

  it("tears down although the work failed, and the run fails by the work", async () => {
    const run = await testDag(build({ work: true }), date);
    expect(run.states).toEqual({ create: "success", work: "failed", drop: "success" });
    expect(run.state).toBe("failed");
  });

  it("does not tear down what was not set up", async () => {
    expect((await testDag(build({ setup: true }), date)).states).toEqual({
      create: "failed",
      work: "upstream_failed",
      drop: "upstream_failed",
    });
  });

  it("lets the run succeed although the teardown failed, unless told otherwise", async () => {
    expect((await testDag(build({ teardown: true }), date)).state).toBe("success");
    expect((await testDag(build({ teardown: true }, true), date)).state).toBe("failed");
  });

  it("is written with dag.setup and dag.teardown too", async () => {
    const dag = await collectOne(() => {
      const dag = new Dag("dag");
      chain(
        dag.setup("up", async () => 1)(),
        dag.teardown("down", async () => 1, { onFailureFailDagrun: true })(),
      );
    });
    expect(taskOf(dag, "up").isSetup).toBe(true);
    expect(taskOf(dag, "down")).toMatchObject({
      isTeardown: true,
      onFailureFailDagrun: true,
      triggerRule: "all_done_setup_success",
    });
    expect(edgesOf(dag)).toEqual(["up -> down"]);
  });
});
