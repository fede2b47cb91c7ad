/** What the author of a broken Dag file is told, word by word, and where it points. */
import { describe, expect, it } from "vitest";
import {
  Asset,
  AssetAll,
  BashOperator,
  Bundle,
  chain,
  continuous,
  cronTrigger,
  Dag,
  DeadlineAlert,
  events,
  type GroupInputs,
  getClient,
  getContext,
  Param,
  type TaskRef,
  withArgList,
} from "../../src/index.ts";
import { collect, complaint, failure } from "./support/collect.ts";

/** For what the compiler refuses already: JavaScript users and casts get here. */
const anyway = <T>(value: unknown): T => value as T;

type BashInstance = ReturnType<typeof BashOperator>;

const step = async (): Promise<number> => 1;
const add = async ({ a, b }: { a: number; b: number }): Promise<number> => a + b;

const cases: { [name: string]: (dag: Dag) => unknown } = {
  "a task id with a space": (dag) => dag.task("my task", step)(),
  "a task id with two dots": (dag) => dag.task("a..b", step)(),
  "a task id that is too long": (dag) => dag.task("x".repeat(251), step)(),
  "a group id with a dot": (dag) => dag.taskGroup("a.b"),
  "an anonymous handler without an id": (dag) => dag.task(async () => 1)(),
  "two ids for one task": (dag) => dag.task("a", step, { taskId: "b" })(),
  "no handler": (dag) => dag.task("a", anyway<typeof step>(undefined)),
  "a value for a handler": (dag) => dag.task("a", anyway<typeof step>({ retries: 1 })),
  "a task id used twice": (dag) => [dag.task("a", step)(), dag.task("a", step)()],
  "a group id that is a task's": (dag) => [dag.task("a", step)(), dag.taskGroup("a")],
  "a task that is never called": (dag) => dag.task("forgotten", step),
  "a group that is never called": (dag) => dag.taskGroup("forgotten", () => undefined),
  "a task that is called twice": (dag) => {
    const task = dag.task("a", step);
    return [task(), task()];
  },
  "a typo in a task option": (dag) => dag.task("a", step, anyway({ retrys: 1 })),
  "a task option in snake case": (dag) => dag.task("a", step, anyway({ retry_delay: 1 })),
  "an unknown task option": (dag) => dag.task("a", step, anyway({ colour: "red" })),
  "options that are not an object": (dag) => dag.task("a", step, anyway(3)),
  "negative retries": (dag) => dag.task("a", step, { retries: -1 }),
  "a duration in words": (dag) => dag.task("a", step, { retryDelay: "5 minutes" }),
  "a trigger rule that there is not": (dag) => dag.task("a", step, anyway({ triggerRule: "all_sucess" })),
  "no pool slot": (dag) => dag.task("a", step, { poolSlots: 0 }),
  "a callback that is a string": (dag) => dag.task("a", step, anyway({ onFailureCallback: "mail" })),
  "an outlet that is not an asset": (dag) => dag.task("a", step, anyway({ outlets: [{ uri: "s3://x" }] }))(),
  "an argument that the handler does not have": (dag) => dag.task("add", add)(anyway({ a: 1, b: 2, aa: 3 })),
  "a handler without arguments": (dag) => anyway<(inputs: object) => unknown>(dag.task("a", step))({ b: 1 }),
  "a reference without a name": (dag) => dag.task("add", add)(anyway(dag.task("a", step)())),
  "a factory as an input": (dag) => dag.task("add", add)(anyway({ a: dag.task("a", step), b: 1 })),
  "a reference inside of a list": (dag) =>
    dag.task(
      "sum",
      async ({ all }: { all: number[] }) => all.length,
    )(anyway({ all: [dag.task("a", step)()] })),
  "a Date as an input": (dag) => dag.task("add", add)(anyway({ a: new Date(0), b: 1 })),
  "NaN as an input": (dag) => dag.task("add", add)({ a: Number.NaN, b: 1 }),
  "a list that holds itself": (dag) => {
    const list: unknown[] = [];
    list.push(list);
    return dag.task("add", add)(anyway({ a: list, b: 1 }));
  },
  "a listed call with too many values": (dag) => dag.task("add", add)(withArgList(1, 2, 3)),
  "a listed call of a handler that takes its argument whole": (dag) =>
    dag.task("whole", async (args: { a: number }) => args.a)(withArgList(1)),
  "inputs for an operator": (dag) =>
    anyway<(x: object) => void>(dag.task("ls", new BashOperator({ bashCommand: "ls" })))({ a: 1 }),
  "a reference of another Dag": (dag) => {
    const other = new Dag("other");
    return dag.task("add", add)({ a: other.task("a", step)(), b: 1 });
  },
  "an edge to another Dag": (dag) => dag.task("a", step)().before(new Dag("other").task("b", step)()),
  "an edge to a factory": (dag) =>
    dag
      .task("a", step)()
      .before(anyway(dag.task("b", step))),
  "an edge to a string": (dag) => dag.task("a", step)().after(anyway("b")),
  "an edge from a group to its own task": (dag) => {
    const group = dag.taskGroup("g");
    group.before(group.task("a", step)());
  },
  "a cycle": (dag) => {
    const [a, b, c] = ["a", "b", "c"].map((id) => dag.task(id, step)()) as [TaskRef, TaskRef, TaskRef];
    chain(a, b, c);
    c.before(a);
  },
  "a task that waits for itself": (dag) => {
    const a = dag.task("a", step)();
    a.before(a);
  },
  "a cycle through data and groups": (dag) => {
    const group = dag.taskGroup("g");
    const inside = group.task("a", step)();
    dag.task("add", add)({ a: inside, b: 1 }).before(group);
  },
  "chains of arrays of unlike length": (dag) => {
    const [a, b, c] = ["a", "b", "c"].map((id) => dag.task(id, step)()) as [TaskRef, TaskRef, TaskRef];
    chain([a, b], [c]);
  },
  "a condition that is a factory": (dag) => dag.if(anyway(dag.task("a", step))),
  "a condition without then": (dag) => dag.if(dag.task("a", async () => true)()),
  "an awaited condition": async (dag) => {
    const condition = dag.if(dag.task("a", async () => true)());
    await (condition as unknown);
  },
  "then without a task": (
    dag, // oxlint-disable-next-line promise/valid-params -- not a promise
  ) => dag.if(dag.task("a", async () => true)()).then(),
  "both sides of a condition alike": (dag) => {
    const a = dag.task("a", step)();
    dag
      .if(dag.task("c", async () => true)())
      .then(a)
      .else(a);
  },
  "a task that decides twice": (dag) => {
    const c = dag.task("c", async () => true)();
    const a = dag.task("a", step)();
    dag.if(c).then(a);
    dag.if(c).then(a);
  },
  "a mapped condition": (dag) =>
    dag.if(anyway(dag.task("c", async ({ x }: { x: number }) => x > 1).expand({ x: [1, 2] }))),
  "a switch without a case": (dag) => dag.switch(dag.task("a", step)()),
  "a case twice": (dag) => {
    const a = dag.task("a", step)();
    dag
      .switch(dag.task("s", async () => a)())
      .case(a)
      .case(a);
  },
  "a value of a case twice": (dag) => {
    const a = dag.task("a", step)();
    const b = dag.task("b", step)();
    dag
      .switch(dag.task("s", async () => "x")())
      .case("x", a)
      .case("x", b);
  },
  "an expansion over nothing": (dag) => dag.task("add", add).expand(anyway({})),
  "an expansion over a number": (dag) =>
    dag
      .task("add", add)
      .partial({ b: 1 })
      .expand(anyway({ a: 7 })),
  "an expansion over an argument that there is not": (dag) =>
    dag
      .task("add", add)
      .partial({ b: 1 })
      .expand(anyway({ aa: [7] })),
  "partial and expand of one argument": (dag) =>
    dag
      .task("add", add)
      .partial({ b: 1 })
      .expand(anyway({ a: [1], b: [2] })),
  "expandKwargs of numbers": (dag) => dag.task("add", add).expandKwargs(anyway([1, 2])),
  "a mapped task in a mapped group": (dag) => {
    const group = dag.taskGroup("g", (group, { x }: GroupInputs<{ x: number }>) => {
      group
        .task("add", add)
        .partial({ b: x })
        .expand({ a: [1, 2] });
    });
    group.expand({ x: [1, 2] });
  },
  "a mapped group in a mapped group": (dag) => {
    const outer = dag.taskGroup("outer", (group, { x }: GroupInputs<{ x: number }>) => {
      group
        .taskGroup("inner", (inner, { y }: GroupInputs<{ y: number }>) =>
          inner.task("add", add)({ a: x, b: y }),
        )
        .expand({ y: [1] });
    });
    outer.expand({ x: [1, 2] });
  },
  "a mapping over an argument of a mapped group": (dag) => {
    const group = dag.taskGroup("g", (group, { x }: GroupInputs<{ x: number[] }>) => {
      group.task("add", add).partial({ b: 1 }).expand({ a: x });
    });
    group.expand({ x: [[1], [2]] });
  },
  "a group that is called twice": (dag) => {
    const group = dag.taskGroup("g", (group, { x }: GroupInputs<{ x: number }>) =>
      group.task("add", add)({ a: x, b: 1 }),
    );
    group({ x: 1 });
    group({ x: 2 });
  },
  "the trigger rule always on a mapped task": (dag) =>
    dag
      .task("add", add, { triggerRule: "always" })
      .partial({ b: 1 })
      .expand({ a: dag.task("list", async () => [1])() }),
  "a reference in a text": (dag) =>
    dag.add(new BashOperator({ taskId: "ls", bashCommand: `ls ${anyway<string>(dag.task("a", step)())}` })),
  "map with something else than a function": (dag) =>
    dag
      .task("list", async () => [1])()
      .map(anyway("x")),
  "zip with a number": (dag) =>
    dag
      .task("list", async () => [1])()
      .zip(anyway<number[]>(3)),
  "a setup that is a teardown too": (dag) => dag.task("a", step)().asSetup().asTeardown(),
  "a teardown of no tasks": (dag) =>
    dag
      .task("a", step)()
      .asTeardown(anyway({ setups: "create" })),
  "a teardown with a trigger rule": (dag) => dag.task("a", step, { triggerRule: "all_done" })().asTeardown(),
  "a setup followed by a trigger rule": (dag) =>
    dag
      .task("s", step)()
      .asSetup()
      .before(dag.task("a", step, { triggerRule: "all_done" })()),
  "an operator without a required option": (dag) =>
    dag.add(new BashOperator(anyway<{ taskId: string; bashCommand: string }>({ taskId: "ls" }))),
  "an operator with a typo": (dag) => dag.add(new BashOperator(anyway({ taskId: "ls", bashComand: "ls" }))),
  "an operator with a wrong option": (dag) =>
    dag.add(new BashOperator({ taskId: "ls", bashCommand: anyway<string>(7) })),
  "an operator without an id": (dag) => dag.add(new BashOperator({ bashCommand: "ls" })),
  "an operator expanded over an option that there is not": (dag) =>
    dag.add(BashOperator.partial({ taskId: "ls", bashCommand: "ls" }).expand(anyway({ comand: ["a"] }))),
  "a mapped operator without a required option": (dag) =>
    dag.add(BashOperator.partial({ taskId: "ls" }).expand({ cwd: ["/"] })),
  "something else than an operator": (dag) => dag.add(anyway<BashInstance>(step)),
  "a trigger without a Dag": (dag) => dag.triggerDagRun(anyway({ taskId: "t" })),
};

describe("what is wrong with tasks", () => {
  it.each(Object.keys(cases))("tells of %s", async (name) => {
    const build = cases[name] as (dag: Dag) => unknown;
    const told = await complaint(async () => {
      const made = build(new Dag("dag"));
      // A condition is a thenable, which nobody must await.
      if (made instanceof Promise) await made;
    });
    expect(told).toMatchSnapshot();
  });
});

const dags: { [name: string]: () => unknown } = {
  "a Dag id with a space": () => new Dag("my dag"),
  "a Dag id that is a number": () => new Dag(anyway(7)),
  "a Dag id used twice": () => [new Dag("a"), new Dag("a")],
  "a typo in an option": () => new Dag("a", anyway({ schedul: "@daily" })),
  "an option of Airflow 2": () => new Dag("a", anyway({ schedule_interval: "@daily" })),
  "a typo in defaultArgs": () => new Dag("a", anyway({ defaultArgs: { retry: 1 } })),
  "tags that are a string": () => new Dag("a", anyway({ tags: "ml" })),
  "no active run": () => new Dag("a", { maxActiveRuns: 0 }),
  "a cron expression with a minute 99": () => new Dag("a", { schedule: "99 * * * *" }),
  "a cron expression of four fields": () => new Dag("a", { schedule: "* * * *" }),
  "a schedule that never fires": () => new Dag("a", { schedule: "0 0 30 2 *" }),
  "a preset that there is not": () => new Dag("a", { schedule: "@dayly" }),
  "a schedule in plain seconds": () => new Dag("a", anyway({ schedule: 3600 })),
  "an empty schedule": () => new Dag("a", { schedule: "" }),
  "a step of time with a typo": () => new Dag("a", anyway({ schedule: { hour: 1 } })),
  "a step of no time": () => new Dag("a", { schedule: { hours: 0 } }),
  "no assets": () => new Dag("a", { schedule: [] }),
  "a zone that there is not": () => new Dag("a", { timezone: "Europe/Berln", startDate: "2026-01-01" }),
  "a zone of a timetable that there is not": () =>
    new Dag("a", { schedule: cronTrigger("@daily", { timezone: "Mars" }) }),
  "events that are no dates": () => events(["tomorrow"]),
  "no events": () => new Dag("a", { schedule: events([]) }),
  "a start date that is no date": () => new Dag("a", { startDate: "soon" }),
  "an end before the start": () => new Dag("a", { startDate: "2026-02-01", endDate: "2026-01-01" }),
  "a continuous Dag with several runs": () => new Dag("a", { schedule: continuous(), maxActiveRuns: 2 }),
  "failFast with another trigger rule": () => {
    new Dag("a", { failFast: true }).task("t", step, { triggerRule: "all_done" })();
  },
  "a scheduled param without a default": () =>
    new Dag("a", { schedule: "@daily", params: { n: new Param(undefined, { type: "integer" }) } }),
  "a scheduled param with a wrong default": () =>
    new Dag("a", { schedule: "@daily", params: { n: new Param(0, { type: "integer", minimum: 1 }) } }),
  "a param with a schema that is none": () =>
    new Dag("a", { schedule: "@daily", params: { n: new Param(0, { type: "integr" }) } }),
  "a param that is not JSON": () => new Dag("a", anyway({ params: { n: () => 1 } })),
  "a deadline without an interval": () =>
    new DeadlineAlert(anyway({ reference: { kind: "dagrun-queued-at" }, callback: step })),
  "a deadline that is an object": () => new Dag("a", anyway({ deadline: { interval: 1 } })),
  "an asset without a name": () => new Asset(anyway({})),
  "an asset with an empty uri": () => new Asset(""),
  "an asset with two uris": () => {
    const dag = new Dag("a");
    dag.task("t", step, {
      outlets: [new Asset({ name: "x", uri: "s3://a" }), new Asset({ name: "x", uri: "s3://b" })],
    })();
  },
  "a reserved scheme of an asset": () => new Asset("airflow://x"),
  "a reference to an asset by both": () => Asset.ref(anyway({ name: "a", uri: "b" })),
  "an expression over strings": () => new AssetAll(anyway("a")),
  "a bundle of something else": () => new Bundle().register(anyway("dag")),
  "the context outside of a task": () => getContext(),
  "the client outside of a task": () => getClient(),
};

describe("what is wrong with Dags", () => {
  it.each(Object.keys(dags))("tells of %s", async (name) => {
    expect(await complaint(dags[name] as () => unknown)).toMatchSnapshot();
  });

  it("tells that nothing can be added to a Dag that was read", async () => {
    const [dag] = await (async () => {
      const made: Dag[] = [];
      await collect(() => made.push(new Dag("read")));
      return made;
    })();
    expect(() => dag?.task("late", step)).toThrowErrorMatchingSnapshot();
  });
});

describe("where a complaint points", () => {
  const lineOf = (error: { at: { file: string; line?: number } | undefined }): string =>
    `${error.at?.file.split("/").at(-1)}:${error.at?.line}`;
  /** The line of the call, as the engine itself names it. */
  const here = (): number => {
    const frames = (new Error("here").stack ?? "")
      .split("\n")
      .filter((line) => line.includes("bad-input.test.ts"));
    return Number(/:(\d+):\d+\)?$/.exec(frames[1] ?? "")?.[1]);
  };

  it("is the call with the typo", async () => {
    let line = 0;
    const error = await failure(() => {
      const dag = new Dag("a");
      line = here() + 1;
      dag.task("t", step, anyway({ retrys: 1 }));
    });
    expect(lineOf(error)).toBe(`bad-input.test.ts:${line}`);
    expect(error.at?.column).toBeGreaterThan(0);
  });

  it("is the declaration of an uncalled task", async () => {
    let line = 0;
    const error = await failure(() => {
      const dag = new Dag("a");
      line = here() + 1;
      dag.task("t", step);
    });
    expect(lineOf(error)).toBe(`bad-input.test.ts:${line}`);
  });

  it("is the Dag with a schedule that never fires", async () => {
    let line = 0;
    const error = await failure(() => {
      line = here() + 1;
      new Dag("a", { schedule: "0 0 31 2 *" });
    });
    expect(lineOf(error)).toBe(`bad-input.test.ts:${line}`);
  });

  it("is the edge that closes a circle", async () => {
    let line = 0;
    const error = await failure(() => {
      const dag = new Dag("a");
      const a = dag.task("a", step)();
      const b = dag.task("b", step)().after(a);
      line = here() + 1;
      b.before(a);
    });
    expect(lineOf(error)).toBe(`bad-input.test.ts:${line}`);
  });
});
