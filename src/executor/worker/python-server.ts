/**
 * Fork servers, one for each interpreter, and the templates that they have: where the processes of tasks in Python
 * come from. A template that nothing asked for in a while ends; the next attempt imports the file again.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import type { Json } from "../../core/dag-model.ts";
import { TradewindError } from "../../errors.ts";
import { codeIdentity } from "../../runtime/code-snapshot.ts";
import { environmentForTasks } from "../../runtime/environment.ts";
import { FrameConnection } from "../../runtime/frames.ts";
import type { ChildRequest, CodeLocation } from "../../runtime/protocol.ts";
import { pythonArguments, pythonSettings } from "../../runtime/python-command.ts";
import type { Clock, Timer } from "../../time.ts";
import { identify, type ProcessIdentity } from "../process-table.ts";
import { ForkListener } from "./fork-listener.ts";
import { OutputLines } from "./output-lines.ts";
import type { ForkedProcess } from "./process-handle.ts";
import { PythonTemplate } from "./python-template.ts";
import type { PythonSettings } from "./settings.ts";

/** Longest that an import may take; the Dag processor has its own limit, so that this one is for what changed since. */
const importMs = 300_000;

export interface PythonServersHost {
  readonly clock: Clock;
  readonly runFolder: string;
  readonly workerId: string;
  readonly settings: PythonSettings;
  request(attemptId: string, request: ChildRequest): Promise<Json>;
  printed(line: string): void;
}

type FromServer =
  | { type: "ready"; pid: number }
  | { type: "warming"; key: string; pid: number }
  | { type: "exited"; key: string; pid: number; code: number | null; signal: string | null };
type ToServer = { type: "warm"; key: string; code: CodeLocation };

export interface ForkRequest {
  readonly attemptId: string;
  readonly code: CodeLocation;
  readonly env: { readonly [name: string]: string };
  readonly cwd: string | null;
  /** For an attempt to come. */
  readonly isSpare?: boolean;
}

export class PythonServers {
  readonly #host: PythonServersHost;
  readonly #servers = new Map<string, PythonServer>();
  #listener: ForkListener | null = null;
  #idleTimer: Timer | null = null;
  #closed = false;

  constructor(host: PythonServersHost) {
    this.#host = host;
  }

  /** The processes of the servers, which the worker's successor ends where they are left. */
  get identities(): ProcessIdentity[] {
    return [...this.#servers.values()].map((server) => server.identity).filter(({ pid }) => pid !== 0);
  }

  /** A process for one attempt, forked from one that has imported its Dag file. */
  fork(request: ForkRequest): Promise<ForkedProcess> {
    const { interpreter } = request.code;
    this.#listener ??= new ForkListener(this.#host.runFolder, this.#host.workerId);
    let server = this.#servers.get(interpreter);
    if (server === undefined || server.ended) {
      server = new PythonServer(interpreter, this.#listener, this.#host);
      this.#servers.set(interpreter, server);
    }
    this.#idleTimer ??= this.#endIdleLater();
    return server.fork(request);
  }

  /** A process for an attempt to come, where one has imported the file; null where none has. */
  forkSpare(request: ForkRequest): Promise<ForkedProcess> | null {
    const server = this.#servers.get(request.code.interpreter);
    return server?.hasImported(request.code) ? server.fork(request) : null;
  }

  close(): void {
    this.#closed = true;
    this.#idleTimer?.cancel();
    for (const server of this.#servers.values()) server.close();
    this.#listener?.close();
  }

  #endIdleLater(): Timer {
    const { idleMs } = this.#host.settings;
    return this.#host.clock.after(Math.max(1000, idleMs / 10), () => {
      if (this.#closed) return;
      for (const server of this.#servers.values()) server.endIdle(this.#host.clock.now() - idleMs);
      this.#idleTimer = this.#endIdleLater();
    });
  }
}

class PythonServer {
  readonly identity: ProcessIdentity;
  readonly #host: PythonServersHost;
  readonly #listener: ForkListener;
  readonly #child: ChildProcess;
  readonly #connection: FrameConnection<FromServer, ToServer>;
  /** By the identity of the code, the newest. */
  readonly #byCode = new Map<string, PythonTemplate>();
  readonly #byKey = new Map<string, PythonTemplate>();
  #tokens = 0;
  #failure: Error | null = null;
  #lastLine = "";

  constructor(interpreter: string, listener: ForkListener, host: PythonServersHost) {
    this.#host = host;
    this.#listener = listener;
    this.#child = spawn(interpreter, pythonArguments("fork_server", "--socket", listener.path), {
      env: { ...environmentForTasks(), ...pythonSettings(host.settings) } as NodeJS.ProcessEnv,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      detached: true,
    });
    const { pid } = this.#child;
    this.identity = pid === undefined ? { pid: 0, startTime: 0 } : identify(pid);
    for (const stream of [this.#child.stdout, this.#child.stderr]) this.#capture(stream as Readable);
    this.#connection = new FrameConnection(this.#child.stdio[3] as Duplex, {
      message: (message) => this.#message(message),
      closed: () => this.#ended(`the fork server of ${interpreter} ended`),
    });
    this.#child.on("error", (error) => this.#ended(`${interpreter} cannot be started: ${error.message}`));
  }

  get ended(): boolean {
    return this.#failure !== null;
  }

  fork(request: ForkRequest): Promise<ForkedProcess> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return this.#template(request).fork(request);
  }

  hasImported(code: CodeLocation): boolean {
    const template = this.#byCode.get(identityOf(code));
    return template?.isReady === true && !template.isRetired;
  }

  endIdle(unusedSince: number): void {
    for (const template of this.#byKey.values())
      if (template.isIdle && template.usedAt < unusedSince) template.retire();
  }

  close(): void {
    this.#connection.destroy();
    for (const template of this.#byKey.values()) template.retire();
  }

  #template({ attemptId, code }: ForkRequest): PythonTemplate {
    const identity = identityOf(code);
    const known = this.#byCode.get(identity);
    if (known !== undefined && !known.isRetired) return known;
    const key = `${this.identity.pid}-${++this.#tokens}`;
    const { clock } = this.#host;
    const template: PythonTemplate = new PythonTemplate(key, {
      clock,
      listener: this.#listener,
      token: () => `${key}-${++this.#tokens}`,
      request: (request) => this.#host.request(attemptId, request),
      ended: () => {
        this.#byKey.delete(key);
        if (this.#byCode.get(identity) === template) this.#byCode.delete(identity);
        patience.cancel();
      },
    });
    const patience = clock.after(importMs, () => {
      if (template.isReady) return;
      template.fail(
        new TradewindError(
          "TW_DAG_FILE_TIMEOUT",
          `the import of ${code.relativeFile} did not end within ${importMs / 1000} s`,
        ),
      );
      template.kill();
    });
    this.#byCode.set(identity, template);
    this.#byKey.set(key, template);
    this.#connection.send({ type: "warm", key, code });
    return template;
  }

  #message(message: FromServer): void {
    if (message.type === "warming") this.#byKey.get(message.key)?.started(message.pid);
    if (message.type !== "exited") return;
    const how = message.signal === null ? `exit code ${message.code}` : `signal ${message.signal}`;
    const last = this.#lastLine === "" ? "" : `; the last line on standard error: ${this.#lastLine}`;
    this.#byKey
      .get(message.key)
      ?.fail(
        new TradewindError(
          "TW_DAG_FILE_CRASH",
          `the process that imported the Dag file ended with ${how}${last}`,
        ),
      );
  }

  #capture(stream: Readable): void {
    const lines = new OutputLines((line) => {
      if (line.trim() !== "") this.#lastLine = line.slice(0, 2000);
      this.#host.printed(line);
    });
    stream.on("data", (chunk: Buffer) => lines.push(chunk));
    stream.on("end", () => lines.finish());
    stream.on("error", () => undefined);
  }

  #ended(message: string): void {
    if (this.#failure !== null) return;
    const last = this.#lastLine === "" ? "" : `; its last line on standard error: ${this.#lastLine}`;
    this.#failure = new TradewindError("TW_TASK_PROCESS", `${message}${last}`, {
      hint: "python.interpreter names the Python of Dag files; it has to be 3.9 or newer",
    });
    for (const template of this.#byKey.values()) template.fail(this.#failure);
  }
}

function identityOf(code: CodeLocation): string {
  return `${code.dagsFolder}/${codeIdentity(code)}`;
}
