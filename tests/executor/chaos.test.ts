/**
 * Workers and schedulers die in the middle of the work, again and again. A small scheduler of this test's own keeps
 * what a database would: which attempt each task has, and whether it was begun.
 */
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { ExecutorEvents } from "../../src/executor/executor.ts";
import { LocalExecutor } from "../../src/executor/local.ts";
import { signal } from "../../src/executor/process-table.ts";
import { silentLog } from "../../src/log.ts";
import { systemClock } from "../../src/time.ts";
import { workload } from "./workload.ts";

interface Task {
  attemptId: string;
  state: "queued" | "running" | "done";
}

const home = mkdtempSync(join(tmpdir(), "tradewind-chaos-"));
const marks = join(home, "marks");

/** What survives every death: tasks, their attempts, and how each attempt ended. */
class Ledger implements ExecutorEvents {
  readonly tasks: Task[] = [];
  readonly byAttempt = new Map<string, Task>();
  /** Ends that were accepted, by attempt. */
  readonly ended: string[] = [];
  executor: LocalExecutor | null = null;
  announced = new Set<string>();
  left: number;
  readonly done = Promise.withResolvers<void>();
  /** Called with the number of tasks done, to strike at chosen moments. */
  strike: (done: number) => void = () => {};

  constructor(count: number) {
    this.left = count;
    for (let i = 0; i < count; i++) this.tasks.push(this.#attempt({ attemptId: "", state: "queued" }));
  }

  #attempt(task: Task): Task {
    this.byAttempt.delete(task.attemptId);
    task.attemptId = randomUUID();
    task.state = "queued";
    this.byAttempt.set(task.attemptId, task);
    return task;
  }

  dispatch(task: Task): void {
    this.executor?.dispatch(workload({ do: "mark", file: marks }, { attemptId: task.attemptId }));
  }

  /** A scheduler starts: what no worker named is dispatched again, or given up where it had begun. */
  async start(executor: LocalExecutor): Promise<void> {
    this.executor = executor;
    this.announced = new Set();
    await executor.start(this);
    for (const task of this.tasks) {
      if (task.state === "done" || this.announced.has(task.attemptId)) continue;
      if (task.state === "running") this.#attempt(task);
      this.dispatch(task);
    }
  }

  taken(attemptId: string): void {
    this.announced.add(attemptId);
    const task = this.byAttempt.get(attemptId);
    if (task === undefined) return this.executor?.cancel(attemptId, "unknown");
    task.state = "running";
    this.executor?.begin(attemptId);
  }

  finished(attemptId: string): void {
    this.executor?.acknowledge([attemptId]);
    const task = this.byAttempt.get(attemptId);
    if (task === undefined || task.state === "done") return;
    this.ended.push(attemptId);
    task.state = "done";
    this.left--;
    this.strike(this.tasks.length - this.left);
    if (this.left === 0) this.done.resolve();
  }

  lost(attemptId: string): void {
    this.executor?.acknowledge([attemptId]);
    const task = this.byAttempt.get(attemptId);
    if (task === undefined || task.state === "done") return;
    this.dispatch(this.#attempt(task));
  }

  alive(attemptIds: readonly string[]): void {
    for (const attemptId of attemptIds) this.announced.add(attemptId);
  }
  slots(): void {}
  request(): Promise<null> {
    return Promise.resolve(null);
  }
}

function makeExecutor(): LocalExecutor {
  return new LocalExecutor({
    clock: systemClock,
    log: silentLog(),
    runFolder: join(home, "run"),
    logFolder: join(home, "logs"),
    workers: [{ name: "local", slots: 4, childEntry: join(import.meta.dirname, "fixtures", "child.ts") }],
  });
}

it("loses no task and begins no attempt twice while workers and schedulers die", {
  timeout: 120_000,
}, async () => {
  const count = 3000;
  const ledger = new Ledger(count);
  let restarting: Promise<void> = Promise.resolve();
  const restart = async (): Promise<void> => {
    await ledger.executor?.stop({ keepRunning: true, graceMs: 0 });
    await ledger.start(makeExecutor());
  };
  let strikes = 0;
  ledger.strike = (done) => {
    if (done % 250 !== 0) return;
    strikes++;
    if (strikes % 2 === 0) for (const pid of ledger.executor?.workerPids() ?? []) signal(pid, "SIGKILL");
    if (strikes % 3 !== 0) restarting = restarting.then(restart);
  };
  await ledger.start(makeExecutor());
  await ledger.done.promise;
  await restarting;
  await ledger.executor?.stop({ keepRunning: false, graceMs: 1000 });
  const begun = readFileSync(marks, "utf8").trim().split("\n");
  rmSync(home, { recursive: true, force: true });
  expect(new Set(begun).size).toBe(begun.length);
  expect(ledger.ended).toHaveLength(count);
  expect(ledger.ended.filter((attemptId) => !begun.includes(attemptId))).toEqual([]);
  expect(strikes).toBeGreaterThan(8);
});
