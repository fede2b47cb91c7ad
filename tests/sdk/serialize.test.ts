/** What the scheduler gets to know of a Dag. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  Asset,
  AssetAlias,
  assetOrTime,
  BaseNotifier,
  BashOperator,
  continuous,
  cronDataInterval,
  cronTrigger,
  Dag,
  DeadlineAlert,
  DeadlineReference,
  deltaDataInterval,
  deltaTrigger,
  EmptyOperator,
  events,
  multipleCronTrigger,
  once,
  Param,
  type Schedule,
} from "../../src/index.ts";
import { collect, collectOne, taskOf } from "./support/collect.ts";

const step = async (): Promise<number> => 1;

describe("a Dag as data", () => {
  it("has Airflow's defaults", async () => {
    const dag = await collectOne(() => new Dag("plain").task("only", step)());
    const { line, tasks, ...spec } = dag.spec;
    expect(spec).toMatchInlineSnapshot(`
      {
        "assets": [],
        "callbacks": [],
        "catchup": false,
        "dagId": "plain",
        "deadlines": [],
        "displayName": "plain",
        "edgeLabels": [],
        "failFast": false,
        "format": 1,
        "language": "typescript",
        "maxActiveRuns": 16,
        "maxActiveTasks": 16,
        "maxConsecutiveFailedDagRuns": 0,
        "ownerLinks": {},
        "owners": [
          "airflow",
        ],
        "params": {},
        "relativeFile": "tests.ts",
        "renderTemplateAsNativeObj": false,
        "tags": [],
        "taskGroups": [],
        "timetable": {
          "kind": "none",
        },
        "timezone": "UTC",
      }
    `);
    expect(line).toBeGreaterThan(0);
    const { line: taskLine, ...task } = taskOf(dag, "only");
    expect(taskLine).toBe(line);
    expect(tasks).toHaveLength(1);
    expect(task).toMatchInlineSnapshot(`
      {
        "branch": false,
        "callbacks": [],
        "dependsOnPast": false,
        "doXcomPush": true,
        "emailOnFailure": true,
        "emailOnRetry": true,
        "empty": false,
        "groupId": null,
        "ignoreFirstDependsOnPast": false,
        "inlets": [],
        "inputs": {},
        "isSetup": false,
        "isTeardown": false,
        "isolation": "warm",
        "label": "only",
        "multipleOutputs": false,
        "onFailureFailDagrun": false,
        "operator": "@task",
        "options": {},
        "outlets": [],
        "owner": "airflow",
        "params": {},
        "pool": "default_pool",
        "poolSlots": 1,
        "priorityWeight": 1,
        "queue": "default",
        "retries": 0,
        "retryDelay": 300,
        "retryExponentialBackoff": 0,
        "taskId": "only",
        "templateFields": [],
        "triggerRule": "all_success",
        "upstream": [],
        "waitForDownstream": false,
        "waitForPastDependsBeforeSkipping": false,
        "weightRule": "downstream",
      }
    `);
  });

  it("is the same bytes each time", async () => {
    const build = () => {
      const dag = new Dag("same", {
        tags: ["b", "a"],
        ownerLinks: { me: "mailto:me" },
        schedule: "0 4 * * *",
        params: { n: 1 },
        defaultArgs: { owner: "me", retries: 1 },
      });
      const list = dag.task("list", async () => [1, 2])();
      dag.task("double", async ({ n }: { n: number }) => n * 2).expand({ n: list.map((n) => n) });
    };
    const texts = await Promise.all([1, 2].map(async () => JSON.stringify((await collectOne(build)).spec)));
    expect(texts[0]).toBe(texts[1]);
  });

  it("keeps the order in which Dags were made", async () => {
    const dags = await collect(() => ["c", "a", "b"].map((id) => new Dag(id)));
    expect(dags.map(({ spec }) => spec.dagId)).toEqual(["c", "a", "b"]);
  });

  it("leaves out Dags that do not register themselves", async () => {
    expect(await collect(() => new Dag("hidden", { autoRegister: false }))).toEqual([]);
  });

  it("lays the options of a task over those of its groups and its Dag", async () => {
    const dag = await collectOne(() => {
      const dag = new Dag("layers", { queue: "dag", defaultArgs: { retries: 1, owner: "dag", pool: "dag" } });
      const outer = dag.taskGroup("outer", { defaultArgs: { owner: "outer", pool: "outer" } });
      outer.taskGroup("inner", { defaultArgs: { pool: "inner" } }).task("t", step, { priorityWeight: 3 })();
    });
    expect(taskOf(dag, "outer.inner.t")).toMatchObject({
      queue: "dag",
      retries: 1,
      owner: "outer",
      pool: "inner",
      priorityWeight: 3,
    });
    expect(dag.spec.owners).toEqual(["outer"]);
  });

  it("carries every option of a task", async () => {
    const dag = await collectOne(() => {
      new Dag("all", { timezone: "Europe/Berlin" }).task("t", step, {
        taskDisplayName: "The task",
        owner: "ml",
        email: "a@example.org, b@example.org",
        emailOnRetry: false,
        retries: 3,
        retryDelay: { minutes: 1 },
        retryExponentialBackoff: true,
        maxRetryDelay: "PT1H",
        executionTimeout: { hours: 2 },
        triggerRule: "all_done",
        waitForDownstream: true,
        priorityWeight: 7,
        weightRule: "absolute",
        pool: "gpu_pool",
        poolSlots: 2,
        queue: "gpu",
        executor: "local",
        executorConfig: { image: "x" },
        maxActiveTisPerDag: 2,
        maxActiveTisPerDagrun: 1,
        startDate: "2026-07-01",
        endDate: "2026-07-02T12:00:00",
        doXcomPush: false,
        multipleOutputs: true,
        mapIndexTemplate: "{{ x }}",
        isolation: "process",
        memoryLimitMb: 512,
        runAsUser: "nobody",
        env: { A: "1" },
        cwd: "/tmp",
        docMd: "# Doc",
        uiColor: "#fff",
        onFailureCallback: [() => undefined, () => undefined],
        onSuccessCallback: () => undefined,
      })();
    });
    expect(taskOf(dag, "t")).toMatchObject({
      label: "The task",
      owner: "ml",
      email: ["a@example.org", "b@example.org"],
      emailOnFailure: true,
      emailOnRetry: false,
      retries: 3,
      retryDelay: 60,
      retryExponentialBackoff: 2,
      maxRetryDelay: 3600,
      executionTimeout: 7200,
      triggerRule: "all_done",
      dependsOnPast: true,
      waitForDownstream: true,
      priorityWeight: 7,
      weightRule: "absolute",
      pool: "gpu_pool",
      poolSlots: 2,
      queue: "gpu",
      executor: "local",
      executorConfig: { image: "x" },
      maxActiveTisPerDag: 2,
      maxActiveTisPerDagrun: 1,
      startDate: "2026-06-30T22:00:00.000Z",
      endDate: "2026-07-02T10:00:00.000Z",
      doXcomPush: false,
      multipleOutputs: true,
      mapIndexTemplate: "{{ x }}",
      isolation: "process",
      memoryLimitMb: 512,
      runAsUser: "nobody",
      env: { A: "1" },
      cwd: "/tmp",
      docMd: "# Doc",
      uiColor: "#fff",
      callbacks: ["success", "failure"],
    });
    expect(dag.tasks.get("t")?.callbacks.failure).toHaveLength(2);
  });
});

describe("schedules", () => {
  const orders = new Asset("s3://orders");
  const refunds = new Asset({ name: "refunds" });
  const schedules: [string, Schedule | undefined, object][] = [
    ["nothing", undefined, { kind: "none" }],
    ["null", null, { kind: "none" }],
    [
      "a cron expression",
      "15 4 * * 1-5",
      { kind: "cron-trigger", cron: "15 4 * * 1-5", timezone: "Europe/Paris" },
    ],
    ["a preset", "@weekly", { kind: "cron-trigger", cron: "@weekly", timezone: "Europe/Paris" }],
    ["@once", "@once", { kind: "once" }],
    ["once()", once(), { kind: "once" }],
    ["@continuous", "@continuous", { kind: "continuous" }],
    ["continuous()", continuous(), { kind: "continuous" }],
    ["a duration", "PT6H", { kind: "delta-trigger", delta: 21_600 }],
    ["fields of time", { days: 1, hours: 12 }, { kind: "delta-trigger", delta: 129_600 }],
    ["months", { months: 1 }, { kind: "delta-trigger", delta: { months: 1 } }],
    [
      "cronTrigger",
      cronTrigger("@daily", { timezone: "UTC", interval: { hours: 1 }, runImmediately: { minutes: 10 } }),
      { kind: "cron-trigger", cron: "@daily", timezone: "UTC", interval: 3600, runImmediately: 600 },
    ],
    [
      "cronDataInterval",
      cronDataInterval("@daily"),
      { kind: "cron-data-interval", cron: "@daily", timezone: "Europe/Paris" },
    ],
    [
      "multipleCronTrigger",
      multipleCronTrigger(["0 1 * * *", "0 2 * * *"], { runImmediately: true }),
      {
        kind: "multiple-cron-trigger",
        crons: ["0 1 * * *", "0 2 * * *"],
        timezone: "Europe/Paris",
        runImmediately: true,
      },
    ],
    ["deltaTrigger", deltaTrigger(60, { interval: 30 }), { kind: "delta-trigger", delta: 60, interval: 30 }],
    ["deltaDataInterval", deltaDataInterval({ weeks: 1 }), { kind: "delta-data-interval", delta: 604_800 }],
    [
      "events",
      events(["2030-02-01T00:00:00Z", new Date("2030-01-01T00:00:00Z")], { restrictToEvents: true }),
      {
        kind: "events",
        dates: ["2030-01-01T00:00:00.000Z", "2030-02-01T00:00:00.000Z"],
        restrictToEvents: true,
      },
    ],
    ["an asset", orders, { kind: "asset", assets: { asset: { name: "s3://orders", uri: "s3://orders" } } }],
    [
      "assets",
      [orders, refunds],
      {
        kind: "asset",
        assets: {
          all: [
            { asset: { name: "s3://orders", uri: "s3://orders" } },
            { asset: { name: "refunds", uri: "refunds" } },
          ],
        },
      },
    ],
    [
      "an expression",
      orders.and(refunds.or(new AssetAlias("returns"), Asset.ref({ name: "x" }))),
      {
        kind: "asset",
        assets: {
          all: [
            { asset: { name: "s3://orders", uri: "s3://orders" } },
            {
              any: [
                { asset: { name: "refunds", uri: "refunds" } },
                { alias: { name: "returns", group: "asset" } },
                { ref: { name: "x" } },
              ],
            },
          ],
        },
      },
    ],
    [
      "assets or time",
      assetOrTime("@daily", orders),
      {
        kind: "asset-or-time",
        timetable: { kind: "cron-trigger", cron: "@daily", timezone: "Europe/Paris" },
        assets: { asset: { name: "s3://orders", uri: "s3://orders" } },
      },
    ],
  ];

  it.each(schedules)("takes %s", async (_name, schedule, timetable) => {
    const dag = await collectOne(
      () => new Dag("dag", { timezone: "Europe/Paris", ...(schedule === undefined ? {} : { schedule }) }),
    );
    expect(dag.spec.timetable).toEqual(timetable);
  });

  it("lets a continuous Dag have one run at a time without being told", async () => {
    expect((await collectOne(() => new Dag("dag", { schedule: "@continuous" }))).spec.maxActiveRuns).toBe(1);
  });

  it("reads dates without an offset in the Dag's zone", async () => {
    const dag = await collectOne(
      () =>
        new Dag("dag", {
          timezone: "America/New_York",
          startDate: "2026-01-01",
          endDate: "2026-07-01T00:00:00",
        }),
    );
    expect(dag.spec).toMatchObject({
      startDate: "2026-01-01T05:00:00.000Z",
      endDate: "2026-07-01T04:00:00.000Z",
    });
  });
});

describe("assets", () => {
  it("are listed with the Dag that uses them, and stand in outlets and inlets", async () => {
    const dag = await collectOne(() => {
      const orders = new Asset({ name: "orders", uri: "s3://orders", group: "sales", extra: { team: "a" } });
      const report = new Asset("s3://report");
      const dag = new Dag("dag", { schedule: orders });
      dag.task("t", step, { inlets: orders, outlets: [report, new AssetAlias({ name: "alias" })] })();
    });
    expect(dag.spec.assets).toEqual([
      { name: "orders", uri: "s3://orders", group: "sales", extra: { team: "a" } },
      { name: "s3://report", uri: "s3://report", group: "asset", extra: {} },
    ]);
    expect(taskOf(dag, "t")).toMatchObject({
      inlets: [{ asset: { name: "orders", uri: "s3://orders" } }],
      outlets: [
        { asset: { name: "s3://report", uri: "s3://report" } },
        { alias: { name: "alias", group: "asset" } },
      ],
    });
  });
});

describe("params", () => {
  it("are plain defaults, JSON Schemas, or schemas of a library", async () => {
    const dag = await collectOne(
      () =>
        new Dag("dag", {
          params: {
            plain: [1, 2],
            trees: new Param(100, { type: "integer", minimum: 1, description: "Trees" }),
            required: new Param(undefined, { type: "string" }),
            zod: z.number().int().min(3).default(5).describe("From Zod"),
          },
        }),
    );
    expect(dag.spec.params).toMatchObject({
      plain: { value: [1, 2], schema: {} },
      trees: { value: 100, description: "Trees", schema: { type: "integer", minimum: 1 } },
      required: { schema: { type: "string" } },
      zod: { value: 5, description: "From Zod", schema: { type: "integer", minimum: 3 } },
    });
    expect(dag.spec.params["required"]).not.toHaveProperty("value");
    expect([...dag.paramSchemas.keys()]).toEqual(["zod"]);
  });

  it("are the properties of one object schema", async () => {
    const schema = z.object({ name: z.string().default("x"), size: z.enum(["s", "l"]).default("s") });
    const dag = await collectOne(() => new Dag("dag", { schedule: "@daily", params: schema }));
    expect(dag.spec.params).toMatchObject({
      name: { value: "x", schema: { type: "string" } },
      size: { value: "s", schema: { type: "string", enum: ["s", "l"] } },
    });
  });
});

describe("deadlines and callbacks", () => {
  it("are found again by their index", async () => {
    const called: string[] = [];
    class Pager extends BaseNotifier {
      notify(): void {
        called.push("pager");
      }
    }
    const dag = await collectOne(
      () =>
        new Dag("dag", {
          deadline: [
            new DeadlineAlert({
              reference: DeadlineReference.DAGRUN_QUEUED_AT,
              interval: { minutes: 5 },
              callback: () => void called.push("first"),
              name: "slow",
            }),
            new DeadlineAlert({
              reference: DeadlineReference.AVERAGE_RUNTIME({ maxRuns: 3 }),
              interval: 60,
              callback: [new Pager(), () => void called.push("second")],
            }),
            new DeadlineAlert({
              reference: DeadlineReference.FIXED_DATETIME("2030-01-01T00:00:00Z"),
              interval: 0,
              callback: () => undefined,
            }),
          ],
          onFailureCallback: new Pager(),
        }),
    );
    expect(dag.spec.deadlines).toEqual([
      { name: "slow", reference: { kind: "dagrun-queued-at" }, interval: 300, callback: 0 },
      { reference: { kind: "average-runtime", maxRuns: 3, minRuns: 3 }, interval: 60, callback: 1 },
      { reference: { kind: "fixed", date: "2030-01-01T00:00:00.000Z" }, interval: 0, callback: 2 },
    ]);
    expect(dag.spec.callbacks).toEqual(["failure"]);
    await dag.deadlineCallbacks[1]?.({} as never);
    expect(called).toEqual(["pager", "second"]);
  });
});

describe("operators", () => {
  it("keep literal options, references and templates apart", async () => {
    const dag = await collectOne(() => {
      const dag = new Dag("dag");
      const name = dag.task("name", async () => "x")();
      dag.add(new BashOperator({ taskId: "ls", bashCommand: "ls {{ ds }}", cwd: name, retries: 2 }));
      dag
        .task("later", new BashOperator({ bashCommand: "ls" }), { retries: 1 })()
        .after(name);
    });
    const task = taskOf(dag, "ls");
    expect(task).toMatchObject({
      operator: "BashOperator",
      retries: 2,
      upstream: ["name"],
      options: { bashCommand: "ls {{ ds }}" },
      inputs: { cwd: { xcom: { taskId: "name", key: "return_value" } } },
    });
    expect(task.options).not.toHaveProperty("cwd");
    expect(task.templateFields).toContain("bashCommand");
    expect(taskOf(dag, "later")).toMatchObject({ retries: 1, upstream: ["name"] });
  });

  it("that do nothing are empty, unless something would not happen otherwise", async () => {
    const dag = await collectOne(() => {
      const dag = new Dag("dag");
      dag.add(new EmptyOperator({ taskId: "plain" }));
      dag.add(new EmptyOperator({ taskId: "callback", onSuccessCallback: () => undefined }));
      dag.add(new EmptyOperator({ taskId: "outlet", outlets: new Asset("s3://x") }));
    });
    expect(dag.spec.tasks.map(({ taskId, empty }) => [taskId, empty])).toEqual([
      ["plain", true],
      ["callback", false],
      ["outlet", false],
    ]);
  });
});
