/** Studies of one process, gone with it. */
import { type Clock, systemClock } from "../../time.ts";
import type { StudyState } from "./decisions.ts";
import { type Decide, decideAll, type StudyStorage, studyNotFound } from "./storage.ts";
import type { StudySpec } from "./study-spec.ts";

export class MemoryStudyStorage implements StudyStorage {
  readonly #studies = new Map<string, StudyState>();
  readonly #clock: Clock;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  async create(spec: StudySpec): Promise<boolean> {
    if (this.#studies.has(spec.name)) return false;
    this.#studies.set(spec.name, { spec, trials: [] });
    return true;
  }

  async read(name: string): Promise<StudyState> {
    return this.#state(name);
  }

  async change<T>(name: string, decide: Decide<T>): Promise<T> {
    // Read, decided and kept without giving way to anybody in between.
    const state = this.#state(name);
    return new Promise<T>((resolve, reject) => {
      const wish = { decide, resolve: resolve as (value: unknown) => void, reject };
      const { trials, settle } = decideAll(state, [wish], this.#clock.now());
      this.#studies.set(name, { spec: state.spec, trials });
      settle();
    });
  }

  async delete(name: string): Promise<boolean> {
    return this.#studies.delete(name);
  }

  #state(name: string): StudyState {
    const state = this.#studies.get(name);
    if (state === undefined) throw studyNotFound(name);
    return state;
  }
}
