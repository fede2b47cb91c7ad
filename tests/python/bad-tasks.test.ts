/** Tasks and files in Python that misbehave: each says what is wrong, and the others go on. */
import { expect, it, vi } from "vitest";
import { findDag } from "../../src/store/dags.ts";
import { listImportErrors } from "../../src/store/import-errors.ts";
import { isGone } from "../executor/process-state.ts";
import { describePython } from "./find-python.ts";
import { pythonWorld } from "./python-world.ts";

const tasks = `
import ctypes, os, shutil, signal, subprocess, sys, threading, time
from airflow.sdk import DAG, task

def tasks(*functions):
    return [task(task_id=function.__name__, retries=0)(function)() for function in functions]

def segfault():
    print("before the crash", flush=True)
    ctypes.string_at(0)

def exit3():
    os._exit(3)

def deaf():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    while True:
        time.sleep(1)

def binary():
    os.write(1, b"\\xff\\xfe\\x00 bytes without an end")
    return "done"

def child():
    return subprocess.Popen(["sleep", "300"]).pid

def lock():
    return {"a": [threading.Lock()]}

def generator():
    return (n for n in range(3))

def endless():
    value = []
    value.append(value)
    return value

def no_folder():
    shutil.rmtree(os.getcwd())
    return "still here"

def thread():
    threading.Thread(target=time.sleep, args=(300,)).start()
    return "done"

def recursion():
    return recursion()

def closed():
    sys.stdout.close()
    sys.stderr.close()
    os.close(1)
    return "done"

def silent():
    os.closerange(0, 3)
    return "done"

def raises_odd():
    class Odd(Exception):
        def __str__(self):
            raise RuntimeError("no text either")
    raise Odd

with DAG("bad", schedule=None):
    after = task(task_id="after", trigger_rule="all_done")(lambda: "went on")()
    tasks(segfault, exit3, binary, child, lock, generator, endless, no_folder, thread, recursion, closed, silent, raises_odd) >> after
with DAG("deaf", schedule=None, dagrun_timeout=None):
    from datetime import timedelta
    task(task_id="deaf", retries=0, execution_timeout=timedelta(seconds=0.3))(deaf)()
`;

const header = `
from airflow.sdk import DAG, task
`;

const files = {
  "fine.py": `${header}
with DAG("fine", schedule=None):
    task(task_id="a")(lambda: 1)()
`,
  "forks.py": `${header}
import os, time
pid = os.fork()
if pid == 0:
    time.sleep(0.2)
with DAG("forks", schedule=None):
    task(task_id="a")(lambda: os.getpid() != pid)()
`,
  "threads.py": `${header}
import threading, time
threading.Thread(target=lambda: time.sleep(300), name="my-poller", daemon=True).start()
with DAG("threads", schedule=None):
    task(task_id="a")(lambda: [one.name for one in threading.enumerate()].count("my-poller"))()
`,
  "opens.py": `${header}
import os, sqlite3
path = os.path.join(os.path.dirname(__file__), "..", "rows.db")
connection = sqlite3.connect(path, check_same_thread=False)
connection.execute("CREATE TABLE IF NOT EXISTS rows (n)")
connection.execute("INSERT INTO rows VALUES (1)")
connection.commit()
with DAG("opens", schedule=None):
    task(task_id="a")(lambda: connection.execute("SELECT count(*) > 0 FROM rows").fetchone()[0])()
`,
  "slow.py": `${header}
import time
time.sleep(3)
with DAG("slow", schedule=None):
    task(task_id="a")(lambda: 1)()
`,
  "stuck.py": `${header}
import time
time.sleep(300)
`,
  "exits.py": `${header}
import os
os._exit(7)
`,
};

describePython("bad tasks in Python", { timeout: 120_000 }, () => {
  it("fail with what happened, and the others go on", async () => {
    const world = await pythonWorld({ "bad.py": tasks });
    const run = await world.run("bad");
    const last = async (taskId: string) => (await run.log(taskId)).join("\n");
    expect(run.states).toEqual({
      segfault: "failed",
      exit3: "failed",
      binary: "success",
      child: "success",
      lock: "failed",
      generator: "failed",
      endless: "failed",
      no_folder: "success",
      thread: "success",
      recursion: "failed",
      closed: "success",
      silent: "success",
      raises_odd: "failed",
      after: "success",
    });
    expect(await run.xcom("after")).toBe("went on");
    expect(await last("segfault")).toMatch(
      /before the crash[^]*Fatal Python error: Segmentation fault[^]*in segfault/,
    );
    expect(await last("segfault")).toMatch(/SIGSEGV/);
    expect(await last("exit3")).toContain("ended without a result, with exit code 3");
    expect(await last("binary")).toContain("bytes without an end");
    expect(isGone((await run.xcom("child")) as number)).toBe(true);
    expect(await last("lock")).toMatch(/expected the result of task lock at a\[0\] to be .*_thread\.lock/);
    expect(await last("generator")).toContain("may yield Metadata of assets, and it yielded int");
    expect(await last("endless")).toContain("it contains itself or is nested too deeply");
    expect(await last("recursion")).toContain("RecursionError");
    expect(await last("raises_odd")).toContain("whose text cannot be made");
  });

  it("that listen to no signal end by force", async () => {
    const world = await pythonWorld({ "bad.py": tasks }, { flags: { "core.killed_task_cleanup_time": "1" } });
    const run = await world.run("deaf");
    expect(run.states).toEqual({ deaf: "failed" });
    expect((await run.log("deaf")).join("\n")).toContain(
      "ran longer than its execution timeout of 0.3 s and is ended",
    );
  });

  it("do at import what they like, and only their own Dags are gone", async () => {
    const world = await pythonWorld(files, { flags: { "core.dag_import_timeout": "6" } });
    for (const dagId of ["fine", "forks", "threads", "opens", "slow"]) {
      await vi.waitFor(async () => expect(await findDag(world.database, dagId)).not.toBeNull(), {
        timeout: 40_000,
        interval: 100,
      });
    }
    const errors = await vi.waitFor(
      async () => {
        const found = await listImportErrors(world.database);
        expect(found.map(({ relativeFile }) => relativeFile)).toEqual(["exits.py", "stuck.py"]);
        return found;
      },
      { timeout: 40_000, interval: 100 },
    );
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/ended with exit code 7\nLikely cause: the file ends or crashes its process/),
      expect.stringMatching(/did not end within 6 s\nLikely cause: an endless loop/),
    ]);
    const values: { [dagId: string]: unknown } = {};
    for (const dagId of ["fine", "forks", "threads", "opens", "slow"]) {
      const run = await world.run(dagId, {}, { despiteProblems: true });
      values[dagId] = [run.states["a"], await run.xcom("a")];
      if (dagId === "threads")
        expect((await run.log("a")).join("\n")).toMatch(/started threads when it was imported \(my-poller\)/);
    }
    expect(values).toEqual({
      fine: ["success", 1],
      forks: ["success", true],
      threads: ["success", 0],
      opens: ["success", 1],
      slow: ["success", 1],
    });
  });
});
