/** Commands of the program as tests run them: in this process where that is enough, as real processes elsewhere. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { vi } from "vitest";
import { run } from "../../src/cli/main.ts";
import type { Database } from "../../src/store/connect.ts";
import { startJob } from "../../src/store/jobs.ts";
import { systemClock } from "../../src/time.ts";

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface World {
  readonly home: string;
  readonly dags: string;
  /** Over the environment of the test; undefined takes a variable out. */
  readonly environment: Record<string, string | undefined>;
  /** In this process. */
  command(...argv: string[]): Promise<Outcome>;
  /** The parsed output of a command with `-o json`; it has to succeed. */
  json<T = Record<string, unknown>[]>(...argv: string[]): Promise<T>;
  /** As a real process of a session of its own, as a terminal starts it. */
  start(...argv: string[]): RunningCommand;
  remove(): void;
}

/** A home and a Dags folder; without a database of its own the home's embedded one is used. */
export function makeWorld(options: { databaseUrl?: string; dags?: Record<string, string> } = {}): World {
  const home = mkdtempSync(join(tmpdir(), "tw-cli-"));
  const dags = join(home, "dags");
  mkdirSync(dags);
  for (const [name, text] of Object.entries(options.dags ?? {})) {
    mkdirSync(dirname(join(dags, name)), { recursive: true });
    writeFileSync(join(dags, name), text);
  }
  const environment: Record<string, string | undefined> = {
    TRADEWIND_HOME: home,
    DATABASE_URL: options.databaseUrl,
    TRADEWIND__API__PORT: "0",
  };
  const command = (...argv: string[]): Promise<Outcome> => inProcess(argv, environment);
  return {
    home,
    dags,
    environment,
    command,
    async json<T>(...argv: string[]) {
      const outcome = await command(...argv, "-o", "json");
      if (outcome.code !== 0) throw new Error(`${argv.join(" ")}: ${outcome.stderr}`);
      return JSON.parse(outcome.stdout) as T;
    },
    start: (...argv) => new RunningCommand(argv, environment),
    remove: () => rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }),
  };
}

/** As if a service watched the Dags folder: later commands need not import it again. */
export async function pretendWatched(database: Database, world: World): Promise<void> {
  const details = { dagsFolder: world.dags };
  const alive = systemClock.now() + 3_600_000;
  await startJob(database, { kind: "dag-processor", hostname: "test", pid: process.pid, details }, alive);
}

async function inProcess(argv: string[], environment: Record<string, string | undefined>): Promise<Outcome> {
  const output = { stdout: "", stderr: "" };
  const streams = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      output[name] += String(text);
      return true;
    }),
  );
  const before = new Map(Object.keys(environment).map((name) => [name, process.env[name]]));
  set(environment);
  const exitCode = process.exitCode;
  process.exitCode = 0;
  try {
    await run(argv);
    return { code: Number(process.exitCode), ...output };
  } finally {
    process.exitCode = exitCode;
    set(Object.fromEntries(before));
    for (const stream of streams) stream.mockRestore();
  }
}

function set(environment: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(environment))
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
}

const program = join(import.meta.dirname, "../../bin/tradewind.mjs");

export class RunningCommand {
  readonly child: ChildProcess;
  readonly ended: Promise<Outcome>;
  stdout = "";
  stderr = "";
  readonly #looking = new Set<() => void>();

  constructor(argv: string[], environment: Record<string, string | undefined>, user?: number) {
    const given = { ...process.env, ...environment };
    const env = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const identity = user === undefined ? {} : { uid: user, gid: user };
    // A group of its own, to which `interrupt` sends as a terminal does.
    const options: SpawnOptions = { env, detached: true, stdio: ["ignore", "pipe", "pipe"], ...identity };
    this.child = spawn(process.execPath, [program, ...argv], options);
    for (const name of ["stdout", "stderr"] as const)
      this.child[name]?.on("data", (chunk: Buffer) => {
        this[name] += String(chunk);
        for (const look of this.#looking) look();
      });
    this.ended = new Promise((resolve) =>
      this.child.on("close", (code, signal) =>
        resolve({ code: code ?? (signal === null ? -1 : 128), stdout: this.stdout, stderr: this.stderr }),
      ),
    );
  }

  /** Resolves when the output holds it; rejects when the process ends without it. */
  async prints(pattern: RegExp): Promise<void> {
    const printed = (): boolean => pattern.test(this.stdout + this.stderr);
    let look = (): void => undefined;
    const seen = new Promise<void>((resolve) => {
      look = () => printed() && resolve();
      this.#looking.add(look);
      look();
    });
    await Promise.race([seen, this.ended]);
    this.#looking.delete(look);
    if (!printed()) throw new Error(`${pattern} was not printed:\n${this.stdout}${this.stderr}`);
  }

  /** Ctrl-C: to the command and to what it started in its group. */
  interrupt(signal: NodeJS.Signals = "SIGINT"): void {
    process.kill(-(this.child.pid ?? 0), signal);
  }
}
