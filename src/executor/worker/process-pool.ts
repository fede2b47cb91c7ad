/**
 * The processes of a worker. A warm process runs one task after the other; the one used last is used next, so that
 * few stay busy and the rest can end. What needs a user, an environment, a folder or a heap of its own gets a fresh
 * process that ends afterwards.
 */
import { statSync } from "node:fs";
import { TradewindError } from "../../errors.ts";
import { environmentForTasks } from "../../runtime/environment.ts";
import { pythonArguments, pythonSettings } from "../../runtime/python-command.ts";
import type { Clock, Timer } from "../../time.ts";
import type { Workload } from "../executor.ts";
import { familyOf, isAlive, type ProcessIdentity, scanProcesses } from "../process-table.ts";
import type { ProcessHandle } from "./process-handle.ts";
import type { PythonServers } from "./python-server.ts";
import { PythonSpares } from "./python-spares.ts";
import { resolveRunAsUser, type SystemUser } from "./run-as-user.ts";
import type { WorkerSettings } from "./settings.ts";
import { type ProcessCommand, type ProcessExit, TaskProcess } from "./task-process.ts";

/** Idle processes over the number to keep end after this long. */
const idleMs = 10_000;
/** A spare process is started a moment later, when what is at hand has been sent. */
const spareMs = 20;
const longestBackoffMs = 10_000;
/** How often warm processes are looked at for what tasks left running in them; a look is a pass over /proc. */
const sweepMs = 2000;

type Asked = Pick<Workload, "attemptId" | "isolation" | "runAsUser" | "env" | "cwd" | "start">;

export class ProcessPool {
  readonly #settings: WorkerSettings;
  readonly #clock: Clock;
  readonly #onChange: (children: readonly ProcessIdentity[]) => void;
  readonly #python: PythonServers;
  readonly #spares: PythonSpares;
  readonly #all = new Set<TaskProcess>();
  /** The one used last is at the end. */
  #idle: TaskProcess[] = [];
  #spareTimer: Timer | null = null;
  #idleTimer: Timer | null = null;
  #sweepTimer: Timer | null = null;
  /** Warm processes in a row that ended before they were ready. */
  #failedStarts = 0;
  #closed = false;

  constructor(
    settings: WorkerSettings,
    clock: Clock,
    onChange: (children: readonly ProcessIdentity[]) => void,
    python: PythonServers,
  ) {
    this.#settings = settings;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#python = python;
    this.#spares = new PythonSpares({
      clock,
      most: settings.warmChildren,
      fork: (request) => python.forkSpare(request),
      adopt: (forked) => this.#spawn(forked, true),
    });
    this.#wantSpare();
  }

  get size(): number {
    return this.#all.size;
  }

  /**
   * A process for a task, perhaps not ready yet; a promise of one where it has to be forked first.
   *
   * @throws TradewindError TW_RUN_AS_USER or TW_TASK_PROCESS when the task asks for what cannot be had.
   */
  acquire(workload: Asked): TaskProcess | Promise<TaskProcess> {
    if (this.#forks(workload)) return this.#fork(workload);
    const command = this.#ownCommand(workload);
    if (command !== null) return this.#spawn(command, true);
    const taken = this.#idle.pop();
    if (this.#idle.length < this.#settings.warmChildren) this.#wantSpare();
    return taken ?? this.#spawn(this.#warmCommand(), false);
  }

  /** A fresh process for something that is no task: a callback. */
  acquireFresh(interpreter: string): TaskProcess {
    return this.#spawn(this.#command(interpreter), true);
  }

  /** Takes a process back: warm ones wait for the next task, unless something of the last one is left in them. */
  release(process: TaskProcess, reuse: boolean): void {
    process.user = null;
    if (process.ended) return;
    const worn = process.tasks >= this.#settings.tasksPerChild;
    const haunted = process.strangers.some(isAlive);
    process.strangers = [];
    if (!reuse || process.isolated || worn || haunted || this.#closed) {
      process.retire();
      if (!process.isolated) this.#wantSpare();
      return;
    }
    this.#idle.push(process);
    this.#sweepTimer ??= this.#clock.after(sweepMs, () => this.#sweep());
    if (this.#idle.length > this.#settings.warmChildren) this.#idleTimer ??= this.#endIdleLater();
  }

  /** Ends the idle ones, and each other when it is released. */
  close(): void {
    this.#closed = true;
    this.#spareTimer?.cancel();
    this.#idleTimer?.cancel();
    this.#sweepTimer?.cancel();
    for (const process of this.#idle) process.retire();
    this.#idle = [];
    this.#spares.close();
    if (this.#all.size === 0) this.#python.close();
  }

  killAll(): void {
    for (const process of this.#all) process.kill();
  }

  /** A task in Python that needs no other user: its process comes from one that has imported its file. */
  #forks({ runAsUser, start }: Asked): boolean {
    const isPython = start.code.interpreter !== "node";
    return isPython && this.#settings.python.start === "fork" && userOf(runAsUser) === null;
  }

  #fork({ attemptId, env, cwd, start }: Asked): TaskProcess | Promise<TaskProcess> {
    if (cwd !== null) checkFolder(cwd);
    const request = { attemptId, code: start.code, env, cwd };
    const isPlain = cwd === null && Object.keys(env).length === 0;
    const spare = isPlain ? this.#spares.take(start.code) : null;
    if (spare !== null) {
      this.#spares.prepare(request);
      return spare;
    }
    return this.#python.fork(request).then((forked) => {
      if (isPlain) this.#spares.prepare(request);
      const process = this.#spawn(forked, true);
      if (this.#closed) process.retire();
      return process;
    });
  }

  #spawn(command: ProcessCommand | ProcessHandle, isolated: boolean): TaskProcess {
    const { sensitiveNames } = this.#settings;
    const process: TaskProcess = new TaskProcess(command, {
      clock: this.#clock,
      isolated,
      sensitiveNames,
      onExit: (exit) => this.#exited(process, exit),
    });
    this.#all.add(process);
    this.#changed();
    return process;
  }

  #exited(process: TaskProcess, exit: ProcessExit): void {
    this.#all.delete(process);
    this.#idle = this.#idle.filter((other) => other !== process);
    this.#changed();
    // Not before: the ends of its children are heard through it.
    if (this.#closed && this.#all.size === 0) this.#python.close();
    if (process.isolated) return;
    this.#failedStarts = exit.ready ? 0 : this.#failedStarts + 1;
    this.#wantSpare();
  }

  #changed(): void {
    const own = [...this.#all].map(({ identity }) => identity).filter(({ pid }) => pid !== 0);
    this.#onChange([...own, ...this.#python.identities]);
  }

  #wantSpare(): void {
    if (this.#closed || this.#spareTimer !== null || !this.#needsSpare()) return;
    const backoff = this.#failedStarts === 0 ? 0 : Math.min(longestBackoffMs, 100 * 2 ** this.#failedStarts);
    this.#spareTimer = this.#clock.after(spareMs + backoff, () => {
      this.#spareTimer = null;
      if (this.#closed || !this.#needsSpare()) return;
      this.#idle.unshift(this.#spawn(this.#warmCommand(), false));
      this.#wantSpare();
    });
  }

  #needsSpare(): boolean {
    const { slots, warmChildren } = this.#settings;
    return this.#idle.length < warmChildren && this.#all.size < slots;
  }

  /**
   * Finds processes that a finished task left in the family of a warm process and whose own parent is gone. An idle
   * process ends with them; a busy one when its task has ended and they are still there.
   */
  #sweep(): void {
    this.#sweepTimer = null;
    const processes = scanProcesses();
    for (const process of this.#all) {
      if (process.isolated || process.tasks === 0) continue;
      const others = familyOf(process.pid, processes).filter(({ pid }) => pid !== process.pid);
      if (others.length === 0) continue;
      if (!this.#idle.includes(process)) {
        process.strangers = others.map(({ pid, startTime }) => ({ pid, startTime }));
        continue;
      }
      this.#idle = this.#idle.filter((other) => other !== process);
      process.retire();
      this.#wantSpare();
    }
  }

  #endIdleLater(): Timer {
    return this.#clock.after(idleMs, () => {
      this.#idleTimer = null;
      const surplus = this.#idle.length - this.#settings.warmChildren;
      if (surplus > 0) for (const process of this.#idle.splice(0, surplus)) process.retire();
    });
  }

  #warmCommand(): ProcessCommand {
    return this.#nodeCommand([]);
  }

  #command(interpreter: string): ProcessCommand {
    if (interpreter === "node") return this.#warmCommand();
    const env = { ...environmentForTasks(), ...pythonSettings(this.#settings.python) };
    return { file: interpreter, args: pythonArguments("child"), env, cwd: null };
  }

  #nodeCommand(flags: readonly string[]): ProcessCommand {
    return {
      file: process.execPath,
      args: ["--disable-warning=ExperimentalWarning", ...flags, this.#settings.childEntry],
      env: { ...environmentForTasks(), ...pythonSettings(this.#settings.python) },
      cwd: null,
    };
  }

  /** The command of a task that cannot share a process; null for one that can. */
  #ownCommand({ isolation, runAsUser, env, cwd, start }: Asked): ProcessCommand | null {
    const { interpreter } = start.code;
    const user = userOf(runAsUser);
    const ownEnv = Object.keys(env).length > 0;
    if (interpreter === "node" && isolation === "warm" && user === null && !ownEnv && cwd === null)
      return null;
    if (cwd !== null) checkFolder(cwd);
    const limit = start.memoryLimitMb ?? this.#settings.memoryLimitMb;
    const flags = limit === null ? [] : [`--max-old-space-size=${Math.ceil(limit)}`];
    const command = interpreter === "node" ? this.#nodeCommand(flags) : this.#command(interpreter);
    const userEnv = user === null ? {} : { HOME: user.home, USER: user.name, LOGNAME: user.name };
    return {
      ...command,
      env: { ...command.env, ...userEnv, ...env },
      cwd,
      ...(user === null ? {} : { uid: user.uid, gid: user.gid }),
    };
  }
}

function userOf(runAsUser: string | null): SystemUser | null {
  return runAsUser === null ? null : resolveRunAsUser(runAsUser);
}

function checkFolder(cwd: string): void {
  if (statSync(cwd, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new TradewindError(
    "TW_TASK_PROCESS",
    `cwd: an existing folder was expected, got ${JSON.stringify(cwd)}`,
  );
}
