/** The studies that the tasks of a tested run keep. */
import type { ChildAnswers, ChildRequest } from "../runtime/protocol.ts";
import type { Json } from "./test-types.ts";

type Params<M extends ChildRequest["method"]> = Extract<ChildRequest, { method: M }>["params"];

interface Kept {
  readonly id: number;
  readonly spec: Json;
  revision: number;
  readonly trials: Map<number, { revision: number; json: Json }>;
}

export class MemoryStudies {
  readonly #studies = new Map<string, Kept>();

  create({ name, spec }: Params<"study.create">): boolean {
    if (this.#studies.has(name)) return false;
    this.#studies.set(name, { id: this.#studies.size + 1, spec, revision: 0, trials: new Map() });
    return true;
  }

  read(name: string, after: number): ChildAnswers["study.read"] {
    const study = this.#studies.get(name);
    if (study === undefined) return null;
    const { id, revision, spec, trials } = study;
    const changed = [...trials.values()].filter((trial) => trial.revision > after);
    return { id, revision, spec, trials: changed.map(({ json }) => json) };
  }

  write({ name, revision, trials }: Params<"study.write">): ChildAnswers["study.write"] {
    const study = this.#studies.get(name);
    if (study === undefined || study.revision !== revision) return null;
    study.revision++;
    for (const json of trials) {
      const { number } = json as { number: number };
      study.trials.set(number, { revision: study.revision, json });
    }
    return study.revision;
  }
}
