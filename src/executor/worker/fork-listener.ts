/**
 * The Unix socket on which everything that a fork server forks reports to its worker: the first line of each
 * connection says what it is (`python/tradewind/fork_server.py`).
 */
import { rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { socketPath } from "../socket-path.ts";
import type { ForkedStreams } from "./process-handle.ts";

const longestLine = 4096;

interface Arrivals {
  readonly streams: Partial<Record<keyof ForkedStreams, Socket>>;
  resolve(streams: ForkedStreams): void;
}

export class ForkListener {
  readonly path: string;
  readonly #server: Server;
  readonly #children = new Map<string, Arrivals>();
  readonly #templates = new Map<string, (socket: Socket) => void>();

  constructor(runFolder: string, workerId: string) {
    this.path = socketPath(runFolder, `fork-${workerId}`);
    rmSync(this.path, { force: true });
    this.#server = createServer((socket) => this.#connected(socket));
    this.#server.listen(this.path);
  }

  /** Resolves when the template of that key has connected. */
  template(key: string): Promise<Socket> {
    return new Promise((resolve) => this.#templates.set(key, resolve));
  }

  /** Resolves with the three streams of the child that is forked with this token. */
  child(token: string): Promise<ForkedStreams> {
    return new Promise((resolve) => this.#children.set(token, { streams: {}, resolve }));
  }

  /** Nobody waits any more: what has connected is hung up on. */
  forget(token: string): void {
    const arrivals = this.#children.get(token);
    this.#children.delete(token);
    for (const socket of Object.values(arrivals?.streams ?? {})) socket.destroy();
  }

  close(): void {
    this.#server.close();
    for (const token of this.#children.keys()) this.forget(token);
    rmSync(this.path, { force: true });
  }

  #connected(socket: Socket): void {
    let line = "";
    const read = (): void => {
      for (
        let chunk = socket.read() as Buffer | null;
        chunk !== null;
        chunk = socket.read() as Buffer | null
      ) {
        const end = chunk.indexOf(10);
        line += chunk.toString("utf8", 0, end < 0 ? chunk.length : end);
        if (end < 0) {
          if (line.length > longestLine) socket.destroy();
          continue;
        }
        // Without a reader the stream waits for whoever gets it.
        socket.off("readable", read);
        if (end + 1 < chunk.length) socket.unshift(chunk.subarray(end + 1));
        return this.#introduced(socket, line.split(" "));
      }
    };
    socket.on("readable", read);
    socket.on("error", () => undefined);
  }

  #introduced(socket: Socket, [kind, name = "", stream = ""]: string[]): void {
    const template = kind === "template" ? this.#templates.get(name) : undefined;
    if (template !== undefined) {
      this.#templates.delete(name);
      return template(socket);
    }
    const arrivals = kind === "child" ? this.#children.get(name) : undefined;
    if (arrivals === undefined) return void socket.destroy();
    const { streams } = arrivals;
    streams[stream as keyof ForkedStreams] = socket;
    const { frames, stdout, stderr } = streams;
    if (frames === undefined || stdout === undefined || stderr === undefined) return;
    this.#children.delete(name);
    arrivals.resolve({ frames, stdout, stderr });
  }
}
