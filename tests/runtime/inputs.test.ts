import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Json } from "../../src/core/dag-model.ts";
import type { ChildAnswers } from "../../src/runtime/protocol.ts";
import { type StartOptions, TaskChild } from "./task-child.ts";

type Pulled = ChildAnswers["xcom.get"];

/** What upstream tasks returned, in a run where `list` and `table` have run and `square` was mapped. */
const returned: { [taskId: string]: { [mapIndex: number]: Json } } = {
  list: { [-1]: [1, 2, 3] },
  table: { [-1]: { a: 1, b: 2 } },
  square: { 0: 1, 1: 4, 2: 9 },
  "group.first": { 0: 2, 1: 3, 2: 4 },
};

function pull({ taskIds, mapIndexes }: { taskIds: string[]; mapIndexes?: number[] | null }): Pulled {
  return taskIds.flatMap((taskId) =>
    Object.entries(returned[taskId] ?? {})
      .map(([mapIndex, json]) => ({ taskId, mapIndex: Number(mapIndex), value: { json } }))
      .filter(({ mapIndex }) => !mapIndexes || mapIndexes.includes(mapIndex))
      .toSorted((a, b) => a.mapIndex - b.mapIndex),
  );
}

let warm: TaskChild;

beforeAll(() => {
  warm = new TaskChild();
});
afterAll(() => warm[Symbol.asyncDispose]());

/** What the task returned in the child that the tests share, or how it ended otherwise. */
async function value(taskId: string, mapIndex = -1, more: StartOptions = {}) {
  warm.answers = { "xcom.get": pull };
  const { result } = await warm.run("inputs", taskId, { ...more, task: { mapIndex } });
  return result.outcome === "success" ? (result.value as { json?: Json } | undefined)?.json : result;
}

async function values(taskId: string, ...mapIndexes: number[]) {
  const all = [];
  for (const mapIndex of mapIndexes) all.push(await value(taskId, mapIndex));
  return all;
}

describe("inputs", () => {
  it("takes literals and what upstream tasks returned", async () => {
    expect(await value("add")).toBe(8);
    expect(await value("sum")).toBe(14);
  });

  it("takes values of the start message without asking", async () => {
    await using child = new TaskChild();
    const xcoms = [{ taskId: "list", mapIndex: -1, key: "return_value", value: { json: [1, 2] } }];
    expect((await child.run("inputs", "add", { xcoms })).result).toMatchObject({ value: { json: 7 } });
    expect((await child.run("inputs", "square", { xcoms, task: { mapIndex: 1 } })).result).toMatchObject({
      value: { json: 4 },
    });
    expect(child.requests).toEqual([]);
  });

  it("asks for the one element that an instance is of, and takes it picked or not", async () => {
    await using child = new TaskChild();
    child.answers = { "xcom.get": pull };
    expect((await child.run("inputs", "square", { task: { mapIndex: 2 } })).result).toMatchObject({
      value: { json: 9 },
    });
    expect(child.requested("xcom.get")).toEqual([
      { taskIds: ["list"], key: "return_value", mapIndexes: [-1], item: 2 },
    ]);
    child.answers = { "xcom.get": [{ taskId: "list", mapIndex: -1, value: { json: 7 }, item: true }] };
    expect((await child.run("inputs", "square", { task: { mapIndex: 2 } })).result).toMatchObject({
      value: { json: 49 },
    });
  });

  it("varies the last name of a cross product fastest", async () => {
    expect(await values("cross", 0, 1, 2, 5)).toEqual(["1a", "1b", "2a", "3b"]);
  });

  it("expands objects as pairs, mapped tasks as the list of their values, and applies map, zip and concat", async () => {
    expect(await value("pair", 1)).toEqual(["b", 2]);
    expect(await value("over_mapped", 2)).toBe(-9);
    expect(await value("stepped", 2)).toEqual([30, "r"]);
    expect(await value("stepped", 1)).toEqual({ outcome: "skipped", message: "no twos" });
    expect(await values("joined", 0, 2, 3, 5)).toEqual([1, 3, 1, 9]);
  });

  it("asks for its own elements of what is zipped and concatenated, where the lengths are known", async () => {
    await using child = new TaskChild();
    const lengths = { list: 3, square: 3 };
    const asked = async (taskId: string, mapIndex: number) => {
      child.requests.length = 0;
      const { result } = await child.run("inputs", taskId, { task: { mapIndex }, lengths });
      return [result, child.requested("xcom.get")];
    };
    const one = (taskId: string, mapIndex: number, json: Json) => [
      { taskId, mapIndex, value: { json }, item: true },
    ];
    child.answers = { "xcom.get": one("square", 0, 1) };
    expect(await asked("joined", 3)).toMatchObject([
      { value: { json: 1 } },
      [{ taskIds: ["square"], mapIndexes: null, item: 0 }],
    ]);
    child.answers = { "xcom.get": one("list", -1, 3) };
    expect(await asked("stepped", 2)).toMatchObject([
      { value: { json: [30, "r"] } },
      [{ taskIds: ["list"], mapIndexes: [-1], item: 2 }],
    ]);
  });

  it("stays in its own instance inside of a mapped group", async () => {
    expect(await value("group.first", 2)).toBe(4);
    expect(await value("group.second", 1)).toBe(6);
  });

  it("says what is wrong with an expansion", async () => {
    expect(await value("square", 7)).toMatchObject({
      outcome: "failed",
      error: {
        code: "TW_MAP_VALUE",
        message: 'instance 7 of task "square", argument "x": expected at least 8 elements, got 3',
      },
    });
    await using child = new TaskChild();
    child.answers = { "xcom.get": [{ taskId: "list", mapIndex: -1, value: { json: 5 } }] };
    expect((await child.run("inputs", "square", { task: { mapIndex: 0 } })).result).toMatchObject({
      error: {
        code: "TW_MAP_VALUE",
        message: expect.stringContaining("expected an array or an object, got 5"),
      },
    });
  });

  it("merges params of the Dag and the run, and checks them", async () => {
    expect(await value("params")).toEqual({ n: 3, name: "x" });
    expect(await value("params", -1, { run: { conf: { n: 5, more: 1 } } })).toEqual({
      n: 5,
      name: "x",
      more: 1,
    });
    expect(await value("params", -1, { run: { conf: { n: 0 } } })).toMatchObject({
      outcome: "failed",
      error: { code: "TW_PARAM_INVALID", message: expect.stringContaining('param "n"') },
    });
  });
});

describe("templates in a child", () => {
  it("renders options, runs the command and publishes what was rendered", async () => {
    await using child = new TaskChild();
    child.answers = { "xcom.get": pull, "variable.get": "from a variable" };
    const { result } = await child.run("inputs", "bash");
    const line = "2024-02-28 x 6 from a variable [1, 2, 3]";
    expect(result).toMatchObject({ outcome: "success", value: { json: line } });
    expect(child.logs()).toEqual(["info: start", `info: ${line}`]);
    expect(child.requested("rendered-fields.set")).toEqual([
      {
        fields: {
          bashCommand: "echo start; echo 2024-02-28 x 6 $EXTRA [1, 2, 3]",
          env: { EXTRA: "from a variable" },
        },
      },
    ]);
  });

  it("fails with the option and the place of an undefined name", async () => {
    expect(await value("bash_undefined")).toMatchObject({
      outcome: "failed",
      error: {
        code: "TW_TEMPLATE_UNDEFINED",
        message: expect.stringContaining('option "bashCommand" of task "bash_undefined", line 1, column 9'),
      },
    });
  });

  it("renders files that an option names", async () => {
    expect(await value("bash_file")).toBe("from file 2024-02-28");
  });

  it("renders literals of an expansion, and labels instances", async () => {
    expect(await value("bash_mapped", 0)).toBe("one 2024-02-28");
    await using child = new TaskChild();
    await child.run("inputs", "labelled", { task: { mapIndex: 1 } });
    expect(child.requested("rendered-fields.set")).toEqual([
      { fields: {}, mapIndexLabel: "two.csv of inputs" },
    ]);
  });
});

describe("commands that are told to end", () => {
  /** A zombie is dead; who reaps it is the machine's affair. */
  const isAlive = (pid: number) => {
    try {
      return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
    } catch {
      return false;
    }
  };

  /** Starts the task and gives the pid that its command printed. */
  async function begin(child: TaskChild, taskId: string, more: StartOptions = {}): Promise<number> {
    child.begin("inputs", taskId, more);
    const { message } = await child.next("log");
    return Number(message);
  }

  it("ends the command's group after a timeout, and the process can be used again", async () => {
    await using child = new TaskChild();
    const pid = await begin(child, "bash_sleeps", { executionTimeout: 0.3 });
    expect(await child.next("result")).toMatchObject({
      result: { outcome: "failed", error: { code: "TW_EXECUTION_TIMEOUT" } },
      leaked: [],
    });
    expect(isAlive(pid)).toBe(false);
  });

  it("gives a cancelled command time to clean up", async () => {
    await using child = new TaskChild();
    const pid = await begin(child, "bash_cleans");
    child.send({ type: "cancel", reason: "cleared" });
    expect(await child.next("result")).toMatchObject({ result: { error: { code: "TW_TASK_CANCELLED" } } });
    expect(child.logs()).toEqual([`info: ${pid}`, "info: cleaned"]);
    expect((await child.exited).code).toBe(0);
  });

  it("leaves none behind that will not end, when the process goes", async () => {
    await using child = new TaskChild();
    const pid = await begin(child, "bash_ignores", { executionTimeout: 0.3 });
    expect((await child.next("result")).leaked).not.toEqual([]);
    child.send({ type: "shutdown" });
    await child.exited;
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false));
  });
});

describe("callbacks", () => {
  const logsOf = async (taskId: string, more: StartOptions = {}) => {
    await using child = new TaskChild();
    const { result } = await child.run("inputs", taskId, more);
    return { outcome: result.outcome, logs: child.logs() };
  };

  it("calls the ones of the outcome, with notifiers rendered", async () => {
    expect(await logsOf("good")).toEqual({
      outcome: "success",
      logs: ["info: executing good: ", "info: success good: ", "info: told of good on 2024-02-28"],
    });
    expect((await logsOf("bad")).logs).toEqual(["info: executing bad: ", "info: failure bad: broke"]);
    expect((await logsOf("bad", { task: { maxTries: 1 } })).logs).toEqual([
      "info: executing bad: ",
      "info: retry bad: broke",
    ]);
    expect((await logsOf("skips")).logs).toEqual([
      "info: executing skips: ",
      "info: skipped skips: not today",
    ]);
    expect((await logsOf("hooks")).logs).toEqual(["info: before", "info: after 1"]);
  });

  it("logs a callback that fails and keeps the outcome", async () => {
    expect(await logsOf("callback_fails")).toEqual({
      outcome: "success",
      logs: ["error: onSuccessCallback failed: Error: callback broke"],
    });
  });
});
