/**
 * An executor in memory whose tasks end as a script says. It keeps the contract of `executor.ts` (taken, then begin,
 * then one end until it is acknowledged) and records what happened, so that tests can ask whether a handler began
 * twice. Several schedulers after one another may use the same one: it stands for workers that outlive them.
 */
import type { Json } from "../../src/core/dag-model.ts";
import type {
  AttemptEnd,
  CallbackWorkload,
  Executor,
  ExecutorEvents,
  Workload,
} from "../../src/executor/executor.ts";
import type { ChildRequest, StartTask, TaskResult } from "../../src/runtime/protocol.ts";

export type Ask = (request: ChildRequest) => Promise<Json>;
export type Ending = AttemptEnd | { lost: string; began?: boolean } | "hang";
export type Script = (start: StartTask, ask: Ask) => Ending | Promise<Ending>;

/** What a script returns for a handler that returned `value`. */
export function success(
  value?: Json,
  more: Partial<Extract<TaskResult, { outcome: "success" }>> = {},
): AttemptEnd {
  const length = Array.isArray(value) ? { length: value.length } : {};
  const result = value === undefined ? {} : { value: { json: value } };
  return { result: { outcome: "success", ...result, ...more }, xcoms: [], ...length };
}

export function failure(message = "failed on purpose", retryable = true): AttemptEnd {
  return {
    result: { outcome: "failed", error: { name: "Error", message, causes: [] }, retryable },
    xcoms: [],
  };
}

export interface Begun {
  readonly attemptId: string;
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly tryNumber: number;
}

interface Running {
  readonly workload: Workload;
  state: "waiting" | "taken" | "began" | "ended";
  cancelled: string | null;
  ending: Exclude<Ending, "hang"> | null;
}

export class ScriptedExecutor implements Executor {
  readonly begun: Begun[] = [];
  readonly callbacks: CallbackWorkload[] = [];
  readonly #calledBack = Promise.withResolvers<void>();
  readonly cancelled: string[] = [];
  readonly starts: StartTask[] = [];
  readonly #script: Script;
  readonly #slots: number;
  readonly #attempts = new Map<string, Running>();
  #events: ExecutorEvents | null = null;
  #busy = 0;

  constructor(script: Script = () => success(), slots = 8) {
    this.#script = script;
    this.#slots = slots;
  }

  /** Attempts whose end nobody has acknowledged. */
  get open(): number {
    return this.#attempts.size;
  }

  start(events: ExecutorEvents): Promise<void> {
    this.#events = events;
    const where = { hostname: "scripted", workerId: "scripted-1", pid: 1 };
    const all = [...this.#attempts];
    events.alive(
      all.filter(([, { state }]) => state === "taken" || state === "began").map(([id]) => id),
      where,
    );
    for (const [id, { state, ending }] of all) {
      if (state === "taken") events.taken(id, where);
      if (state === "ended" && ending !== null) this.#tell(id, ending);
    }
    events.slots(this.#slots - this.#busy, this.#slots);
    return Promise.resolve();
  }

  dispatch(workload: Workload): void {
    const { attemptId } = workload;
    if (this.#attempts.has(attemptId)) return;
    this.#attempts.set(attemptId, { workload, state: "waiting", cancelled: null, ending: null });
    queueMicrotask(() => this.#fill());
  }

  begin(attemptId: string): void {
    const attempt = this.#attempts.get(attemptId);
    if (attempt?.state !== "taken") return;
    attempt.state = "began";
    const { start } = attempt.workload;
    const { dagId, runId, taskId, mapIndex, tryNumber } = start.task;
    this.begun.push({ attemptId, dagId, runId, taskId, mapIndex, tryNumber });
    this.starts.push(start);
    void this.#run(attemptId, attempt);
  }

  async #run(attemptId: string, attempt: Running): Promise<void> {
    const ask: Ask = (request) => {
      if (this.#events === null) return Promise.reject(new Error("no scheduler"));
      return this.#events.request(attemptId, request);
    };
    let ending: Ending;
    try {
      const made = this.#script(attempt.workload.start, ask);
      ending = made instanceof Promise ? await made : made;
    } catch (error) {
      ending = failure(error instanceof Error ? error.message : String(error));
    }
    if (ending !== "hang") this.#end(attemptId, attempt, ending);
  }

  acknowledge(attemptIds: readonly string[]): void {
    for (const id of attemptIds) if (this.#attempts.get(id)?.state === "ended") this.#attempts.delete(id);
  }

  cancel(attemptId: string, reason: string): void {
    const attempt = this.#attempts.get(attemptId);
    if (attempt === undefined || attempt.cancelled !== null || attempt.state === "ended") return;
    attempt.cancelled = reason;
    this.cancelled.push(attemptId);
    const began = attempt.state === "began";
    queueMicrotask(() => {
      this.#end(
        attemptId,
        attempt,
        began ? failure(`cancelled: ${reason}`, false) : { lost: reason, began: false },
      );
    });
  }

  /** Ends a hanging attempt from outside, by its task. */
  release(taskId: string, ending: Exclude<Ending, "hang"> = success()): void {
    for (const [id, attempt] of this.#attempts) {
      if (attempt.state === "began" && attempt.workload.start.task.taskId === taskId)
        this.#end(id, attempt, ending);
    }
  }

  /** Tells an end once more, as a worker does that was not acknowledged. */
  repeatEnd(attemptId: string, ending: AttemptEnd = failure()): void {
    this.#events?.finished(attemptId, ending);
  }

  /** Asks in the name of an attempt, whatever its state. */
  ask(attemptId: string, request: ChildRequest): Promise<Json> {
    if (this.#events === null) return Promise.reject(new Error("no scheduler"));
    return this.#events.request(attemptId, request);
  }

  /** The scheduler is gone: events go nowhere until the next one starts. */
  disconnect(): void {
    this.#events = null;
  }

  runCallback(workload: CallbackWorkload): Promise<void> {
    this.callbacks.push(workload);
    this.#calledBack.resolve();
    return Promise.resolve();
  }

  /** Resolves with the first callback. */
  get calledBack(): Promise<void> {
    return this.#calledBack.promise;
  }

  stop(): Promise<void> {
    this.#events = null;
    return Promise.resolve();
  }

  #fill(): void {
    for (const [id, attempt] of this.#attempts) {
      if (this.#busy >= this.#slots) return;
      if (attempt.state !== "waiting") continue;
      attempt.state = "taken";
      this.#busy++;
      this.#events?.taken(id, { hostname: "scripted", workerId: "scripted-1", pid: 1 });
    }
  }

  #end(attemptId: string, attempt: Running, ending: Exclude<Ending, "hang">): void {
    if (attempt.state === "ended") return;
    if (attempt.state !== "waiting") this.#busy--;
    attempt.state = "ended";
    attempt.ending = ending;
    this.#tell(attemptId, ending);
    this.#fill();
  }

  #tell(attemptId: string, ending: Exclude<Ending, "hang">): void {
    if ("lost" in ending)
      this.#events?.lost(attemptId, { message: ending.lost, began: ending.began ?? true });
    else this.#events?.finished(attemptId, ending);
  }
}
