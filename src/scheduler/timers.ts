/** Instants that the scheduler waits for, in one heap with one timer: retries, pokes, timeouts, due schedules. */
import type { Clock, Timer } from "../time.ts";

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

export class Timers {
  readonly #clock: Clock;
  readonly #heap: Entry[] = [];
  #order = 0;
  #timer: Timer | null = null;
  #armedFor = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls back at the instant or soon after. Nothing is cancelled: the callback looks whether it still matters. */
  at(instant: number, fire: () => void): void {
    push(this.#heap, { at: instant, order: this.#order++, fire });
    this.#arm();
  }

  clear(): void {
    this.#heap.length = 0;
    this.#timer?.cancel();
    this.#timer = null;
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  get size(): number {
    return this.#heap.length;
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.at >= this.#armedFor) return;
    this.#timer?.cancel();
    this.#armedFor = first.at;
    this.#timer = this.#clock.after(first.at - this.#clock.now(), () => this.#due());
  }

  #due(): void {
    this.#timer = null;
    this.#armedFor = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      pop(this.#heap);
      first.fire();
    }
    this.#arm();
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as Entry;
    if (!before(entry, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child++;
    if (!before(heap[child] as Entry, last)) break;
    heap[at] = heap[child] as Entry;
    at = child;
  }
  heap[at] = last;
}
