/**
 * What every executor must do, whatever runs its tasks. `make` starts one with two slots, short graces (below a
 * second) and a heartbeat of 100 ms, whose task processes are `fixtures/child.ts`.
 */
import { describe, expect, test, vi } from "vitest";
import type { Executor } from "../../src/executor/executor.ts";
import type { LogRecord } from "../../src/logs/log-record.ts";
import type { Behaviour } from "./behaviour.ts";
import { isGone } from "./process-state.ts";
import { SchedulerStub } from "./scheduler-stub.ts";
import { workload } from "./workload.ts";

export interface ExecutorUnderTest {
  /** Another executor for the same workers, as the next scheduler would make it; not started. */
  connect(): Executor;
  /** SIGKILLs every worker process; what their tasks do then is the executor's business. */
  killWorkers(): void;
  /** Records of an attempt's log file. */
  log(logPath: string): Promise<LogRecord[]>;
  /** Ends everything, killing what does not end. */
  close(): Promise<void>;
}

export interface ExecutorOptions {
  readonly maxTaskLogBytes?: number;
  readonly reconnectMs?: number;
  readonly tasksPerChild?: number;
}

interface Started {
  readonly under: ExecutorUnderTest;
  readonly executor: Executor;
  readonly scheduler: SchedulerStub;
}
type StartOptions = ExecutorOptions & { begin?: boolean; acknowledge?: boolean };

async function connect(under: ExecutorUnderTest, options: { begin?: boolean; acknowledge?: boolean } = {}) {
  const executor = under.connect();
  const scheduler = new SchedulerStub(executor, options);
  await executor.start(scheduler);
  return { executor, scheduler };
}

/** What the task itself wrote: without the worker's lines about the attempt's start and end. */
const written = (records: readonly LogRecord[]): LogRecord[] =>
  records.filter(({ logger }) => logger !== "worker");

export function executorConformance(
  name: string,
  make: (options?: ExecutorOptions) => ExecutorUnderTest,
): void {
  const it = test.extend<{ start: (options?: StartOptions) => Promise<Started> }>({
    // Vitest reads which fixtures a fixture needs from its pattern.
    // oxlint-disable-next-line no-empty-pattern
    start: async ({}, use) => {
      const running: ExecutorUnderTest[] = [];
      await use(async (options = {}) => {
        const under = make(options);
        running.push(under);
        return { under, ...(await connect(under, options)) };
      });
      await Promise.all(running.map((under) => under.close()));
    },
  });

  const leave = { keepRunning: true, graceMs: 0 };

  describe.concurrent(`${name}: the life of an attempt`, () => {
    it("reports taken, starts the handler only after begin, then finished", async ({ start }) => {
      const { executor, scheduler } = await start({ begin: false });
      const work = workload({ do: "ask", key: "k" });
      scheduler.onRequest = async () => "answer";
      executor.dispatch(work);
      await scheduler.wait("taken", work.attemptId);
      await scheduler.wait("alive", work.attemptId);
      expect(scheduler.seen.filter(({ event }) => event === "request")).toEqual([]);
      executor.begin(work.attemptId);
      executor.begin(work.attemptId);
      expect(await scheduler.value(work.attemptId)).toBe("answer");
      expect(scheduler.story(work.attemptId)).toEqual(["taken", "finished"]);
    });

    it("takes the most urgent first where more wait than there are slots", async ({ start }) => {
      const { executor, scheduler } = await start();
      const holders = [1, 2].map(() => workload({ do: "ask", key: "hold" }));
      const gate = Promise.withResolvers<null>();
      scheduler.onRequest = () => gate.promise;
      for (const work of holders) executor.dispatch(work);
      await Promise.all(holders.map(({ attemptId }) => scheduler.wait("request", attemptId)));
      const works = [1, 9, 5, 7, 3].map((priority) => workload({ do: "succeed" }, { priority }));
      for (const work of works) executor.dispatch(work);
      gate.resolve(null);
      await Promise.all(works.map(({ attemptId }) => scheduler.wait("finished", attemptId)));
      const order = scheduler.seen.filter(({ event }) => event === "taken").map(({ attemptId }) => attemptId);
      const priorities = order
        .slice(2)
        .map((id) => works.find(({ attemptId }) => attemptId === id)?.priority);
      expect(priorities).toEqual([9, 7, 5, 3, 1]);
    });

    it("tells the free slots as they change", async ({ start }) => {
      const { executor, scheduler } = await start();
      const works = [1, 2, 3].map(() => workload({ do: "ask", key: "hold" }));
      const gate = Promise.withResolvers<null>();
      scheduler.onRequest = () => gate.promise;
      await scheduler.when((seen) => seen.event === "slots" && seen.free === 2 && seen.total === 2);
      for (const work of works) executor.dispatch(work);
      await scheduler.when((seen) => seen.event === "slots" && seen.free === 0);
      gate.resolve(null);
      await Promise.all(works.map(({ attemptId }) => scheduler.wait("finished", attemptId)));
      await scheduler.when(
        (seen) =>
          seen === scheduler.seen.findLast(({ event }) => event === "slots") &&
          "free" in seen &&
          seen.free === 2,
      );
    });

    it("runs a thousand quick tasks, each once", async ({ start }) => {
      const { executor, scheduler } = await start({ tasksPerChild: 300 });
      const works = Array.from({ length: 1000 }, (_, i) => workload({ do: "succeed", value: i }));
      for (const work of works) executor.dispatch(work);
      const values = await Promise.all(works.map(({ attemptId }) => scheduler.value(attemptId)));
      expect(values).toEqual(works.map((_, i) => i));
      const ends = scheduler.seen.filter(({ event }) => event === "finished" || event === "lost");
      expect(ends).toHaveLength(1000);
    });

    it("passes on refusals of requests with their code", async ({ start }) => {
      const { executor, scheduler } = await start();
      scheduler.onRequest = async () => {
        throw Object.assign(new Error("no variable k"), { code: "TW_NOT_FOUND" });
      };
      const work = workload({ do: "ask", key: "k" });
      executor.dispatch(work);
      expect(await scheduler.value(work.attemptId)).toEqual({
        code: "TW_NOT_FOUND",
        message: "no variable k",
      });
    });

    it("ignores a result that names another attempt, and ends the process that sent it", async ({
      start,
    }) => {
      const { executor, scheduler } = await start();
      const work = workload({ do: "stale-result" });
      executor.dispatch(work);
      const { why } = await scheduler.wait("lost", work.attemptId);
      expect(why).toMatchObject({ began: true, signal: "SIGKILL" });
      expect(scheduler.seen.some(({ attemptId }) => attemptId === "another-attempt")).toBe(false);
    });

    it("fails an attempt whose result is over the limit of a frame, and says so", async ({ start }) => {
      const { executor, scheduler } = await start();
      const work = workload({ do: "huge-frame" });
      executor.dispatch(work);
      const { end } = await scheduler.wait("finished", work.attemptId);
      expect(end.result).toMatchObject({ outcome: "failed", error: { code: "TW_FRAME_TOO_LARGE" } });
    });
  });

  describe.concurrent(`${name}: ends that nobody wished`, () => {
    it.for<[string, Behaviour, object]>([
      [
        "exit code",
        { do: "exit", code: 3, stderr: "out of luck" },
        { exitCode: 3, message: /exit code 3.*out of luck/ },
      ],
      [
        "exit code 0",
        { do: "exit", code: 0 },
        { exitCode: 0, message: /without a result, with exit code 0/ },
      ],
      ["signal", { do: "signal", signal: "SIGSEGV" }, { signal: "SIGSEGV", message: /signal SIGSEGV/ }],
      ["SIGKILL", { do: "signal", signal: "SIGKILL" }, { signal: "SIGKILL", message: /memory ran out/ }],
    ])("reports a process that ended by itself as lost: %s", async ([, behaviour, expected], { start }) => {
      const { executor, scheduler, under } = await start();
      const work = workload(behaviour);
      executor.dispatch(work);
      const { why } = await scheduler.wait("lost", work.attemptId);
      const { message, ...rest } = expected as { message: RegExp };
      expect(why).toMatchObject({ began: true, ...rest });
      expect(why.message).toMatch(message);
      // The last line is the attempt's end; the reason stands before it.
      expect((await under.log(work.logPath)).at(-2)?.message).toBe(why.message);
      const next = workload({ do: "succeed", value: 1 });
      executor.dispatch(next);
      expect(await scheduler.value(next.attemptId)).toBe(1);
    });

    it.for(["exit", "report", "ignore"] as const)(
      "cancels a task that does on cancel: %s",
      async (onCancel, { start }) => {
        const { executor, scheduler } = await start();
        const work = workload({ do: "wait", onCancel });
        executor.dispatch(work);
        await scheduler.wait("request", work.attemptId);
        const { pid } = await scheduler.wait("taken", work.attemptId);
        executor.cancel(work.attemptId, "the run was marked failed");
        const { why } = await scheduler.wait("lost", work.attemptId);
        expect(why).toMatchObject({ began: true, message: "cancelled: the run was marked failed" });
        expect(isGone(pid)).toBe(true);
      },
    );

    it("cancels a task that holds its event loop", async ({ start }) => {
      const { executor, scheduler } = await start();
      const work = workload({ do: "spin" });
      executor.dispatch(work);
      await scheduler.wait("alive", work.attemptId);
      executor.cancel(work.attemptId, "stop");
      await scheduler.wait("lost", work.attemptId);
    });

    it("cancels what waits: for begin, and for a slot", async ({ start }) => {
      const { executor, scheduler } = await start({ begin: false });
      const works = Array.from({ length: 6 }, () => workload({ do: "succeed" }));
      for (const work of works) executor.dispatch(work);
      await scheduler.wait("taken", works[0]?.attemptId);
      for (const work of works.toReversed()) executor.cancel(work.attemptId, "changed my mind");
      for (const { attemptId } of works) {
        expect((await scheduler.wait("lost", attemptId)).why).toMatchObject({ began: false });
      }
    });

    it("ends a task that runs over its execution timeout without minding it", async ({ start }) => {
      const { executor, scheduler } = await start();
      const work = workload({ do: "spin" }, { start: { executionTimeout: 0.05 } });
      executor.dispatch(work);
      const { end } = await scheduler.wait("finished", work.attemptId);
      expect(end.result).toMatchObject({
        outcome: "failed",
        retryable: true,
        error: { code: "TW_EXECUTION_TIMEOUT", message: expect.stringContaining("0.05 s") },
      });
    });

    it.for(["warm", "process"] as const)(
      "ends a task over its memory limit and names it (%s)",
      async (isolation, { start }) => {
        const { executor, scheduler } = await start();
        const work = workload({ do: "allocate" }, { isolation, start: { memoryLimitMb: 300 } });
        executor.dispatch(work);
        const { end } = await scheduler.wait("finished", work.attemptId);
        expect(end.result).toMatchObject({
          outcome: "failed",
          error: { code: "TW_MEMORY_LIMIT", message: expect.stringContaining("limit of 300 MiB") },
        });
      },
    );

    it.for([
      { isolation: "process", escape: false, afterwards: "succeed" },
      { isolation: "warm", escape: false, afterwards: "succeed" },
      { isolation: "warm", escape: false, afterwards: "exit" },
      { isolation: "warm", escape: false, afterwards: "wait" },
      { isolation: "warm", escape: true, afterwards: "wait" },
    ] as const)("leaves no process of a task behind: %o", async ({ isolation, ...more }, { start }) => {
      const { executor, scheduler } = await start();
      const work = workload({ do: "orphan", ...more }, { isolation });
      executor.dispatch(work);
      const { request } = await scheduler.wait("request", work.attemptId);
      const orphan = Number(request.method === "variable.get" ? request.params.key.split(":")[1] : 0);
      if (more.afterwards === "wait") executor.cancel(work.attemptId, "stop");
      if (more.afterwards === "succeed") {
        await scheduler.value(work.attemptId);
        await vi.waitFor(() => expect(isGone(orphan)).toBe(true), 10_000);
      } else {
        await scheduler.wait("lost", work.attemptId);
        expect(isGone(orphan)).toBe(true);
      }
    });
  });

  describe.concurrent(`${name}: what survives what`, () => {
    it("keeps tasks running without a scheduler, and the next one adopts them", async ({ start }) => {
      const { executor, scheduler, under } = await start();
      const [held, quick] = [workload({ do: "ask", key: "hold" }), workload({ do: "ask", key: "quick" })];
      scheduler.onRequest = () => new Promise(() => {});
      executor.dispatch(held);
      executor.dispatch(quick);
      await Promise.all([held, quick].map(({ attemptId }) => scheduler.wait("request", attemptId)));
      const { pid } = await scheduler.wait("taken", held.attemptId);
      await executor.stop(leave);
      expect(isGone(pid)).toBe(false);

      const second = under.connect();
      const next = new SchedulerStub(second);
      next.onRequest = async (_, { method }) => `${method} answered by the second`;
      await second.start(next);
      // Named before `start` resolved: what was not would be gone.
      expect(
        next.seen
          .filter(({ event }) => event === "alive")
          .map(({ attemptId }) => attemptId)
          .sort(),
      ).toEqual([held.attemptId, quick.attemptId].sort());
      expect(await next.value(held.attemptId)).toBe("variable.get answered by the second");
      expect(await next.value(quick.attemptId)).toBe("variable.get answered by the second");
      expect(next.story(held.attemptId)).toEqual(["finished"]);
    });

    it("announces what waits for begin to the next scheduler, and starts it once", async ({ start }) => {
      const { executor, scheduler, under } = await start({ begin: false });
      const work = workload({ do: "succeed", value: "once" });
      executor.dispatch(work);
      await scheduler.wait("taken", work.attemptId);
      await executor.stop(leave);
      const next = await connect(under);
      expect(await next.scheduler.value(work.attemptId)).toBe("once");
      expect(next.scheduler.story(work.attemptId)).toEqual(["taken", "finished"]);
    });

    it("tells an end that was not acknowledged to the next scheduler, and an acknowledged one to nobody", async ({
      start,
    }) => {
      const { executor, scheduler, under } = await start({ acknowledge: false });
      const works = [1, 2].map((value) => workload({ do: "succeed", value }));
      for (const work of works) executor.dispatch(work);
      for (const { attemptId } of works) await scheduler.wait("finished", attemptId);
      const [kept, forgotten] = works.map(({ attemptId }) => attemptId) as [string, string];
      executor.acknowledge([forgotten]);
      await executor.stop(leave);

      const second = await connect(under);
      await second.scheduler.value(kept);
      expect(second.scheduler.story(kept)).toEqual(["finished"]);
      expect(second.scheduler.story(forgotten)).toEqual([]);
      await second.executor.stop(leave);

      const third = await connect(under);
      const last = workload({ do: "succeed" });
      third.executor.dispatch(last);
      await third.scheduler.wait("finished", last.attemptId);
      expect(third.scheduler.story(kept)).toEqual([]);
    });

    it("tells an end that came while no scheduler was there", async ({ start }) => {
      const { executor, scheduler, under } = await start();
      const work = workload({ do: "wait", onCancel: "exit" }, { start: { executionTimeout: 0.01 } });
      executor.dispatch(work);
      await scheduler.wait("request", work.attemptId);
      await executor.stop(leave);
      const { scheduler: next } = await connect(under);
      const { end } = await next.wait("finished", work.attemptId);
      expect(end.result).toMatchObject({ error: { code: "TW_EXECUTION_TIMEOUT" } });
    });

    it("replaces a killed worker; what began is lost, what waited for begin never began, the rest runs", async ({
      start,
    }) => {
      const { executor, scheduler, under } = await start({ begin: false });
      const began = workload({ do: "spin" });
      const taken = workload({ do: "succeed" }, { priority: 0 });
      const waiting = [1, 2, 3, 4].map((value) => workload({ do: "succeed", value }, { priority: -1 }));
      for (const work of [began, taken, ...waiting]) executor.dispatch(work);
      const { pid } = await scheduler.wait("taken", began.attemptId);
      await scheduler.wait("taken", taken.attemptId);
      executor.begin(began.attemptId);
      await scheduler.wait("alive", began.attemptId);
      under.killWorkers();
      expect((await scheduler.wait("lost", began.attemptId)).why.began).toBe(true);
      // It held its event loop and could not see that its worker was gone.
      expect(isGone(pid)).toBe(true);
      expect((await scheduler.wait("lost", taken.attemptId)).why.began).toBe(false);
      for (const { attemptId } of waiting) {
        await scheduler.wait("taken", attemptId);
        executor.begin(attemptId);
        await scheduler.value(attemptId);
      }
    });

    it("ends its tasks when no scheduler comes back, and the next worker tells how they ended", async ({
      start,
    }) => {
      const { executor, scheduler, under } = await start({ reconnectMs: 200 });
      const work = workload({ do: "wait", onCancel: "exit" });
      executor.dispatch(work);
      const { pid } = await scheduler.wait("taken", work.attemptId);
      await scheduler.wait("request", work.attemptId);
      await executor.stop(leave);
      await vi.waitFor(() => expect(isGone(pid)).toBe(true), 10_000);
      const { scheduler: next } = await connect(under);
      expect((await next.wait("lost", work.attemptId)).why.message).toMatch(/no scheduler answered/);
    });

    it("ends everything on a stop that keeps nothing", async ({ start }) => {
      const { executor, scheduler } = await start();
      const works = [workload({ do: "spin" }), workload({ do: "wait", onCancel: "exit" })];
      for (const work of works) executor.dispatch(work);
      const pids = await Promise.all(
        works.map(async ({ attemptId }) => (await scheduler.wait("taken", attemptId)).pid),
      );
      await scheduler.wait("alive", works[0]?.attemptId);
      await executor.stop({ keepRunning: false, graceMs: 300 });
      expect(pids.map(isGone)).toEqual([true, true]);
      for (const { attemptId } of works) expect(scheduler.story(attemptId)).toEqual(["taken", "lost"]);
    });
  });

  describe.concurrent(`${name}: processes and logs`, () => {
    it("reuses a warm process, and gives a fresh one to isolation, env and cwd", async ({ start }) => {
      const { executor, scheduler } = await start();
      const describe = async (more: Parameters<typeof workload>[1] = {}) => {
        const work = workload({ do: "describe" }, more);
        executor.dispatch(work);
        return (await scheduler.value(work.attemptId)) as {
          pid: number;
          cwd: string;
          env: Record<string, string>;
        };
      };
      const first = await describe();
      const isolated = await describe({ isolation: "process" });
      const withEnv = await describe({ env: { COLOUR: "green" } });
      const elsewhere = await describe({ cwd: "/" });
      const again = await describe();
      expect(again.pid).toBe(first.pid);
      expect(new Set([first.pid, isolated.pid, withEnv.pid, elsewhere.pid]).size).toBe(4);
      expect(withEnv.env["COLOUR"]).toBe("green");
      expect(again.env["COLOUR"]).toBeUndefined();
      expect(elsewhere.cwd).toBe("/");
      expect(again.cwd).toBe(first.cwd);
    });

    it.for([{ leaked: ["Timeout"] }, { heapMb: 100_000 }])(
      "replaces a process after %o",
      async (trouble, { start }) => {
        const { executor, scheduler } = await start();
        const leaky = workload({ do: "succeed", ...trouble });
        executor.dispatch(leaky);
        const { pid } = await scheduler.wait("taken", leaky.attemptId);
        await scheduler.value(leaky.attemptId);
        await vi.waitFor(() => expect(isGone(pid)).toBe(true), 10_000);
      },
    );

    it.for<[Parameters<typeof workload>[1], string, RegExp]>([
      [{ cwd: "/no/such/folder" }, "TW_TASK_PROCESS", /existing folder was expected/],
      [{ runAsUser: "nobody-at-all" }, "TW_RUN_AS_USER", /existing user was expected/],
    ])("fails a task that asks for what cannot be had: %o", async ([more, code, message], { start }) => {
      const { executor, scheduler } = await start();
      const work = workload({ do: "succeed" }, more);
      executor.dispatch(work);
      const { end } = await scheduler.wait("finished", work.attemptId);
      expect(end.result).toMatchObject({
        outcome: "failed",
        error: { code, message: expect.stringMatching(message) },
      });
      expect(scheduler.story(work.attemptId)).toEqual(["taken", "finished"]);
    });

    it("writes what a task prints and logs to its file, all of it before its end is told", async ({
      start,
    }) => {
      const { executor, scheduler, under } = await start();
      const printed = workload({ do: "print", text: "one\ntwo\r\n\nlast without end", error: "oh dear\n" });
      const binary = workload({ do: "print", text: "\u00ff\u00fe\u0000\u0001ok", encoding: "latin1" });
      const logged = workload({ do: "log", message: "the password is hunter2222", mask: ["hunter2222"] });
      for (const work of [printed, binary, logged]) {
        executor.dispatch(work);
        await scheduler.value(work.attemptId);
      }
      const lines = written(await under.log(printed.logPath)).map(({ level, logger, message }) => [
        level,
        logger,
        message,
      ]);
      expect(lines).toHaveLength(5);
      expect(lines.filter(([, logger]) => logger === "task.stdout")).toEqual([
        ["info", "task.stdout", "one"],
        ["info", "task.stdout", "two"],
        ["info", "task.stdout", ""],
        ["info", "task.stdout", "last without end"],
      ]);
      expect(lines).toContainEqual(["error", "task.stderr", "oh dear"]);
      expect(written(await under.log(binary.logPath))[0]?.message).toMatch(/ok$/);
      expect(written(await under.log(logged.logPath))).toEqual([
        {
          time: "2026-01-31T08:00:00.000Z",
          level: "warning",
          logger: "my.logger",
          message: "the password is ***",
          n: 1,
        },
      ]);
    });

    it("hides a variable of a sensitive name and a password that the task was told", async ({ start }) => {
      const { executor, scheduler, under } = await start();
      scheduler.onRequest = async () => "swordfish";
      const work = workload({ do: "ask", key: "mail_password", print: true });
      executor.dispatch(work);
      expect(await scheduler.value(work.attemptId)).toBe("swordfish");
      expect(written(await under.log(work.logPath))[0]?.message).toBe('the value is "***"');
    });

    it("hides in rendered fields and in errors what the log hides", async ({ start }) => {
      const { executor, scheduler } = await start();
      const asked: unknown[] = [];
      scheduler.onRequest = async (_attemptId, request) => {
        asked.push(request);
        return null;
      };
      const fields = { bash_command: "login hunter2222", env: { DB_PASSWORD: "short", HOME: "/root" } };
      const work = workload({ do: "fail", fields, message: "no entry for hunter2222", mask: ["hunter2222"] });
      executor.dispatch(work);
      const { end } = await scheduler.wait("finished", work.attemptId);
      expect(JSON.stringify([asked, end])).not.toContain("hunter2222");
      expect(asked).toContainEqual(
        expect.objectContaining({
          params: {
            fields: { bash_command: "login ***", env: { DB_PASSWORD: "***", HOME: "/root" } },
            mapIndexLabel: "no entry for ***",
          },
        }),
      );
      expect(end.result).toMatchObject({
        outcome: "failed",
        error: {
          message: "no entry for ***",
          stack: "at no entry for ***",
          causes: [{ message: "no entry for ***" }],
        },
      });
    });

    it.for([100, 50_000_000])(
      "survives 100 MB of output in lines of %i bytes; the log is cut",
      async (lineLength, { start }) => {
        const { executor, scheduler, under } = await start({ maxTaskLogBytes: 1_000_000 });
        const work = workload({
          do: "flood",
          bytes: lineLength > 1e6 ? 50_000_000 : 100_000_000,
          lineLength,
        });
        executor.dispatch(work);
        await scheduler.value(work.attemptId);
        const records = await under.log(work.logPath);
        expect(records.some(({ message }) => message.includes("limit of 1000000 bytes"))).toBe(true);
        expect(JSON.stringify(records).length).toBeLessThan(2_000_000);
      },
    );

    it("runs callbacks of Dags in a process of their own, and says how they ended", async ({ start }) => {
      const { executor, under } = await start();
      const callback = (id: string, context: object) => {
        const message = { type: "run-callback", dagId: "d", callback: "success", context } as never;
        return executor.runCallback({ id, message, logPath: `callbacks/${id}.log` });
      };
      await callback("good", {});
      expect((await under.log("callbacks/good.log")).map(({ message }) => message)).toEqual([
        "callback runs",
      ]);
      await expect(callback("bad", { fail: "no network" })).rejects.toThrow(/no network/);
      await expect(callback("crash", { exit: 4 })).rejects.toThrow(/exit code 4/);
    });

    it("does not run a callback again whose end was not heard of", async ({ start }) => {
      const { executor, under } = await start();
      const callback = (id: string, context: object) => {
        const message = { type: "run-callback", dagId: "d", callback: "success", context } as never;
        return executor.runCallback({ id, message, logPath: `callbacks/${id}.log` });
      };
      for (let i = 0; i < 2; i++) {
        await callback("again", {});
        await expect(callback("bad again", { fail: "no network" })).rejects.toThrow(/no network/);
      }
      expect(await under.log("callbacks/again.log")).toHaveLength(1);
    });
  });
}
