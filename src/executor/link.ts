/**
 * Messages between an executor (in the scheduler's process) and its workers: frames over a Unix socket in the home
 * folder, or over TCP with a token. Only the two sides of one version speak it; the protocol to the children is
 * `runtime/protocol.ts`.
 *
 * A worker greets with `hello`, which names its attempts, and is answered `welcome` or `refused`. Ends of attempts
 * are sent until `ack`; everything else is sent once for each connection.
 */
import { type ChildRequest, maxFrameBytes } from "../runtime/protocol.ts";
import type { AttemptEnd, CallbackWorkload, Workload } from "./executor.ts";
import type { ProcessIdentity } from "./process-table.ts";

export const linkVersion = 1;

/** Room for the envelope around the largest frame of a child. */
export const linkFrameBytes = maxFrameBytes + 2 ** 20;

export interface LostReason {
  readonly message: string;
  readonly began: boolean;
  readonly exitCode?: number | null;
  readonly signal?: string | null;
}

/** How an attempt ended, as the worker keeps it until it is acknowledged. */
export type EndReport =
  | { type: "finished"; attemptId: string; end: AttemptEnd }
  | { type: "lost"; attemptId: string; why: LostReason };

export interface WorkerHello {
  type: "hello";
  link: number;
  token: string | null;
  workerId: string;
  name: string;
  /** Started by the executor, which replaces it when it dies. */
  managed: boolean;
  hostname: string;
  process: ProcessIdentity;
  slots: number;
  /** Null: any queue. */
  queues: string[] | null;
  /** Devices that it gives out, by pool: how many; absent where it gives none. */
  devices?: Readonly<Record<string, number>>;
  /** Attempts that have a slot; `began` when their handler may have started. */
  attempts: { attemptId: string; pid: number; began: boolean }[];
  /** Attempts that ended and whose end is sent after the welcome. */
  ends: string[];
}

export type WorkerMessage =
  | WorkerHello
  | { type: "taken"; attemptId: string; pid: number }
  | EndReport
  | { type: "alive"; attemptIds: string[] }
  | ({ type: "request"; id: number; attemptId: string } & ChildRequest)
  | { type: "callback-done"; id: string; error: { code: string; message: string } | null };

export type ExecutorMessage =
  | { type: "welcome"; slots: number | null }
  | { type: "refused"; message: string }
  | { type: "dispatch"; workload: Workload }
  | { type: "begin"; attemptId: string }
  | { type: "cancel"; attemptId: string; reason: string }
  | { type: "ack"; attemptIds: readonly string[] }
  | { type: "callback"; workload: CallbackWorkload }
  /** End all attempts, report them lost, then exit. */
  | { type: "stop"; graceMs: number }
  /** Take nothing more; exit when the last attempt has ended and is acknowledged. */
  | { type: "retire" };
