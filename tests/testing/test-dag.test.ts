/** `testDag`: a run in memory on a simulated clock. */
import { describe, expect, it } from "vitest";
import {
  Asset,
  AssetAlias,
  BashOperator,
  Dag,
  defer,
  defineTrigger,
  FailException,
  getClient,
  getContext,
  Param,
  reschedule,
  SkipException,
  TimeDeltaTrigger,
} from "../../src/index.ts";
import { testDag } from "../../src/testing/index.ts";

const hidden = { autoRegister: false };
const start = "2026-01-01T00:00:00Z";
const date = { logicalDate: start };
const seconds = (run: { start: Date; end: Date }): number => (run.end.getTime() - run.start.getTime()) / 1000;

describe("time", () => {
  it("jumps over retry delays", async () => {
    const dag = new Dag("dag", hidden);
    dag.task(
      "flaky",
      async () => {
        if (getContext().tryNumber < 3) throw new Error("not yet");
        return getContext().now().toISOString();
      },
      { retries: 5, retryDelay: { hours: 1 } },
    )();
    const run = await testDag(dag, date);
    expect(run.state).toBe("success");
    expect(run.tries).toEqual({ flaky: 3 });
    expect(run.order).toEqual(["flaky", "flaky", "flaky"]);
    expect(run.results["flaky"]).toBe("2026-01-01T02:00:00.000Z");
    expect(seconds(run)).toBe(7200);
    expect(run.attempts.map(({ outcome, message }) => [outcome, message])).toEqual([
      ["failed", "Error: not yet"],
      ["failed", "Error: not yet"],
      ["success", undefined],
    ]);
  });

  it("passes for all that sleep together, not for one after the other", async () => {
    const dag = new Dag("dag", hidden);
    for (const hours of [3, 1, 2]) {
      dag.task(`sleeps_${hours}`, async () => {
        await getContext().sleep(hours * 3600);
        return hours;
      })();
    }
    const run = await testDag(dag, date);
    expect(seconds(run)).toBe(3 * 3600);
    expect(run.attempts.map(({ task }) => task)).toEqual(["sleeps_1", "sleeps_2", "sleeps_3"]);
  });

  it("waits in real time for real work", async () => {
    const dag = new Dag("dag", hidden);
    const slow = dag.add(
      new BashOperator({ taskId: "slow", bashCommand: "sleep 0.05; echo done", executionTimeout: 3600 }),
    );
    dag
      .task("sleeper", async () => getContext().sleep(60))()
      .before(slow);
    const run = await testDag(dag, date);
    expect(run.results["slow"]).toBe("done");
    expect(seconds(run)).toBe(60);
  });

  it("ends what takes longer than its timeout, and the run that does", async () => {
    const dag = new Dag("dag", { ...hidden, dagrunTimeout: { hours: 5 } });
    const slow = dag.task("slow", async () => getContext().sleep(7200), { executionTimeout: { hours: 1 } })();
    const never = dag.task("never", async () => getContext().sleep(864_000))();
    dag
      .task("after", async () => 1)()
      .after(slow, never);
    const run = await testDag(dag, date);
    expect(run.state).toBe("failed");
    expect(run.states).toEqual({ slow: "failed", never: "skipped", after: "upstream_failed" });
    expect(run.reasons["slow"]).toContain("ran longer than its execution timeout of 3600 s");
    expect(run.reasons["never"]).toContain("dagrun_timeout");
    expect(seconds(run)).toBe(5 * 3600);
  });

  it("is bounded: a run that never ends is an error", async () => {
    const dag = new Dag("dag", hidden);
    dag.task("forever", async () => {
      for (;;) await getContext().sleep(3600);
    })();
    await expect(testDag(dag, { ...date, within: { days: 1 } })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[TradewindError: the run did not end within 86400 s of simulated time: forever is running]`,
    );
  });
});

describe("sensors", () => {
  it("poke until it is true, in both modes", async () => {
    for (const mode of ["poke", "reschedule"] as const) {
      const dag = new Dag("dag", hidden);
      const ready = dag.sensor(
        "ready",
        async () => {
          const now = getContext().now();
          return { isDone: now.getTime() >= Date.parse("2026-01-01T00:05:00Z"), value: now.toISOString() };
        },
        { mode, pokeInterval: 60 },
      )();
      dag.task("use", async ({ value }: { value: string }) => value)({ value: ready });
      const run = await testDag(dag, date);
      expect(run.results["use"], mode).toBe("2026-01-01T00:05:00.000Z");
      expect(run.order, mode).toEqual(
        mode === "poke" ? ["ready", "use"] : [...Array.from({ length: 6 }, () => "ready"), "use"],
      );
      expect(run.tries["ready"]).toBe(1);
    }
  });

  it("fail without a retry when the timeout is over, or skip", async () => {
    for (const softFail of [false, true]) {
      for (const mode of ["poke", "reschedule"] as const) {
        const dag = new Dag("dag", hidden);
        dag.sensor("never", async () => false, { mode, softFail, timeout: { minutes: 10 }, retries: 3 })();
        const run = await testDag(dag, date);
        expect(run.states["never"]).toBe(softFail ? "skipped" : "failed");
        expect(run.tries["never"]).toBe(1);
        expect(run.reasons["never"]).toContain("longer than its timeout of 600 s");
      }
    }
  });

  it("wait longer and longer with backoff, up to a bound", async () => {
    const dag = new Dag("dag", hidden);
    const pokes: number[] = [];
    dag.sensor(
      "ready",
      async () => {
        pokes.push(getContext().now().getTime() / 1000);
        return pokes.length === 6;
      },
      { exponentialBackoff: true, pokeInterval: 10, maxWait: 60 },
    )();
    await testDag(dag, date);
    expect(pokes.map((at) => at - (pokes[0] ?? 0))).toEqual([0, 10, 30, 70, 130, 190]);
  });

  it("go on after an error with silentFail, and skip with neverFail", async () => {
    const dag = new Dag("dag", hidden);
    let pokes = 0;
    dag.sensor(
      "silent",
      async () => {
        if (++pokes < 3) throw new Error("no connection");
        return true;
      },
      { silentFail: true },
    )();
    dag.sensor(
      "never_fails",
      async () => {
        throw new Error("broken");
      },
      { neverFail: true },
    )();
    const run = await testDag(dag, date);
    expect(run.states).toEqual({ silent: "success", never_fails: "skipped" });
    expect(run.logs.filter(({ level }) => level === "error").map(({ message }) => message)).toEqual([
      "poke failed: no connection",
      "poke failed: no connection",
    ]);
  });
});

describe("deferral", () => {
  it("goes on when the trigger fires, without using up a try", async () => {
    const dag = new Dag("dag", hidden);
    dag.task("wait", async () => {
      const { triggerEvent, now } = getContext();
      if (triggerEvent === undefined) defer(TimeDeltaTrigger({ delta: 3600 }));
      return [triggerEvent, now().toISOString()];
    })();
    const run = await testDag(dag, date);
    expect(run.results["wait"]).toEqual([3600, "2026-01-01T01:00:00.000Z"]);
    expect(run.tries).toEqual({ wait: 1 });
    expect(run.attempts.map(({ outcome }) => outcome)).toEqual(["deferred", "success"]);
  });

  it("takes what the test says a trigger sends", async () => {
    const dag = new Dag("dag", hidden);
    const Job = defineTrigger("TestJobTrigger", async ({ id }: { id: string }) => `real ${id}`);
    dag.task("job", async () => getContext().triggerEvent ?? defer(Job({ id: "7" })))();
    expect((await testDag(dag, date)).results["job"]).toBe("real 7");
    const mocked = await testDag(dag, {
      ...date,
      triggers: { TestJobTrigger: ({ id }) => `mocked ${String(id)}` },
    });
    expect(mocked.results["job"]).toBe("mocked 7");
  });

  it("fails when the trigger fails, or does not fire in time", async () => {
    const dag = new Dag("dag", hidden);
    const Broken = defineTrigger("TestBrokenTrigger", async () => {
      throw new Error("no such queue");
    });
    dag.task("broken", async () => defer(Broken({})))();
    dag.task("late", async () => defer(TimeDeltaTrigger({ delta: 3600 }), { timeout: 60 }))();
    const run = await testDag(dag, date);
    expect(run.reasons["broken"]).toContain("no such queue");
    expect(run.reasons["late"]).toContain("did not fire within 60 s");
    expect(run.states).toEqual({ broken: "failed", late: "failed" });
  });

  it("is also a reschedule by hand", async () => {
    const dag = new Dag("dag", hidden);
    dag.task("later", async () => {
      const at = Date.parse("2026-01-01T06:00:00Z");
      if (getContext().now().getTime() < at) reschedule(at);
      return "done";
    })();
    const run = await testDag(dag, date);
    expect(run.attempts.map(({ outcome }) => outcome)).toEqual(["reschedule", "success"]);
    expect(seconds(run)).toBe(6 * 3600);
  });
});

describe("outcomes", () => {
  it("are skip, failure without a retry, and failure", async () => {
    const dag = new Dag("dag", hidden);
    const told: string[] = [];
    const tell = (what: string) => () => void told.push(`${what} ${getContext().taskId}`);
    const options = {
      retries: 1,
      onSkippedCallback: tell("skipped"),
      onFailureCallback: tell("failure"),
      onRetryCallback: tell("retry"),
      onSuccessCallback: tell("success"),
      onExecuteCallback: tell("execute"),
    };
    dag.task(
      "skips",
      async () => {
        throw new SkipException("nothing new");
      },
      options,
    )();
    dag.task(
      "fails",
      async () => {
        throw new FailException("no right");
      },
      options,
    )();
    dag.task(
      "retries",
      async () => {
        throw new TypeError("broken");
      },
      options,
    )();
    dag.task("works", async () => 1, options)();
    const run = await testDag(dag, date);
    expect(run.states).toEqual({ skips: "skipped", fails: "failed", retries: "failed", works: "success" });
    expect(run.tries).toEqual({ skips: 1, fails: 1, retries: 2, works: 1 });
    expect(run.reasons).toMatchObject({ skips: "nothing new", fails: "FailException: no right" });
    expect(told.filter((what) => !what.startsWith("execute"))).toEqual([
      "skipped skips",
      "failure fails",
      "retry retries",
      "success works",
      "failure retries",
    ]);
    expect(told.filter((what) => what.startsWith("execute"))).toHaveLength(5);
  });

  it("of a run are told to the Dag's callbacks", async () => {
    const told: string[] = [];
    const callbacks = {
      onSuccessCallback: () => void told.push("success"),
      onFailureCallback: () =>
        void told.push(`failure ${getContext().taskId} ${String(getContext().reason)}`),
    };
    const good = new Dag("good", { ...hidden, ...callbacks });
    good.task("t", async () => 1)();
    const bad = new Dag("bad", { ...hidden, ...callbacks });
    bad.task("t", async () => Promise.reject(new Error("broken")))();
    await testDag(good, date);
    await testDag(bad, date);
    expect(told).toEqual(["success", "failure t task_failure"]);
  });

  it("with failFast end the run at the first failure", async () => {
    const dag = new Dag("dag", { ...hidden, failFast: true });
    dag.task("fails", async () => Promise.reject(new Error("broken")))();
    const slow = dag.task("slow", async () => getContext().sleep(3600))();
    dag
      .task("after", async () => 1)()
      .after(slow);
    const run = await testDag(dag, date);
    expect(run.states).toEqual({ fails: "failed", slow: "failed", after: "skipped" });
    expect(seconds(run)).toBe(0);
  });
});

describe("what a handler can ask", () => {
  it("is its context, under Airflow's names", async () => {
    const dag = new Dag("dag", {
      ...hidden,
      schedule: "@daily",
      params: { trees: new Param(10, { type: "integer" }) },
    });
    dag.task("show", async () => {
      const context = getContext();
      return {
        ids: [context.dagId, context.taskId, context.runId, context.mapIndex],
        dates: [context.ds, context.dsNodash, context.ts, context.tsNodash, context.tsNodashWithTz],
        logicalDate: context.logicalDate.toISOString(),
        params: context.params,
        conf: context.conf,
        runType: context.dagRun.runType,
        operator: context.ti.operator,
        testMode: context.testMode,
      };
    })();
    const run = await testDag(dag, { ...date, conf: { trees: 20, other: true } });
    expect(run.results["show"]).toMatchInlineSnapshot(`
      {
        "conf": {
          "other": true,
          "trees": 20,
        },
        "dates": [
          "2026-01-01",
          "20260101",
          "2026-01-01T00:00:00+00:00",
          "20260101T000000",
          "20260101T000000+0000",
        ],
        "ids": [
          "dag",
          "show",
          "manual__2026-01-01T00:00:00+00:00",
          -1,
        ],
        "logicalDate": "2026-01-01T00:00:00.000Z",
        "operator": "@task",
        "params": {
          "other": true,
          "trees": 20,
        },
        "runType": "manual",
        "testMode": true,
      }
    `);
  });

  it("refuses a date where the run has none", async () => {
    const dag = new Dag("dag", hidden);
    dag.task("show", async () => getContext().ds)();
    const run = await testDag(dag, { logicalDate: null, now: start });
    expect(run.reasons["show"]).toContain("TradewindError: expected a run with a logical date");
  });

  it("refuses params that do not fit", async () => {
    const dag = new Dag("dag", { ...hidden, params: { trees: new Param(10, { type: "integer" }) } });
    dag.task("t", async () => getContext().params["trees"])();
    const run = await testDag(dag, { ...date, params: { trees: "many" } });
    expect(run.reasons["t"]).toContain('param "trees"');
  });

  it("is variables, connections, XComs and runs of other Dags", async () => {
    const dag = new Dag("dag", hidden);
    const first = dag.task("first", async () => {
      const { ti, variables, connections } = getContext();
      await ti.xcomPush("extra", { a: 1 });
      await variables.set("seen", { by: "first" });
      const db = await connections.get("db");
      return [await variables.get("region"), db.host, await getClient().getVariable("missing")];
    })();
    dag
      .task("second", async () => {
        const { ti, variables } = getContext();
        const client = getClient();
        const { runId } = await client.triggerDagRun({ dagId: "other", conf: { x: 1 } });
        return {
          pulled: await ti.xcomPull({ taskIds: "first" }),
          extra: await ti.xcomPull({ taskIds: "first", key: "extra" }),
          fallback: await ti.xcomPull({ taskIds: "first", key: "none", default: 7 }),
          both: await ti.xcomPull({ taskIds: ["first"] }),
          seen: await variables.getJson("seen"),
          other: (await client.getDagRun("other", runId))?.state,
          states: await client.taskStates({ dagId: "dag", taskIds: ["first"] }),
        };
      })()
      .after(first);
    const run = await testDag(dag, {
      ...date,
      runId: "r",
      variables: { region: "eu" },
      connections: { db: { type: "postgres", host: "localhost", password: "secret" } },
    });
    expect(run.results["first"]).toEqual(["eu", "localhost", null]);
    expect(run.results["second"]).toEqual({
      pulled: ["eu", "localhost", null],
      extra: { a: 1 },
      fallback: 7,
      both: [["eu", "localhost", null]],
      seen: { by: "first" },
      other: "success",
      states: { r: { first: "success" } },
    });
    expect(run.xcom("first", "extra")).toEqual({ a: 1 });
    expect(run.variables).toEqual({ region: "eu", seen: '{"by":"first"}' });
    expect(run.triggered).toEqual([{ dagId: "other", runId: "manual__1", conf: { x: 1 } }]);
  });

  it("is told in events of its outlets", async () => {
    const orders = new Asset("s3://orders");
    const alias = new AssetAlias("daily");
    const dag = new Dag("dag", hidden);
    dag.task(
      "write",
      async () => {
        const { outletEvents } = getContext();
        outletEvents.of(orders).extra = { rows: 3 };
        outletEvents.of(alias).add(new Asset("s3://orders/2026"), { part: 1 });
      },
      { outlets: [orders, alias] },
    )();
    expect((await testDag(dag, date)).assetEvents).toEqual([
      { asset: { name: "s3://orders", uri: "s3://orders" }, extra: { rows: 3 } },
      { asset: { name: "s3://orders/2026", uri: "s3://orders/2026" }, alias: "daily", extra: { part: 1 } },
    ]);
  });

  it("is kept as logs with fields", async () => {
    const dag = new Dag("dag", hidden);
    dag.task("talk", async () => getContext().logger.info("hello", { rows: 3 }))();
    const run = await testDag(dag, date);
    expect(run.logs).toContainEqual({
      task: "talk",
      tryNumber: 1,
      level: "info",
      message: "hello",
      fields: { rows: 3 },
      time: new Date(start),
    });
  });
});

describe("mocks", () => {
  const build = () => {
    const dag = new Dag("dag", hidden);
    const rows = dag.task(
      "download",
      async (): Promise<number[]> => Promise.reject(new Error("no network")),
    )();
    const sum = dag.task("sum", async ({ rows }: { rows: number[] }) => rows.reduce((a, b) => a + b, 0))({
      rows,
    });
    const gate = dag.branch("gate", async (): Promise<string> => "a")();
    gate.after(sum).before(dag.task("a", async () => 1)(), dag.task("b", async () => 1)());
    return dag;
  };

  it("stand in for handlers, as values or functions", async () => {
    const run = await testDag(build(), { ...date, mocks: { download: [1, 2], gate: () => "b" } });
    expect(run.results["sum"]).toBe(3);
    expect(run.states).toMatchObject({ a: "skipped", b: "success" });
  });

  it("are refused for tasks that there are not", async () => {
    await expect(testDag(build(), { mocks: { downlaod: 1 } })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[TradewindError: expected mocks of tasks of Dag "dag", got one of "downlaod": did you mean "download"?]`,
    );
  });
});

describe("a Dag in a test", () => {
  it("is checked as at import", async () => {
    const dag = new Dag("dag", hidden);
    dag.task("forgotten", async () => 1);
    await expect(testDag(dag)).rejects.toMatchObject({ code: "TW_TASK_UNCALLED" });
  });

  it("runs again and again, each time alike", async () => {
    const dag = new Dag("dag", hidden);
    const list = dag.task("list", async () => [3, 1, 2])();
    dag
      .task("one", async ({ n }: { n: number }) => {
        await getContext().sleep(n);
        return n;
      })
      .expand({ n: list });
    const one = await testDag(dag, date);
    const two = await testDag(dag, date);
    expect(two.attempts).toEqual(one.attempts);
    expect(one.attempts.map(({ task }) => task)).toEqual(["list", "one[1]", "one[2]", "one[0]"]);
  });
});
