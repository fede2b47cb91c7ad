/**
 * One process in which tasks run: started as leader of a session and group of its own, spoken to in frames on
 * descriptor 3, its output cut into lines. It ends when the other end of descriptor 3 closes, so also when the
 * worker is killed.
 */
import { spawn } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import type { Json } from "../../core/dag-model.ts";
import { TradewindError } from "../../errors.ts";
import { SecretMasker } from "../../logs/secret-masker.ts";
import { FrameConnection } from "../../runtime/frames.ts";
import { type ChildMessage, protocolVersion, type SupervisorMessage } from "../../runtime/protocol.ts";
import { type Clock, delay, type Timer } from "../../time.ts";
import {
  ChildrenWatch,
  familyOf,
  identify,
  type ProcessIdentity,
  scanProcesses,
  signal,
  signalFamily,
} from "../process-table.ts";
import { OutputLines } from "./output-lines.ts";
import type { ProcessHandle } from "./process-handle.ts";

export interface ProcessCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** Beside the worker's own; null where the process may have the worker's as it is. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string | null;
  readonly uid?: number;
  readonly gid?: number;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The process could not be started, or broke the protocol. */
  readonly error: Error | null;
  readonly ready: boolean;
  /** The last line that it printed on standard error, or V8's last words. */
  readonly lastError: string;
}

/** What every process that is spoken to says of itself. */
type OwnMessage = Extract<ChildMessage, { type: "ready" | "mask" }>;

/** What happens in the process; set to whoever uses it at the moment. */
export interface ProcessUser<In = ChildMessage> {
  message(message: In): void;
  line(stream: "stdout" | "stderr", text: string): void;
  /** Once, after everything that it wrote was read and its family is gone. */
  exited(exit: ProcessExit): void;
}

/** How long output is waited for after the end of a process, where something escaped that holds its pipes open. */
const pipeGraceMs = 500;
/** Between `cancel` and SIGTERM: time for `onKill`. */
const cancelMs = 1000;
/** Between SIGTERM and SIGKILL for processes that a task left behind. */
const familyGraceMs = 2000;
const familyPollMs = 20;

function spawnLeader(command: ProcessCommand): ProcessHandle {
  return spawn(command.file, command.args, {
    env: command.env as NodeJS.ProcessEnv,
    ...(command.cwd === null ? {} : { cwd: command.cwd }),
    ...(command.uid === undefined ? {} : { uid: command.uid }),
    ...(command.gid === undefined ? {} : { gid: command.gid }),
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
}

/** `In` and `Out` are the protocol of the process: that of tasks, or of the triggerer. */
export class TaskProcess<
  In extends { type: string } = ChildMessage,
  Out extends { type: string } = SupervisorMessage,
> {
  readonly identity: ProcessIdentity;
  readonly masker: SecretMasker;
  readonly isolated: boolean;
  readonly children: ChildrenWatch;
  /** Tasks that it was given. */
  tasks = 0;
  /** Other processes of its family that were seen while a task ran; whose they are shows when it has ended. */
  strangers: readonly ProcessIdentity[] = [];
  user: ProcessUser<In> | null = null;
  readonly #child: ProcessHandle;
  readonly #clock: Clock;
  readonly #connection: FrameConnection<In, Out> | null = null;
  readonly #onExit: (exit: ProcessExit) => void;
  #ready = false;
  #waitingForReady: Out[] = [];
  #outputSeen = 0;
  #lines: OutputLines[] = [];
  #lastError = "";
  #error: Error | null = null;
  #ended = false;
  #leaderGone = false;
  #family: Promise<void> = Promise.resolve();
  #killTimers: Timer[] = [];
  #killAt = Number.POSITIVE_INFINITY;

  constructor(
    command: ProcessCommand | ProcessHandle,
    options: {
      clock: Clock;
      isolated: boolean;
      sensitiveNames: readonly string[];
      onExit: (exit: ProcessExit) => void;
    },
  ) {
    this.#clock = options.clock;
    this.isolated = options.isolated;
    this.masker = new SecretMasker(options.sensitiveNames);
    this.#onExit = options.onExit;
    this.#child = "file" in command ? spawnLeader(command) : command;
    this.identity = this.#child.pid === undefined ? { pid: 0, startTime: 0 } : identify(this.#child.pid);
    this.children = new ChildrenWatch(this.pid);
    this.#child.on("error", (error) => this.#failedToStart(error));
    this.#child.on("exit", () => {
      this.#family = this.#leaderExited();
    });
    this.#child.on("close", (code, name) => void this.#closed(code, name));
    this.#capture("stdout", this.#child.stdout as Readable);
    this.#capture("stderr", this.#child.stderr as Readable);
    this.#connection = this.#connect(this.#child.stdio[3] as Duplex);
  }

  get pid(): number {
    return this.identity.pid;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** Sends now, or when the process says that it is ready. */
  send(message: Out): void {
    if (this.#ready) this.#connection?.send(message);
    else this.#waitingForReady.push(message);
  }

  /** Answers a request of the process. */
  answer(id: number, work: Promise<Json>): void {
    this.#connection?.answer(id, work);
  }

  /** Calls back when all output that was written before has been read: after a turn of the loop brought none. */
  afterOutput(done: () => void): void {
    const seen = this.#outputSeen;
    // The first turn ends the round of polling that brought the last message, the second is a whole round.
    setImmediate(() =>
      setImmediate(() => {
        if (this.#outputSeen !== seen && !this.#ended) return this.afterOutput(done);
        for (const lines of this.#lines) lines.finish();
        done();
      }),
    );
  }

  /** Asks, then tells, then forces: `cancel`, SIGTERM to the family, SIGKILL `graceMs` later. */
  terminate(reason: string, graceMs: number): void {
    if (this.#ended) return;
    this.#tell({ type: "cancel", reason });
    const askMs = this.#ready ? Math.min(cancelMs, graceMs) : 0;
    this.#escalate(askMs, askMs + graceMs);
  }

  /** Ends a process that has nothing to do. */
  retire(): void {
    if (this.#ended) return;
    this.#tell({ type: "shutdown" });
    this.#connection?.end();
    this.#escalate(2000, 4000);
  }

  kill(): void {
    if (this.#ended) return;
    this.#killAt = this.#clock.now();
    signalFamily(this.pid, "SIGKILL");
  }

  #escalate(termMs: number, killMs: number): void {
    this.#killAt = Math.min(this.#killAt, this.#clock.now() + killMs);
    if (termMs <= 0) signalFamily(this.pid, "SIGTERM");
    else this.#killTimers.push(this.#clock.after(termMs, () => signalFamily(this.pid, "SIGTERM")));
    this.#killTimers.push(this.#clock.after(killMs, () => this.kill()));
  }

  #connect(stream: Duplex): FrameConnection<In, Out> {
    return new FrameConnection(stream, {
      message: (message) => this.#message(message),
      closed: (error) => this.#connectionClosed(error),
    });
  }

  /** No result can come any more: a process that broke the protocol is killed, one that hung up has to exit. */
  #connectionClosed(error: Error | null): void {
    if (this.#leaderGone || this.#ended) return;
    if (error instanceof TradewindError) {
      this.#error = error;
      this.kill();
    } else {
      this.#escalate(1000, 3000);
    }
  }

  /** Messages that every protocol has. */
  #tell(message: Extract<SupervisorMessage, { type: "cancel" | "shutdown" }>): void {
    this.send(message as { type: string } as Out);
  }

  #message(message: In): void {
    const own = message as { type: string } as OwnMessage;
    if (own.type === "ready") return this.#becameReady(own.protocol);
    if (own.type === "mask") return this.masker.add(own.values);
    this.user?.message(message);
  }

  #becameReady(protocol: number): void {
    if (protocol !== protocolVersion) {
      this.#error = new TradewindError(
        "TW_PROTOCOL",
        `a task process that speaks protocol ${protocolVersion} was expected, got ${protocol}`,
      );
      return this.kill();
    }
    this.#ready = true;
    for (const message of this.#waitingForReady) this.send(message);
    this.#waitingForReady = [];
  }

  #capture(name: "stdout" | "stderr", stream: Readable): void {
    const lines = new OutputLines((line) => {
      if (name === "stderr") this.#noteError(line);
      this.user?.line(name, line);
    });
    this.#lines.push(lines);
    stream.on("data", (chunk: Buffer) => {
      this.#outputSeen++;
      lines.push(chunk);
    });
    stream.on("error", () => {});
  }

  /** V8 prints a native stack after its last words; the words are kept. */
  #noteError(line: string): void {
    if (line.trim() === "" || this.#lastError.includes("FATAL ERROR")) return;
    this.#lastError = line.slice(0, 2000);
  }

  #failedToStart(error: Error): void {
    this.#error ??= error;
    if (this.pid === 0) void this.#closed(null, null);
  }

  /** The leader is gone: whatever it left behind in its family goes too, before the end is reported. */
  async #leaderExited(): Promise<void> {
    this.#leaderGone = true;
    if (this.#child.endedAlone !== true) await this.#endFamily();
    // Something that left the family may hold the pipes: what it still writes belongs to nobody.
    const destroy = (): void => {
      for (const stream of this.#child.stdio) stream?.destroy();
    };
    this.#killTimers.push(this.#clock.after(pipeGraceMs, destroy));
  }

  async #endFamily(): Promise<void> {
    const forceAt = Math.min(this.#killAt, this.#clock.now() + familyGraceMs);
    const giveUpAt = forceAt + familyGraceMs;
    for (let told = false; this.#clock.now() < giveUpAt; told = true) {
      const family = familyOf(this.pid, scanProcesses());
      if (family.length === 0) break;
      if (this.#clock.now() >= forceAt) signalFamily(this.pid, "SIGKILL");
      else if (!told) signalFamily(this.pid, "SIGTERM");
      await delay(familyPollMs);
    }
    // Where the system shows no processes, the group gets its signal unseen.
    if (this.identity.startTime === 0) signal(-this.pid, "SIGKILL");
  }

  async #closed(code: number | null, name: NodeJS.Signals | null): Promise<void> {
    if (this.#ended) return;
    await this.#family;
    this.#ended = true;
    for (const timer of this.#killTimers) timer.cancel();
    for (const lines of this.#lines) lines.finish();
    this.#connection?.destroy();
    this.children.close();
    const { user } = this;
    this.user = null;
    const exit = { code, signal: name, error: this.#error, ready: this.#ready, lastError: this.#lastError };
    this.#onExit(exit);
    user?.exited(exit);
  }
}
