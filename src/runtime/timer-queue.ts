/** Any number of instants on one timer: a binary heap of entries, and one timeout for the first of them. */
import type { Clock, Timer } from "../time.ts";

interface Entry {
  at: number;
  /** Null when it was cancelled; it is dropped when it comes to the top. */
  fire: (() => void) | null;
}

export class TimerQueue {
  readonly #clock: Clock;
  readonly #heap: Entry[] = [];
  #timer: Timer | null = null;
  #armedFor = Number.POSITIVE_INFINITY;
  #live = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Entries that will fire. */
  get size(): number {
    return this.#live;
  }

  /** Calls back once at the instant (ms since the epoch), at the next turn when it is past. */
  at(instant: number, fire: () => void): Timer {
    const entry: Entry = { at: instant, fire };
    this.#live++;
    this.#push(entry);
    this.#arm();
    return {
      cancel: () => {
        if (entry.fire === null) return;
        entry.fire = null;
        this.#live--;
        if (this.#live < this.#heap.length / 4) this.#compact();
      },
    };
  }

  #run(): void {
    this.#timer = null;
    this.#armedFor = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    for (
      let first = this.#heap[0];
      first && (first.fire === null || first.at <= now);
      first = this.#heap[0]
    ) {
      this.#pop();
      const { fire } = first;
      if (fire === null) continue;
      first.fire = null;
      this.#live--;
      fire();
    }
    this.#arm();
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.at >= this.#armedFor) return;
    this.#timer?.cancel();
    this.#armedFor = first.at;
    this.#timer = this.#clock.after(Math.max(0, first.at - this.#clock.now()), () => this.#run());
  }

  /** Cancelled entries far in the future would be kept until then. */
  #compact(): void {
    const live = this.#heap.filter(({ fire }) => fire !== null);
    this.#heap.length = 0;
    for (const entry of live) this.#push(entry);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Entry;
      if (above.at <= entry.at) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as Entry).at < (heap[child] as Entry).at) child++;
      if ((heap[child] as Entry).at >= last.at) break;
      heap[index] = heap[child] as Entry;
      index = child;
    }
    heap[index] = last;
  }
}
