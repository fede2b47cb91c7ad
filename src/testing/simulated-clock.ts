/** A clock that stands still until it is moved, and moves to what is due next when everybody waits. */
import type { Clock, Timer } from "../time.ts";

interface Due {
  readonly at: number;
  /** Order of setting, for timers of one instant. */
  readonly number: number;
  readonly owner: object | null;
  readonly callback: () => void;
}

/**
 * Timers belong to an owner: a task attempt that has one is asleep, and time may pass when all of them are.
 *
 * @example
 * const clock = new SimulatedClock(Date.parse("2026-01-01T00:00:00Z"));
 * clock.after(60_000, () => console.log("a minute later"));
 * clock.advance();
 */
export class SimulatedClock implements Clock {
  #now: number;
  #timers: Due[] = [];
  #set = 0;
  #listener: (() => void) | null = null;

  /** @param now epoch milliseconds */
  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): Timer {
    return this.#add(null, ms, callback);
  }

  /** A view of the same clock whose timers belong to somebody. */
  ownedBy(owner: object): Clock {
    return { now: () => this.#now, after: (ms, callback) => this.#add(owner, ms, callback) };
  }

  isAsleep(owner: object): boolean {
    return this.#timers.some((timer) => timer.owner === owner);
  }

  /** Told when a timer is set. */
  onTimer(listener: (() => void) | null): void {
    this.#listener = listener;
  }

  /** Instant of the next timer, or null. */
  next(): number | null {
    return this.#timers.length === 0 ? null : Math.min(...this.#timers.map((timer) => timer.at));
  }

  /** Moves to the next timer and calls all that are due then, in the order in which they were set. */
  advance(): boolean {
    const at = this.next();
    if (at === null) return false;
    this.#now = Math.max(this.#now, at);
    const due = this.#timers.filter((timer) => timer.at <= this.#now).sort((a, b) => a.number - b.number);
    this.#timers = this.#timers.filter((timer) => timer.at > this.#now);
    for (const timer of due) timer.callback();
    return true;
  }

  #add(owner: object | null, ms: number, callback: () => void): Timer {
    const timer: Due = { at: this.#now + Math.max(0, ms), number: this.#set++, owner, callback };
    this.#timers.push(timer);
    this.#listener?.();
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }
}
