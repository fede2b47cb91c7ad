/** What only the local executor has: processes of this machine, sockets, users. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { LocalExecutor, type LocalExecutorOptions, type LocalWorker } from "../../src/executor/local.ts";
import { signal } from "../../src/executor/process-table.ts";
import { startWorker } from "../../src/executor/worker/main.ts";
import { defaultWorkerSettings, type WorkerSettings } from "../../src/executor/worker/settings.ts";
import { readWorkerRecords } from "../../src/executor/worker/worker-record.ts";
import { silentLog } from "../../src/log.ts";
import { systemClock } from "../../src/time.ts";
import { isGone } from "./process-state.ts";
import { SchedulerStub } from "./scheduler-stub.ts";
import { workload } from "./workload.ts";

const childEntry = join(import.meta.dirname, "fixtures", "child.ts");
const local: LocalWorker = {
  name: "local",
  slots: 2,
  warmChildren: 1,
  heartbeatMs: 100,
  killGraceMs: 300,
  childEntry,
};

class Home {
  readonly path: string;
  readonly #executors: LocalExecutor[] = [];

  constructor(path = mkdtempSync(join(tmpdir(), "tradewind-workers-"))) {
    this.path = path;
  }

  get runFolder(): string {
    return join(this.path, "run");
  }

  executor(options: Partial<LocalExecutorOptions> = {}): LocalExecutor {
    const executor = new LocalExecutor({
      clock: systemClock,
      log: silentLog(),
      runFolder: this.runFolder,
      logFolder: join(this.path, "logs"),
      workers: [local],
      ...options,
    });
    this.#executors.push(executor);
    return executor;
  }

  async start(options: Partial<LocalExecutorOptions> = {}) {
    const executor = this.executor(options);
    const scheduler = new SchedulerStub(executor);
    await executor.start(scheduler);
    return { executor, scheduler };
  }

  async close(): Promise<void> {
    for (const executor of this.#executors) await executor.stop({ keepRunning: false, graceMs: 100 });
    rmSync(this.path, { recursive: true, force: true });
  }
}

const it = test.extend<{ home: Home }>({
  // Vitest reads which fixtures a fixture needs from its pattern.
  // oxlint-disable-next-line no-empty-pattern
  home: async ({}, use) => {
    const home = new Home();
    await use(home);
    await home.close();
  },
});

describe.concurrent("workers of this machine", () => {
  it("outlive a scheduler that is killed, and are adopted with what they run", async ({ home }) => {
    const fixture = join(import.meta.dirname, "fixtures", "scheduler.ts");
    const args = [fixture, home.runFolder, join(home.path, "logs"), childEntry, "attempt-1"];
    const killed = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const workerPid = Number(String(await new Promise((resolve) => killed.stdout.once("data", resolve))));
    const exited = new Promise((resolve) => killed.once("exit", resolve));
    killed.kill("SIGKILL");
    await exited;
    const executor = home.executor();
    const scheduler = new SchedulerStub(executor);
    scheduler.onRequest = async () => "from the second scheduler";
    await executor.start(scheduler);
    expect(executor.workerPids()).toEqual([workerPid]);
    expect(await scheduler.value("attempt-1")).toBe("from the second scheduler");
  });

  it("that do not answer are replaced", async ({ home }) => {
    const first = await home.start();
    const work = workload({ do: "spin" });
    first.executor.dispatch(work);
    const { pid } = await first.scheduler.wait("taken", work.attemptId);
    const [hung = 0] = first.executor.workerPids();
    await first.executor.stop({ keepRunning: true, graceMs: 0 });
    signal(hung, "SIGSTOP");
    const { executor } = await home.start({ adoptionMs: 200 });
    expect(executor.workerPids()).not.toContain(hung);
    expect([hung, pid].map(isGone)).toEqual([true, true]);
  });

  it("that the configuration does not name any more end when their tasks have", async ({ home }) => {
    const first = await home.start();
    const work = workload({ do: "ask", key: "k" });
    first.scheduler.onRequest = () => new Promise(() => {});
    first.executor.dispatch(work);
    await first.scheduler.wait("request", work.attemptId);
    const [old = 0] = first.executor.workerPids();
    await first.executor.stop({ keepRunning: true, graceMs: 0 });
    const { executor, scheduler } = await home.start({ workers: [{ ...local, name: "other" }] });
    await scheduler.wait("finished", work.attemptId);
    await vi.waitFor(() => expect(isGone(old)).toBe(true), 10_000);
    expect(executor.workerPids()).toHaveLength(1);
  });

  it("take only from their queues", async ({ home }) => {
    const workers = [
      { ...local, name: "cpu", queues: ["default"] },
      { ...local, name: "gpu", queues: ["gpu", "big"] },
    ];
    const { executor, scheduler } = await home.start({ workers });
    const pids = readWorkerRecords(home.runFolder).map(({ name, workerId }) => [name, workerId] as const);
    const workerIds = Object.fromEntries(pids);
    const works = ["gpu", "default", "big"].map((queue) => workload({ do: "succeed" }, { queue }));
    for (const work of works) executor.dispatch(work);
    const takers = await Promise.all(
      works.map(async ({ attemptId }) => (await scheduler.wait("taken", attemptId)).workerId),
    );
    expect(takers).toEqual([workerIds["gpu"], workerIds["cpu"], workerIds["gpu"]]);
  });

  it("leave nothing on disk after an orderly end", async ({ home }) => {
    const { executor } = await home.start();
    expect(readWorkerRecords(home.runFolder)).toHaveLength(1);
    await executor.stop({ keepRunning: false, graceMs: 100 });
    expect(readWorkerRecords(home.runFolder)).toEqual([]);
  });

  it("are told apart from processes that got their number later", async ({ home }) => {
    const workers = join(home.runFolder, "workers");
    mkdirSync(workers, { recursive: true });
    const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stranger = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
    const identity = { pid: stranger.pid, startTime: 1 };
    const record = {
      workerId: "w",
      name: "local",
      bootId,
      worker: identity,
      children: [identity],
      unacknowledged: [],
    };
    writeFileSync(join(workers, "w.json"), JSON.stringify(record));
    await home.start();
    expect(isGone(stranger.pid ?? 0)).toBe(false);
    stranger.kill("SIGKILL");
  });

  it("serve one scheduler: a second one in the same home is refused", async ({ home }) => {
    await home.start();
    await expect(home.executor().start(new SchedulerStub(home.executor()))).rejects.toMatchObject({
      code: "TW_WORKER_START",
      message: expect.stringContaining("no other scheduler was expected"),
    });
  });

  it("are reached in a home whose path is longer than a socket's address", async () => {
    const home = new Home(join(mkdtempSync(join(tmpdir(), "tradewind-workers-")), "deep".repeat(40)));
    const { executor, scheduler } = await home.start();
    const work = workload({ do: "succeed", value: 1 });
    executor.dispatch(work);
    expect(await scheduler.value(work.attemptId)).toBe(1);
    await home.close();
  });

  it("that die at once are reported with their last words", async ({ home }) => {
    mkdirSync(home.runFolder, { recursive: true });
    writeFileSync(join(home.runFolder, "workers"), "a file where a folder should be");
    const executor = home.executor();
    await expect(executor.start(new SchedulerStub(executor))).rejects.toMatchObject({
      code: "TW_WORKER_START",
      hint: expect.stringMatching(/EEXIST|ENOTDIR/),
    });
  });
});

function settingsFor(home: Home, port: number, token: string): WorkerSettings {
  const tokenFile = join(home.path, "token");
  writeFileSync(tokenFile, token);
  return {
    ...defaultWorkerSettings,
    name: "remote",
    managed: false,
    connect: { host: "127.0.0.1", port, tokenFile },
    runFolder: join(home.path, "remote-run"),
    logFolder: join(home.path, "remote-logs"),
    childEntry,
    logLevel: "silent",
  };
}

describe.concurrent("workers over TCP", () => {
  const tcp = { host: "127.0.0.1", port: 0, token: "s3cret-token" };

  it("run tasks when their token is right", async ({ home }) => {
    const { executor, scheduler } = await home.start({ workers: [], tcp });
    const worker = await startWorker(settingsFor(home, executor.tcpPort ?? 0, tcp.token));
    const work = workload({ do: "succeed", value: "far away" });
    executor.dispatch(work);
    expect(await scheduler.value(work.attemptId)).toBe("far away");
    await worker.stop("the test ends", 100);
  });

  it("are refused, and end, when it is not", async ({ home }) => {
    const { executor } = await home.start({ workers: [], tcp });
    const worker = await startWorker(settingsFor(home, executor.tcpPort ?? 0, "another token"));
    await worker.ended;
    expect(executor.workerPids()).toEqual([]);
  });
});

describe.runIf(userInfo().uid === 0).concurrent("run as user", () => {
  it("starts a task as another user, with that user's name and home", async ({ home }) => {
    const { executor, scheduler } = await home.start();
    const work = workload({ do: "describe" }, { runAsUser: "nobody" });
    executor.dispatch(work);
    const { uid, env } = (await scheduler.value(work.attemptId)) as {
      uid: number;
      env: Record<string, string>;
    };
    expect(uid).not.toBe(0);
    expect(env["USER"]).toBe("nobody");
  });
});
