/**
 * Keeps one worker process alive: adopts the one that an earlier scheduler left, starts one where there is none,
 * and starts the next when it dies, slower when it dies again and again.
 *
 *   adopting --hello--> here --dead--> starting --hello--> here
 *      `--silent: killed--> starting        `--died--> (pause) starting
 */

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TradewindError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { ownFile } from "../own-file.ts";
import { environmentForTasks } from "../runtime/environment.ts";
import { type Clock, delay, type Timer } from "../time.ts";
import { isAlive, type ProcessIdentity, signal } from "./process-table.ts";
import { RestartPause } from "./restart-pause.ts";
import type { WorkerSettings } from "./worker/settings.ts";
import { inheritFromDeadWorkers, isWorkerAlive, readWorkerRecords } from "./worker/worker-record.ts";

export interface KeeperOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: WorkerSettings;
  /** How long a worker that is alive may take to come back. */
  readonly adoptionMs: number;
}

const entry = ownFile(import.meta.dirname, "worker/main");
const startMs = 30_000;
/** Deaths without a greeting after which a start has failed. */
const startTries = 3;
const adoptionLookMs = 20;
const lookMs = 100;
/** A worker that lived for two seconds was in order: one that cannot run, or that its first task takes down, dies before. */
const pauses = { firstMs: 50, longestMs: 10_000, settledMs: 2000 };

export class WorkerKeeper {
  readonly #options: KeeperOptions;
  #process: ProcessIdentity | null = null;
  #child: ChildProcess | null = null;
  #here = false;
  #hello = Promise.withResolvers<void>();
  /** Resolved when the first worker died too often before it greeted. */
  readonly #failed = Promise.withResolvers<void>();
  #deaths = 0;
  readonly #pause: RestartPause;
  #timer: Timer | null = null;
  #closed = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#pause = new RestartPause(options.clock, pauses);
  }

  get name(): string {
    return this.#options.settings.name;
  }

  get slots(): number {
    return this.#options.settings.slots;
  }

  /** Resolves when the worker has greeted. Throws TW_WORKER_START when none can be started. */
  async start(): Promise<void> {
    const { settings, adoptionMs, log } = this.#options;
    const records = readWorkerRecords(settings.runFolder).filter(({ name }) => name === settings.name);
    const alive = records.find(isWorkerAlive);
    if (alive !== undefined) {
      this.#process = alive.worker;
      if (await this.#greetsWithin(adoptionMs)) return;
      log.warn(
        { worker: settings.name, pid: alive.worker.pid },
        "the worker that was left does not answer: replaced",
      );
      await this.#kill(alive.worker);
    }
    this.#spawn();
    if (await this.#greetsWithin(startMs)) return;
    this.letGo();
    throw new TradewindError(
      "TW_WORKER_START",
      `worker ${settings.name} did not start within ${startMs / 1000} s`,
      {
        hint: this.#lastWords(),
      },
    );
  }

  /** The worker of this name greeted. */
  arrived(process: ProcessIdentity): void {
    this.#here = true;
    this.#process = process;
    this.#hello.resolve();
  }

  /** Its connection closed: it comes back by itself if it lives. */
  left(): void {
    this.#here = false;
    this.#hello = Promise.withResolvers();
    // A death may be known before its connection closes: then the next start is due, and a look must not take its timer.
    if (!this.#closed && this.#process !== null) this.#watch();
  }

  /** No more worker is started; the one that is there stays. */
  letGo(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#child?.unref();
  }

  /** Waits until the worker has ended, and ends it and all it leads when that takes too long. */
  async end(graceMs: number): Promise<void> {
    this.letGo();
    const { clock, settings } = this.#options;
    const process = this.#process;
    if (process === null) return;
    if (!this.#here) signal(process.pid, "SIGTERM");
    const until = clock.now() + graceMs;
    while (isAlive(process) && clock.now() < until) await delay(10);
    if (isAlive(process)) await this.#kill(process);
    // What a killed worker could not end; its unacknowledged ends are the next worker's.
    const dead = readWorkerRecords(settings.runFolder).filter((record) => record.name === settings.name);
    if (dead.some(({ unacknowledged }) => unacknowledged.length > 0)) return;
    await inheritFromDeadWorkers(settings.runFolder, settings.name);
  }

  #spawn(): void {
    const { settings } = this.#options;
    this.#pause.started();
    mkdirSync(settings.logFolder, { recursive: true });
    const output = openSync(this.#logPath(), "a");
    try {
      const args = ["--disable-warning=ExperimentalWarning", entry, JSON.stringify(settings)];
      // In a session of its own: it gets neither the terminal's Ctrl-C nor its hang-up, and outlives the scheduler.
      const env = environmentForTasks();
      const child = spawn(process.execPath, args, { detached: true, stdio: ["ignore", output, output], env });
      this.#child = child;
      child.unref();
      child.once("error", (error) => this.#died(error.message));
      child.once("exit", (code, name) => this.#died(name ?? `exit code ${code}`));
    } finally {
      closeSync(output);
    }
  }

  #died(how: string): void {
    this.#child = null;
    this.#process = null;
    if (this.#closed) return;
    if (++this.#deaths >= startTries) this.#failed.resolve();
    const { log, clock, settings } = this.#options;
    log.error(
      { worker: settings.name, how, hint: this.#lastWords() },
      "a worker died; the next one is started",
    );
    this.#timer?.cancel();
    this.#timer = clock.after(this.#pause.afterDeath(), () => this.#spawn());
  }

  /** An adopted worker is not our child: its death shows when it hung up and is no more. */
  #watch(): void {
    if (this.#child !== null) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(lookMs, () => {
      if (this.#closed || this.#here || this.#process === null) return;
      if (isAlive(this.#process)) this.#watch();
      else this.#died("it is gone");
    });
  }

  /** False when the worker does not greet in time, dies before it, or (a new one) died too often. */
  async #greetsWithin(ms: number): Promise<boolean> {
    const { clock } = this.#options;
    const adopted = this.#child === null ? this.#process : null;
    const until = clock.now() + ms;
    const answer = Promise.race([
      this.#hello.promise.then(() => "greeted" as const),
      this.#failed.promise.then(() => "failed" as const),
    ]);
    while (clock.now() < until) {
      if (adopted !== null && !isAlive(adopted)) return false;
      const came = await Promise.race([answer, delay(adoptionLookMs)]);
      if (came !== undefined) return came === "greeted";
    }
    return false;
  }

  async #kill(worker: ProcessIdentity): Promise<void> {
    signal(worker.pid, "SIGKILL");
    for (let waited = 0; isAlive(worker) && waited < 5000; waited += 10) await delay(10);
  }

  #logPath(): string {
    return join(this.#options.settings.logFolder, `worker-${this.name}.log`);
  }

  #lastWords(): string {
    try {
      const lines = readFileSync(this.#logPath(), "utf8").trimEnd().split("\n");
      return `The end of ${this.#logPath()}: ${lines.slice(-10).join("\n").slice(-1000)}`;
    } catch {
      return `It logs to ${this.#logPath()}`;
    }
  }
}
