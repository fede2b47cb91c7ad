/**
 * A process that has imported one version of a Dag file and forks the processes of its attempts. It is kept until its
 * last child has ended, since it alone hears how.
 */
import type { Socket } from "node:net";
import type { Json } from "../../core/dag-model.ts";
import { TradewindError } from "../../errors.ts";
import { FrameConnection } from "../../runtime/frames.ts";
import type { ChildRequest } from "../../runtime/protocol.ts";
import { type Clock, delay } from "../../time.ts";
import { identify, isAlive, type ProcessIdentity, signal } from "../process-table.ts";
import type { ForkListener } from "./fork-listener.ts";
import { ForkedProcess } from "./process-handle.ts";

type FromTemplate =
  | { type: "imported"; seconds: number; error: { message: string } | null; threads: readonly string[] }
  | { type: "forked"; token: string; pid: number }
  | ({ type: "exited"; pid: number } & Exit)
  | ({ type: "request"; id: number } & ChildRequest);

/** `alone`: it left no process behind. */
interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly alone: boolean;
}

type ToTemplate = {
  type: "fork";
  token: string;
  env: { readonly [name: string]: string };
  cwd: string | null;
  spare: boolean;
};

interface Forking {
  readonly env: { readonly [name: string]: string };
  readonly cwd: string | null;
  readonly isSpare?: boolean;
}

export interface TemplateHost {
  readonly clock: Clock;
  readonly listener: ForkListener;
  token(): string;
  /** What the file asks while it is imported. */
  request(request: ChildRequest): Promise<Json>;
  ended(): void;
}

interface Waiting {
  resolve(pid: number): void;
  reject(error: Error): void;
}

const orphanPollMs = 50;

export class PythonTemplate {
  readonly #host: TemplateHost;
  readonly #connected: Promise<FrameConnection<FromTemplate, ToTemplate>>;
  readonly #waiting = new Map<string, Waiting>();
  readonly #children = new Map<number, ForkedProcess>();
  /** Ends that came before the child's streams. */
  readonly #early = new Map<number, Exit>();
  #identity: ProcessIdentity | null = null;
  #connection: FrameConnection<FromTemplate, ToTemplate> | null = null;
  #ended: Error | null = null;
  #retired = false;
  /** When it was last asked for a child. */
  usedAt: number;
  /** Its import is over, well or not. */
  isReady = false;

  constructor(key: string, host: TemplateHost) {
    this.#host = host;
    this.usedAt = host.clock.now();
    this.#connected = host.listener.template(key).then((socket) => this.#connect(socket));
  }

  get isIdle(): boolean {
    return this.#children.size === 0 && this.#waiting.size === 0;
  }

  /** No more children come of it; it ends with the last. */
  retire(): void {
    this.#retired = true;
    this.#endWhenIdle();
  }

  get isRetired(): boolean {
    return this.#retired || this.#ended !== null;
  }

  started(pid: number): void {
    this.#identity = identify(pid);
  }

  /** It ended, or never came to be. */
  fail(error: Error): void {
    if (this.#ended !== null) return;
    this.#ended = error;
    this.#connection?.destroy();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    for (const child of this.#children.values()) void this.#followOrphan(child);
    this.#host.ended();
  }

  /** SIGKILL, for an import that does not end. */
  kill(): void {
    if (this.#identity !== null && isAlive(this.#identity)) signal(-this.#identity.pid, "SIGKILL");
  }

  /** @throws TradewindError TW_TASK_PROCESS when the template dies before the child is there. */
  async fork({ env, cwd, isSpare = false }: Forking): Promise<ForkedProcess> {
    const token = this.#host.token();
    this.usedAt = this.#host.clock.now();
    const forked = Promise.withResolvers<number>();
    this.#waiting.set(token, forked);
    const streams = this.#host.listener.child(token);
    forked.promise.catch(() => this.#host.listener.forget(token));
    if (this.#ended !== null) forked.reject(this.#ended);
    else
      void this.#connected.then((connection) =>
        connection.send({ type: "fork", token, env, cwd, spare: isSpare }),
      );
    try {
      const [pid, arrived] = await Promise.all([forked.promise, streams]);
      const child = new ForkedProcess(pid, arrived);
      this.#children.set(pid, child);
      const early = this.#early.get(pid);
      this.#early.delete(pid);
      child.on("close", () => {
        this.#children.delete(pid);
        this.#endWhenIdle();
      });
      // After whoever gets it has listened.
      if (early !== undefined) setImmediate(() => child.exited(early.code, early.signal, early.alone));
      return child;
    } finally {
      this.#waiting.delete(token);
    }
  }

  #connect(socket: Socket): FrameConnection<FromTemplate, ToTemplate> {
    const connection: FrameConnection<FromTemplate, ToTemplate> = new FrameConnection(socket, {
      message: (message) => this.#message(connection, message),
      closed: () =>
        this.fail(
          new TradewindError(
            "TW_TASK_PROCESS",
            "the process that had imported the Dag file ended before it could start the task",
            { hint: "The log of the worker has what it printed; a native module may have crashed it." },
          ),
        ),
    });
    this.#connection = connection;
    return connection;
  }

  #message(connection: FrameConnection<FromTemplate, ToTemplate>, message: FromTemplate): void {
    switch (message.type) {
      case "imported":
        this.isReady = true;
        // What failed now may work the next time: an attempt to come imports anew.
        if (message.error !== null) this.#retired = true;
        return this.#endWhenIdle();
      case "forked":
        return this.#waiting.get(message.token)?.resolve(message.pid);
      case "exited": {
        const child = this.#children.get(message.pid);
        if (child === undefined) this.#early.set(message.pid, message);
        else child.exited(message.code, message.signal, message.alone);
        return;
      }
      case "request": {
        const { id, method, params } = message;
        return connection.answer(id, this.#host.request({ method, params } as ChildRequest));
      }
      default:
        return;
    }
  }

  #endWhenIdle(): void {
    if (this.#retired && this.isReady && this.isIdle)
      this.fail(new Error("the template is not needed any more"));
  }

  /** Whoever would have told of its end is gone: it is looked for. */
  async #followOrphan(child: ForkedProcess): Promise<void> {
    const identity = identify(child.pid);
    while (!child.hasExited && isAlive(identity)) await delay(orphanPollMs);
    child.exited(null, null);
  }
}
