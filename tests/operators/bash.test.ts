import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { BashOperator, BashSensor, Dag } from "../../src/index.ts";
import { testTask } from "../../src/testing/index.ts";

const run = (options: Omit<ConstructorParameters<typeof BashOperator>[0], "taskId">) => {
  const dag = new Dag("shell");
  dag.add(new BashOperator({ taskId: "run", ...options }));
  return testTask(dag, "run", { logicalDate: "2024-02-28T06:30:00Z" });
};

describe("BashOperator", () => {
  it("gives the last line of both outputs in their order, and logs every line", async () => {
    const { value, logs } = await run({ bashCommand: "echo one; echo two >&2; printf three" });
    expect(value).toBe("three");
    expect(logs.map(({ message }) => message)).toEqual(["one", "two", "three"]);
  });

  it("skips on exit code 99 or the ones it is told, and fails on the others", async () => {
    expect((await run({ bashCommand: "exit 99" })).outcome).toBe("skipped");
    expect((await run({ bashCommand: "exit 7", skipOnExitCode: [7, 8] })).outcome).toBe("skipped");
    expect(await run({ bashCommand: "exit 99", skipOnExitCode: null })).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining("got 99"),
    });
    expect(await run({ bashCommand: "echo because; exit 3" })).toMatchObject({
      outcome: "failed",
      message: expect.stringMatching(/expected exit code 0, got 3 of: echo because.*its last line: because/),
    });
    expect(await run({ bashCommand: "kill -9 $$" })).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining("SIGKILL"),
    });
  });

  it("gives the command its own environment, or adds to the inherited one", async () => {
    const command = 'echo "$A-${HOME:-none}-$AIRFLOW_CTX_DAG_ID"';
    expect((await run({ bashCommand: command, env: { A: "{{ ds }}" } })).value).toBe("2024-02-28-none-shell");
    expect((await run({ bashCommand: command, env: { A: "x" }, appendEnv: true })).value).toMatch(
      /^x-\/.*-shell$/,
    );
    expect((await run({ bashCommand: command })).value).toMatch(/^-\/.*-shell$/);
  });

  it("runs in a folder of its own that is deleted, or in the given one, which must exist", async () => {
    const { value } = await run({ bashCommand: "touch left; pwd" });
    expect(existsSync(String(value))).toBe(false);
    expect((await run({ bashCommand: "pwd", cwd: "/" })).value).toBe("/");
    expect(await run({ bashCommand: "pwd", cwd: "/no/such" })).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining("which does not exist"),
    });
  });

  it("passes the last line through outputProcessor, and survives output without a newline", async () => {
    expect(
      (
        await run({
          bashCommand: "echo '{\"a\": [1]}'",
          outputProcessor: (line) => JSON.parse(line) as unknown,
        })
      ).value,
    ).toEqual({ a: [1] });
    expect(
      String((await run({ bashCommand: "head -c 300000 /dev/zero | tr '\\0' x" })).value).length,
    ).toBeLessThanOrEqual(65536);
  });
});

describe("BashSensor", () => {
  it("waits for exit code 0, and fails on a code that is not the one for not yet", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tw-bash-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const dag = new Dag("shell");
    const count = join(folder, "count");
    writeFileSync(count, "");
    dag.add(
      new BashSensor({ taskId: "wait", bashCommand: `printf x >> ${count}; test "$(cat ${count})" = xxx` }),
    );
    dag.add(new BashSensor({ taskId: "strict", bashCommand: "exit 4", retryExitCode: 1 }));
    expect(await testTask(dag, "wait")).toMatchObject({ outcome: "success" });
    expect(await testTask(dag, "strict")).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining("got 4"),
    });
  });
});
