/** What the scheduler gets to know of a Dag's edges. */
import { describe, expect, it } from "vitest";
import { chain, chainLinear, crossDownstream, Dag, EmptyOperator, Label } from "../../src/index.ts";
import { collectOne, edgesOf, taskOf } from "./support/collect.ts";

const step = async (): Promise<number> => 1;

describe("edges", () => {
  const letters = (dag: Dag, ...ids: string[]) => ids.map((id) => dag.add(new EmptyOperator({ taskId: id })));

  it("are drawn by before, after, chain, chainLinear and crossDownstream", async () => {
    const dag = await collectOne(() => {
      const dag = new Dag("dag");
      const [a, b, c, d, e, f, g, h] = letters(dag, "a", "b", "c", "d", "e", "f", "g", "h") as [
        never,
        never,
        never,
        never,
        never,
        never,
        never,
        never,
      ];
      chain(a, [b, c], [d, e]);
      chainLinear([d, e], [f, g]);
      crossDownstream([f, g], [h]);
    });
    expect(edgesOf(dag)).toEqual([
      "a -> b",
      "a -> c",
      "b -> d",
      "c -> e",
      "d -> f",
      "d -> g",
      "e -> f",
      "e -> g",
      "f -> h",
      "g -> h",
    ]);
  });

  it("may have labels", async () => {
    const dag = await collectOne(() => {
      const dag = new Dag("dag");
      const [a, b, c] = letters(dag, "a", "b", "c");
      if (a === undefined || b === undefined || c === undefined) return;
      a.before(Label("yes"), b);
      chain(a, Label("no"), c);
    });
    expect(dag.spec.edgeLabels).toEqual([
      { from: "a", to: "b", label: "yes" },
      { from: "a", to: "c", label: "no" },
    ]);
  });

  it("to a group reach its first tasks, and from it leave its last ones", async () => {
    const dag = await collectOne(() => {
      const dag = new Dag("dag");
      const [start, end] = letters(dag, "start", "end");
      const outer = dag.taskGroup("outer");
      const inner = outer.taskGroup("inner");
      if (start === undefined || end === undefined) return;
      // Drawn before the groups have any task.
      start.before(outer);
      outer.before(end);
      const a = outer.add(new EmptyOperator({ taskId: "a" }));
      inner.before(a);
      const b = inner.add(new EmptyOperator({ taskId: "b" }));
      inner.add(new EmptyOperator({ taskId: "c" })).after(b);
      outer.add(new EmptyOperator({ taskId: "alone" }));
    });
    expect(edgesOf(dag)).toEqual([
      "outer.a -> end",
      "outer.alone -> end",
      "outer.inner.b -> outer.inner.c",
      "outer.inner.c -> outer.a",
      "start -> outer.alone",
      "start -> outer.inner.b",
    ]);
  });

  it("from a group pass over its teardowns", async () => {
    const dag = await collectOne(() => {
      const dag = new Dag("dag");
      const group = dag.taskGroup("g");
      const [up, work, down] = ["up", "work", "down"].map((id) =>
        group.add(new EmptyOperator({ taskId: id })),
      );
      if (up === undefined || work === undefined || down === undefined) return;
      chain(up, work, down);
      down.asTeardown({ setups: up });
      group.before(dag.add(new EmptyOperator({ taskId: "after" })));
    });
    expect(edgesOf(dag)).toEqual(["g.up -> g.down", "g.up -> g.work", "g.work -> after", "g.work -> g.down"]);
    expect(taskOf(dag, "g.down")).toMatchObject({ isTeardown: true, triggerRule: "all_done_setup_success" });
    expect(taskOf(dag, "g.up").isSetup).toBe(true);
  });

  it("do not need recursion: a chain of 8 000 tasks is checked", async () => {
    const dag = await collectOne(() => {
      const dag = new Dag("dag");
      let before = dag.task("t0", step)();
      for (let i = 1; i < 8_000; i++) before = dag.task(`t${i}`, step)().after(before);
    });
    expect(dag.spec.tasks).toHaveLength(8_000);
  });

  it("reach into groups without a prefix", async () => {
    const dag = await collectOne(() => {
      const dag = new Dag("dag");
      const group = dag.taskGroup("g", { prefixGroupId: false, tooltip: "tip" });
      group.task("t", step)();
      dag.taskGroup("g", { addSuffixOnCollision: true }).task("t", step)();
    });
    expect(dag.spec.tasks.map(({ taskId, groupId }) => [taskId, groupId])).toEqual([
      ["t", "g"],
      ["g__1.t", "g__1"],
    ]);
  });
});
