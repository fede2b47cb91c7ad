import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { appearance, bench, dagText, PatientClock } from "./processor-bench.ts";

/** Breaks a file that was good, and gives the problem; its good version has to be there still. */
async function breakWith(text: string, others: Record<string, string> = {}) {
  const clock = new PatientClock();
  const { sink, processor, write, folder } = bench(
    { "a.ts": dagText("one"), "b.ts": dagText("two"), ...others },
    { clock },
  );
  await processor.start();
  const good = sink.dags.get("one")?.hash;
  write({ "a.ts": text });
  if (text.includes(hangs)) {
    await appearance(folder, "hangs");
    clock.pass(20_000);
  }
  await sink.until(() => sink.problems.has("a.ts"));
  expect(sink.dags.get("one")?.hash).toBe(good);
  expect(sink.dags.has("two")).toBe(true);
  write({ "a.ts": dagText("one", "// repaired") });
  await sink.until(() => !sink.problems.has("a.ts"));
  expect(sink.dags.get("one")?.hash).not.toBe(good);
  return sink.outcomes.findLast((one) => one.problem !== null)?.problem;
}

/** Says in a Dag file that it will not come to its end: by a file beside it. */
const hangs =
  'import { writeFileSync } from "node:fs";\nwriteFileSync(new URL("hangs", import.meta.url), "");';

describe("a file that is broken keeps its last good version, and says", () => {
  it.each([
    [
      "a syntax error",
      dagText("one").replace("hello();", "hello(;"),
      { code: "TW_SYNTAX", line: 5, column: 7, message: /Expression expected/ },
    ],
    [
      "a name declared twice",
      dagText("one", "const hello = 1;"),
      { code: "TW_SYNTAX", line: 4, column: 7, message: /'hello' has already been declared/ },
    ],
    [
      "what it throws",
      dagText("one", 'throw new TypeError("no such thing");'),
      { code: "TW_DAG_FILE_THROWS", line: 2, column: 7, message: /TypeError: no such thing/ },
    ],
    [
      "what it throws when it is no error",
      dagText("one", 'throw { reason: "none" };'),
      { code: "TW_DAG_FILE_THROWS", message: /expected an Error to be thrown, got \{"reason":"none"\}/ },
    ],
    [
      "a typo in an option",
      dagText("one").replace("schedule:", "schedul:"),
      { line: 3, message: /schedule/ },
    ],
    [
      "a name that is not defined",
      dagText("one", "console.log(undefinedName);"),
      {
        code: "TW_DAG_FILE_THROWS",
        line: 2,
        column: 13,
        message: /"undefinedName" is neither imported nor declared in a\.ts/,
      },
    ],
    [
      "a misspelt import",
      dagText("one", 'import { halper } from "./lib.ts";\nvoid halper;'),
      { code: "TW_SYNTAX", line: 2, message: /did you mean "helper"/ },
    ],
    [
      "a missing file",
      dagText("one", 'import { helper } from "./lob.ts";\nvoid helper;'),
      { code: "TW_IMPORT_NOT_FOUND", line: 2, column: 25, message: /did you mean "\.\/lib\.ts"/ },
    ],
    [
      "a package that is not installed",
      dagText("one", 'import "left-pad-of-tomorrow";'),
      { code: "TW_IMPORT_NOT_FOUND", line: 2, column: 9, message: /run npm install left-pad-of-tomorrow in/ },
    ],
    [
      "a schedule that never fires",
      dagText("one").replace("null", '"0 0 31 2 *"'),
      { code: "TW_CRON_NEVER_FIRES", line: 3, message: /never fires/ },
    ],
    [
      "a cron that is none",
      dagText("one").replace("null", '"99 * * * *"'),
      { code: "TW_CRON_SYNTAX", line: 3, message: /minute must be 0–59, got "99"/ },
    ],
    [
      "a call of process.exit",
      dagText("one", "process.exit(3);"),
      { code: "TW_DAG_FILE_EXIT", line: 2, column: 9, message: /process\.exit\(3\) was called/ },
    ],
    [
      "a promise that nobody awaits",
      dagText("one", 'void Promise.reject(new Error("left behind"));'),
      { code: "TW_DAG_FILE_THROWS", line: 2, message: /left behind/ },
    ],
    [
      "what kills its process",
      dagText("one", 'process.kill(process.pid, "SIGKILL");'),
      { code: "TW_DAG_FILE_CRASH", message: /ended with signal SIGKILL/ },
    ],
    [
      "that a task is never called",
      dagText("one").replace("hello();", ""),
      { code: "TW_TASK_UNCALLED", line: 4 },
    ],
  ] as const)("%s", async (_what, text, expected) => {
    const problem = await breakWith(text, { "lib.ts": "export const helper = 1;\n" });
    const { message, ...rest } = expected as { message?: RegExp };
    expect(problem).toMatchObject(rest);
    if (message !== undefined) expect(problem?.message).toMatch(message);
    expect(problem?.stacktrace).not.toBe("");
  });

  it("that it did not end in time, and other files are imported meanwhile", async () => {
    const clock = new PatientClock();
    const { sink, processor, write, folder } = bench(
      { "a.ts": dagText("one"), "b.ts": dagText("two") },
      { clock, importTimeout: 3, parallelism: 1 },
    );
    await processor.start();
    const good = sink.dags.get("one")?.hash;
    write({ "a.ts": dagText("one", `${hangs}\nfor (;;) {}`) });
    await appearance(folder, "hangs");
    write({ "c.ts": dagText("three") });
    // What takes a second does not hold back the others.
    clock.pass(1000);
    await sink.until(() => sink.dags.has("three"));
    clock.pass(3000);
    await sink.until(() => sink.problems.has("a.ts"));
    expect(sink.problems.get("a.ts")).toMatchObject({
      code: "TW_DAG_FILE_TIMEOUT",
      message: expect.stringContaining("the import of a.ts did not end within 3 s"),
    });
    expect(sink.dags.get("one")?.hash).toBe(good);
  });

  it("that a top-level await never ends", async () => {
    const problem = await breakWith(dagText("one", `${hangs}\nawait new Promise(() => {});`));
    expect(problem?.code).toBe("TW_DAG_FILE_TIMEOUT");
  });

  it("the place in the other file where the mistake is", async () => {
    const { sink, processor } = bench({
      "a.ts": dagText("one", 'import "./lib/deep.ts";'),
      "lib/deep.ts": "\nconst x = ;\n",
    });
    await processor.start();
    expect(sink.problems.get("a.ts")).toMatchObject({
      code: "TW_SYNTAX",
      message: expect.stringMatching(/^lib\/deep\.ts:2:11: /),
      line: 2,
    });
  });

  it("and is imported again when what it lacked appears", async () => {
    const { sink, processor, write } = bench({ "a.ts": dagText("one", 'import "./later.ts";') });
    await processor.start();
    expect(sink.problems.get("a.ts")?.code).toBe("TW_IMPORT_NOT_FOUND");
    write({ "later.ts": "export {};" });
    await sink.until(() => sink.dags.has("one"));
    expect(sink.problems.size).toBe(0);
  });
});

describe("importing processes", () => {
  it("end when nothing is to be imported", async () => {
    const { processor } = bench({ "a.ts": dagText("one") }, { idleSeconds: 0.5 });
    await processor.start();
    expect(importChildren()).toHaveLength(1);
    await expect.poll(importChildren, { timeout: 20_000 }).toEqual([]);
  });

  it("are replaced after so many files", async () => {
    const files = Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`f${i}.ts`, withPid(`dag${i}`)]));
    // An import that takes long would bring another process.
    const clock = new PatientClock();
    const { processor, sink } = bench(files, { clock, filesPerChild: 2, parallelism: 1 });
    await processor.start();
    const pids = [...sink.dags.values()].map((dag) => dag.spec.tags[0]);
    expect(pids).toHaveLength(5);
    expect(new Set(pids).size).toBe(3);
  });

  it("die with what a file started in them", async () => {
    const sleeper =
      'import { spawn } from "node:child_process";\nspawn("sleep", ["4242"], { stdio: "ignore" }).unref();\nfor (;;) {}';
    const { processor, sink } = bench({ "a.ts": dagText("one", sleeper) }, { importTimeout: 1.5 });
    await processor.start();
    expect(sink.problems.get("a.ts")?.code).toBe("TW_DAG_FILE_TIMEOUT");
    await expect
      .poll(() => processes((command) => command.includes("sleep\u00004242")), { timeout: 10_000 })
      .toEqual([]);
  });
});

const withPid = (dagId: string): string =>
  dagText(dagId).replace("schedule: null", "schedule: null, tags: [String(process.pid)]");

function importChildren(): string[] {
  return processes((command, parent) => command.includes("import-child") && parent === process.pid);
}

function processes(which: (command: string, parent: number) => boolean): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const parent = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      return which(readFileSync(`/proc/${pid}/cmdline`, "utf8"), Number(parent));
    } catch {
      return false;
    }
  });
}
