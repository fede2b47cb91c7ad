import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Json } from "../../src/core/dag-model.ts";
import { FrameConnection } from "../../src/runtime/frames.ts";
import type { TriggererEvent, TriggererMessage } from "../../src/runtime/protocol.ts";
import { TimerQueue } from "../../src/runtime/timer-queue.ts";
import { SimulatedClock } from "../../src/testing/simulated-clock.ts";
import { startTask } from "./task-child.ts";

const entry = join(import.meta.dirname, "../../src/runtime/triggerer.ts");

class Triggerer {
  readonly process: ChildProcess;
  readonly events: TriggererEvent[] = [];
  readonly exited: Promise<number | null>;
  answer: (method: string, params: unknown) => Json = () => null;
  readonly #connection: FrameConnection<TriggererEvent, TriggererMessage>;
  #notify: () => void = () => undefined;

  constructor() {
    const env = { PATH: process.env["PATH"], NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache") };
    this.process = spawn(process.execPath, [entry], { stdio: ["ignore", "inherit", "inherit", "pipe"], env });
    this.exited = new Promise((resolve) => this.process.on("close", resolve));
    this.#connection = new FrameConnection<TriggererEvent, TriggererMessage>(
      this.process.stdio[3] as Duplex,
      {
        message: (event) => {
          this.events.push(event);
          if (event.type === "request")
            this.#connection.answer(event.id, Promise.resolve(this.answer(event.method, event.params)));
          this.#notify();
        },
        closed: () => undefined,
      },
    );
    onTestFinished(async () => {
      this.#connection.destroy();
      await this.exited;
    });
  }

  send(message: TriggererMessage): void {
    this.#connection.send(message);
    this.#connection.flush();
  }

  trigger(triggerId: string, classpath: string, kwargs: { [name: string]: Json }, forTask = true): void {
    const { code, task, logLevel } = startTask("triggers", "wait");
    this.send({
      type: "trigger",
      triggerId,
      trigger: { classpath, kwargs },
      code,
      task: forTask ? task : null,
      logLevel,
    });
  }

  /** Resolves when so many events of the types are there. */
  async until<T extends TriggererEvent["type"]>(
    count: number,
    ...types: T[]
  ): Promise<Extract<TriggererEvent, { type: T }>[]> {
    for (;;) {
      const found = this.events.filter((event) => (types as string[]).includes(event.type));
      if (found.length >= count) return found as Extract<TriggererEvent, { type: T }>[];
      await new Promise<void>((resolve) => {
        this.#notify = resolve;
      });
    }
  }
}

const past = "2024-01-01T00:00:00Z";

describe("the triggerer", () => {
  it("fires instants that are due, and fails a trigger that cannot be", async () => {
    const triggerer = new Triggerer();
    triggerer.trigger("a", "DateTimeTrigger", { moment: past });
    triggerer.trigger("b", "TimeDeltaTrigger", { delta: 0.01 });
    triggerer.trigger("c", "DateTimeTrigger", { moment: "soon" });
    triggerer.trigger("d", "NoSuchTrigger", {});
    triggerer.trigger("e", "DateTimeTrigger", { moment: "2100-01-01T00:00:00Z" });
    const fired = await triggerer.until(2, "fired");
    expect(fired.find(({ triggerId }) => triggerId === "a")).toEqual({
      type: "fired",
      triggerId: "a",
      event: past,
      last: true,
    });
    const failed = await triggerer.until(2, "trigger-failed");
    expect(Object.fromEntries(failed.map(({ triggerId, error }) => [triggerId, error.code]))).toEqual({
      c: "TW_OPTION_INVALID",
      d: "TW_TRIGGER_UNKNOWN",
    });
  });

  it("holds 10 000 instants and gives up those that are cancelled or replaced", async () => {
    const triggerer = new Triggerer();
    for (let i = 0; i < 10_000; i++)
      triggerer.trigger(`t${i}`, "DateTimeTrigger", { moment: "2100-01-01T00:00:00Z" });
    triggerer.send({ type: "cancel-trigger", triggerId: "t5" });
    triggerer.trigger("t7", "DateTimeTrigger", { moment: past });
    expect(await triggerer.until(1, "fired")).toEqual([
      { type: "fired", triggerId: "t7", event: past, last: true },
    ]);
  });

  it("runs triggers of Dag files: once for a task, again and again for a watcher", async () => {
    const triggerer = new Triggerer();
    triggerer.trigger("once", "CountTrigger", { upTo: 3 });
    triggerer.trigger("watch", "CountTrigger", { upTo: 3 }, false);
    triggerer.trigger("throws", "ThrowingTrigger", {});
    triggerer.trigger("bad", "BadEventTrigger", {});
    const fired = await triggerer.until(4, "fired");
    expect(fired.filter(({ triggerId }) => triggerId === "once")).toEqual([
      { type: "fired", triggerId: "once", event: { n: 1 }, last: true },
    ]);
    expect(
      fired.filter(({ triggerId }) => triggerId === "watch").map(({ event, last }) => [event, last]),
    ).toEqual([
      [{ n: 1 }, false],
      [{ n: 2 }, false],
      [{ n: 3 }, false],
    ]);
    const failed = await triggerer.until(3, "trigger-failed");
    expect(
      Object.fromEntries(failed.map(({ triggerId, error }) => [triggerId, error.message])),
    ).toMatchObject({
      throws: "it broke",
      bad: expect.stringContaining("got a function"),
      watch: expect.stringContaining("ended without one"),
    });
  });

  it("asks about other runs and looks for files", async () => {
    const triggerer = new Triggerer();
    const folder = mkdtempSync(join(tmpdir(), "tw-trigger-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    let looks = 0;
    triggerer.answer = (method) =>
      method === "dag-run.get" ? { state: ++looks < 3 ? "running" : "success" } : null;
    triggerer.trigger("run", "DagStateTrigger", {
      dagId: "other",
      runId: "r",
      states: ["success", "failed"],
      pollInterval: 0.01,
    });
    expect(await triggerer.until(1, "fired")).toEqual([
      { type: "fired", triggerId: "run", event: { runId: "r", state: "success" }, last: true },
    ]);
    expect(looks).toBe(3);
    triggerer.trigger("file", "FileTrigger", {
      filepath: join(folder, "*.csv"),
      recursive: false,
      pollInterval: 0.01,
    });
    writeFileSync(join(folder, "a.csv"), "");
    expect((await triggerer.until(2, "fired"))[1]).toMatchObject({
      triggerId: "file",
      event: [join(folder, "a.csv")],
    });
  });

  it("outlives an error outside of any trigger, and ends with its supervisor", async () => {
    const triggerer = new Triggerer();
    triggerer.trigger("stray", "StrayTrigger", {});
    const [log] = await triggerer.until(1, "log");
    expect(log?.message).toContain("in a timer of a trigger");
    triggerer.trigger("after", "DateTimeTrigger", { moment: past });
    expect(await triggerer.until(1, "fired")).toMatchObject([{ triggerId: "after" }]);
    triggerer.process.stdio[3]?.destroy();
    expect(await triggerer.exited).toBe(0);
  });
});

describe("the timer queue", () => {
  it("fires in the order of time on one timer, and forgets what is cancelled", () => {
    const clock = new SimulatedClock(0);
    const queue = new TimerQueue(clock);
    const fired: number[] = [];
    const timers = [5, 1, 4, 2, 3].map((at) => queue.at(at * 1000, () => fired.push(at)));
    timers[2]?.cancel();
    expect(queue.size).toBe(4);
    for (let i = 0; i < 5; i++) clock.advance();
    expect(fired).toEqual([1, 2, 3, 5]);
    expect(queue.size).toBe(0);
  });
});
