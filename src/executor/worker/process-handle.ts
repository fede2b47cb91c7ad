/** A process with its streams, as far as a task's process is concerned: spawned by us, or forked by another for us. */
import type { ChildProcess } from "node:child_process";
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";

/** What of a ChildProcess is used; descriptor 3 is the fourth of `stdio`. */
export type ProcessHandle = Pick<ChildProcess, "pid" | "stdout" | "stderr" | "stdio"> &
  Pick<EventEmitter, "on"> & {
    /** After its `exit`: nothing that it started is left, for certain. */
    readonly endedAlone?: boolean;
  };

export interface ForkedStreams {
  readonly frames: Socket;
  readonly stdout: Socket;
  readonly stderr: Socket;
}

/** Emits `exit` when its parent told, and `close` when its streams have ended, too, as a ChildProcess does. */
export class ForkedProcess extends EventEmitter {
  readonly pid: number;
  readonly stdin = null;
  readonly stdout: Socket;
  readonly stderr: Socket;
  readonly stdio: ChildProcess["stdio"];
  endedAlone = false;
  #open = 3;
  #exit: { code: number | null; signal: NodeJS.Signals | null } | null = null;

  constructor(pid: number, { frames, stdout, stderr }: ForkedStreams) {
    super();
    this.pid = pid;
    this.stdout = stdout;
    this.stderr = stderr;
    this.stdio = [null, stdout, stderr, frames, undefined];
    for (const stream of [frames, stdout, stderr]) {
      stream.on("error", () => undefined);
      stream.once("close", () => {
        this.#open--;
        this.#closeWhenOver();
      });
    }
  }

  get hasExited(): boolean {
    return this.#exit !== null;
  }

  exited(code: number | null, signal: NodeJS.Signals | null, alone = false): void {
    if (this.#exit !== null) return;
    this.#exit = { code, signal };
    this.endedAlone = alone;
    this.emit("exit", code, signal);
    this.#closeWhenOver();
  }

  #closeWhenOver(): void {
    if (this.#exit !== null && this.#open === 0) this.emit("close", this.#exit.code, this.#exit.signal);
  }
}
