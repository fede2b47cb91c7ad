/**
 * Where studies are kept. A storage holds the trials and runs decisions one after another; it decides nothing.
 * `tests/ml/studies/storage-conformance.ts` says what every storage does.
 */
import { TradewindError } from "../../errors.ts";
import type { StudyState } from "./decisions.ts";
import type { StudySpec } from "./study-spec.ts";
import type { Trial } from "./trial.ts";

/** What a decision changes: trials by number, made or replaced, and its answer. */
export interface Change<T> {
  readonly trials: readonly Trial[];
  readonly result: T;
}

export type Decide<T> = (state: StudyState, now: number) => Change<T>;

export interface StudyStorage {
  /** False when a study of that name exists. */
  create(spec: StudySpec): Promise<boolean>;
  /** TW_STUDY_NOT_FOUND. */
  read(name: string): Promise<StudyState>;
  /**
   * Runs the decision on the newest state and resolves when its changes are durable; no other decision about the
   * study comes in between, whichever process it is made in. A decision that throws changes nothing.
   */
  change<T>(name: string, decide: Decide<T>): Promise<T>;
  /** False when there is none. */
  delete(name: string): Promise<boolean>;
}

export function studyNotFound(name: string): TradewindError {
  return new TradewindError("TW_STUDY_NOT_FOUND", `expected a study ${JSON.stringify(name)}, got none`);
}

/** One decision that waits, with its promise. */
export interface Wish {
  readonly decide: Decide<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Several decisions, each on what the one before left. `settle` tells their callers, once the changes are durable. */
export function decideAll(
  state: StudyState,
  wishes: readonly Wish[],
  now: number,
): { trials: Trial[]; changed: Trial[]; settle: () => void } {
  const trials = [...state.trials];
  const changed = new Map<number, Trial>();
  const answers: (() => void)[] = [];
  for (const wish of wishes) {
    try {
      const change = wish.decide({ spec: state.spec, trials }, now);
      for (const trial of change.trials) {
        if (trials[trial.number] === trial) continue;
        trials[trial.number] = trial;
        changed.set(trial.number, trial);
      }
      answers.push(() => wish.resolve(change.result));
    } catch (error) {
      answers.push(() => wish.reject(error));
    }
  }
  return { trials, changed: [...changed.values()], settle: () => answers.forEach((answer) => answer()) };
}
