/** Runs shell commands in a process group of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { TradewindError } from "../errors.ts";
import { type Clock, systemClock } from "../time.ts";

export interface BashCommand {
  readonly command: string;
  /** The whole environment. */
  readonly env: { readonly [name: string]: string | undefined };
  readonly cwd: string | undefined;
  readonly encoding: BufferEncoding;
  /** Each line of both outputs, as it comes. */
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface BashEnd {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The last line that was printed. */
  readonly lastLine: string;
}

/** Longest line, in characters, that is kept in one piece. */
const longestLine = 64 * 1024;
/** Between SIGTERM and SIGKILL for a group that does not end. */
const killGraceMs = 30_000;

/** Groups that run: none outlives this process, unless it is killed, and then its supervisor ends them. */
const groups = new Set<number>();
let watchesExit = false;

function rememberGroup(pid: number): void {
  groups.add(pid);
  if (watchesExit) return;
  watchesExit = true;
  process.on("exit", () => {
    for (const group of groups) signalGroup(group, "SIGKILL");
  });
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}

/** Resolves when the command has ended and its output is read. Ends the whole group when the signal fires. */
export function runBash(command: BashCommand, clock: Clock = systemClock): Promise<BashEnd> {
  const { promise, resolve, reject } = Promise.withResolvers<BashEnd>();
  // Both outputs over one pipe, so that lines come in the order in which they were printed.
  const child = spawn("bash", ["-c", `exec 2>&1; ${command.command}`], {
    env: command.env as NodeJS.ProcessEnv,
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    // A group of its own, so that ending it reaches what the command started.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (child.pid !== undefined) rememberGroup(child.pid);
  let lastLine = "";
  const onLine = (line: string) => {
    lastLine = line;
    command.onLine(line);
  };
  for (const stream of [child.stdout, child.stderr]) {
    const lines = new LineCutter(command.encoding, onLine);
    stream.on("data", (chunk: Buffer) => lines.push(chunk));
    stream.on("end", () => lines.end());
  }
  const stop = () => endGroup(child, clock);
  if (command.signal.aborted) stop();
  command.signal.addEventListener("abort", stop, { once: true });
  child.on("error", reject);
  child.on("close", (exitCode, signal) => {
    command.signal.removeEventListener("abort", stop);
    if (child.pid !== undefined) groups.delete(child.pid);
    resolve({ exitCode, signal, lastLine });
  });
  return promise;
}

function endGroup(child: ChildProcess, clock: Clock): void {
  const { pid } = child;
  if (pid === undefined) return;
  signalGroup(pid, "SIGTERM");
  const timer = clock.after(killGraceMs, () => signalGroup(pid, "SIGKILL"));
  child.once("close", () => timer.cancel());
}

class LineCutter {
  readonly #decoder: StringDecoder;
  readonly #each: (line: string) => void;
  #rest = "";
  constructor(encoding: BufferEncoding, each: (line: string) => void) {
    this.#decoder = new StringDecoder(encoding);
    this.#each = each;
  }
  push(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#each(line.endsWith("\r") ? line.slice(0, -1) : line);
    while (this.#rest.length > longestLine) {
      this.#each(this.#rest.slice(0, longestLine));
      this.#rest = this.#rest.slice(longestLine);
    }
  }
  end(): void {
    const rest = this.#rest + this.#decoder.end();
    if (rest !== "") this.#each(rest);
  }
}

/** A folder of the command's own where none is given, deleted afterwards. A given one must be there. */
export async function withWorkingFolder<T>(
  cwd: string | undefined,
  use: (cwd: string) => Promise<T>,
): Promise<T> {
  if (cwd !== undefined) {
    const info = await stat(cwd).catch(() => undefined);
    if (info?.isDirectory()) return use(cwd);
    throw new TradewindError(
      "TW_OPTION_INVALID",
      `expected cwd to be a folder, got "${cwd}"${info ? "" : ", which does not exist"}`,
    );
  }
  const folder = await mkdtemp(join(tmpdir(), "tradewind-bash-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
