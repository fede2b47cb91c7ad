/**
 * Bayesian optimisation: a Gaussian process over the complete trials, and the point where the expected improvement on the
 * best of them is largest. For objectives that take minutes: it needs the fewest trials of all samplers and the most time
 * for each (some 20 ms at 50 trials, 100 ms at 100). Parameters that do not exist in a trial stand at one place there, so
 * that conditional spaces are searched as a whole; trials that run count with what the process expects of them.
 */
import { checkOption, completeOptions } from "../../options.ts";
import type { RandomState } from "../../random-state.ts";
import { normalCdf } from "../normal.ts";
import {
  type Choice,
  isActive,
  type NumericParam,
  type Param,
  type ParamValues,
  type Space,
  snap,
  stepOf,
} from "../space.ts";
import { type Direction, lossOf, type Trial } from "../trial.ts";
import { fitRegression, type Point, predict, type Regression, withKernel } from "./gp-regression.ts";
import { RandomSampler } from "./random.ts";
import type { Draft, Proposal, SampleInput, Sampler } from "./sampler.ts";

export interface GaussianProcessOptions {
  /** Trials drawn at random before the process is used. */
  nStartupTrials: number;
  /** Points drawn at random, of which the best are where the search for the largest improvement begins. */
  nCandidates: number;
}

const defaults: GaussianProcessOptions = { nStartupTrials: 10, nCandidates: 1000 };

/** Trials that the process knows: its work grows with their cube. Of more, the best and the newest are taken. */
const mostTrials = { best: 100, newest: 200 };
/** Places from which the search goes uphill. */
const starts = 8;

export class GaussianProcessSampler implements Sampler {
  readonly #options: Readonly<GaussianProcessOptions>;
  readonly #random = new RandomSampler();

  constructor(options: Partial<GaussianProcessOptions> = {}) {
    this.#options = completeOptions("GaussianProcessSampler", defaults, options);
    const { nStartupTrials, nCandidates } = this.#options;
    checkOption(
      "GaussianProcessSampler",
      "nStartupTrials",
      nStartupTrials,
      nStartupTrials >= 1,
      "at least 1",
    );
    checkOption(
      "GaussianProcessSampler",
      "nCandidates",
      nCandidates,
      nCandidates >= starts,
      `at least ${starts}`,
    );
  }

  propose(input: SampleInput): Proposal {
    const { space, trials, directions, random } = input;
    const direction = directions[0] as Direction;
    const known = trials.filter((trial) => isComplete(trial) && isOf(space, trial.params));
    if (known.length < this.#options.nStartupTrials) return this.#random.propose(input);
    const chart = new Chart(space);
    const chosen = fewer(known, direction);
    const losses = finite(chosen.map((trial) => lossOf(trial.values?.[0], direction)));
    const { targets, best } = standardised(losses);
    const points = chosen.map((trial) => chart.pointOf(trial.params));
    let process = fitRegression(points, targets, chart.isCategory);
    const running = trials.filter((trial) => trial.state === "running" && isOf(space, trial.params));
    if (running.length > 0)
      process = believing(
        process,
        targets,
        running.map((trial) => chart.pointOf(trial.params)),
        chart,
      );
    const improvement = (place: Float64Array): number => {
      const { mean, variance } = predict(process, chart.pointAt(place), chart.isCategory);
      return logExpectedImprovement(mean, Math.sqrt(variance), best);
    };
    const order = [...losses.keys()].sort((a, b) => (losses[a] as number) - (losses[b] as number));
    const kept = order.slice(0, 3).map((at) => chart.placeOf((chosen[at] as Trial).params));
    const drawn = this.#drawn(chart, improvement, random);
    return { params: chart.paramsAt(highest([...kept, ...drawn], chart, improvement)) };
  }

  #drawn(chart: Chart, improvement: Acquisition, random: RandomState): Float64Array[] {
    const places = Array.from({ length: this.#options.nCandidates }, () => {
      const place = Float64Array.from({ length: chart.size }, () => random.uniform());
      return { place, score: improvement(place) };
    });
    places.sort((a, b) => b.score - a.score);
    return places.slice(0, starts).map(({ place }) => place);
  }
}

type Acquisition = (place: Float64Array) => number;

const isComplete = (trial: Trial): boolean => trial.state === "complete";

/** Trials of a study without a declared space may lack a parameter. */
function isOf(space: Space, params: ParamValues): boolean {
  return Object.entries(space).every(
    ([name, param]) => Object.hasOwn(params, name) || !isActive(param, params),
  );
}

function fewer(trials: readonly Trial[], direction: Direction): readonly Trial[] {
  const { best, newest } = mostTrials;
  if (trials.length <= best + newest) return trials;
  const loss = (trial: Trial): number => lossOf(trial.values?.[0], direction);
  const older = trials.slice(0, -newest).sort((a, b) => loss(a) - loss(b) || a.number - b.number);
  return [...older.slice(0, best), ...trials.slice(-newest)];
}

/** An infinite loss counts as the largest finite one. */
function finite(losses: readonly number[]): number[] {
  const some = losses.filter(Number.isFinite);
  const [least, most] = [Math.min(...some), Math.max(...some)];
  if (some.length === 0) return losses.map(() => 0);
  return losses.map((loss) => (Number.isFinite(loss) ? loss : loss > 0 ? most : least));
}

function standardised(losses: readonly number[]): { targets: Float64Array; best: number } {
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  const variance = losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / losses.length;
  const scale = Math.sqrt(variance) || 1;
  const targets = Float64Array.from(losses, (loss) => (loss - mean) / scale);
  return { targets, best: Math.min(...targets) };
}

/** Running trials end as the process expects: so the next one looks elsewhere. */
function believing(
  process: Regression,
  targets: Float64Array,
  running: readonly Point[],
  chart: Chart,
): Regression {
  const expected = running.map((point) => predict(process, point, chart.isCategory).mean);
  const all = Float64Array.from([...targets, ...expected]);
  return withKernel([...process.points, ...running], all, chart.isCategory, process.kernel);
}

/** log E[max(best − f, 0)], also where it is so small that it would be 0. */
function logExpectedImprovement(mean: number, deviation: number, best: number): number {
  const z = (best - mean) / deviation;
  return Math.log(deviation) + logOfImprovement(z);
}

const logRoot2Pi = 0.5 * Math.log(2 * Math.PI);

/** log(φ(z) + z Φ(z)) */
function logOfImprovement(z: number): number {
  const density = Math.exp(-0.5 * z * z - logRoot2Pi);
  if (z > -1) return Math.log(density + z * normalCdf(z));
  // Further out Φ/φ tends to −1/z (1 − 1/z² + 3/z⁴), of which the sum leaves 1/z² − 3/z⁴.
  const rest = z > -20 ? 1 + (z * normalCdf(z)) / density : 1 / (z * z) - 3 / z ** 4;
  return -0.5 * z * z - logRoot2Pi + Math.log(rest);
}

/** From each start uphill along one axis after the other, with steps that become smaller. */
function highest(places: readonly Float64Array[], chart: Chart, improvement: Acquisition): Float64Array {
  let best = places[0] as Float64Array;
  let top = Number.NEGATIVE_INFINITY;
  for (const start of places) {
    const place = Float64Array.from(start);
    let score = improvement(place);
    for (let step = 0.1; step > 1e-4; ) {
      const before = score;
      for (let axis = 0; axis < chart.size; axis++)
        score = improve(place, axis, step, score, chart, improvement);
      if (!(score > before + 1e-9)) step /= 2;
    }
    if (!(score > top)) continue;
    top = score;
    best = place;
  }
  return best;
}

/** Moves `place` along one axis where that is better; returns the score. */
function improve(
  place: Float64Array,
  axis: number,
  step: number,
  score: number,
  chart: Chart,
  improvement: Acquisition,
): number {
  const from = place[axis] as number;
  let [best, at] = [score, from];
  for (const value of chart.neighbours(axis, from, step)) {
    place[axis] = value;
    const found = improvement(place);
    if (found > best) [best, at] = [found, value];
  }
  (place[axis] as number) = at;
  return best;
}

/**
 * A space as a unit cube. A place has a coordinate for every parameter, even where it does not exist; a point is what the
 * process sees of it: steps rounded, categories numbered, and a fixed value for what does not exist.
 */
class Chart {
  readonly isCategory: readonly boolean[];
  readonly #params: readonly (readonly [string, Param])[];

  constructor(space: Space) {
    this.#params = Object.entries(space);
    this.isCategory = this.#params.map(([, param]) => param.type === "categorical");
  }

  get size(): number {
    return this.#params.length;
  }

  paramsAt(place: Float64Array): Draft {
    const params: Draft = {};
    for (const [at, [name, param]] of this.#params.entries())
      if (isActive(param, params)) params[name] = valueAt(param, place[at] as number);
    return params;
  }

  pointAt(place: Float64Array): Point {
    return this.pointOf(this.paramsAt(place));
  }

  pointOf(params: ParamValues): Point {
    return Float64Array.from(this.#params, ([name, param]) =>
      Object.hasOwn(params, name) ? coordinate(param, params[name] as Choice) : absent(param),
    );
  }

  placeOf(params: ParamValues): Float64Array {
    return Float64Array.from(this.#params, ([name, param]) => {
      if (!Object.hasOwn(params, name)) return 0.5;
      const at = coordinate(param, params[name] as Choice);
      return param.type === "categorical" ? (at + 0.5) / param.choices.length : at;
    });
  }

  /** Other coordinates of one axis that are worth a look. */
  neighbours(axis: number, from: number, step: number): number[] {
    const param = (this.#params[axis] as readonly [string, Param])[1];
    if (param.type === "categorical") return param.choices.map((_, at) => (at + 0.5) / param.choices.length);
    // On a grid a smaller step than its own leads nowhere.
    const width = Math.max(step, cellOf(param));
    return [Math.max(0, from - width), Math.min(1, from + width)];
  }
}

const absent = (param: Param): number => (param.type === "categorical" ? -1 : 0.5);

/** Ends of a numeric parameter on its own scale, half a step further where it has one. */
function rangeOf(param: NumericParam): { low: number; high: number } {
  const half = (stepOf(param) ?? 0) / 2;
  const ends = { low: param.low - half, high: param.high + half };
  return param.log === true ? { low: Math.log(ends.low), high: Math.log(ends.high) } : ends;
}

function cellOf(param: NumericParam): number {
  const step = stepOf(param);
  if (step === null || param.log === true) return 0;
  const { low, high } = rangeOf(param);
  return step / (high - low);
}

function coordinate(param: Param, value: Choice): number {
  if (param.type === "categorical") return param.choices.indexOf(value);
  const { low, high } = rangeOf(param);
  const at = param.log === true ? Math.log(Number(value)) : Number(value);
  return high > low ? (at - low) / (high - low) : 0.5;
}

function valueAt(param: Param, unit: number): Choice {
  if (param.type === "categorical")
    return param.choices[
      Math.min(param.choices.length - 1, Math.floor(unit * param.choices.length))
    ] as Choice;
  const { low, high } = rangeOf(param);
  const at = low + unit * (high - low);
  return snap(param, param.log === true ? Math.exp(at) : at);
}
