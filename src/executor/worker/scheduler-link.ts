/**
 * The worker's side of the connection to the executor: connects, greets, connects again when the scheduler went
 * away, and gives up when none answered for too long.
 */
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import type { Json } from "../../core/dag-model.ts";
import { TradewindError } from "../../errors.ts";
import { FrameConnection } from "../../runtime/frames.ts";
import type { ChildRequest } from "../../runtime/protocol.ts";
import type { Clock, Timer } from "../../time.ts";
import { type ExecutorMessage, linkFrameBytes, type WorkerHello, type WorkerMessage } from "../link.ts";
import type { WorkerSettings } from "./settings.ts";

export type LinkHello = Omit<WorkerHello, "type" | "token">;

export interface LinkHandlers {
  /** What to greet with, made anew for each connection. */
  hello(): LinkHello;
  /** The greeting was accepted: what was not acknowledged is to be sent again. */
  welcomed(slots: number | null): void;
  message(message: Exclude<ExecutorMessage, { type: "welcome" | "refused" }>): void;
  /** Nobody answered for `reconnectMs`, or the executor refused. */
  gaveUp(error: Error): void;
}

const firstPauseMs = 20;
const longestPauseMs = 250;

export class SchedulerLink {
  readonly #settings: Pick<WorkerSettings, "connect" | "reconnectMs">;
  readonly #clock: Clock;
  readonly #handlers: LinkHandlers;
  #connection: FrameConnection<ExecutorMessage, WorkerMessage> | null = null;
  #welcome = false;
  #lastContact: number;
  #pauseMs = firstPauseMs;
  #timer: Timer | null = null;
  #closed = false;
  /** Woken by the next welcome. */
  #waiting: (() => void)[] = [];

  constructor(
    settings: Pick<WorkerSettings, "connect" | "reconnectMs">,
    clock: Clock,
    handlers: LinkHandlers,
  ) {
    this.#settings = settings;
    this.#clock = clock;
    this.#handlers = handlers;
    this.#lastContact = clock.now();
  }

  get connected(): boolean {
    return this.#welcome;
  }

  start(): void {
    let socket: Socket;
    let token: string | null = null;
    const { connect: where } = this.#settings;
    try {
      if ("socket" in where) socket = connect(where.socket);
      else {
        token = readFileSync(where.tokenFile, "utf8").trim();
        socket = connect(where.port, where.host).setNoDelay(true);
      }
    } catch (error) {
      return this.#giveUp(error as Error);
    }
    const connection = new FrameConnection<ExecutorMessage, WorkerMessage>(
      socket,
      {
        message: (message) => this.#message(message),
        closed: (error) => this.#lost(error),
      },
      { limit: linkFrameBytes },
    );
    this.#connection = connection;
    socket.once("connect", () => {
      connection.send({ ...this.#handlers.hello(), type: "hello", token });
      connection.flush();
    });
  }

  /** Sends when a scheduler is there; false when none is. */
  send(message: WorkerMessage): boolean {
    if (!this.#welcome || this.#connection === null) return false;
    this.#connection.send(message);
    return true;
  }

  /** Asks the scheduler, and asks again when it went away before it answered. */
  async request(attemptId: string, request: ChildRequest): Promise<Json> {
    for (;;) {
      if (this.#closed)
        throw new TradewindError("TW_CONNECTION_CLOSED", "the worker ends: no scheduler to ask");
      if (!this.#welcome || this.#connection === null) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
        continue;
      }
      try {
        return await this.#connection.request({ ...request, attemptId });
      } catch (error) {
        if ((error as { code?: unknown }).code !== "TW_CONNECTION_CLOSED") throw error;
      }
    }
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#connection?.end();
    this.#connection = null;
    this.#wakeWaiting();
  }

  #message(message: ExecutorMessage): void {
    if (message.type === "refused") {
      return this.#giveUp(
        new TradewindError("TW_WORKER_START", `the executor refused this worker: ${message.message}`),
      );
    }
    if (message.type !== "welcome") return this.#handlers.message(message);
    this.#welcome = true;
    this.#pauseMs = firstPauseMs;
    this.#handlers.welcomed(message.slots);
    this.#wakeWaiting();
  }

  #wakeWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #lost(error: Error | null): void {
    if (this.#closed) return;
    const now = this.#clock.now();
    if (this.#welcome) this.#lastContact = now;
    this.#welcome = false;
    this.#connection = null;
    if (now - this.#lastContact >= this.#settings.reconnectMs) {
      const seconds = Math.round(this.#settings.reconnectMs / 1000);
      return this.#giveUp(
        new TradewindError("TW_CONNECTION_CLOSED", `no scheduler answered for ${seconds} s`, {
          cause: error,
        }),
      );
    }
    this.#timer = this.#clock.after(this.#pauseMs, () => this.start());
    this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 2);
  }

  #giveUp(error: Error): void {
    if (this.#closed) return;
    this.close();
    this.#handlers.gaveUp(error);
  }
}
