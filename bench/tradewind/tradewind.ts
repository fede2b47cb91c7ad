/** Tradewind under measurement: its standalone services in a process of their own, on a home of their own (class B). */
import { type ChildProcess, fork } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openDatabase } from "../../src/store/connect.ts";
import { embeddedUrl, serverHome } from "../../src/store/embedded/home.ts";
import type { Engine } from "../engine.ts";
import { commandOf, tree } from "../processes.ts";
import type { Orders } from "./orders.ts";

export interface TradewindOptions {
  /** Settings that the workload names, as `section.key` → value; everything else has its default. */
  readonly settings?: Readonly<Record<string, string | number>>;
  readonly dagsFolder?: string;
  /** A server of your own instead of the embedded one. */
  readonly databaseUrl?: string | undefined;
  /** Writes a CPU profile of every Node process into this folder. */
  readonly profileFolder?: string | undefined;
  readonly home?: string;
}

export interface Pids {
  readonly main: number[];
  readonly worker: number[];
  readonly tasks: number[];
  readonly database: number[];
}

export class Tradewind implements Engine {
  readonly name = "Tradewind";
  readonly isolation = "B";
  readonly home: string;
  readonly settings: Readonly<Record<string, string | number>>;
  readonly #options: TradewindOptions;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #host: ChildProcess | null = null;
  #serial = 0;
  #database: Database | null = null;

  constructor(options: TradewindOptions = {}) {
    this.#options = options;
    this.settings = options.settings ?? {};
    this.home = options.home ?? mkdtempSync(join(tmpdir(), "tradewind-bench-"));
  }

  get url(): string {
    return this.#options.databaseUrl ?? embeddedUrl(serverHome(this.home));
  }

  /** For what is loaded into the database, and for asking it afterwards; never on the measured path. */
  get database(): Database {
    this.#database ??= openDatabase({ url: this.url, poolSize: 2 });
    return this.#database;
  }

  async start(): Promise<void> {
    const { dagsFolder = join(import.meta.dirname, "../dags"), profileFolder } = this.#options;
    const profile = profileFolder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileFolder}`];
    const ready = Promise.withResolvers<unknown>();
    this.#waiting.set(0, ready);
    this.#host = fork(join(import.meta.dirname, "host.ts"), [this.home, dagsFolder], {
      execArgv: profile,
      env: {
        ...process.env,
        ...variables(this.settings),
        ...(profileFolder === undefined ? {} : { NODE_OPTIONS: profile.join(" ") }),
        ...(this.#options.databaseUrl === undefined ? {} : { DATABASE_URL: this.#options.databaseUrl }),
      },
      serialization: "advanced",
    });
    this.#host.on("message", ({ id, value, error }: { id: number; value?: unknown; error?: string }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(error));
    });
    this.#host.once("exit", (code, signal) => {
      for (const waiting of this.#waiting.values())
        waiting.reject(new Error(`Tradewind ended with ${signal ?? code}`));
    });
    await ready.promise;
  }

  order<O extends keyof Orders>(order: O, ...args: Parameters<Orders[O]>): ReturnType<Orders[O]> {
    const id = ++this.#serial;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#host?.send({ id, order, args });
    return waiting.promise as ReturnType<Orders[O]>;
  }

  /** One run of each at once; wall time in ms. */
  async run(dagIds: readonly string[]): Promise<number> {
    return (await this.order("run", dagIds)).ms;
  }

  chain(length: number, n: number): Promise<number> {
    return this.run([`chain_${length}_fibo_${n}`]);
  }

  chains(runs: number, length: number): Promise<number> {
    return this.run(Array.from({ length: runs }, () => `chain_${length}_fibo_1`));
  }

  independent(dags: number): Promise<number> {
    return this.shape("independent", dags);
  }

  shape(shape: string, dags: number): Promise<number> {
    return this.run(Array.from({ length: dags }, (_, i) => `${shape}_${i}`));
  }

  fanOut(n: number): Promise<number> {
    return this.run([`fan_out_${n}`]);
  }

  pids(): Pids {
    const main = this.#host?.pid ?? 0;
    const record = join(this.home, "postgres/postmaster.pid");
    const postmaster = existsSync(record) ? Number(readFileSync(record, "utf8").split("\n")[0]) : null;
    const children = tree([main]).filter((pid) => pid !== main);
    const worker = children.filter((pid) => isWorker(pid));
    return {
      main: [main],
      worker,
      tasks: tree(worker).filter((pid) => !worker.includes(pid)),
      database: postmaster === null ? [] : tree([postmaster]),
    };
  }

  async stop(): Promise<void> {
    await this.#database?.close();
    this.#database = null;
    const host = this.#host;
    if (host === null || host.exitCode !== null) return;
    const exited = new Promise((resolve) => host.once("exit", resolve));
    await this.order("stop").catch(() => undefined);
    host.disconnect?.();
    await exited;
    this.#host = null;
    if (this.#options.home === undefined) rmSync(this.home, { recursive: true, force: true });
  }
}

function isWorker(pid: number): boolean {
  return /^tradewind worker|\/executor\/worker\/main\.ts/.test(commandOf(pid));
}

/** `core.max_map_length` → TRADEWIND__CORE__MAX_MAP_LENGTH. */
function variables(settings: Readonly<Record<string, string | number>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      `TRADEWIND__${name.replace(".", "__")}`.toUpperCase(),
      String(value),
    ]),
  );
}
