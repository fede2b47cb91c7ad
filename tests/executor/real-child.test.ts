/** The local executor with the program that runs TypeScript tasks, on a Dag file as a user writes it. */
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Workload } from "../../src/executor/executor.ts";
import { LocalExecutor } from "../../src/executor/local.ts";
import { silentLog } from "../../src/log.ts";
import { readLog } from "../../src/logs/read-log.ts";
import { textHash, writeSnapshot } from "../../src/runtime/code-snapshot.ts";
import { systemClock } from "../../src/time.ts";
import { isGone } from "./process-state.ts";
import { SchedulerStub } from "./scheduler-stub.ts";
import { workload } from "./workload.ts";

const dagFile = `
import { connect } from "node:net";
import { Dag } from "tradewind";
const dag = new Dag("real", { schedule: null });
dag.task("hello", async () => { console.log("hello from the task"); return { answer: 42 }; })();
dag.task("fail", async () => { throw new TypeError("bad input", { cause: new Error("the reason") }); })();
dag.task("spin", () => { console.log("spinning"); for (;;); })();
dag.task("leak", () => { setInterval(() => {}, 10); return 1; })();
dag.task("goodbye", () => new Promise((resolve) => {
  const socket = connect(Number(process.env.GOODBYE_PORT), "127.0.0.1", () => { socket.resume().write("QUIT"); resolve(1); });
}))();
dag.task("leave", () => { process.exit(3); })();
dag.task("throwLater", async () => { setTimeout(() => { throw new Error("later"); }, 1); await new Promise(() => {}); })();
dag.task("wait", async () => { console.log("waiting"); await new Promise((resolve) => setTimeout(resolve, 60_000)); })();
dag.task("heap", () => { const all: unknown[] = []; for (;;) all.push(new Array(1000).fill(all.length)); })();
`;

describe("LocalExecutor with the TypeScript child", () => {
  const home = mkdtempSync(join(tmpdir(), "tradewind-real-"));
  const dagsFolder = join(home, "dags");
  const logFolder = join(home, "logs");
  const executor = new LocalExecutor({
    clock: systemClock,
    log: silentLog(),
    runFolder: join(home, "run"),
    logFolder,
    workers: [{ name: "local", slots: 2, warmChildren: 1, killGraceMs: 500, heartbeatMs: 100 }],
  });
  const scheduler = new SchedulerStub(executor);

  beforeAll(async () => {
    mkdirSync(dagsFolder);
    writeFileSync(join(dagsFolder, "real.ts"), dagFile);
    writeSnapshot(join(home, "versions"), [[textHash(dagFile), dagFile]]);
    await executor.start(scheduler);
  });
  afterAll(async () => {
    await executor.stop({ keepRunning: false, graceMs: 500 });
    rmSync(home, { recursive: true, force: true });
  });

  function run(taskId: string, more: Parameters<typeof workload>[1] = {}): Workload {
    const base = workload({ do: "succeed" }, more);
    const code = {
      dagsFolder,
      relativeFile: "real.ts",
      versionHash: textHash(dagFile),
      snapshotFolder: join(home, "versions"),
      files: { "real.ts": textHash(dagFile) },
      interpreter: "node",
    };
    const task = { ...base.start.task, dagId: "real", taskId };
    const work = { ...base, start: { ...base.start, code, task, artifactRoot: join(home, "artifacts") } };
    executor.dispatch(work);
    return work;
  }

  const log = async (work: Workload) => (await readLog(join(logFolder, work.logPath))).records;

  it("runs a handler, returns its value and keeps what it printed", async () => {
    const work = run("hello");
    expect(await scheduler.value(work.attemptId)).toEqual({ answer: 42 });
    expect((await log(work)).map(({ message }) => message)).toContain("hello from the task");
  });

  it("reports an error with its cause chain", async () => {
    const { end } = await scheduler.wait("finished", run("fail").attemptId);
    expect(end.result).toMatchObject({
      outcome: "failed",
      error: { name: "TypeError", message: "bad input", causes: [{ message: "the reason" }] },
    });
  });

  it("uses one process for task after task, and replaces it after a leak", async () => {
    const pids: number[] = [];
    for (const task of ["hello", "hello", "leak"]) {
      const work = run(task);
      await scheduler.value(work.attemptId);
      pids.push((await scheduler.wait("taken", work.attemptId)).pid);
    }
    expect(new Set(pids).size).toBe(1);
    await vi.waitFor(() => expect(isGone(pids[0] ?? 0)).toBe(true), 10_000);
  });

  it("keeps a process whose socket waits for the other side to close it", async () => {
    const server = createServer((socket) => {
      // The answer comes some turns of the event loop later, as that of a mail server elsewhere.
      socket.once("data", () => systemClock.after(20, () => socket.end("BYE")));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const env = { GOODBYE_PORT: String((server.address() as AddressInfo).port) };
    const pids: number[] = [];
    for (const task of ["goodbye", "goodbye"]) {
      const work = run(task, { env });
      await scheduler.value(work.attemptId);
      pids.push((await scheduler.wait("taken", work.attemptId)).pid);
      const messages = (await log(work)).map(({ message }) => message);
      expect(messages.filter((message) => message.includes("left open"))).toEqual([]);
    }
    server.close();
  });

  it.each([
    ["leave", /process.exit\(3\)/],
    ["throwLater", /later/],
  ])("fails a task that ends its process or throws from a timer: %s", async (task, message) => {
    const { end } = await scheduler.wait("finished", run(task).attemptId);
    expect(end.result).toMatchObject({
      outcome: "failed",
      error: { message: expect.stringMatching(message) },
    });
  });

  it("ends a handler that never gives its event loop back, after its execution timeout", async () => {
    const work = run("spin", { start: { executionTimeout: 0.2 } });
    const { end } = await scheduler.wait("finished", work.attemptId);
    expect(end.result).toMatchObject({
      outcome: "failed",
      error: { message: expect.stringContaining("0.2 s") },
    });
    expect((await log(work)).map(({ message }) => message)).toContain("spinning");
  });

  it("lets a handler that waits be told of its timeout by its own process", async () => {
    const work = run("wait", { start: { executionTimeout: 0.2 } });
    const { end } = await scheduler.wait("finished", work.attemptId);
    expect(end.result).toMatchObject({ outcome: "failed", retryable: true });
  });

  it("cancels a handler that waits", async () => {
    const work = run("wait");
    await scheduler.wait("alive", work.attemptId);
    executor.cancel(work.attemptId, "no longer wanted");
    expect((await scheduler.wait("lost", work.attemptId)).why.message).toContain("no longer wanted");
  });

  it("names the limit when a task fills its memory", async () => {
    const work = run("heap", { isolation: "process", start: { memoryLimitMb: 200 } });
    const end = await scheduler.when(
      ({ event, attemptId }) => attemptId === work.attemptId && (event === "finished" || event === "lost"),
    );
    expect(JSON.stringify(end)).toMatch(/limit (of )?200 MiB/);
  });

  it("fails a task whose file is not there, and says which", async () => {
    const work = workload(
      { do: "succeed" },
      {
        start: { code: { ...run("hello").start.code, relativeFile: "gone.ts", files: {}, versionHash: "x" } },
      },
    );
    executor.dispatch(work);
    const { end } = await scheduler.wait("finished", work.attemptId);
    expect(end.result).toMatchObject({
      outcome: "failed",
      error: { message: expect.stringContaining("gone.ts") },
    });
  });
});
