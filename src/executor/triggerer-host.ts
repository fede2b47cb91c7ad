/**
 * Keeps the one process that waits for all deferred tasks: started with the first trigger, ended when none has been
 * left for a while, started again with all of them when it dies. It lives and ends with the scheduler's process;
 * triggers are rows of the database, which the next scheduler hands over again.
 *
 *   none --first trigger--> running --last one gone, idle--> none
 *                              `--died--> (pause) running, all triggers sent again
 */

import { randomUUID } from "node:crypto";
import type { Json, TriggerSpec } from "../core/dag-model.ts";
import type { Logger } from "../log.ts";
import { AttemptLog } from "../logs/attempt-log.ts";
import type {
  ChildRequest,
  CodeLocation,
  ErrorInfo,
  LogLevel,
  TaskCoordinates,
  TriggererEvent,
  TriggererMessage,
} from "../runtime/protocol.ts";
import type { Clock, Timer } from "../time.ts";
import { RestartPause } from "./restart-pause.ts";
import { describeExit } from "./worker/attempt-failure.ts";
import { type ProcessCommand, type ProcessExit, TaskProcess } from "./worker/task-process.ts";
import { inheritFromDeadWorkers, WorkerRecordFile } from "./worker/worker-record.ts";

/** What waits, and whose it is. */
export interface WaitingTrigger {
  readonly triggerId: string;
  readonly trigger: TriggerSpec;
  readonly code: CodeLocation;
  /** Null for triggers of asset watchers. */
  readonly task: TaskCoordinates | null;
  readonly logLevel: LogLevel;
  /** Log file of the attempt, relative to the log folder; null where there is none. */
  readonly logPath: string | null;
}

/** `last` is false for triggers that may fire again. */
export type Fired = Pick<Extract<TriggererEvent, { type: "fired" }>, "event" | "last" | "end">;

export interface TriggererEvents {
  fired(triggerId: string, fired: Fired): void;
  failed(triggerId: string, error: ErrorInfo): void;
  request(triggerId: string, request: ChildRequest): Promise<Json>;
}

export interface TriggererHostOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly runFolder: string;
  readonly logFolder: string;
  readonly maxTaskLogBytes: number;
  readonly sensitiveNames?: readonly string[];
  /** The program that waits. */
  readonly command: ProcessCommand;
  /** How long the process stays without triggers, in ms. */
  readonly idleMs?: number;
}

const pauses = { firstMs: 100, longestMs: 10_000, settledMs: 10_000 };
const recordName = "triggerer";

type TriggererProcess = TaskProcess<TriggererEvent, TriggererMessage>;

export class TriggererHost {
  readonly #options: TriggererHostOptions;
  readonly #events: TriggererEvents;
  readonly #triggers = new Map<string, WaitingTrigger>();
  #process: TriggererProcess | null = null;
  #record: WorkerRecordFile | null = null;
  readonly #pause: RestartPause;
  #timer: Timer | null = null;
  #idleTimer: Timer | null = null;
  #stopped = false;
  /** Processes that have not ended yet: the one in use, and idle ones on their way out. */
  readonly #ending = new Map<TriggererProcess, PromiseWithResolvers<void>>();

  constructor(options: TriggererHostOptions, events: TriggererEvents) {
    this.#options = options;
    this.#events = events;
    this.#pause = new RestartPause(options.clock, pauses);
  }

  /** Ends what a killed scheduler's triggerer may have left behind. */
  async start(): Promise<void> {
    await inheritFromDeadWorkers(this.#options.runFolder, recordName);
  }

  /** Triggers that have neither fired for the last time nor failed. */
  get size(): number {
    return this.#triggers.size;
  }

  /** Pid of the process, while there is one. */
  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  has(triggerId: string): boolean {
    return this.#triggers.has(triggerId);
  }

  /** Waits for it from now on; the same trigger again changes nothing. */
  add(trigger: WaitingTrigger): void {
    if (this.#stopped || this.#triggers.has(trigger.triggerId)) return;
    this.#triggers.set(trigger.triggerId, trigger);
    this.#idleTimer?.cancel();
    this.#idleTimer = null;
    if (this.#process !== null) this.#send(trigger);
    else if (this.#timer === null) this.#spawn();
  }

  /** Nobody wants it any more: its task was cleared, marked or timed out. */
  cancel(triggerId: string): void {
    if (!this.#triggers.delete(triggerId)) return;
    this.#process?.send({ type: "cancel-trigger", triggerId });
    this.#endWhenIdle();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#idleTimer?.cancel();
    this.#process?.retire();
    await Promise.all([...this.#ending.values()].map(({ promise }) => promise));
    this.#record?.remove();
  }

  #send(waiting: WaitingTrigger): void {
    const { triggerId, trigger, code, task, logLevel } = waiting;
    try {
      this.#process?.send({ type: "trigger", triggerId, trigger, code, task, logLevel });
    } catch (error) {
      const { name, message } = error as Error;
      this.#over(triggerId);
      queueMicrotask(() => this.#events.failed(triggerId, { name, message, causes: [] }));
    }
  }

  #spawn(): void {
    const { clock, runFolder, sensitiveNames = [], command } = this.#options;
    this.#timer = null;
    this.#pause.started();
    const onExit = (exit: ProcessExit): void => this.#ended(triggerer, exit);
    const triggerer: TriggererProcess = new TaskProcess(command, {
      clock,
      isolated: true,
      sensitiveNames,
      onExit,
    });
    triggerer.user = {
      message: (message) => this.#message(triggerer, message),
      line: (stream, text) => this.#options.log.info({ stream }, text),
      exited: () => {},
    };
    this.#process = triggerer;
    this.#ending.set(triggerer, Promise.withResolvers());
    this.#record ??= new WorkerRecordFile(runFolder, `${recordName}-${randomUUID()}`, recordName);
    this.#record.setChildren([...this.#ending.keys()].map(({ identity }) => identity));
    for (const trigger of this.#triggers.values()) this.#send(trigger);
  }

  #ended(triggerer: TriggererProcess, exit: ProcessExit): void {
    this.#ending.get(triggerer)?.resolve();
    this.#ending.delete(triggerer);
    this.#record?.setChildren([...this.#ending.keys()].map(({ identity }) => identity));
    const wanted = this.#process === triggerer && !this.#stopped && this.#triggers.size > 0;
    if (this.#process === triggerer) this.#process = null;
    if (!wanted) return;
    const { clock, log } = this.#options;
    log.error(
      { triggers: this.#triggers.size, how: describeExit(exit, null) },
      "the triggerer died and is started again",
    );
    this.#timer = clock.after(this.#pause.afterDeath(), () => this.#spawn());
  }

  #message(triggerer: TriggererProcess, message: TriggererEvent): void {
    switch (message.type) {
      case "fired":
        if (!this.#triggers.has(message.triggerId)) return;
        if (message.last) this.#over(message.triggerId);
        return this.#events.fired(message.triggerId, message);
      case "trigger-failed":
        if (!this.#triggers.has(message.triggerId)) return;
        this.#over(message.triggerId);
        return this.#events.failed(message.triggerId, message.error);
      case "request": {
        const { id, triggerId, method, params } = message;
        return triggerer.answer(id, this.#ask(triggerer, triggerId, { method, params } as ChildRequest));
      }
      case "log":
        return this.#log(triggerer, message);
      default:
        return;
    }
  }

  async #ask(triggerer: TriggererProcess, triggerId: string, request: ChildRequest): Promise<Json> {
    const answer = await this.#events.request(triggerId, request);
    if (request.method === "connection.get") triggerer.masker.addFrom(answer);
    if (request.method === "variable.get") triggerer.masker.addFrom({ [request.params.key]: answer });
    return answer;
  }

  /** Into the attempt's own file, which is not kept open: thousands wait. */
  #log(triggerer: TriggererProcess, line: Extract<TriggererEvent, { type: "log" }>): void {
    const { level, message, time, logger = "triggerer", fields, triggerId } = line;
    const path = triggerId === undefined ? null : (this.#triggers.get(triggerId)?.logPath ?? null);
    const { clock, log, logFolder, maxTaskLogBytes } = this.#options;
    if (path === null) return log.info({ logger, level, ...fields }, triggerer.masker.mask(message));
    const file = new AttemptLog(logFolder, path, {
      clock,
      masker: triggerer.masker,
      maxBytes: maxTaskLogBytes,
      onError: (error) => log.error({ err: error, path }, "a trigger's log cannot be written"),
    });
    file.write(level, logger, message, { time, ...(fields === undefined ? {} : { fields }) });
    file.close();
  }

  #over(triggerId: string): void {
    this.#triggers.delete(triggerId);
    this.#endWhenIdle();
  }

  #endWhenIdle(): void {
    if (this.#triggers.size > 0 || this.#process === null || this.#stopped) return;
    const { clock, idleMs = 30_000 } = this.#options;
    this.#idleTimer ??= clock.after(idleMs, () => {
      this.#idleTimer = null;
      const idle = this.#process;
      this.#process = null;
      idle?.retire();
    });
  }
}
