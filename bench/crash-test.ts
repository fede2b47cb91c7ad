/** The load, the kills and the count of W9. */
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openDatabase } from "../src/store/connect.ts";
import { setPaused } from "../src/store/dags.ts";
import { embeddedUrl, serverHome } from "../src/store/embedded/home.ts";
import { notify } from "../src/store/notify.ts";
import { delay } from "../src/time.ts";
import { commandOf, tree } from "./processes.ts";
import { type Standalone, startStandalone } from "./standalone.ts";

export interface CrashOptions {
  readonly kills: number;
  readonly seed: number;
  /** A kill comes after up to so many lines of handlers; without it, after up to a second. */
  readonly linesBetween?: number;
  readonly keepHome?: boolean;
  say(text: string): void;
}

export type Victim = "worker" | "scheduler" | "database";

export interface CrashResult {
  readonly seed: number;
  readonly kills: Readonly<Record<Victim, number>>;
  /** Milliseconds from each kill to the first handler that began under the successor and ended. */
  readonly resumeMs: Readonly<Record<Victim, number[]>>;
  readonly runs: number;
  readonly tasks: number;
  /** Attempts whose handler began: more than tasks, since what a kill took is tried again. */
  readonly attempts: number;
  /** Handlers that came to their end, whose end a kill took before it was committed. */
  readonly endedAgain: number;
  readonly lost: number;
  readonly doubled: number;
  readonly problems: readonly string[];
}

const home = (): string => mkdtempSync(join(tmpdir(), "tradewind-crash-"));
const victims: readonly Victim[] = ["worker", "scheduler", "database"];
const givenUpMs = 60_000;

export async function crashTest(options: CrashOptions): Promise<CrashResult> {
  const world = new World(home(), options);
  try {
    await world.start();
    for (let i = 0; i < options.kills; i++) await world.strike(i);
    await world.settle();
    return await world.count();
  } finally {
    await world.stop();
    if (options.keepHome !== true) rmSync(world.home, { recursive: true, force: true });
  }
}

class World {
  readonly home: string;
  readonly #options: CrashOptions;
  readonly #marks: string;
  readonly #random: () => number;
  readonly #kills: Record<Victim, number> = { worker: 0, scheduler: 0, database: 0 };
  readonly #resumeMs: Record<Victim, number[]> = { worker: [], scheduler: [], database: [] };
  readonly #problems: string[] = [];
  #standalone: Standalone | null = null;
  #stopping = false;
  #keeper: Promise<void> = Promise.resolve();

  constructor(home: string, options: CrashOptions) {
    this.home = home;
    this.#options = options;
    this.#marks = join(home, "marks");
    this.#random = mulberry32(options.seed);
  }

  async start(): Promise<void> {
    writeFileSync(this.#marks, "");
    this.#standalone = await this.#launch();
    this.#keeper = this.#keepRunning();
    await this.#until(() => this.#beganAfter(0, 0), "nothing began");
  }

  #launch(): Promise<Standalone> {
    const environment = { CRASH_MARKS: this.#marks, TRADEWIND__CORE__DEFAULT_TASK_RETRY_DELAY: "0" };
    return startStandalone(this.home, join(import.meta.dirname, "dags-crash"), environment);
  }

  /** The service manager. */
  async #keepRunning(): Promise<void> {
    while (!this.#stopping) {
      const child = this.#standalone?.process;
      if (child !== undefined && child.exitCode === null && child.signalCode === null)
        await new Promise((resolve) => child.once("exit", resolve));
      if (this.#stopping) return;
      try {
        this.#standalone = await this.#launch();
      } catch (error) {
        this.#options.say(`not started again yet: ${(error as Error).message}`);
        await delay(50);
      }
    }
  }

  async strike(index: number): Promise<void> {
    await this.#moment();
    const victim = victims[Math.floor(this.#random() * victims.length)] as Victim;
    const pid = await this.#living(victim);
    const from = sizeOf(this.#marks);
    const at = Date.now();
    process.kill(pid, "SIGKILL");
    this.#kills[victim]++;
    // What was told to begin before the kill may do so after it: only what began under the successor counts.
    const back = await this.#until(() => this.#successorSince(victim, pid, at), `no other ${victim} came`);
    const began = await this.#until(
      () => this.#beganAfter(back, from),
      `nothing began after a new ${victim} had come`,
    );
    this.#resumeMs[victim].push(began - at);
    this.#options.say(`${index + 1}: killed the ${victim} (process ${pid}), resumed after ${began - at} ms`);
  }

  /** The victim's process; while it is being replaced it is waited for. */
  #living(victim: Victim): Promise<number> {
    return this.#until(() => {
      const pid = this.#pidOf(victim);
      return pid !== null && isAlive(pid) ? pid : null;
    }, `found no ${victim} to kill`);
  }

  /** Waits until the next kill is due. */
  async #moment(): Promise<void> {
    const { linesBetween } = this.#options;
    if (linesBetween === undefined) return delay(100 + this.#random() * 900);
    const from = sizeOf(this.#marks);
    const wanted = 1 + Math.floor(this.#random() * linesBetween);
    const giveUp = Date.now() + givenUpMs;
    while (linesFrom(this.#marks, from).length < wanted) {
      if (Date.now() > giveUp) throw new Error(`the work stood still before a kill; home ${this.home}`);
      await delay(5);
    }
  }

  #pidOf(victim: Victim): number | null {
    switch (victim) {
      case "scheduler":
        return this.#standalone?.process.pid ?? null;
      case "worker":
        return this.#workerPid();
      case "database":
        return Number(readIfThere(join(this.home, "postgres/postmaster.pid")).split("\n")[0]) || null;
    }
  }

  /** A worker that outlived the scheduler that started it is nobody's child: it is known by its environment. */
  #workerPid(): number | null {
    const workers = tree([1]).filter((pid) => commandOf(pid).startsWith("tradewind worker"));
    return workers.find((pid) => readIfThere(`/proc/${pid}/environ`).includes(this.#marks)) ?? null;
  }

  /** When (epoch ms) the one that replaces the killed process was there; null before. */
  #successorSince(victim: Victim, killed: number, at: number): number | null {
    switch (victim) {
      case "scheduler": {
        // The next scheduler makes the socket anew that workers connect to.
        const made = statSync(join(this.home, "run/executor.sock"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
        return made > at ? made : null;
      }
      case "worker":
      case "database": {
        const pid = this.#pidOf(victim);
        return pid !== null && pid !== killed && isAlive(pid) ? Date.now() : null;
      }
    }
  }

  /** When (epoch ms) a handler began that began after `instant` and has ended; lines from the byte `from` on. */
  #beganAfter(instant: number, from: number): number | null {
    return (
      linesFrom(this.#marks, from)
        .filter((line) => line.startsWith("e "))
        .map((line) => Number(line.split(" ")[5]))
        .find((at) => at >= instant) ?? null
    );
  }

  async #until<T>(ask: () => T | null, problem: string): Promise<T> {
    const giveUp = Date.now() + givenUpMs;
    for (;;) {
      const answer = ask();
      if (answer !== null) return answer;
      if (Date.now() > giveUp) throw new Error(`${problem} within ${givenUpMs / 1000} s; home ${this.home}`);
      await delay(5);
    }
  }

  /** No new runs, and all that began come to their end. */
  async settle(): Promise<void> {
    await this.#withDatabase(async (database) => {
      const giveUp = Date.now() + givenUpMs;
      const dags = Array.from({ length: 10 }, (_, d) => `crash_${d}`);
      // A paused Dag's runs stand still: the schedule is ended by taking the files' Dags out of the schedule instead.
      await database.run({
        text: "UPDATE dag SET max_active_runs = 0 WHERE dag_id = ANY ($1)",
        values: [dags],
      });
      await notify(
        database,
        dags.map((dagId) => `dag:${dagId}`),
      );
      const open = "SELECT count(*)::int AS n FROM dag_run WHERE state = 'running'";
      for (;;) {
        const left = (await database.row<{ n: number }>({ text: open, values: [] }))?.n ?? 0;
        if (left === 0) break;
        if (Date.now() > giveUp) {
          this.#problems.push(`${left} runs did not end within ${givenUpMs / 1000} s`);
          break;
        }
        await delay(100);
      }
      await setPaused(database, dags, true);
    });
  }

  async count(): Promise<CrashResult> {
    return await this.#withDatabase(async (database) => {
      const runs = await database.row<{ n: number; bad: number }>({
        text: "SELECT count(*)::int AS n, (count(*) FILTER (WHERE state = 'failed'))::int AS bad FROM dag_run WHERE state <> 'queued'",
        values: [],
      });
      const tasks = await database.rows<{ key: string; state: string | null; tries: number; before: number }>(
        {
          text: `
          SELECT r.dag_id || ' ' || r.run_id || ' ' || t.task_id AS key, t.state, t.try_number AS tries,
            (SELECT count(*)::int FROM task_instance_history h
             WHERE h.run_pk = t.run_pk AND h.task_id = t.task_id AND h.map_index = t.map_index AND h.state = 'success') AS before
          FROM task_instance t JOIN dag_run r ON r.id = t.run_pk WHERE r.state <> 'queued'`,
          values: [],
        },
      );
      return this.#judge(runs ?? { n: 0, bad: 0 }, tasks);
    });
  }

  #judge(
    runs: { n: number; bad: number },
    tasks: readonly { key: string; state: string | null; tries: number; before: number }[],
  ): CrashResult {
    const began = new Map<string, number>();
    const ended = new Map<string, number>();
    for (const line of linesFrom(this.#marks, 0)) {
      const [kind, dag, run, task, attempt] = line.split(" ");
      const count = kind === "b" ? began : ended;
      const key = kind === "b" ? `${dag} ${run} ${task} ${attempt}` : `${dag} ${run} ${task}`;
      count.set(key, (count.get(key) ?? 0) + 1);
    }
    const unfinished = tasks.filter(({ state }) => state !== "success");
    const unmarked = tasks.filter(({ key, state }) => state === "success" && !ended.has(key));
    const missing = runs.n * 100 - tasks.length;
    const accepted = tasks.filter(({ before }) => before > 0);
    const restarted = [...began].filter(([, times]) => times > 1);
    const name = (what: string, found: readonly unknown[]): void => {
      if (found.length > 0) this.#problems.push(`${found.length} ${what}, e.g. ${JSON.stringify(found[0])}`);
    };
    name("tasks did not succeed", unfinished);
    name("tasks are a success without their handler having ended", unmarked);
    name("tasks finished twice", accepted);
    name("attempts began twice", restarted);
    if (missing !== 0) this.#problems.push(`${missing} task instances are missing`);
    if (runs.bad > 0) this.#problems.push(`${runs.bad} runs failed`);
    return {
      seed: this.#options.seed,
      kills: this.#kills,
      resumeMs: this.#resumeMs,
      runs: runs.n,
      tasks: tasks.length,
      attempts: began.size,
      endedAgain: [...ended.values()].filter((times) => times > 1).length,
      lost: unfinished.length + unmarked.length + Math.abs(missing),
      doubled: accepted.length + restarted.length,
      problems: this.#problems,
    };
  }

  async #withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
    const database = openDatabase({ url: embeddedUrl(serverHome(this.home)), poolSize: 1 });
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    // One that does not end by itself any more is a problem that was told already.
    const killing = setTimeout(() => this.#standalone?.process.kill("SIGKILL"), givenUpMs);
    await this.#standalone?.stop();
    clearTimeout(killing);
    await this.#keeper;
    // One that was being started meanwhile.
    await this.#standalone?.stop();
  }
}

function isAlive(pid: number): boolean {
  const state = /^State:\s+(\w)/m.exec(readIfThere(`/proc/${pid}/status`))?.[1];
  return state !== undefined && state !== "Z" && state !== "X";
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function sizeOf(file: string): number {
  return readFileSync(file).length;
}

function linesFrom(file: string, from: number): string[] {
  const descriptor = openSync(file, "r");
  try {
    const parts: Buffer[] = [];
    for (let at = from; ; ) {
      const part = Buffer.alloc(1 << 20);
      const length = readSync(descriptor, part, 0, part.length, at);
      if (length === 0) break;
      parts.push(part.subarray(0, length));
      at += length;
    }
    return Buffer.concat(parts).toString("utf8").split("\n").slice(0, -1);
  } finally {
    closeSync(descriptor);
  }
}

/** Small generator of uniform numbers from a seed (Tommy Ettinger's Mulberry32), so that a run can be repeated. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
