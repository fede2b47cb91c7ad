/**
 * CMA-ES over the numeric parameters that always exist; categorical and conditional ones are left to the
 * tree-structured Parzen estimator. The strategy's state is not stored: it follows from the trials, generation by
 * generation, and is kept in memory only to save that work.
 */
import { checkOption, completeOptions } from "../../options.ts";
import { type Choice, type NumericParam, type Space, snap, stepOf } from "../space.ts";
import { type Direction, lossOf, type Trial } from "../trial.ts";
import { type CmaState, cmaConstants, cmaSample, cmaStart, cmaUpdate } from "./cma.ts";
import { drawUniform } from "./random.ts";
import type { Draft, Proposal, SampleInput, Sampler } from "./sampler.ts";
import { TpeSampler } from "./tpe.ts";

export interface CmaEsOptions {
  /** Trials of a generation; null is 4 + 3·ln(parameters). */
  populationSize: number | null;
  /** First step as a share of each parameter's range. */
  sigma0: number;
  /** Trials drawn at random before. */
  nStartupTrials: number;
}

const defaults: CmaEsOptions = { populationSize: null, sigma0: 1 / 6, nStartupTrials: 1 };

export class CmaEsSampler implements Sampler {
  readonly #options: Readonly<CmaEsOptions>;
  readonly #rest = new TpeSampler();
  #memo: { space: Space; states: CmaState[] } | null = null;

  constructor(options: Partial<CmaEsOptions> = {}) {
    this.#options = completeOptions("CmaEsSampler", defaults, options);
    const { populationSize, sigma0 } = this.#options;
    const enough = populationSize === null || populationSize >= 4;
    checkOption("CmaEsSampler", "populationSize", populationSize, enough, "null or at least 4");
    checkOption("CmaEsSampler", "sigma0", sigma0, sigma0 > 0, "over 0");
  }

  propose(input: SampleInput): Proposal {
    const { space, random } = input;
    const numeric = Object.entries(space).filter(
      (entry): entry is [string, NumericParam] =>
        entry[1].type !== "categorical" && entry[1].when === undefined && entry[1].low < entry[1].high,
    );
    const params: Draft =
      numeric.length === Object.keys(space).length ? {} : { ...this.#rest.propose(input).params };
    if (numeric.length === 0) return { params };
    if (input.number < this.#options.nStartupTrials) {
      for (const [name, param] of numeric) params[name] = drawUniform(param, random);
      return { params };
    }
    const state = this.#state(input, numeric.length);
    const point = cmaSample(state, random);
    for (const [j, [name, param]] of numeric.entries()) params[name] = fromUnit(param, point[j] as number);
    return { params, system: { cma: state.generation, point: Array.from(point) } };
  }

  #state({ space, trials, directions }: SampleInput, n: number): CmaState {
    if (this.#memo?.space !== space) {
      const lambda = this.#options.populationSize ?? 4 + Math.floor(3 * Math.log(n));
      this.#memo = { space, states: [cmaStart(cmaConstants(n, lambda), this.#options.sigma0)] };
    }
    const { states } = this.#memo;
    const direction = directions[0] as Direction;
    const byGeneration = new Map<number, Trial[]>();
    for (const trial of trials) {
      const generation = trial.system["cma"];
      if (trial.state !== "complete" || typeof generation !== "number") continue;
      byGeneration.set(generation, [...(byGeneration.get(generation) ?? []), trial]);
    }
    for (let state = states.at(-1) as CmaState; ; state = states.at(-1) as CmaState) {
      const told = byGeneration.get(state.generation) ?? [];
      const { lambda } = state.constants;
      if (told.length < lambda) return state;
      // In the order in which they ended, so that a straggler does not change a generation that was used already.
      told.sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0) || a.number - b.number);
      const points = told.slice(0, lambda);
      points.sort(
        (a, b) => lossOf(a.values?.[0], direction) - lossOf(b.values?.[0], direction) || a.number - b.number,
      );
      states.push(
        cmaUpdate(
          state,
          points.map(({ system }) => Float64Array.from(system["point"] as number[])),
        ),
      );
    }
  }
}

function fromUnit(param: NumericParam, unit: number): Choice {
  const step = stepOf(param);
  const half = step === null ? 0 : step / 2;
  const [low, high] = [param.low - half, param.high + half];
  if (param.log !== true) return snap(param, low + unit * (high - low));
  return snap(param, Math.exp(Math.log(low) + unit * (Math.log(high) - Math.log(low))));
}
