/** Versions of Dags, compiled once and kept while they are in use or were lately. */

import { type CompiledDag, compileDag } from "../core/graph.ts";
import { TradewindError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Database } from "../store/connect.ts";
import { loadVersions, type VersionRecord } from "../store/scheduler-load.ts";

export interface DagVersion {
  readonly id: number;
  readonly dagId: string;
  readonly hash: string;
  readonly compiled: CompiledDag;
  readonly files: { readonly [relativeFile: string]: string };
  readonly interpreter: string;
  readonly dagsFolder: string;
  /** Tasks whose returned length decides about mapped tasks. */
  readonly mapSources: ReadonlySet<number>;
  /** Whether any task looks at the run before. */
  readonly asksForPast: boolean;
}

const kept = 1000;
/** Parsed and compiled without a pause. */
const versionsPerRead = 20;

export class Versions {
  readonly #database: Database;
  readonly #log: Logger | null;
  /** In order of last use: a Map keeps insertion order. */
  readonly #byId = new Map<number, DagVersion>();

  constructor(database: Database, log: Logger | null = null) {
    this.#database = database;
    this.#log = log;
  }

  /** What is in memory already; never waits. */
  peek(id: number): DagVersion | undefined {
    const found = this.#byId.get(id);
    if (found !== undefined) {
      this.#byId.delete(id);
      this.#byId.set(id, found);
    }
    return found;
  }

  /** Brings versions into memory. Those that are not in the database any more stay out. */
  async load(ids: Iterable<number>): Promise<void> {
    const missing = [...new Set(ids)].filter((id) => this.peek(id) === undefined);
    for (let from = 0; from < missing.length; from += versionsPerRead) {
      const records = await loadVersions(this.#database, missing.slice(from, from + versionsPerRead));
      for (const record of records) {
        const compiled = this.#compile(record);
        if (compiled === null) continue;
        const mapSources = new Set(compiled.tasks.flatMap((task) => task.mapSources));
        const asksForPast = record.spec.tasks.some((task) => task.dependsOnPast || task.waitForDownstream);
        const { id, dagId, hash, files, interpreter, dagsFolder } = record;
        this.#byId.set(id, {
          id,
          dagId,
          hash,
          compiled,
          files,
          interpreter,
          dagsFolder,
          mapSources,
          asksForPast,
        });
      }
    }
    this.#evict();
  }

  /** One Dag that cannot be compiled must not keep the others from running. */
  #compile({ id, dagId, spec }: VersionRecord): CompiledDag | null {
    try {
      return compileDag(spec);
    } catch (error) {
      this.#log?.error({ err: error, dagId, version: id }, "a version of a Dag cannot be used");
      return null;
    }
  }

  async get(id: number): Promise<DagVersion> {
    await this.load([id]);
    const found = this.peek(id);
    if (found === undefined) {
      throw new TradewindError(
        "TW_INTERNAL",
        `expected version ${id} of a Dag in the database, but there is none`,
      );
    }
    return found;
  }

  #evict(): void {
    for (const id of this.#byId.keys()) {
      if (this.#byId.size <= kept) return;
      this.#byId.delete(id);
    }
  }
}
