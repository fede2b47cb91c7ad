/** The local executor with processes forked from an imported Dag file in Python, and what tasks do to them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { Workload } from "../../src/executor/executor.ts";
import { LocalExecutor } from "../../src/executor/local.ts";
import { silentLog } from "../../src/log.ts";
import { readLog } from "../../src/logs/read-log.ts";
import { textHash, writeSnapshot } from "../../src/runtime/code-snapshot.ts";
import { systemClock } from "../../src/time.ts";
import { isGone } from "../executor/process-state.ts";
import { SchedulerStub } from "../executor/scheduler-stub.ts";
import { workload } from "../executor/workload.ts";
import { describePython, requirePython } from "./find-python.ts";

const dagFile = `
import ctypes, os, signal, subprocess, sys, time
from airflow import DAG
from airflow.operators.python import PythonOperator

imported = os.getpid()

def hello():
    print("hello from the task")
    return {"answer": 42, "imported": imported, "mine": os.getpid()}

def binary():
    os.write(1, b"\\xff\\xfe\\x00 bytes\\n")
    return "done"

def left():
    return subprocess.Popen(["sleep", "60"]).pid

def left_in_a_group_of_its_own():
    return subprocess.Popen(["sleep", "60"], preexec_fn=os.setpgrp).pid

def deaf():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("deaf", flush=True)
    while True:
        time.sleep(1)

def killed():
    print("waiting", flush=True)
    time.sleep(60)

def fail():
    raise KeyError("bad input")

calls = {
    "hello": hello,
    "fail": fail,
    "exit3": lambda: os._exit(3),
    "sysexit": lambda: sys.exit(0),
    "segfault": lambda: ctypes.string_at(0),
    "binary": binary,
    "left": left,
    "left_in_group": left_in_a_group_of_its_own,
    "deaf": deaf,
    "killed": killed,
    "wanted": lambda: os.environ["WANTED"] + " " + os.getcwd(),
}
with DAG("real", schedule=None):
    for name, call in calls.items():
        PythonOperator(task_id=name, python_callable=call)
`;
const brokenFile = `from airflow import DAG
raise RuntimeError("no database here")
`;

describePython("the worker runs tasks in Python", () => {
  const home = mkdtempSync(join(tmpdir(), "tradewind-python-"));
  const dagsFolder = join(home, "dags");
  const logFolder = join(home, "logs");
  const executor = new LocalExecutor({
    clock: systemClock,
    log: silentLog(),
    runFolder: join(home, "run"),
    logFolder,
    workers: [{ name: "local", slots: 4, warmChildren: 1, killGraceMs: 300, heartbeatMs: 100 }],
  });
  const scheduler = new SchedulerStub(executor);

  beforeAll(async () => {
    mkdirSync(dagsFolder);
    for (const text of [dagFile, brokenFile]) writeSnapshot(join(home, "versions"), [[textHash(text), text]]);
    writeFileSync(join(dagsFolder, "real.py"), dagFile);
    await executor.start(scheduler);
  });
  afterAll(async () => {
    await executor.stop({ keepRunning: false, graceMs: 500 });
    rmSync(home, { recursive: true, force: true });
  });

  function run(taskId: string, more: Parameters<typeof workload>[1] = {}, text = dagFile): Workload {
    const base = workload({ do: "succeed" }, more);
    const code = {
      dagsFolder,
      relativeFile: "real.py",
      versionHash: textHash(text),
      snapshotFolder: join(home, "versions"),
      files: { "real.py": textHash(text) },
      interpreter: requirePython(),
    };
    const task = { ...base.start.task, dagId: "real", taskId };
    const work = { ...base, start: { ...base.start, code, task, artifactRoot: join(home, "artifacts") } };
    executor.dispatch(work);
    return work;
  }

  const lines = async (work: Workload): Promise<string[]> =>
    (await readLog(join(logFolder, work.logPath))).records.map(({ message }) => message);

  it("imports the file once and forks for each attempt", async () => {
    const works = ["hello", "hello", "hello"].map((task) => run(task));
    const values = await Promise.all(works.map(({ attemptId }) => scheduler.value(attemptId)));
    const pids = values as { answer: number; imported: number; mine: number }[];
    expect(pids.map(({ answer }) => answer)).toEqual([42, 42, 42]);
    expect(new Set(pids.map(({ imported }) => imported)).size).toBe(1);
    expect(new Set(pids.map(({ mine }) => mine)).size).toBe(3);
    expect(await lines(works[0] as Workload)).toContain("hello from the task");
  });

  it("reports an exception with the line of the Dag file", async () => {
    const { end } = await scheduler.wait("finished", run("fail").attemptId);
    expect(end.result).toMatchObject({
      outcome: "failed",
      retryable: true,
      error: { name: "KeyError", stack: expect.stringMatching(/real\.py", line \d+, in fail/) },
    });
  });

  it("tells how a process ended that took itself away", async () => {
    const exit = await scheduler.wait("lost", run("exit3").attemptId);
    expect(exit.why).toMatchObject({ began: true, exitCode: 3 });
    const crash = await scheduler.wait("lost", run("segfault").attemptId);
    expect(crash.why).toMatchObject({ began: true, signal: "SIGSEGV" });
  });

  it("takes sys.exit(0) for a success, as Airflow does", async () => {
    expect(await scheduler.value(run("sysexit").attemptId)).toBeNull();
  });

  it("keeps a log of a task that prints bytes which are no text", async () => {
    const work = run("binary");
    expect(await scheduler.value(work.attemptId)).toBe("done");
    expect((await lines(work)).some((line) => line.endsWith("bytes"))).toBe(true);
  });

  it.each(["left", "left_in_group"])("ends a process that a task left behind: %s", async (task) => {
    const pid = (await scheduler.value(run(task).attemptId)) as number;
    await vi.waitFor(() => expect(isGone(pid)).toBe(true), 10_000);
  });

  it("kills a task that ignores SIGTERM, after the grace", async () => {
    const work = run("deaf");
    await vi.waitFor(async () => expect(await lines(work)).toContain("deaf"), 10_000);
    executor.cancel(work.attemptId, "no longer wanted");
    expect((await scheduler.wait("lost", work.attemptId)).why.message).toContain("no longer wanted");
    const { pid } = await scheduler.wait("taken", work.attemptId);
    await vi.waitFor(() => expect(isGone(pid)).toBe(true), 10_000);
  });

  it("fails a task over its execution timeout, in its own process", async () => {
    const { end } = await scheduler.wait(
      "finished",
      run("killed", { start: { executionTimeout: 0.2 } }).attemptId,
    );
    expect(end.result).toMatchObject({ outcome: "failed", error: { code: "TW_EXECUTION_TIMEOUT" } });
  });

  it("gives a task its environment and its folder", async () => {
    const work = run("wanted", { env: { WANTED: "yes" }, cwd: home });
    expect(await scheduler.value(work.attemptId)).toBe(`yes ${home}`);
  });

  it("fails a task whose file does not import, with the error of the import", async () => {
    const { end } = await scheduler.wait("finished", run("hello", {}, brokenFile).attemptId);
    expect(end.result).toMatchObject({
      outcome: "failed",
      error: { name: "RuntimeError", message: "no database here" },
    });
  });

  it("says which interpreter cannot be started", async () => {
    const work = workload({ do: "succeed" });
    const code = { ...work.start.code, interpreter: "/nowhere/python" };
    executor.dispatch({ ...work, start: { ...work.start, code } });
    const { end } = await scheduler.wait("finished", work.attemptId);
    expect(end.result).toMatchObject({
      outcome: "failed",
      error: { message: expect.stringContaining("/nowhere/python") },
    });
  });
});
