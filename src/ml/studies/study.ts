/**
 * A search for the best parameters, in the words of Optuna: `createStudy`, `ask` and `tell`, or `optimize` with an
 * objective. The storage decides where it lives and who takes part: in memory one process, in PostgreSQL everybody.
 */
import type { Json } from "../../core/dag-model.ts";
import { TradewindError } from "../../errors.ts";
import * as decisions from "./decisions.ts";
import { MemoryStudyStorage } from "./memory-storage.ts";
import { paretoFronts } from "./pareto.ts";
import { type Choice, categorical, checkParam, float, int, type Param, type ParamValues } from "./space.ts";
import type { StudyStorage } from "./storage.ts";
import { type StudyOptions, type StudySpec, studySpec } from "./study-spec.ts";
import { bestTrial, type Direction, lossesOf, type Trial } from "./trial.ts";

/** Thrown by an objective to end its trial as pruned. */
export class TrialPruned extends Error {
  override readonly name = "TrialPruned";
}

export interface OptimizeOptions {
  /** Trials that this call runs; without it as many as the study allows. */
  nTrials?: number;
  /** Seconds after which no other trial begins. */
  timeout?: number;
  /** Trials at the same time. Default 1. */
  nJobs?: number;
  /** Lets a trial fail and goes on; without it the first failure ends the call. Default true. */
  keepGoing?: boolean;
  /** After each trial. */
  callbacks?: readonly ((study: Study, trial: Trial) => void | Promise<void>)[];
}

export type Objective = (
  trial: RunningTrial,
) => number | readonly number[] | Promise<number | readonly number[]>;

/**
 * Makes a study, or opens it where it exists and `loadIfExists` is given (its own settings then hold).
 *
 * @throws TradewindError TW_STUDY_EXISTS, TW_STUDY_SPACE, TW_STUDY_SETTING, TW_ML_PARAM.
 */
export async function createStudy(
  options: StudyOptions & { storage?: StudyStorage; loadIfExists?: boolean } = {},
): Promise<Study> {
  const { storage = new MemoryStudyStorage(), loadIfExists = false, ...rest } = options;
  const spec = studySpec(rest);
  if (await storage.create(spec)) return new Study(spec, storage);
  if (loadIfExists) return openStudy(spec.name, storage);
  throw new TradewindError(
    "TW_STUDY_EXISTS",
    `expected a new name, got ${JSON.stringify(spec.name)}, which exists`,
    {
      hint: "Give loadIfExists: true to go on with it.",
    },
  );
}

/** TW_STUDY_NOT_FOUND. */
export async function openStudy(name: string, storage: StudyStorage): Promise<Study> {
  return new Study((await storage.read(name)).spec, storage);
}

export class Study {
  readonly spec: StudySpec;
  readonly storage: StudyStorage;
  #stopped = false;

  constructor(spec: StudySpec, storage: StudyStorage) {
    this.spec = spec;
    this.storage = storage;
  }

  get name(): string {
    return this.spec.name;
  }

  /** The next trial; null when there are as many as the study allows, or nothing is left to try. */
  async ask(worker: string | null = null): Promise<RunningTrial | null> {
    return (await this.askMany(1, worker))[0] ?? null;
  }

  /** Up to `count` trials in one go, none of which anybody else gets. */
  async askMany(count: number, worker: string | null = null): Promise<RunningTrial[]> {
    const asked = await this.storage.change(this.name, (state, now) => {
      const expired = decisions.expire(state, now);
      const trials = [...state.trials];
      for (const trial of expired) trials[trial.number] = trial;
      const made: Trial[] = [];
      for (let i = 0; i < count; i++) {
        const trial = decisions.ask({ spec: state.spec, trials }, now, worker);
        if (trial === null) break;
        trials[trial.number] = trial;
        made.push(trial);
      }
      return {
        trials: [...expired.filter((trial) => trials[trial.number] === trial), ...made],
        result: made,
      };
    });
    return asked.map((trial) => new RunningTrial(this, trial));
  }

  /**
   * Ends a trial with its value(s), one per direction, or as pruned or failed. A value that is not a number is a
   * failure.
   *
   * @throws TradewindError TW_STUDY_TRIAL_NOT_FOUND, TW_STUDY_TRIAL_STATE, TW_STUDY_VALUE.
   */
  async tell(number: number, outcome: number | readonly number[] | decisions.Outcome): Promise<Trial> {
    const end = outcomeOf(outcome);
    return this.#changeTrial((state, now) => decisions.tell(state, number, end, now));
  }

  report(number: number, step: number, value: number): Promise<Trial> {
    return this.#changeTrial((state, now) => decisions.report(state, number, step, value, now));
  }

  shouldPrune(number: number): Promise<boolean> {
    return this.storage.change(this.name, (state) => {
      const { prune, trial } = decisions.judge(state, number);
      return { trials: [trial], result: prune };
    });
  }

  /** A sign of life of a long trial that reports nothing. */
  heartbeat(number: number): Promise<Trial> {
    return this.#changeTrial((state, now) => ({ ...decisions.trialOf(state, number), heartbeatAt: now }));
  }

  setAttr(number: number, name: string, value: Json): Promise<Trial> {
    return this.#changeTrial((state) => {
      const trial = decisions.trialOf(state, number);
      return { ...trial, attrs: { ...trial.attrs, [name]: value } };
    });
  }

  suggest(number: number, name: string, param: Param): Promise<Trial> {
    const checked = checkParam(name, param);
    return this.#changeTrial((state) => decisions.suggest(state, number, name, checked));
  }

  /** Parameters to try before any others; what is missing is drawn. */
  enqueue(params: ParamValues, attrs: { [name: string]: Json } = {}): Promise<Trial> {
    return this.#changeTrial((state) => decisions.enqueue(state, params, attrs));
  }

  async trials(): Promise<readonly Trial[]> {
    return (await this.storage.read(this.name)).trials;
  }

  /** TW_STUDY_NO_TRIAL when none is complete, or with several directions. */
  async bestTrial(): Promise<Trial> {
    const { directions } = this.spec;
    const best = directions.length === 1 ? bestTrial(await this.trials(), directions[0] as Direction) : null;
    if (best !== null) return best;
    const why = directions.length > 1 ? "it has several directions" : "none is complete";
    throw new TradewindError("TW_STUDY_NO_TRIAL", `study "${this.name}" has no best trial: ${why}`, {
      hint: directions.length > 1 ? "Use bestTrials(), which nothing dominates." : undefined,
    });
  }

  async bestParams(): Promise<ParamValues> {
    return (await this.bestTrial()).params;
  }

  async bestValue(): Promise<number> {
    return ((await this.bestTrial()).values as readonly number[])[0] as number;
  }

  /** The complete trials that no other one dominates, by number. */
  async bestTrials(): Promise<Trial[]> {
    const complete = (await this.trials()).filter(({ state }) => state === "complete");
    const [front = []] = paretoFronts(complete.map((trial) => lossesOf(trial, this.spec.directions)));
    return front.map((i) => complete[i] as Trial);
  }

  /** No other trial begins in the `optimize` that runs. */
  stop(): void {
    this.#stopped = true;
  }

  /** Runs trials until they are used up, the time is over or `stop` was called. */
  async optimize(objective: Objective, options: OptimizeOptions = {}): Promise<void> {
    const { nTrials = Number.POSITIVE_INFINITY, timeout, nJobs = 1 } = options;
    this.#stopped = false;
    const until = timeout === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeout * 1000;
    let begun = 0;
    const work = async (): Promise<void> => {
      while (begun < nTrials && !this.#stopped && performance.now() < until) {
        begun++;
        const trial = await this.ask();
        if (trial === null) return;
        await this.#run(objective, trial, options);
      }
    };
    await Promise.all(Array.from({ length: nJobs }, work));
  }

  async #run(objective: Objective, trial: RunningTrial, options: OptimizeOptions): Promise<void> {
    let outcome: decisions.Outcome;
    let failure: unknown;
    try {
      outcome = outcomeOf(await objective(trial));
    } catch (error) {
      if (error instanceof TrialPruned) outcome = { state: "pruned" };
      else {
        outcome = { state: "fail", error: error instanceof Error ? error.message : String(error) };
        failure = error;
      }
    }
    const told = await this.tell(trial.number, outcome);
    for (const callback of options.callbacks ?? []) await callback(this, told);
    if (failure === undefined || options.keepGoing !== false) return;
    this.stop();
    throw failure;
  }

  #changeTrial(decide: (state: decisions.StudyState, now: number) => Trial): Promise<Trial> {
    return this.storage.change(this.name, (state, now) => {
      const trial = decide(state, now);
      return { trials: [trial], result: trial };
    });
  }
}

/** A trial in the hands of its objective. */
export class RunningTrial {
  readonly number: number;
  readonly study: Study;
  #params: ParamValues;

  constructor(study: Study, trial: Trial) {
    this.study = study;
    this.number = trial.number;
    this.#params = trial.params;
  }

  /** Of a declared space all of them; else those that were suggested so far. */
  get params(): ParamValues {
    return this.#params;
  }

  async suggestFloat(
    name: string,
    low: number,
    high: number,
    options?: Parameters<typeof float>[2],
  ): Promise<number> {
    return (await this.#suggest(name, float(low, high, options))) as number;
  }

  async suggestInt(
    name: string,
    low: number,
    high: number,
    options?: Parameters<typeof int>[2],
  ): Promise<number> {
    return (await this.#suggest(name, int(low, high, options))) as number;
  }

  async suggestCategorical<T extends Choice>(name: string, choices: readonly T[]): Promise<T> {
    return (await this.#suggest(name, categorical(choices))) as T;
  }

  async report(value: number, step: number): Promise<void> {
    await this.study.report(this.number, step, value);
  }

  shouldPrune(): Promise<boolean> {
    return this.study.shouldPrune(this.number);
  }

  async setAttr(name: string, value: Json): Promise<void> {
    await this.study.setAttr(this.number, name, value);
  }

  async #suggest(name: string, param: Param): Promise<Choice> {
    const trial = await this.study.suggest(this.number, name, param);
    this.#params = trial.params;
    return trial.params[name] as Choice;
  }
}

function outcomeOf(outcome: number | readonly number[] | decisions.Outcome): decisions.Outcome {
  if (typeof outcome === "object" && outcome !== null && "state" in outcome) return outcome;
  return { state: "complete", values: typeof outcome === "number" ? [outcome] : outcome };
}
