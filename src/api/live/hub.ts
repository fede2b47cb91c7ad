/**
 * Hears once, for all open pages of this process, what schedulers and services tell, and hands each event to those
 * who asked for its topic. The newest events are kept, so that a page whose connection broke goes on where it was.
 *
 *   idle --first page--> listening --last page left--> listening without asking schedulers to tell
 *
 * When the database's session broke, something may have been missed: every page is told to load again (`reset`).
 */
import { randomBytes } from "node:crypto";
import { readSubjects, subjectsChannel } from "../../store/changed-subjects.ts";
import type { Database } from "../../store/connect.ts";
import {
  liveChannel,
  type RunChange,
  readChanges,
  watchingMs,
  watchingWord,
} from "../../store/live-changes.ts";
import { type Listener, listen, notify } from "../../store/notify.ts";
import type { Clock, Timer } from "../../time.ts";
import { keyOf } from "./topics.ts";

export interface LiveEvent {
  readonly sequence: number;
  readonly name: string;
  /** Dag whose permission is needed to hear it; null: anybody who may see the page. */
  readonly dagId: string | null;
  /** JSON. */
  readonly data: string;
  readonly keys: readonly string[];
}

export interface Subscriber {
  readonly keys: ReadonlySet<string>;
  hear(event: LiveEvent): void;
  /** Load everything again. */
  reset(): void;
}

const mostKept = 5000;

export class LiveHub {
  /** Of this process: events of another one cannot be gone on from. */
  readonly epoch = randomBytes(6).toString("hex");
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #subscribers = new Set<Subscriber>();
  readonly #byKey = new Map<string, Set<Subscriber>>();
  #kept: LiveEvent[] = [];
  #sequence = 0;
  #listener: Listener | null = null;
  #sessions = 0;
  #asking: Timer | null = null;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get pages(): number {
    return this.#subscribers.size;
  }

  /**
   * Resolves when nothing that happens from now on is missed. With `after`, what came since that event is heard
   * first; false when that is not known any more and the page has to load again.
   */
  async join(subscriber: Subscriber, after: number | null): Promise<boolean> {
    this.#subscribers.add(subscriber);
    for (const key of subscriber.keys) {
      if (!this.#byKey.has(key)) this.#byKey.set(key, new Set());
      this.#byKey.get(key)?.add(subscriber);
    }
    const known = after === null || this.#replay(subscriber, after);
    this.#listener ??= this.#listen();
    await this.#listener.ready;
    if (this.#asking === null) await this.#ask();
    return known;
  }

  leave(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
    for (const key of subscriber.keys) {
      const others = this.#byKey.get(key);
      others?.delete(subscriber);
      if (others?.size === 0) this.#byKey.delete(key);
    }
    if (this.#subscribers.size > 0) return;
    this.#asking?.cancel();
    this.#asking = null;
  }

  async stop(): Promise<void> {
    this.#asking?.cancel();
    await this.#listener?.stop();
  }

  #replay(subscriber: Subscriber, after: number): boolean {
    const oldest = this.#kept[0]?.sequence ?? this.#sequence + 1;
    if (after > this.#sequence || after < oldest - 1) return false;
    for (const event of this.#kept)
      if (event.sequence > after && event.keys.some((key) => subscriber.keys.has(key)))
        subscriber.hear(event);
    return true;
  }

  #listen(): Listener {
    return listen(this.#database, {
      clock: this.#clock,
      channels: [liveChannel, subjectsChannel],
      onPayload: (payload, channel) => {
        if (channel === liveChannel) this.#changed(readChanges(payload));
        else if (channel === subjectsChannel) this.#subjects(readSubjects(payload));
        else this.#heardWord(payload);
      },
      onGap: (why) => {
        if (why === "session" && this.#sessions++ > 0) this.#missed();
      },
    });
  }

  #missed(): void {
    this.#kept = [];
    this.#sequence++;
    for (const subscriber of this.#subscribers) subscriber.reset();
  }

  /** Schedulers tell only while somebody asks. */
  async #ask(): Promise<void> {
    this.#asking = this.#clock.after(watchingMs / 3, () => void this.#ask());
    await notify(this.#database, [watchingWord]).catch(() => undefined);
  }

  #changed(changes: readonly RunChange[]): void {
    for (const { dagId, runId, state, tasks } of changes) {
      const of = { dag_id: dagId, run_id: runId };
      if (state !== undefined) this.#publish("run", dagId, { ...of, state }, ["runs", keyOf("runs", dagId)]);
      if (tasks === undefined) continue;
      const list =
        tasks === "many"
          ? null
          : tasks.map(([task_id, map_index, is, try_number]) => ({
              task_id,
              map_index,
              state: is,
              try_number,
            }));
      const keys = [keyOf("tasks", dagId), keyOf("tasks", dagId, runId)];
      this.#publish("tasks", dagId, { ...of, tasks: list }, keys);
    }
  }

  #heardWord(payload: string): void {
    const colon = payload.indexOf(":");
    const word = colon < 0 ? payload : payload.slice(0, colon);
    const about = colon < 0 ? null : payload.slice(colon + 1);
    if (word === "dag" || word === "partitions") this.#publish("dag", about, { dag_id: about }, ["dags"]);
    else if (word === "backfill") this.#publish("backfill", about, { dag_id: about }, ["backfills"]);
    else if (word === "questions") this.#publish("questions", about, { dag_id: about }, ["questions"]);
    else if (word === "assets") this.#publish("assets", null, {}, ["assets"]);
    else if (word === "pools") this.#publish("pools", null, {}, ["pools"]);
    // A run that was written for a scheduler: it is queued until one takes it.
    else if (word === "run" && about !== null)
      this.#publish("run", about, { dag_id: about, run_id: null, state: "queued" }, [
        "runs",
        keyOf("runs", about),
      ]);
  }

  /** Models need another permission than the rest, so that they have a topic of their own. */
  #subjects(subjects: readonly string[]): void {
    const isModel = (subject: string): boolean => /^models?(:|$)/.test(subject);
    const all = subjects.includes("*");
    for (const topic of ["experiments", "models"] as const) {
      const own = all ? ["*"] : subjects.filter((subject) => isModel(subject) === (topic === "models"));
      if (own.length > 0) this.#publish(topic, null, { subjects: own }, [topic]);
    }
  }

  #publish(name: string, dagId: string | null, data: object, keys: readonly string[]): void {
    const event = { sequence: ++this.#sequence, name, dagId, data: JSON.stringify(data), keys };
    this.#kept.push(event);
    if (this.#kept.length > mostKept) this.#kept = this.#kept.slice(mostKept / 2);
    // A page that asked for a Dag and for one of its runs hears of it once.
    const heard = new Set<Subscriber>();
    for (const key of keys)
      for (const subscriber of this.#byKey.get(key) ?? [])
        if (!heard.has(subscriber)) {
          heard.add(subscriber);
          subscriber.hear(event);
        }
  }
}
