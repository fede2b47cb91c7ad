/** A real task child, spoken to as a supervisor does: frames on descriptor 3, answers from tables. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { Json } from "../../src/core/dag-model.ts";
import { FrameConnection } from "../../src/runtime/frames.ts";
import type {
  ChildAnswers,
  ChildMessage,
  ChildRequest,
  StartTask,
  SupervisorMessage,
} from "../../src/runtime/protocol.ts";

type Request = Extract<ChildMessage, { type: "request" }>;
export type Result = Extract<ChildMessage, { type: "result" }>;
export type Log = Extract<ChildMessage, { type: "log" }>;

/** Answers by method; a function sees the params. */
export type Answers = {
  [M in ChildRequest["method"]]?:
    | ChildAnswers[M]
    | ((
        params: Extract<ChildRequest, { method: M }>["params"],
      ) => ChildAnswers[M] | Promise<ChildAnswers[M]>);
};

/** A start message, of which only what differs from the usual is given. */
export type StartOptions = Partial<Omit<StartTask, "task" | "run">> & {
  task?: Partial<StartTask["task"]>;
  run?: Partial<StartTask["run"]>;
};

const entry = join(import.meta.dirname, "../../src/runtime/child.ts");
export const dagsFolder = join(import.meta.dirname, "dags");

export class TaskChild {
  readonly process: ChildProcess;
  readonly messages: ChildMessage[] = [];
  readonly requests: ChildRequest[] = [];
  answers: Answers = {};
  stdout = "";
  stdoutBytes = 0;
  stderr = "";
  readonly artifactRoot = mkdtempSync(join(tmpdir(), "tradewind-artifacts-"));
  readonly #connection: FrameConnection<ChildMessage, SupervisorMessage>;
  readonly #waiting: {
    matches: (message: ChildMessage) => boolean;
    resolve: (message: ChildMessage) => void;
  }[] = [];
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  #attempts = 0;

  constructor(env: { [name: string]: string } = {}) {
    this.process = spawn(process.execPath, [entry], {
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"],
        HOME: process.env["HOME"],
        NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache"),
        ...env,
      },
      detached: true,
    });
    this.process.stdout?.on("data", (chunk: Buffer) => {
      this.stdoutBytes += chunk.length;
      if (this.stdout.length < 1_000_000) this.stdout += chunk.toString();
    });
    this.process.stderr?.on("data", (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    this.exited = new Promise((resolve) =>
      this.process.on("close", (code, signal) => resolve({ code, signal })),
    );
    this.#connection = new FrameConnection<ChildMessage, SupervisorMessage>(this.process.stdio[3] as Duplex, {
      message: (message) => this.#message(message),
      closed: () => undefined,
    });
  }

  send(message: SupervisorMessage): void {
    this.#connection.send(message);
    this.#connection.flush();
  }

  /** The next message that fits, also one that came already. */
  async next<T extends ChildMessage["type"]>(
    type: T,
    fits: (message: Extract<ChildMessage, { type: T }>) => boolean = () => true,
  ): Promise<Extract<ChildMessage, { type: T }>> {
    const matches = (message: ChildMessage) =>
      message.type === type && fits(message as Extract<ChildMessage, { type: T }>);
    const known = this.messages.find(matches);
    const found =
      known ??
      (await Promise.race([
        new Promise<ChildMessage>((resolve) => this.#waiting.push({ matches, resolve })),
        this.exited.then(({ code, signal }) => {
          throw new Error(
            `the child ended with ${code ?? signal} before "${type}" came; stderr: ${this.stderr}`,
          );
        }),
      ]));
    return found as Extract<ChildMessage, { type: T }>;
  }

  begin(dagId: string, taskId: string, more: StartOptions = {}): string {
    const start = startTask(dagId, taskId, { artifactRoot: this.artifactRoot, ...more });
    const attemptId = `${start.task.attemptId}-${++this.#attempts}`;
    this.send({ ...start, task: { ...start.task, attemptId } });
    return attemptId;
  }

  /** Starts a task and gives its result. */
  async run(...args: Parameters<TaskChild["begin"]>): Promise<Result> {
    const attemptId = this.begin(...args);
    return this.next("result", (message) => message.attemptId === attemptId);
  }

  logs(): string[] {
    return this.messages
      .filter((message): message is Log => message.type === "log")
      .map(({ level, message }) => `${level}: ${message}`);
  }

  requested<M extends ChildRequest["method"]>(method: M): Extract<ChildRequest, { method: M }>["params"][] {
    return this.requests.filter((request) => request.method === method).map(({ params }) => params as never);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.destroy();
    await this.exited;
    rmSync(this.artifactRoot, { recursive: true, force: true });
  }

  #message(message: ChildMessage): void {
    this.messages.push(message);
    if (message.type === "request") this.#answer(message);
    const index = this.#waiting.findIndex(({ matches }) => matches(message));
    if (index >= 0) this.#waiting.splice(index, 1)[0]?.resolve(message);
  }

  #answer(request: Request): void {
    this.requests.push({ method: request.method, params: request.params } as ChildRequest);
    const answer = this.answers[request.method] as
      | Json
      | ((params: unknown) => Json | Promise<Json>)
      | undefined;
    const empty: Json =
      request.method.endsWith(".list") ||
      request.method === "xcom.get" ||
      request.method === "asset-events.get"
        ? []
        : null;
    const value = typeof answer === "function" ? answer(request.params) : (answer ?? empty);
    this.#connection.answer(request.id, Promise.resolve(value));
  }
}

export function startTask(dagId: string, taskId: string, more: StartOptions = {}): StartTask {
  const { task, run, ...rest } = more;
  return {
    type: "start",
    task: {
      dagId,
      taskId,
      runId: "manual__2024-02-28T06:30:00+00:00",
      mapIndex: -1,
      tryNumber: 1,
      maxTries: 0,
      attemptId: "attempt",
      startDate: "2024-02-28T06:31:00+00:00",
      ...task,
    },
    code: {
      dagsFolder,
      relativeFile: `${dagId}.ts`,
      versionHash: `${dagId}v1`,
      snapshotFolder: dagsFolder,
      files: {},
      interpreter: "node",
    },
    run: {
      runType: "manual",
      logicalDate: "2024-02-28T06:30:00+00:00",
      dataIntervalStart: "2024-02-28T06:30:00+00:00",
      dataIntervalEnd: "2024-02-28T06:30:00+00:00",
      runAfter: "2024-02-28T06:30:00+00:00",
      startDate: "2024-02-28T06:30:01+00:00",
      conf: {},
      partitionKey: null,
      clearNumber: 0,
      triggeredBy: "cli",
      ...run,
    },
    xcoms: [],
    params: {},
    executionTimeout: null,
    memoryLimitMb: null,
    artifactRoot: "/nonexistent",
    xcomInlineLimit: 256 * 1024,
    logLevel: "info",
    ...rest,
  };
}
