/**
 * The process in which all triggers wait: thousands of deferred tasks, on one event loop and one timer. It speaks
 * `TriggererMessage` and `TriggererEvent` on descriptor 3, and ends when that closes. Started with
 * `node src/runtime/triggerer.ts`.
 */
import { Socket } from "node:net";
import type { Json } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import { findTrigger, type TriggerContext, type TriggerDefinition, triggerOf } from "../sdk/trigger.ts";
import * as builtIn from "../sdk/triggers/index.ts";
import { type Clock, systemClock } from "../time.ts";
import { version } from "../version.ts";
import { AttemptClient } from "./attempt-client.ts";
import { describeError } from "./error-info.ts";
import { FrameConnection } from "./frames.ts";
import {
  type ChildRequest,
  type LogLevel,
  protocolVersion,
  type TriggererEvent,
  type TriggererMessage,
} from "./protocol.ts";
import { toLogFields } from "./task-log.ts";
import { TimerQueue } from "./timer-queue.ts";
import { checkJson } from "./xcom-json.ts";

type TriggerMessage = Extract<TriggererMessage, { type: "trigger" }>;

/** Importing them registers them. */
export const builtInTriggers: readonly string[] = Object.keys(builtIn);

const heartbeatMs = 5000;
const levels: readonly LogLevel[] = ["debug", "info", "warning", "error", "critical"];

/** One that waits: `stop` ends it without an event. */
interface Waiting {
  stop(): void;
}

class Triggerer {
  readonly #clock: Clock;
  readonly #timers: TimerQueue;
  readonly #connection: FrameConnection<TriggererMessage, TriggererEvent>;
  readonly #waiting = new Map<string, Waiting>();

  constructor(stream: Socket, clock: Clock) {
    this.#clock = clock;
    this.#timers = new TimerQueue(clock);
    this.#connection = new FrameConnection<TriggererMessage, TriggererEvent>(stream, {
      message: (message) => this.#message(message),
      closed: () => process.exit(0),
    });
  }

  start(): void {
    process.on("SIGINT", () => {});
    // One trigger's stray error must not end the thousands beside it.
    process.on("uncaughtException", (error) => this.#stray(error));
    process.on("unhandledRejection", (reason) => this.#stray(reason));
    this.#connection.send({
      type: "ready",
      protocol: protocolVersion,
      pid: process.pid,
      language: "typescript",
      version,
    });
    this.#connection.flush();
    const beat = () => {
      this.#connection.send({ type: "heartbeat" });
      this.#timers.at(this.#clock.now() + heartbeatMs, beat);
    };
    beat();
  }

  #message(message: TriggererMessage): void {
    switch (message.type) {
      case "trigger":
        return this.#begin(message);
      case "cancel-trigger":
        return this.#stop(message.triggerId);
      case "shutdown":
        for (const triggerId of this.#waiting.keys()) this.#stop(triggerId);
        this.#connection.end();
        return process.exit(0);
      default:
        return;
    }
  }

  #stop(triggerId: string): void {
    this.#waiting.get(triggerId)?.stop();
    this.#waiting.delete(triggerId);
  }

  #begin(message: TriggerMessage): void {
    this.#stop(message.triggerId);
    const definition = findTrigger(message.trigger.classpath);
    if (definition?.due) this.#waitForInstant(message, definition.due);
    else this.#run(message);
  }

  /** Most triggers wait for an instant: an entry of the heap, and nothing else, until then. */
  #waitForInstant(message: TriggerMessage, due: NonNullable<TriggerDefinition["due"]>): void {
    const { triggerId, trigger } = message;
    let at: number;
    try {
      at = due(trigger.kwargs, this.#clock.now());
    } catch (error) {
      return this.#failed(triggerId, error);
    }
    const timer = this.#timers.at(at, () => {
      this.#waiting.delete(triggerId);
      this.#fired(triggerId, trigger.kwargs["moment"] ?? new Date(at).toISOString(), true);
    });
    this.#waiting.set(triggerId, { stop: () => timer.cancel() });
  }

  #run(message: TriggerMessage): void {
    const { triggerId } = message;
    const ending = new AbortController();
    const waiting: Waiting = {
      stop: () => ending.abort(new Error("the trigger is not waited for any more")),
    };
    this.#waiting.set(triggerId, waiting);
    const current = () => this.#waiting.get(triggerId) === waiting;
    this.#follow(message, ending.signal, current)
      .catch((error: unknown) => {
        if (current()) this.#failed(triggerId, error);
      })
      .finally(() => {
        if (current()) this.#waiting.delete(triggerId);
      });
  }

  async #follow(message: TriggerMessage, signal: AbortSignal, current: () => boolean): Promise<void> {
    const { triggerId, trigger, task } = message;
    const definition = await definitionOf(message);
    const running = definition.run(trigger.kwargs, this.#context(message, signal));
    // The triggers of tasks fire once, those of asset watchers again and again.
    const once = task !== null;
    if (!(Symbol.asyncIterator in running)) {
      const event = await running;
      if (current()) this.#fired(triggerId, checked(event, triggerId), true);
      return;
    }
    for await (const event of running) {
      if (!current()) return;
      this.#fired(triggerId, checked(event, triggerId), once);
      if (once) return;
    }
    if (current())
      throw new TradewindError(
        "TW_TRIGGER_ENDED",
        `expected trigger "${trigger.classpath}" to give an event, it ended without one`,
      );
  }

  #context(message: TriggerMessage, signal: AbortSignal): TriggerContext {
    const { triggerId } = message;
    const log = (level: LogLevel) => (text: string, fields?: { [key: string]: unknown }) =>
      this.#log(message, level, text, fields);
    const task = message.task ?? {
      dagId: "",
      taskId: "",
      runId: "",
      mapIndex: -1,
      tryNumber: 0,
      attemptId: triggerId,
    };
    const port = {
      request: ({ method, params }: ChildRequest): Promise<Json> =>
        this.#connection.request({ method, params, triggerId }),
      mask: (values: string[]) => this.#connection.send({ type: "mask", values }),
    };
    return {
      signal,
      now: () => this.#clock.now(),
      sleep: (seconds) => this.#sleep(seconds, signal),
      client: new AttemptClient(port, { artifactRoot: "", inlineLimit: Number.MAX_SAFE_INTEGER, task }),
      logger: {
        debug: log("debug"),
        info: log("info"),
        warning: log("warning"),
        warn: log("warning"),
        error: log("error"),
        critical: log("critical"),
      },
    };
  }

  #sleep(seconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const abort = () => {
        timer.cancel();
        reject(signal.reason as Error);
      };
      const timer = this.#timers.at(this.#clock.now() + seconds * 1000, () => {
        signal.removeEventListener("abort", abort);
        resolve();
      });
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  #fired(triggerId: string, event: Json, last: boolean): void {
    try {
      this.#connection.send({ type: "fired", triggerId, event, last });
    } catch (error) {
      this.#failed(triggerId, error);
    }
  }

  #failed(triggerId: string, error: unknown): void {
    this.#waiting.delete(triggerId);
    this.#connection.send({ type: "trigger-failed", triggerId, error: describeError(error) });
  }

  #log(message: TriggerMessage, level: LogLevel, text: string, fields?: { [key: string]: unknown }): void {
    if (levels.indexOf(level) < levels.indexOf(message.logLevel)) return;
    this.#connection.send({
      type: "log",
      triggerId: message.triggerId,
      level,
      message: text,
      time: new Date(this.#clock.now()).toISOString(),
      ...(fields === undefined ? {} : { fields: toLogFields(fields) }),
    });
  }

  #stray(error: unknown): void {
    const { name, message, stack } = describeError(error);
    const time = new Date(this.#clock.now()).toISOString();
    this.#connection.send({
      type: "log",
      level: "error",
      message: `an error outside of any trigger: ${stack ?? `${name}: ${message}`}`,
      time,
    });
  }
}

/** The built-in ones are known; those of users are registered by importing the Dag file of the version. */
async function definitionOf({ trigger, code }: TriggerMessage): Promise<TriggerDefinition> {
  const known = findTrigger(trigger.classpath);
  if (known) return known;
  const { loadDagFileVersion } = await import("./load-dag-file.ts");
  await loadDagFileVersion(code);
  return triggerOf(trigger);
}

function checked(event: unknown, triggerId: string): Json {
  checkJson(event, `the event of trigger ${triggerId}`);
  return (event ?? null) as Json;
}

new Triggerer(new Socket({ fd: 3, readable: true, writable: true }), systemClock).start();
