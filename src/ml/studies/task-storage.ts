/**
 * Studies as a task reaches them: through its own client, without a connection to the database. A decision is made
 * here, in the task's process, on what is known of the study; the write says which revision that was, and when another
 * task was first, the news is read and the decision made again.
 */
import type { Json } from "../../core/dag-model.ts";
import { trialFromJson, trialToJson } from "../../core/study-record.ts";
import { TradewindError } from "../../errors.ts";
import type { StudyClient } from "../../sdk/context.ts";
import { type Clock, systemClock } from "../../time.ts";
import type { StudyState } from "./decisions.ts";
import { type Decide, decideAll, type StudyStorage, studyNotFound } from "./storage.ts";
import type { StudySpec } from "./study-spec.ts";
import type { Trial } from "./trial.ts";

interface Known {
  readonly id: number;
  readonly revision: number;
  readonly spec: StudySpec;
  readonly trials: readonly Trial[];
}

export class TaskStudyStorage implements StudyStorage {
  readonly #client: StudyClient;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();
  /** One decision at a time: a later one sees what an earlier one wrote. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: StudyClient, clock: Clock = systemClock) {
    this.#client = client;
    this.#clock = clock;
  }

  create(spec: StudySpec): Promise<boolean> {
    const { name, directions } = spec;
    return this.#client.createStudy({ name, directions: [...directions], spec: spec as unknown as Json });
  }

  read(name: string): Promise<StudyState> {
    return this.#newest(name);
  }

  change<T>(name: string, decide: Decide<T>): Promise<T> {
    const result = this.#last.then(() => this.#change(name, decide));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async delete(): Promise<boolean> {
    throw new TradewindError("TW_STUDY_SETTING", "a task cannot delete a study");
  }

  async #change<T>(name: string, decide: Decide<T>): Promise<T> {
    let known = this.#known.get(name) ?? (await this.#newest(name));
    for (;;) {
      const { trials, changed, outcome } = decideOne(known, decide, this.#clock.now());
      if ("error" in outcome) throw outcome.error;
      const revision = await this.#write(name, known, changed);
      if (revision !== null) {
        this.#known.set(name, { ...known, trials, revision });
        return outcome.result as T;
      }
      known = await this.#newest(name);
    }
  }

  async #write(name: string, known: Known, changed: readonly Trial[]): Promise<number | null> {
    const { id, revision } = known;
    return this.#client.writeStudy({ name, id, revision, trials: changed.map(trialToJson) });
  }

  async #newest(name: string): Promise<Known> {
    const before = this.#known.get(name);
    const found = await this.#client.readStudy(name, before?.revision ?? -1);
    if (found === null) throw studyNotFound(name);
    if (before !== undefined && before.id !== found.id) {
      this.#known.delete(name);
      return this.#newest(name);
    }
    const trials = [...(before?.trials ?? [])];
    for (const json of found.trials) {
      const trial = trialFromJson<Trial>(json);
      trials[trial.number] = trial;
    }
    const spec = before?.spec ?? (found.spec as unknown as StudySpec);
    const known = { id: found.id, revision: found.revision, spec, trials };
    this.#known.set(name, known);
    return known;
  }
}

type Outcome = { result: unknown } | { error: unknown };

function decideOne(state: StudyState, decide: Decide<unknown>, now: number) {
  let outcome: Outcome = { result: undefined };
  const wish = {
    decide,
    resolve: (result: unknown) => {
      outcome = { result };
    },
    reject: (error: unknown) => {
      outcome = { error };
    },
  };
  const { trials, changed, settle } = decideAll(state, [wish], now);
  settle();
  return { trials, changed, outcome: outcome as Outcome };
}
