/** Workloads without a worker yet, by queue and priority; of equal ones the one that came first is first. */
import type { Workload } from "./executor.ts";

export class WaitingWorkloads {
  /** Queue → priority → workloads in order of arrival. */
  readonly #queues = new Map<string, Map<number, Workload[]>>();
  readonly #ids = new Set<string>();

  get size(): number {
    return this.#ids.size;
  }

  has(attemptId: string): boolean {
    return this.#ids.has(attemptId);
  }

  /** `first`: before its equals, for one that was on its way to a worker that is gone. */
  add(workload: Workload, first = false): void {
    if (this.#ids.has(workload.attemptId)) return;
    this.#ids.add(workload.attemptId);
    const queue = this.#queues.get(workload.queue) ?? new Map<number, Workload[]>();
    this.#queues.set(workload.queue, queue);
    const equals = queue.get(workload.priority) ?? [];
    queue.set(workload.priority, equals);
    if (first) equals.unshift(workload);
    else equals.push(workload);
  }

  /** Takes out the first workload that `fits`, of the queues that `serves` accepts; undefined when there is none. */
  next(serves: (queue: string) => boolean, fits: (workload: Workload) => boolean): Workload | undefined {
    let best: { queue: Map<number, Workload[]>; name: string; priority: number; index: number } | undefined;
    for (const [name, queue] of this.#queues) {
      if (!serves(name)) continue;
      for (const [priority, equals] of queue) {
        if (best !== undefined && priority <= best.priority) continue;
        const index = equals.findIndex(fits);
        if (index >= 0) best = { queue, name, priority, index };
      }
    }
    if (best === undefined) return undefined;
    const equals = best.queue.get(best.priority) as Workload[];
    const [workload] = equals.splice(best.index, 1) as [Workload];
    if (equals.length === 0) best.queue.delete(best.priority);
    if (best.queue.size === 0) this.#queues.delete(best.name);
    this.#ids.delete(workload.attemptId);
    return workload;
  }

  remove(attemptId: string): boolean {
    if (!this.#ids.delete(attemptId)) return false;
    for (const [name, queue] of this.#queues) {
      for (const [priority, equals] of queue) {
        const index = equals.findIndex((workload) => workload.attemptId === attemptId);
        if (index < 0) continue;
        equals.splice(index, 1);
        if (equals.length === 0) queue.delete(priority);
        if (queue.size === 0) this.#queues.delete(name);
        return true;
      }
    }
    return true;
  }
}
