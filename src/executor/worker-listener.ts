/** Listens for workers, on a Unix socket and where wanted on TCP, and lets in those that greet correctly. */
import { timingSafeEqual } from "node:crypto";
import { chmodSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { TradewindError } from "../errors.ts";
import { FrameConnection } from "../runtime/frames.ts";
import type { Clock } from "../time.ts";
import {
  type ExecutorMessage,
  linkFrameBytes,
  linkVersion,
  type WorkerHello,
  type WorkerMessage,
} from "./link.ts";

export type WorkerConnection = FrameConnection<WorkerMessage, ExecutorMessage>;

export interface ListenerHandlers {
  hello(hello: WorkerHello, connection: WorkerConnection): void;
  message(connection: WorkerConnection, message: Exclude<WorkerMessage, WorkerHello>): void;
  closed(connection: WorkerConnection): void;
}

export interface TcpAddress {
  readonly host: string;
  readonly port: number;
  readonly token: string;
}

const greetingMs = 10_000;

export class WorkerListener {
  readonly #clock: Clock;
  readonly #handlers: ListenerHandlers;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  constructor(clock: Clock, handlers: ListenerHandlers) {
    this.#clock = clock;
    this.#handlers = handlers;
  }

  /** Throws TW_WORKER_START when another scheduler listens there, or nothing can be made there. */
  async listenOnSocket(path: string): Promise<void> {
    if (await answers(path)) {
      throw new TradewindError(
        "TW_WORKER_START",
        `no other scheduler was expected at ${path}, but one listens there`,
        {
          hint: "One home has one scheduler; give another one a home of its own (TRADEWIND_HOME).",
        },
      );
    }
    rmSync(path, { force: true });
    await this.#listen({ path }, null);
    chmodSync(path, 0o600);
  }

  /** Returns the port, which the system chooses where 0 is asked for. */
  async listenOnTcp(address: TcpAddress): Promise<number> {
    const server = await this.#listen({ host: address.host, port: address.port }, address.token);
    return (server.address() as { port: number }).port;
  }

  /** Stops listening and hangs up; what was sent before is still delivered. */
  async close(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const socket of this.#sockets) socket.destroySoon();
    await Promise.all(closed);
  }

  #listen(where: { path: string } | { host: string; port: number }, token: string | null): Promise<Server> {
    return new Promise((resolve, reject) => {
      const server = createServer((socket) => this.#accept(socket, token));
      server.once("error", (cause) => {
        reject(
          new TradewindError("TW_WORKER_START", `cannot listen for workers: ${cause.message}`, { cause }),
        );
      });
      server.listen(where, () => {
        this.#servers.push(server);
        resolve(server);
      });
    });
  }

  #accept(socket: Socket, token: string | null): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    if (token !== null) socket.setNoDelay(true);
    let greeted = false;
    const patience = this.#clock.after(greetingMs, () => socket.destroy());
    const connection: WorkerConnection = new FrameConnection<WorkerMessage, ExecutorMessage>(
      socket,
      {
        message: (message) => {
          if (greeted && message.type !== "hello") return this.#handlers.message(connection, message);
          patience.cancel();
          const refusal = refusalOf(message, token);
          if (refusal !== null) {
            connection.send({ type: "refused", message: refusal });
            return connection.end();
          }
          greeted = true;
          this.#handlers.hello(message as WorkerHello, connection);
        },
        closed: () => {
          patience.cancel();
          socket.destroy();
          if (greeted) this.#handlers.closed(connection);
        },
      },
      { limit: linkFrameBytes },
    );
  }
}

function refusalOf(message: WorkerMessage, token: string | null): string | null {
  if (message.type !== "hello") return `hello was expected first, got ${message.type}`;
  if (token !== null && !sameToken(message.token ?? "", token)) return "the token is wrong";
  if (message.link !== linkVersion)
    return `version ${linkVersion} of the link was expected, got ${message.link}`;
  return null;
}

function sameToken(got: string, expected: string): boolean {
  const a = Buffer.from(got);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
