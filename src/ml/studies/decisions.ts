/**
 * What happens to the trials of a study: functions from its state and a wish to changed trials. Storages apply them
 * and write what they return; they have no clock and no randomness but the study's seed.
 */
import type { Json } from "../../core/dag-model.ts";
import { TradewindError } from "../../errors.ts";
import { type Pruner, prunerFrom } from "./pruners.ts";
import { samplerFrom } from "./samplers/from-spec.ts";
import { randomOf, type Sampler } from "./samplers/sampler.ts";
import { checkValues, contains, type Param, type ParamValues, type Space } from "./space.ts";
import type { StudySpec } from "./study-spec.ts";
import { type Direction, isFinished, type Trial } from "./trial.ts";

export interface StudyState {
  readonly spec: StudySpec;
  /** By number, without gaps. */
  readonly trials: readonly Trial[];
}

/** How a trial ended. */
export type Outcome =
  | { readonly state: "complete"; readonly values: readonly number[] }
  | { readonly state: "pruned" }
  | { readonly state: "fail"; readonly error?: string };

const machines = new WeakMap<StudySpec, { sampler: Sampler; pruner: Pruner }>();

function machinesOf(spec: StudySpec): { sampler: Sampler; pruner: Pruner } {
  let found = machines.get(spec);
  if (found === undefined) {
    found = { sampler: samplerFrom(spec.sampler), pruner: prunerFrom(spec.pruner) };
    machines.set(spec, found);
  }
  return found;
}

/** The trial of that number (`TW_STUDY_TRIAL_NOT_FOUND`). */
export function trialOf({ spec, trials }: StudyState, number: number): Trial {
  const trial = trials[number];
  if (trial !== undefined) return trial;
  throw new TradewindError(
    "TW_STUDY_TRIAL_NOT_FOUND",
    `expected a trial of study "${spec.name}", got number ${number}; it has ${trials.length}`,
  );
}

const blank = {
  distributions: null,
  values: null,
  reports: [],
  attrs: {},
  system: {},
  worker: null,
  error: null,
  startedAt: null,
  endedAt: null,
  heartbeatAt: null,
} as const;

/** A trial with parameters that somebody wants tried; `ask` hands it out before it makes new ones. */
export function enqueue(state: StudyState, params: ParamValues, attrs: { [name: string]: Json } = {}): Trial {
  if (state.spec.space !== null) checkValues(state.spec.space, params, true);
  const system = { fixed: { ...params } };
  return { ...blank, number: state.trials.length, state: "waiting", params: {}, attrs, system };
}

/**
 * The next trial to run: one that waits, or a new one; null when the study has as many as it may or nothing is left
 * to try.
 */
export function ask(state: StudyState, now: number, worker: string | null): Trial | null {
  const { spec, trials } = state;
  const waiting = trials.find((trial) => trial.state === "waiting");
  if (waiting === undefined && spec.nTrials !== null && countable(trials) >= spec.nTrials) return null;
  const number = waiting?.number ?? trials.length;
  const proposal = propose(state, number);
  if (proposal === null) return null;
  const fixed = (waiting?.system["fixed"] ?? {}) as ParamValues;
  const params = merged(spec.space, proposal.params, fixed);
  const own = Object.keys(fixed).length === 0 ? proposal.system : {};
  return {
    ...(waiting ?? blank),
    number,
    state: "running",
    params: spec.space === null ? {} : params,
    // Without a declared space the proposal waits until its parameters are asked for.
    system: { ...waiting?.system, ...own, ...(spec.space === null ? { relative: params } : {}) },
    worker,
    startedAt: now,
    heartbeatAt: now,
  };
}

/** Trials that used up some of the budget: one that failed for want of a sign of life is tried again for free. */
const countable = (trials: readonly Trial[]): number =>
  trials.reduce((count, trial) => count + (trial.system["retried"] === true ? 0 : 1), 0);

function propose(state: StudyState, number: number) {
  const { spec, trials } = state;
  const space = spec.space ?? sharedSpace(trials);
  if (Object.keys(space).length === 0) return { params: {}, system: {} };
  const { directions, seed } = spec;
  const earlier = number === trials.length ? trials : trials.filter((trial) => trial.number !== number);
  const random = randomOf(seed, number);
  return machinesOf(spec).sampler.propose({ space, trials: earlier, directions, number, seed, random });
}

/** Fixed values replace proposed ones; what they make meaningless goes, what they call for keeps its proposal. */
function merged(space: Space | null, proposed: ParamValues, fixed: ParamValues): ParamValues {
  if (space === null || Object.keys(fixed).length === 0) return { ...proposed, ...fixed };
  const params: Record<string, ParamValues[string]> = {};
  for (const [name, param] of Object.entries(space)) {
    const holds = Object.entries(param.when ?? {}).every(
      ([other, allowed]) =>
        Object.hasOwn(params, other) && allowed.includes(params[other] as ParamValues[string]),
    );
    if (!holds) continue;
    const value = fixed[name] ?? proposed[name];
    params[name] = value !== undefined ? value : firstValue(param);
  }
  return params;
}

const firstValue = (param: Param): ParamValues[string] =>
  param.type === "categorical" ? (param.choices[0] ?? null) : param.low;

/** Parameters that every finished trial asked for with the same range: what can be drawn jointly. */
function sharedSpace(trials: readonly Trial[]): Space {
  let shared: Record<string, Param> | null = null;
  for (const trial of trials) {
    if (trial.state !== "complete" && trial.state !== "pruned") continue;
    const own = trial.distributions ?? {};
    const before: Record<string, Param> = shared ?? own;
    shared = Object.fromEntries(
      Object.entries(before).filter(([name, param]) => JSON.stringify(own[name]) === JSON.stringify(param)),
    );
  }
  return shared ?? {};
}

/** A trial that asks for one parameter of its own: Optuna's `suggest_*`. The same name gives the same value. */
export function suggest(state: StudyState, number: number, name: string, param: Param): Trial {
  const trial = running(state, number);
  if (state.spec.space !== null) {
    throw new TradewindError("TW_STUDY_PARAMS", `study "${state.spec.name}" has a declared space`, {
      hint: "Read trial.params, or make the study without a space.",
    });
  }
  if (Object.hasOwn(trial.params, name)) return trial;
  const wanted = (trial.system["relative"] ?? {}) as ParamValues;
  let value = wanted[name];
  if (value === undefined || !contains(param, value)) {
    const { directions, seed } = state.spec;
    const random = randomOf(seed, number, 1 + Object.keys(trial.params).length);
    const trials = state.trials.filter((other) => other.number !== number);
    const space = { [name]: param };
    const proposal = machinesOf(state.spec).sampler.propose({
      space,
      trials,
      directions,
      number,
      seed,
      random,
    });
    value = proposal?.params[name] ?? firstValue(param);
  }
  return {
    ...trial,
    params: { ...trial.params, [name]: value },
    distributions: { ...trial.distributions, [name]: param },
  };
}

function running(state: StudyState, number: number): Trial {
  const trial = trialOf(state, number);
  if (trial.state === "running") return trial;
  throw new TradewindError(
    "TW_STUDY_TRIAL_STATE",
    `expected trial ${number} of study "${state.spec.name}" to run, but it is ${trial.state}`,
    { hint: "A trial is told once. One without a sign of life for longer than trialTimeout has failed." },
  );
}

/** A value on the way; a step that was reported already keeps its first value. */
export function report(state: StudyState, number: number, step: number, value: number, now: number): Trial {
  const trial = running(state, number);
  if (!Number.isInteger(step) || step < 0)
    throw new TradewindError("TW_STUDY_VALUE", `expected a step of 0 or more, got ${step}`);
  if (typeof value !== "number")
    throw new TradewindError(
      "TW_STUDY_VALUE",
      `expected a number at step ${step}, got ${JSON.stringify(value)}`,
    );
  if (trial.reports.some(([at]) => at === step)) return { ...trial, heartbeatAt: now };
  const reports = [...trial.reports, [step, value] as const].sort(([a], [b]) => a - b);
  return { ...trial, reports, heartbeatAt: now };
}

/** Whether the trial is better ended now, and the trial with what the pruner wants to remember. */
export function judge(state: StudyState, number: number): { prune: boolean; trial: Trial } {
  const trial = running(state, number);
  const { spec, trials } = state;
  const direction = spec.directions[0] as Direction;
  const verdict = machinesOf(spec).pruner.judge(trial, { studyName: spec.name, direction, trials });
  return { prune: verdict.prune, trial: { ...trial, system: { ...trial.system, ...verdict.system } } };
}

/**
 * The end of a trial. Not-a-number is a failure, as in Optuna. Telling the same end again changes nothing; another
 * one is refused (`TW_STUDY_TRIAL_STATE`).
 */
export function tell(state: StudyState, number: number, outcome: Outcome, now: number): Trial {
  const before = trialOf(state, number);
  const end = checkedOutcome(state.spec, number, outcome);
  if (isFinished(before) && isSameEnd(before, end)) return before;
  const trial = running(state, number);
  if (end.state === "fail") return { ...trial, state: "fail", error: end.error ?? null, endedAt: now };
  if (end.state === "complete") return { ...trial, state: "complete", values: [...end.values], endedAt: now };
  const last = trial.reports.at(-1);
  return { ...trial, state: "pruned", values: last === undefined ? null : [last[1]], endedAt: now };
}

function isSameEnd(trial: Trial, outcome: Outcome): boolean {
  if (trial.state !== outcome.state) return false;
  return (
    outcome.state !== "complete" || outcome.values.every((value, k) => Object.is(value, trial.values?.[k]))
  );
}

function checkedOutcome(spec: StudySpec, number: number, outcome: Outcome): Outcome {
  if (outcome.state !== "complete") return outcome;
  const { values } = outcome;
  if (!Array.isArray(values) || values.length !== spec.directions.length) {
    throw new TradewindError(
      "TW_STUDY_VALUE",
      `expected ${spec.directions.length} value(s) of trial ${number}, one per direction, got ${JSON.stringify(values)}`,
    );
  }
  const wrong = values.find((value) => typeof value !== "number");
  if (wrong !== undefined)
    throw new TradewindError(
      "TW_STUDY_VALUE",
      `expected numbers as values of trial ${number}, got ${JSON.stringify(wrong)}`,
    );
  if (!values.some(Number.isNaN)) return outcome;
  return { state: "fail", error: `the value is not a number (${values.join(", ")})` };
}

/**
 * Running trials without a sign of life for longer than the study allows: they have failed, and their parameters are
 * put in the queue again while retries are left. Returned in an order in which they can be written.
 */
export function expire(state: StudyState, now: number): Trial[] {
  const { spec } = state;
  if (spec.trialTimeout === null) return [];
  const limit = spec.trialTimeout * 1000;
  const failed: Trial[] = [];
  const again: Trial[] = [];
  for (const trial of state.trials) {
    if (trial.state !== "running" || now - (trial.heartbeatAt ?? 0) <= limit) continue;
    const tries = Number(trial.system["tries"] ?? 0);
    const retried = tries < spec.maxRetries;
    const error = `no sign of life for ${spec.trialTimeout} s`;
    const system = { ...trial.system, ...(retried ? { retried: true } : {}) };
    failed.push({ ...trial, state: "fail", error, endedAt: now, system });
    if (!retried) continue;
    const params = (spec.space === null ? (trial.system["relative"] ?? {}) : trial.params) as ParamValues;
    const number = state.trials.length + again.length;
    const fresh = { ...proposalOf(trial), fixed: { ...params }, tries: tries + 1, retryOf: trial.number };
    again.push({ ...blank, number, state: "waiting", params: {}, attrs: trial.attrs, system: fresh });
  }
  return [...failed, ...again];
}

/** What the sampler wrote about a trial, without what happened to it since. */
function proposalOf(trial: Trial): { [name: string]: Json } {
  const names = ["grid", "generation", "cma", "point"];
  return Object.fromEntries(Object.entries(trial.system).filter(([name]) => names.includes(name)));
}
