/**
 * The one loop that changes the scheduler's memory. It takes all events that wait, applies them, decides, writes
 * ONE batch, and acts once that is committed; what comes meanwhile forms the next batch. A failure drops memory,
 * opens the session again and reads everything anew: start and recovery are one path. Executor events that were
 * not committed are fed again; the attempt's id keeps them from counting twice.
 *
 * Entered by `start` or `runOnce`, left by `stop`; nothing else touches memory.
 */

import { TradewindError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Connection } from "../store/connect.ts";
import { commitBatch } from "../store/scheduler-batch.ts";
import { isDataError } from "../store/scheduler-errors.ts";
import type { Clock } from "../time.ts";
import { delay } from "../time.ts";
import { buildBatch } from "./batch-builder.ts";
import { Memory } from "./memory.ts";
import type { DebugHook, DebugPoint, Signals } from "./signals.ts";
import { Timers } from "./timers.ts";
import { Touched, Work } from "./work.ts";

export interface EngineEvent {
  /** For logs. */
  readonly name: string;
  apply(work: Work): void;
  /** Means the same after memory was read again (it names attempts, not objects): fed again after a failure. */
  readonly replay?: boolean;
  committed?(): void;
  /** The batch failed and the event is not fed again. */
  failed?(error: unknown): void;
  /** The event alone makes the database refuse the batch; what may be done instead. */
  poisoned?(error: unknown): EngineEvent | null;
}

export interface EngineParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly signals: Signals;
  readonly debug?: DebugHook | undefined;
  /** A session with the lock; null while an earlier one is not gone yet. */
  openSession(): Promise<Connection | null>;
  /** Reads all that is leased; the event puts it into memory. */
  reload(): Promise<EngineEvent>;
  /** Everything between events and writing: starts runs, plans them, chooses tasks for slots. */
  decide(work: Work): void;
  /** Told how many seconds a batch took: decide, commit, act. */
  /** Right after the commit, before anything acts on it. */
  readonly onCommit?: ((work: Work) => void) | undefined;
  readonly onBatch?: ((seconds: number) => void) | undefined;
  /** Task instances that succeed lose what they kept in their state store. */
  readonly clearsTaskStates: boolean;
}

/** Events of one batch at most; more wait for the next, so that the loop is never held for long. */
const eventsPerBatch = 2000;
/** Between two tries to reach the database; a server that recovers says "starting up" at no cost. */
const longestWaitMs = 250;

export class Engine {
  readonly #parts: EngineParts;
  memory = new Memory();
  readonly touched = new Touched();
  readonly timers: Timers;
  #inbox: EngineEvent[] = [];
  /** Events that failed in a batch the database refused, tried one by one. */
  #suspects: EngineEvent[] = [];
  #session: Connection | null = null;
  #stopping = new AbortController();
  #loop: Promise<void> | null = null;
  #wake: (() => void) | null = null;
  #passes = 0;
  /** Batches in a row that failed; each waits longer than the one before. */
  #failures = 0;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.timers = new Timers(parts.clock);
  }

  get passes(): number {
    return this.#passes;
  }

  submit(event: EngineEvent): void {
    this.#inbox.push(event);
    this.#wake?.();
  }

  /** A decision is due though nothing happened: a timer, a slot. */
  poke(): void {
    this.submit({ name: "poke", apply: () => undefined });
  }

  /** Opens the session, reads what is leased, and begins to work. */
  async start(): Promise<void> {
    await this.#open();
    this.#loop = this.#run();
  }

  /** For a command without a living scheduler: works until nothing is left to do. */
  async runUntilIdle(): Promise<void> {
    if (this.#session === null) await this.#open();
    while (this.#hasWork()) await this.#pass();
  }

  /** Ends the loop after the batch that is on its way, and closes the session (the lock goes with it). */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake?.();
    await this.#loop;
    this.timers.clear();
    for (const event of this.#inbox.splice(0)) event.failed?.(stopped());
    const session = this.#session;
    this.#session = null;
    await session?.close().catch(() => undefined);
  }

  #hasWork(): boolean {
    return (
      this.#inbox.length > 0 ||
      this.#suspects.length > 0 ||
      this.touched.size > 0 ||
      this.memory.startable.size > 0
    );
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      if (!this.#hasWork()) {
        this.#parts.signals.emit("idle");
        await new Promise<void>((resolve) => (this.#wake = resolve));
        this.#wake = null;
        continue;
      }
      await this.#pass();
    }
  }

  async #pass(): Promise<void> {
    const events = this.#take();
    try {
      await this.#attempt(events);
    } catch (error) {
      if (this.#stopping.signal.aborted) {
        for (const event of events) event.failed?.(error);
        return;
      }
      await this.#recover(error, events);
    }
  }

  #take(): EngineEvent[] {
    if (this.#suspects.length > 0) return this.#suspects.splice(0, 1);
    return this.#inbox.length <= eventsPerBatch
      ? this.#inbox.splice(0)
      : this.#inbox.splice(0, eventsPerBatch);
  }

  async #attempt(events: readonly EngineEvent[]): Promise<void> {
    const session = this.#session;
    if (session === null) throw stopped();
    const { clock, clearsTaskStates } = this.#parts;
    const work = new Work(clock.now(), this.memory, this.touched);
    for (const event of events) event.apply(work);
    this.#parts.decide(work);
    const statements = buildBatch(work, { clearsTaskStates });
    if (statements.length > 0) {
      await this.#debug("before-commit");
      const mismatches = await commitBatch(session, statements);
      await this.#debug("after-commit-before-dispatch");
      if (mismatches.length > 0) throw new TradewindError("TW_STALE_MEMORY", mismatches.join("; "));
    }
    this.#passes++;
    this.#failures = 0;
    this.#parts.onCommit?.(work);
    for (const act of work.committed()) act();
    for (const event of events) event.committed?.();
    this.#parts.onBatch?.((clock.now() - work.now) / 1000);
    this.#parts.signals.emit("batch");
  }

  async #debug(point: DebugPoint): Promise<void> {
    if (this.#parts.debug !== undefined) await this.#parts.debug(point);
  }

  async #recover(error: unknown, events: readonly EngineEvent[]): Promise<void> {
    const { log } = this.#parts;
    log.warn({ err: error, events: events.length }, "a batch failed: reading everything again");
    const again = events.filter((event) => event.replay === true);
    for (const event of events) if (event.replay !== true) event.failed?.(error);
    // What the database or our own code refuses is refused again; what it could not do now it may do later.
    if (isDataError(error) || isDefect(error)) this.#suspect(again, error);
    else this.#inbox.unshift(...again);
    const stale = this.#inbox.filter((event) => event.replay !== true);
    this.#inbox = this.#inbox.filter((event) => event.replay === true);
    for (const event of stale) event.failed?.(error);
    this.#failures++;
    if (this.#failures > 1) await delay(Math.min(5000, 10 * 2 ** this.#failures), this.#stopping.signal);
    await this.#open();
  }

  #suspect(events: readonly EngineEvent[], error: unknown): void {
    const [only] = events;
    if (events.length > 1 || only === undefined) {
      this.#suspects.unshift(...events);
      return;
    }
    this.#parts.log.error({ err: error, event: only.name }, "an event cannot be committed; it is left out");
    const instead = only.poisoned?.(error) ?? null;
    if (instead === null) only.failed?.(error);
    else this.#suspects.unshift(instead);
  }

  /** Opens the session and fills memory; goes on trying while the database is away. */
  async #open(): Promise<void> {
    const { signal } = this.#stopping;
    for (let wait = 20; !signal.aborted; wait = Math.min(longestWaitMs, wait * 2)) {
      try {
        await this.#session?.close().catch(() => undefined);
        this.#session = await this.#parts.openSession();
        if (this.#session === null) {
          await delay(wait, signal);
          continue;
        }
        void this.#watch(this.#session);
        this.memory = new Memory();
        this.touched.clear();
        this.timers.clear();
        const loaded = await this.#parts.reload();
        this.#inbox.unshift(loaded);
        if (this.#suspects.length > 0) this.#suspects.unshift(...this.#inbox.splice(0, 1));
        await this.#debug("after-reload");
        this.#parts.signals.emit("reloaded");
        return;
      } catch (error) {
        if (this.#loop === null) throw error;
        this.#parts.log.warn({ err: error }, "the database cannot be reached; trying again");
        await delay(wait, signal);
      }
    }
  }

  /** A session that breaks while nothing is written is noticed all the same: the lock is gone with it. */
  async #watch(session: Connection): Promise<void> {
    const error = await session.lost;
    if (this.#session !== session || this.#stopping.signal.aborted) return;
    this.submit({
      name: "session lost",
      apply: () => {
        if (this.#session === session) throw error ?? stopped();
      },
    });
  }
}

/** A failure of this program rather than of the database or the session. */
function isDefect(error: unknown): boolean {
  if (error instanceof TradewindError) return error.code === "TW_INTERNAL";
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}

function stopped(): TradewindError {
  return new TradewindError(
    "TW_SCHEDULER_STOPPED",
    "expected a scheduler with a session, but it is ending or lost its own",
  );
}
