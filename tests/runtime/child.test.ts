import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TaskChild } from "./task-child.ts";

let warm: TaskChild;

beforeAll(() => {
  warm = new TaskChild();
});
afterAll(() => warm[Symbol.asyncDispose]());

/** In the child that the tests share, for tasks that leave nothing behind. */
const runOne = (taskId: string, more: Parameters<TaskChild["begin"]>[2] = {}) =>
  warm.run("outcomes", taskId, more);

describe("a task child", () => {
  it("says that it is ready, and runs one task after the other", async () => {
    await using child = new TaskChild();
    expect(await child.next("ready")).toMatchObject({
      protocol: 1,
      language: "typescript",
      pid: child.process.pid,
    });
    expect(await child.run("outcomes", "noop")).toMatchObject({
      result: { outcome: "success" },
      xcoms: [],
      leaked: [],
    });
    expect(await child.run("outcomes", "value")).toMatchObject({
      result: { outcome: "success", value: { json: { rows: [1, 2], name: "x" } } },
      length: 2,
    });
    expect(await child.run("outcomes", "async_value")).toMatchObject({
      result: { value: { json: [1, 2, 3] } },
      length: 3,
    });
  });

  it("ends when its supervisor goes away, also in the middle of a task", async () => {
    await using child = new TaskChild();
    await child.next("ready");
    child.begin("outcomes", "never");
    child.process.stdio[3]?.destroy();
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  it("ends on shutdown", async () => {
    await using child = new TaskChild();
    child.send({ type: "shutdown" });
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  it("says that the Dag file does not define the task", async () => {
    const { result } = await runOne("nobody");
    expect(result).toMatchObject({
      outcome: "failed",
      error: { code: "TW_TASK_NOT_IN_DAG", message: expect.stringContaining('"nobody"') },
    });
  });

  it("gives the context under Airflow's names", async () => {
    const { result } = await runOne("context", { run: { conf: { a: 1 } } });
    expect(result).toMatchObject({
      value: {
        json: {
          ds: "2024-02-28",
          tsNodash: "20240228T063000",
          dagId: "outcomes",
          taskId: "context",
          tryNumber: 1,
          mapIndex: -1,
          taskInstanceKeyStr: "outcomes__context__20240228",
          conf: { a: 1 },
          params: { a: 1 },
          type: "manual",
        },
      },
    });
  });
});

describe("what a handler throws", () => {
  it("skips, fails without a retry, defers and reschedules by the exceptions for it", async () => {
    await using child = new TaskChild();
    expect((await child.run("outcomes", "skip")).result).toEqual({
      outcome: "skipped",
      message: "nothing new",
    });
    expect((await child.run("outcomes", "fail")).result).toMatchObject({
      outcome: "failed",
      retryable: false,
      error: { name: "FailException", message: "never again" },
    });
    expect((await child.run("outcomes", "reschedules")).result).toEqual({
      outcome: "reschedule",
      at: "2030-01-01T00:00:00.000Z",
    });
    expect((await child.run("outcomes", "defers")).result).toEqual({
      outcome: "deferred",
      trigger: { classpath: "DateTimeTrigger", kwargs: { moment: "2030-01-01T00:00:00Z" } },
      method: "executeComplete",
      kwargs: {},
      timeout: 60,
    });
    const resume = { method: "executeComplete", kwargs: {}, event: "fired" };
    expect((await child.run("outcomes", "defers", { resume })).result).toMatchObject({
      value: { json: { resumed: "fired" } },
    });
    const failedResume = { ...resume, event: null, error: "Trigger timeout" };
    expect((await child.run("outcomes", "defers", { resume: failedResume })).result).toMatchObject({
      outcome: "failed",
      retryable: true,
      error: { name: "DeferralFailedException", message: "Trigger timeout" },
    });
  });

  it("reports the whole chain of causes, with the user's own lines", async () => {
    const { result } = await runOne("error");
    if (result.outcome !== "failed") throw new Error("expected a failure");
    expect(result.retryable).toBe(true);
    const { error } = result;
    expect(error).toMatchObject({
      name: "TypeError",
      message: "bad input",
      causes: [{ name: "Error", message: "the disk" }, { message: "a string: a string" }],
    });
    const source = readFileSync(new URL("dags/outcomes.ts", import.meta.url), "utf8").split("\n");
    const line = source.findIndex((text) => text.includes('new TypeError("bad input"')) + 1;
    expect(error.stack).toMatch(new RegExp(`tests/runtime/dags/outcomes\\.ts:${line}:9`));
    expect(error.stack).not.toContain("node:internal");
    expect(error.stack).not.toContain("?tradewind");
    expect(error.stack).not.toContain("src/runtime");
  });

  it.each([
    ["throws_string", "a string: just text"],
    ["throws_null", "null"],
    ["throws_object", 'a object: {"status":7}'],
    ["rejects_undefined", "undefined"],
  ])("says what was thrown by %s", async (taskId, what) => {
    const { result } = await runOne(taskId);
    expect(result).toMatchObject({
      outcome: "failed",
      retryable: true,
      error: { code: "TW_THROWN_VALUE", message: expect.stringContaining(what) },
    });
  });

  it("fails an attempt whose error escapes into a timer or a promise that nobody waits for, and ends", async () => {
    for (const [taskId, message] of [
      ["throws_later", "in a timer"],
      ["rejects_aside", "nobody waits"],
    ] as const) {
      await using child = new TaskChild();
      const { result, leaked } = await child.run("outcomes", taskId);
      expect(result).toMatchObject({ outcome: "failed", error: { message } });
      expect(leaked).not.toEqual([]);
      expect((await child.exited).code).toBe(1);
    }
  });

  it("says that the handler called process.exit", async () => {
    await using child = new TaskChild();
    const { result } = await child.run("outcomes", "exits");
    expect(result).toMatchObject({
      outcome: "failed",
      error: { message: expect.stringContaining("process.exit(3)") },
    });
    expect((await child.exited).code).toBe(3);
  });
});

describe("what a handler returns", () => {
  it.each([
    ["function", "at a[1] to be a JSON value, got a function"],
    ["bigint", "at deep.list[1] to be a JSON value, got a BigInt"],
    ["cycle", "at self.back to be a JSON value, got a reference to an object that contains it"],
    ["nan", "at loss to be a JSON value, got NaN"],
    ["map", "the result of the handler to be a JSON value, got a Map"],
  ])("refuses a %s with its place in the value", async (taskId, message) => {
    const { result } = await runOne(taskId);
    expect(result).toMatchObject({
      outcome: "failed",
      error: { code: "TW_XCOM_VALUE", message: expect.stringContaining(message) },
    });
  });

  it("takes dates as JSON does and pushes nothing for undefined", async () => {
    await using child = new TaskChild();
    expect((await child.run("outcomes", "date")).result).toMatchObject({
      value: { json: { at: "1970-01-01T00:00:00.000Z" } },
    });
    expect((await child.run("outcomes", "noop")).result).not.toHaveProperty("value");
    expect((await child.run("outcomes", "no_push")).result).not.toHaveProperty("value");
  });

  it("pushes each key of a task with multipleOutputs, and what the handler pushed itself", async () => {
    await using child = new TaskChild();
    expect((await child.run("outcomes", "outputs")).xcoms).toEqual([
      { key: "a", value: { json: 1 } },
      { key: "b", value: { json: "two" } },
    ]);
    expect(await child.run("outcomes", "pushes")).toMatchObject({
      xcoms: [{ key: "model", value: { json: { size: 3 } } }],
      result: { value: { json: { size: 3 } } },
    });
  });

  it("writes values over the limit to the artifact root, whole, and gives their address", async () => {
    await using child = new TaskChild();
    for (const [taskId, bytes, mediaType] of [
      ["large", 400_002, "application/json"],
      ["huge", 200_000_061, "application/json"],
      ["typed", 16, "application/vnd.tradewind.typed-array; kind=Float64Array"],
    ] as const) {
      const { result } = await child.run("outcomes", taskId);
      expect(result).toMatchObject({ outcome: "success", value: { ref: { bytes, mediaType } } });
      const { uri } = (result as unknown as { value: { ref: { uri: string } } }).value.ref;
      expect(uri).toContain("dag_id=outcomes");
      expect(readFileSync(new URL(uri)).length).toBe(bytes);
    }
  });

  it("says that the artifact root cannot be written", async () => {
    const { result } = await runOne("large", { artifactRoot: "/dev/null/nowhere" });
    expect(result).toMatchObject({
      outcome: "failed",
      error: { code: "TW_XCOM_VALUE", message: expect.stringContaining("/dev/null/nowhere") },
    });
  });
});

describe("time and the end of a task", () => {
  it("ends a handler after its timeout, and says whether it runs on", async () => {
    await using child = new TaskChild();
    const listening = await child.run("outcomes", "listens", { executionTimeout: 0.05 });
    expect(listening.result).toMatchObject({ error: { code: "TW_EXECUTION_TIMEOUT" } });
    expect(listening.leaked).toEqual([]);
    const { result, leaked } = await child.run("outcomes", "never", { executionTimeout: 0.05 });
    expect(result).toMatchObject({
      outcome: "failed",
      retryable: true,
      error: { code: "TW_EXECUTION_TIMEOUT" },
    });
    expect(leaked).toEqual(["the handler, which did not stop"]);
  });

  it("ends after a cancel, and after SIGTERM", async () => {
    for (const tell of [
      (child: TaskChild) => child.send({ type: "cancel", reason: "cleared" }),
      (child: TaskChild) => void child.process.kill("SIGTERM"),
    ]) {
      await using child = new TaskChild();
      await child.run("outcomes", "noop");
      const attempt = child.begin("outcomes", "listens");
      tell(child);
      const { result } = await child.next("result", ({ attemptId }) => attemptId === attempt);
      expect(result).toMatchObject({
        outcome: "failed",
        retryable: false,
        error: { code: "TW_TASK_CANCELLED" },
      });
      expect((await child.exited).code).toBe(0);
    }
  });
});

describe("output and leaks", () => {
  it("passes 100 MB of output through", async () => {
    await using child = new TaskChild();
    expect((await child.run("outcomes", "prints")).result.outcome).toBe("success");
    child.send({ type: "shutdown" });
    await child.exited;
    expect(child.stdoutBytes).toBe(100_000_010);
    expect(child.stderr).toContain("to stderr");
  });

  it("sends log lines from the level on, whatever their fields are", async () => {
    await using child = new TaskChild();
    await child.run("outcomes", "logs");
    expect(child.logs()).toEqual(["info: seen", "warning: careful"]);
    const [first] = child.messages.filter((message) => message.type === "log");
    expect(first).toMatchObject({
      fields: { n: 1, nan: "NaN", error: expect.stringContaining("Error: inside") },
    });
  });

  it.each([
    ["leaks_timer", "1 timer"],
    ["leaks_server", "1 server"],
    ["leaks_process", "1 child process"],
  ])("reports what %s leaves open", async (taskId, what) => {
    await using child = new TaskChild();
    expect((await child.run("outcomes", taskId)).leaked).toContain(what);
    try {
      process.kill(-(child.process.pid as number), "SIGKILL");
    } catch {
      // The group is gone.
    }
  });
});

describe("what a handler asks", () => {
  it("gets variables, connections, XComs and runs, and hides secrets", async () => {
    await using child = new TaskChild({ AIRFLOW_VAR_COLOR: "from the environment" });
    const db = {
      connId: "db",
      connType: "postgres",
      host: "h",
      schema: null,
      login: "me",
      password: "hidden",
      port: 1,
      extra: '{"token": "t0ken"}',
      description: null,
    };
    const run = {
      dagId: "other",
      runId: "r1",
      runType: "manual",
      state: "success",
      logicalDate: null,
      runAfter: null,
      dataIntervalStart: null,
      dataIntervalEnd: null,
      startDate: null,
      endDate: null,
    };
    child.answers = {
      "variable.get": ({ key }) => (key === "table" ? '{"a": 1}' : null),
      "connection.get": db,
      "xcom.get": [{ taskId: "value", mapIndex: -1, value: { json: 5 } }],
      "dag-run.get": run,
      "dag-run.trigger": { runId: "r2", created: true },
    };
    const { result } = await child.run("outcomes", "asks");
    const { connId: id, connType: type, ...rest } = db;
    expect(result).toMatchObject({
      value: {
        json: {
          variable: "from the environment",
          json: { a: 1 },
          fallback: "blue",
          missing: null,
          connection: { id, type, ...rest },
          upstream: 5,
          run,
          triggered: { runId: "r2", alreadyExisted: false },
        },
      },
    });
    expect(child.messages).toContainEqual({ type: "mask", values: ["hidden", "t0ken"] });
    expect((await child.run("outcomes", "missing_variable")).result).toMatchObject({
      error: { name: "VariableNotFoundError" },
    });
  });
});
