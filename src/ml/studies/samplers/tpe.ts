/**
 * Tree-structured Parzen estimator with Optuna 5's formulas and defaults: 10 random trials, then of 24 candidates
 * drawn near the best tenth of the trials the one that is likeliest there and unlikeliest elsewhere. Parameters that
 * exist under the same condition are drawn jointly; running trials count as bad ones, so that parallel workers keep
 * away from each other.
 */
import { checkOption, completeOptions } from "../../options.ts";
import { rankByDominance } from "../pareto.ts";
import { groupsOf, isActive, type Param, type Space } from "../space.ts";
import { type Direction, isFinished, lossesOf, lossOf, type Trial } from "../trial.ts";
import { ParzenEstimator } from "./parzen.ts";
import { drawUniform } from "./random.ts";
import type { Draft, Proposal, SampleInput, Sampler } from "./sampler.ts";

export interface TpeOptions {
  /** Trials drawn at random before the estimator is used. */
  nStartupTrials: number;
  /** Candidates of which the best is taken. */
  nEiCandidates: number;
  /** Draws parameters jointly; null is true with one direction and false with several. */
  multivariate: boolean | null;
  /** Counts running trials as bad ones. */
  constantLiar: boolean;
}

const defaults: TpeOptions = {
  nStartupTrials: 10,
  nEiCandidates: 24,
  multivariate: null,
  constantLiar: true,
};

export class TpeSampler implements Sampler {
  readonly #options: Readonly<TpeOptions>;

  constructor(options: Partial<TpeOptions> = {}) {
    this.#options = completeOptions("TpeSampler", defaults, options);
    const { nStartupTrials, nEiCandidates } = this.#options;
    checkOption("TpeSampler", "nStartupTrials", nStartupTrials, nStartupTrials >= 0, "at least 0");
    checkOption("TpeSampler", "nEiCandidates", nEiCandidates, nEiCandidates >= 1, "at least 1");
  }

  propose(input: SampleInput): Proposal {
    const joint = this.#options.multivariate ?? input.directions.length === 1;
    const params: Draft = {};
    for (const group of groupsOf(input.space)) {
      const first = Object.values(group.space)[0] as Param;
      if (!isActive(first, params)) continue;
      const parts = joint
        ? [group.space]
        : Object.entries(group.space).map(([name, param]) => ({ [name]: param }));
      for (const part of parts) Object.assign(params, this.#draw(part, input));
    }
    return { params };
  }

  #draw(space: Space, input: SampleInput): Draft {
    const names = Object.keys(space);
    const known = input.trials.filter((trial) => names.every((name) => Object.hasOwn(trial.params, name)));
    const told = known.filter((trial) => isFinished(trial) && trial.state !== "fail");
    if (told.length < this.#options.nStartupTrials) {
      return Object.fromEntries(names.map((name) => [name, drawUniform(space[name] as Param, input.random)]));
    }
    const good = bestOf(told, input.directions, Math.min(Math.ceil(0.1 * told.length), 25));
    const liars = this.#options.constantLiar ? known.filter((trial) => trial.state === "running") : [];
    const bad = [...told, ...liars].filter((trial) => !good.has(trial)).sort((a, b) => a.number - b.number);
    const near = estimator(
      space,
      [...good].sort((a, b) => a.number - b.number),
    );
    const far = estimator(space, bad);
    let best: Float64Array | null = null;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < this.#options.nEiCandidates; i++) {
      const candidate = near.sample(input.random);
      const score = near.logDensity(candidate) - far.logDensity(candidate);
      if (best !== null && !(score > bestScore)) continue;
      best = candidate;
      bestScore = score;
    }
    return near.toValues(best as Float64Array);
  }
}

function estimator(space: Space, trials: readonly Trial[]): ParzenEstimator {
  const observations = trials.map((trial) => trial.params as Draft);
  return new ParzenEstimator(space, observations, recencyWeights(trials.length));
}

/** The newest 25 weigh 1, older ones ever less. */
function recencyWeights(count: number): Float64Array {
  const full = 25;
  return Float64Array.from({ length: count }, (_, i) => {
    const older = count - full;
    if (older <= 0 || i >= older) return 1;
    return older === 1 ? 1 / count : 1 / count + (i / (older - 1)) * (1 - 1 / count);
  });
}

/** Complete trials by their values, then pruned ones by how far they came and what they had reported. */
function bestOf(trials: readonly Trial[], directions: readonly Direction[], count: number): Set<Trial> {
  const complete = trials.filter((trial) => trial.state === "complete");
  const pruned = trials.filter((trial) => trial.state === "pruned");
  const direction = directions[0] as Direction;
  if (directions.length > 1) {
    const order = rankByDominance(complete.map((trial) => lossesOf(trial, directions)));
    return new Set(order.slice(0, count).map((i) => complete[i] as Trial));
  }
  const loss = (trial: Trial): number => lossOf(trial.values?.[0], direction);
  complete.sort((a, b) => loss(a) - loss(b) || a.number - b.number);
  pruned.sort((a, b) => lastStep(b) - lastStep(a) || lastLoss(a, direction) - lastLoss(b, direction));
  return new Set([...complete, ...pruned].slice(0, count));
}

const lastStep = (trial: Trial): number => trial.reports.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY;
const lastLoss = (trial: Trial, direction: Direction): number => lossOf(trial.reports.at(-1)?.[1], direction);
