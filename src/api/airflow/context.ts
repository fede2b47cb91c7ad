/** What all routes of the area share: the parts, and what is looked up again and again. */
import type { DagSpec, TaskSpec } from "../../core/dag-model.ts";
import { type CompiledDag, compileDag } from "../../core/graph.ts";
import { findVersionById } from "../../store/dag-versions.ts";
import { findDag } from "../../store/dags.ts";
import { type VersionSummary, versionSummaries } from "../../store/lists/records.ts";
import { HttpProblem } from "../http-problem.ts";
import type { ApiParts } from "../parts.ts";

/** A version never changes, so it is read once; the few that are asked for stay. */
export interface KnownVersion {
  readonly id: number;
  readonly spec: DagSpec;
  readonly tasks: ReadonlyMap<string, TaskSpec>;
  /** Made when it is first asked for. */
  readonly dag: CompiledDag;
  readonly files: { readonly [relativeFile: string]: string };
}

const versionsKept = 200;

export class AirflowContext {
  readonly parts: ApiParts;
  readonly #versions = new Map<number, Promise<KnownVersion | null>>();
  readonly #summaries = new Map<number, VersionSummary>();

  constructor(parts: ApiParts) {
    this.parts = parts;
  }

  get database() {
    return this.parts.database;
  }

  now(): number {
    return this.parts.clock.now();
  }

  version(id: number): Promise<KnownVersion | null> {
    const known = this.#versions.get(id);
    if (known !== undefined) return known;
    const reading = this.#read(id);
    this.#versions.set(id, reading);
    // One that is not there (any more) may come back with a restore.
    reading.then(
      (found) => found === null && this.#versions.delete(id),
      () => this.#versions.delete(id),
    );
    for (const oldest of this.#versions.keys()) {
      if (this.#versions.size <= versionsKept) break;
      this.#versions.delete(oldest);
    }
    return reading;
  }

  async #read(id: number): Promise<KnownVersion | null> {
    const found = await findVersionById(this.database, id);
    if (found === null) return null;
    const { spec, files } = found;
    let dag: CompiledDag | null = null;
    return {
      id,
      spec,
      files,
      tasks: new Map(spec.tasks.map((task) => [task.taskId, task])),
      get dag() {
        dag ??= compileDag(spec);
        return dag;
      },
    };
  }

  /** The versions by id, with the names of their Dags as they are now. */
  async summaries(ids: readonly number[]): Promise<ReadonlyMap<number, VersionSummary>> {
    const wanted = new Set(ids);
    const missing = [...wanted].filter((id) => !this.#summaries.has(id));
    if (missing.length > 0) {
      if (this.#summaries.size > 20 * versionsKept) this.#summaries.clear();
      for (const one of await versionSummaries(this.database, missing)) this.#summaries.set(one.id, one);
    }
    return this.#summaries;
  }

  /** What the Dag's file says now. @throws HttpProblem 404. */
  async currentVersion(dagId: string): Promise<KnownVersion> {
    const dag = await findDag(this.database, dagId);
    const id = dag?.currentVersionId ?? null;
    const version = id === null ? null : await this.version(id);
    if (version === null) throw new HttpProblem(404, `The Dag with ID: \`${dagId}\` was not found`);
    return version;
  }
}
