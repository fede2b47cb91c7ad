/** Handlers that misbehave, run for real: what the one who started the run is told, and what the logs keep. */
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LogRecord } from "../../src/logs/log-record.ts";
import { makeWorld, type Outcome, type World } from "../cli/command.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";

const dag = `import { Dag } from "tradewind";
const dag = new Dag("bad", { schedule: null });
const memory = { memoryLimitMb: 120 };
const task = (id: string, handler: () => unknown, options = {}) => dag.task(id, handler as () => Promise<undefined>, options)();
task("throws_a_number", () => { throw 42; });
task("throws_nothing", () => Promise.reject());
task("throws_later", () => new Promise((_, reject) => setTimeout(() => reject(new Error("later", { cause: new RangeError("first") })), 10)));
task("never_ends", () => new Promise(() => undefined), { executionTimeout: 1 });
task("loops", () => { for (;;); }, { executionTimeout: 1 });
task("prints", () => { const line = "x".repeat(1000); for (let i = 0; i < 100_000; i++) console.log(line); });
task("heap", () => { const all: number[][] = []; for (;;) all.push(new Array(10_000).fill(1.5)); }, { env: { NODE_OPTIONS: "--max-old-space-size=60" } });
task("buffers", async () => { const all: Buffer[] = []; for (;;) { all.push(Buffer.alloc(10_000_000, 1)); await new Promise((go) => setTimeout(go, 20)); } }, memory);
task("returns_a_function", () => () => 1);
task("returns_itself", () => { const a: { a?: unknown } = {}; a.a = a; return a; });
task("returns_200_mb", () => "x".repeat(200_000_000));
task("exits", () => process.exit(3));
task("dies", () => process.kill(process.pid, "SIGKILL"));
task("good", () => 1);
`;

let database: TestDatabase;
let world: World;
let outcome: Outcome;
let states: Map<string, string>;

beforeAll(async () => {
  database = await createDatabase();
  world = makeWorld({ databaseUrl: database.url, dags: { "bad.ts": dag } });
  world.environment["TRADEWIND__LOGGING__MAX_TASK_LOG_BYTES"] = "1048576";
  world.environment["TRADEWIND__CORE__KILLED_TASK_CLEANUP_TIME"] = "1";
  outcome = await world.command("dags", "test", "bad", "-r", "one");
  const rows = await world.json("tasks", "states-for-dag-run", "bad", "one");
  states = new Map(rows.map((row) => [String(row["task_id"]), String(row["state"])]));
}, 180_000);

afterAll(async () => {
  world.remove();
  await database.drop();
});

function logFile(taskId: string): string {
  const [file] = globSync(`dag_id=bad/run_id=one/task_id=${taskId}/attempt=1.log`, {
    cwd: join(world.home, "logs"),
  });
  return join(world.home, "logs", file ?? "none");
}

const records = (taskId: string): LogRecord[] =>
  readFileSync(logFile(taskId), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as LogRecord);

test.each([
  ["throws_a_number", "it threw a number: 42"],
  ["throws_nothing", "it threw undefined"],
  ["throws_later", "Error: later"],
  ["never_ends", "ran longer than its execution timeout of 1 s"],
  ["loops", "ran longer than its execution timeout of 1 s"],
  ["heap", "ran out of JavaScript heap memory"],
  ["buffers", "more than its limit of 120 MiB"],
  ["returns_a_function", "expected the result of the handler to be a JSON value, got a function"],
  ["returns_itself", "TW_XCOM_VALUE"],
  ["exits", "process.exit(3)"],
  ["dies", "signal SIGKILL"],
])("%s fails, and its end is told on the terminal and in its log", (taskId, message) => {
  expect(states.get(taskId)).toBe("failed");
  const lines = records(taskId);
  expect(lines[0]?.message).toMatch(/^bad\..* starts: try 1 of 1, process \d+ on /);
  expect(lines.at(-1)?.message).toMatch(/ after \d+\.\d\d s, try 1 of 1$/);
  const text = lines.map((line) => line.message).join("\n");
  expect(text).toContain(message);
});

test("the exit code says that the run failed, and the last lines why, with the log's path", () => {
  expect(outcome.code).toBe(1);
  expect(outcome.stdout).toContain("throws_later failed: Error: later\n    at ");
  expect(outcome.stdout).toContain("caused by RangeError: first");
  expect(outcome.stdout).toContain(`log: ${logFile("throws_later")}`);
  expect(outcome.stdout).toContain("… and 1 more failed");
  expect(outcome.stdout).toContain("bad ended with failed");
});

test("100 MB of output cost a task nothing but the end of its log, which says so", () => {
  expect(states.get("prints")).toBe("success");
  expect(statSync(logFile("prints")).size).toBeLessThan(2_000_000);
  const messages = records("prints").map((line) => line.message);
  expect(messages.some((message) => message.includes("logging.max_task_log_bytes"))).toBe(true);
  expect(messages.some((message) => /lines were dropped/.test(message))).toBe(true);
  expect(messages.at(-1)).toMatch(/^success after/);
});

test("a value of 200 MB goes to the artifact store, by reference", () => {
  expect(states.get("returns_200_mb")).toBe("success");
  const files = globSync("artifacts/**/*", { cwd: world.home }).map((file) => join(world.home, file));
  expect(files.some((file) => statSync(file).size >= 200_000_000)).toBe(true);
});

test("the others are not harmed", () => {
  expect(states.get("good")).toBe("success");
  expect(existsSync(logFile("good"))).toBe(false);
});
