/**
 * Studies in PostgreSQL. Each study that is used has a keeper, which knows its trials up to a revision and makes
 * decisions in rounds: all that wait are one transaction under the lock of the study's row, so that a round is one
 * decision or a hundred and no timer delays a lone one. Before a round it reads what others changed since; what it
 * knows changes only after the commit, and after a failure it forgets everything and reads again.
 */
import type { Json } from "../../core/dag-model.ts";
import type { Database } from "../../store/connect.ts";
import {
  deleteStudy,
  findStudy,
  insertStudy,
  lockStudy,
  readStudyTrials,
  type StudyRow,
  type StudyTrialRow,
  writeStudyTrials,
} from "../../store/studies.ts";
import { type Clock, systemClock } from "../../time.ts";
import type { StudyState } from "./decisions.ts";
import { type Decide, decideAll, type StudyStorage, studyNotFound, type Wish } from "./storage.ts";
import type { StudySpec } from "./study-spec.ts";
import type { Trial } from "./trial.ts";

export class DatabaseStudyStorage implements StudyStorage {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #keepers = new Map<string, Keeper>();

  /** The caller closes the database. */
  constructor(database: Database, clock: Clock = systemClock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** A storage with a pool of its own; `close` ends it. The database must be migrated (`tradewind db migrate`). */
  static async connect(url: string): Promise<DatabaseStudyStorage & { close(): Promise<void> }> {
    // Only who keeps studies in PostgreSQL loads its driver.
    const { openDatabase } = await import("../../store/connect.ts");
    const database = openDatabase({ url, poolSize: 4 });
    return Object.assign(new DatabaseStudyStorage(database), { close: () => database.close() });
  }

  create(spec: StudySpec): Promise<boolean> {
    const { name, directions } = spec;
    return insertStudy(
      this.#database,
      { name, directions, spec: spec as unknown as Json },
      this.#clock.now(),
    );
  }

  async read(name: string): Promise<StudyState> {
    const row = await findStudy(this.#database, name);
    if (row === null) throw studyNotFound(name);
    const trials = await readStudyTrials(this.#database, row.id, -1);
    return { spec: row.spec as unknown as StudySpec, trials: trials as unknown as Trial[] };
  }

  change<T>(name: string, decide: Decide<T>): Promise<T> {
    let keeper = this.#keepers.get(name);
    if (keeper === undefined) {
      keeper = new Keeper(name, this.#database, this.#clock);
      this.#keepers.set(name, keeper);
    }
    return keeper.change(decide);
  }

  async delete(name: string): Promise<boolean> {
    this.#keepers.delete(name);
    return deleteStudy(this.#database, name);
  }
}

class Keeper {
  readonly #name: string;
  readonly #database: Database;
  readonly #clock: Clock;
  #waiting: Wish[] = [];
  #busy = false;
  #known: { id: number; revision: number; spec: StudySpec; trials: Trial[] } | null = null;

  constructor(name: string, database: Database, clock: Clock) {
    this.#name = name;
    this.#database = database;
    this.#clock = clock;
  }

  change<T>(decide: Decide<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ decide, resolve: resolve as (value: unknown) => void, reject });
      if (!this.#busy) void this.#rounds();
    });
  }

  async #rounds(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const wishes = this.#waiting;
      this.#waiting = [];
      try {
        await this.#round(wishes);
      } catch (error) {
        this.#known = null;
        for (const wish of wishes) wish.reject(error);
      }
    }
    this.#busy = false;
  }

  async #round(wishes: readonly Wish[]): Promise<void> {
    const done = await this.#database.transaction(async (tx) => {
      const row = await lockStudy(tx, this.#name);
      if (row === null) throw studyNotFound(this.#name);
      const { spec, trials: before } = await this.#newest(tx, row);
      const { trials, changed, settle } = decideAll({ spec, trials: before }, wishes, this.#clock.now());
      const rows = changed as unknown as StudyTrialRow[];
      const revision = rows.length === 0 ? row.revision : await writeStudyTrials(tx, row, rows);
      return { known: { id: row.id, revision, spec, trials }, settle };
    });
    this.#known = done.known;
    done.settle();
  }

  /** The trials as they are under the lock. A study that was deleted and made again is another one. */
  async #newest(
    tx: Parameters<typeof readStudyTrials>[0],
    row: StudyRow,
  ): Promise<{ spec: StudySpec; trials: Trial[] }> {
    const known = this.#known?.id === row.id ? this.#known : null;
    const spec = known?.spec ?? (row.spec as unknown as StudySpec);
    const trials = known?.trials ?? [];
    if (known?.revision === row.revision) return { spec, trials };
    const merged = [...trials];
    for (const trial of await readStudyTrials(tx, row.id, known?.revision ?? -1))
      merged[trial.number] = trial as unknown as Trial;
    return { spec, trials: merged };
  }
}
