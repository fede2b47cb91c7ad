/**
 * One worker as the executor sees it, and the attempts that it has: each stands here from the moment it is sent until
 * its end is told.
 */
import type { FrameConnection } from "../runtime/frames.ts";
import type { Workload } from "./executor.ts";
import type { ExecutorMessage, WorkerHello, WorkerMessage } from "./link.ts";
import type { ProcessIdentity } from "./process-table.ts";

/** An attempt that a worker has. `workload` is null where an earlier scheduler dispatched it. */
export interface Assigned {
  readonly attemptId: string;
  readonly workload: Workload | null;
  state: "sent" | "taken" | "began";
  /** Why it was cancelled: told again when the worker comes back. */
  cancelled: string | null;
}

export class WorkerHandle {
  readonly id: string;
  readonly name: string;
  readonly hostname: string;
  readonly process: ProcessIdentity;
  slots: number;
  readonly queues: ReadonlySet<string> | null;
  /** How many devices it gives out, by pool. */
  readonly devices: ReadonlyMap<string, number>;
  /** Null while it is away. */
  connection: FrameConnection<WorkerMessage, ExecutorMessage> | null;
  /** Takes nothing more. */
  retired = false;
  /** Attempts that occupy a slot, or wait for one. */
  readonly assigned = new Map<string, Assigned>();

  /** Ends that are committed, to be told to the worker. */
  acknowledged: string[] = [];

  constructor(hello: WorkerHello, connection: FrameConnection<WorkerMessage, ExecutorMessage>) {
    this.id = hello.workerId;
    this.name = hello.name;
    this.hostname = hello.hostname;
    this.process = hello.process;
    this.slots = hello.slots;
    this.queues = hello.queues === null ? null : new Set(hello.queues);
    this.devices = new Map(Object.entries(hello.devices ?? {}));
    this.connection = connection;
  }

  get usable(): boolean {
    return this.connection !== null && !this.retired;
  }

  get free(): number {
    return this.usable ? Math.max(0, this.slots - this.assigned.size) : 0;
  }

  serves(queue: string): boolean {
    return this.queues === null || this.queues.has(queue);
  }

  /** Whether what it has already leaves so many devices of the pool; what an earlier scheduler sent is not known. */
  hasDevicesFor({ pool, poolSlots }: Workload): boolean {
    const all = this.devices.get(pool);
    if (all === undefined) return false;
    let taken = 0;
    for (const { workload } of this.assigned.values())
      if (workload?.pool === pool) taken += workload.poolSlots;
    return taken + poolSlots <= all;
  }

  send(message: ExecutorMessage): void {
    this.connection?.send(message);
  }
}
