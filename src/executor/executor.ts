/**
 * What the scheduler asks of whatever runs tasks: the local pool of processes, a queue, Kubernetes.
 *
 * The life of an attempt between the two: the scheduler commits `queued` and calls `dispatch`; the executor puts
 * it on a slot and reports `taken`; the scheduler commits `running` with the attempt's id and calls `begin`; only
 * then does the handler start, and exactly one of `finished` or `lost` follows. An attempt that is `lost` before
 * `begin` never ran.
 */
import type { Json } from "../core/dag-model.ts";
import type { LineageUse } from "../core/lineage.ts";
import type { ChildRequest, StartTask, TaskResult, XComValue } from "../runtime/protocol.ts";

export interface Workload {
  readonly attemptId: string;
  readonly queue: string;
  readonly pool: string;
  /** Of the pool; where they are devices of a machine, so many of them. */
  readonly poolSlots: number;
  readonly isolation: "warm" | "process";
  /** Larger first, where more wait than there are slots. */
  readonly priority: number;
  readonly runAsUser: string | null;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | null;
  readonly start: StartTask;
  /** Log file of the attempt, relative to the log folder. */
  readonly logPath: string;
}

export interface AttemptEnd {
  readonly result: TaskResult;
  readonly xcoms: readonly { key: string; value: XComValue }[];
  /** Length of the returned list or object, for mapping. */
  readonly length?: number;
  readonly keys?: readonly string[];
  /** What the attempt told of data and models that it read and made. */
  readonly uses?: readonly LineageUse[];
  /** Of a cached task: what it looked at beside its inputs and params. */
  readonly looked?: Readonly<Record<string, string | null>>;
  readonly exitCode?: number | null;
}

/** Calls from the executor; each may come at any time after `start`, in the order of what happened. */
export interface ExecutorEvents {
  /** A slot has it and waits for `begin`. */
  taken(attemptId: string, where: { hostname: string; pid: number; workerId: string }): void;
  /**
   * The end of an attempt, told until `acknowledge`: again when a worker comes back, also to the next scheduler.
   * Ends of attempts that the scheduler does not know are acknowledged too.
   */
  finished(attemptId: string, end: AttemptEnd): void;
  /** Its process or worker is gone without a result. `began` is false when the handler cannot have started. */
  lost(
    attemptId: string,
    why: { message: string; began: boolean; exitCode?: number | null; signal?: string | null },
  ): void;
  /** These attempts are alive. Sent at least every few seconds, and once for each when a worker comes back. */
  alive(attemptIds: readonly string[], where: { hostname: string; workerId: string }): void;
  /** The number of free slots changed. */
  slots(free: number, total: number): void;
  /** A running attempt asks for something; the answer goes back to its process. */
  request(attemptId: string, request: ChildRequest): Promise<Json>;
}

export interface Executor {
  /**
   * Resolves when the workers that an earlier scheduler left have come back and announced their attempts (`alive`
   * for all, `taken` for those that wait for `begin`, `finished` and `lost` for ends that nobody acknowledged):
   * an attempt of this machine that was not named until then is gone.
   */
  start(events: ExecutorEvents): Promise<void>;
  dispatch(workload: Workload): void;
  /** `running` is committed: the handler may start. A second call for the same attempt changes nothing. */
  begin(attemptId: string): void;
  /** `finished` or `lost` of these is committed (or will never be wanted): the worker may forget them. */
  acknowledge(attemptIds: readonly string[]): void;
  /** Ends the attempt's process group: `cancel`, SIGTERM, then after the grace SIGKILL. */
  cancel(attemptId: string, reason: string): void;
  /**
   * Callbacks of Dags run in a process of their own, never in the scheduler.
   *
   * Rejects with TW_CONNECTION_CLOSED when no worker took it, with TW_CALLBACK_LOST when its worker went away before
   * the end of the callback was told.
   */
  runCallback(workload: CallbackWorkload): Promise<void>;
  /** With `keepRunning` the processes stay for the next scheduler to adopt. */
  stop(options: { keepRunning: boolean; graceMs: number }): Promise<void>;
}

export interface CallbackWorkload {
  readonly id: string;
  readonly message: { [key: string]: Json };
  readonly logPath: string;
}
