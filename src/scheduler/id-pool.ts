/** Ids of rows that are to be inserted, taken from their sequence ahead of time so that the loop never waits. */
import type { Database } from "../store/connect.ts";
import { takeIds } from "../store/scheduler-session.ts";

export class IdPool {
  readonly #database: Database;
  readonly #table: "dag_run" | "trigger";
  readonly #ids: number[] = [];
  #filling: Promise<void> | null = null;

  constructor(database: Database, table: "dag_run" | "trigger") {
    this.#database = database;
    this.#table = table;
  }

  /** Makes sure that `count` ids are there. */
  async reserve(count: number): Promise<void> {
    while (this.#ids.length < count) {
      this.#filling ??= this.#fill(Math.max(100, Math.min(10_000, count * 2)));
      await this.#filling;
    }
  }

  /** An id at once, or null when none is at hand: `reserve` first. */
  take(): number | null {
    const id = this.#ids.shift() ?? null;
    if (this.#ids.length < 20) this.#filling ??= this.#fill(200).catch(() => undefined);
    return id;
  }

  async next(): Promise<number> {
    for (;;) {
      const id = this.take();
      if (id !== null) return id;
      await this.reserve(1);
    }
  }

  async #fill(count: number): Promise<void> {
    try {
      for (const id of await takeIds(this.#database, this.#table, count)) this.#ids.push(id);
    } finally {
      this.#filling = null;
    }
  }
}
