/**
 * Populations of trials: the genetic algorithm of sklearn-genetic-opt (tournaments, uniform crossover, mutation,
 * elite) with one direction, and NSGA-II with several (Deb et al., IEEE TEC 6 (2002); Optuna's defaults).
 *
 * Trials of a generation know its number; a generation begins when the one before it has enough finished trials.
 * Parents are the best of all generations before.
 */
import { checkOption, completeOptions } from "../../options.ts";
import type { RandomState } from "../../random-state.ts";
import { rankByDominance } from "../pareto.ts";
import { type Choice, isActive, type ParamValues, type Space } from "../space.ts";
import { lossesOf, type Trial } from "../trial.ts";
import { drawUniform } from "./random.ts";
import { type Draft, type Proposal, randomOf, type SampleInput, type Sampler } from "./sampler.ts";

export interface GeneticOptions {
  populationSize: number;
  /** That a child has two parents; else it is a copy of one, before mutation. */
  crossoverProbability: number;
  /** That a parameter comes from the second parent. */
  swappingProbability: number;
  /** That a parameter is drawn anew; null is 1 by the number of parameters. */
  mutationProbability: number | null;
  /** Of how many the best becomes a parent. */
  tournamentSize: number;
}

export const nsga2Defaults: GeneticOptions = {
  populationSize: 50,
  crossoverProbability: 0.9,
  swappingProbability: 0.5,
  mutationProbability: null,
  tournamentSize: 2,
};

export const geneticDefaults: GeneticOptions = {
  populationSize: 50,
  crossoverProbability: 0.8,
  swappingProbability: 0.5,
  mutationProbability: 0.1,
  tournamentSize: 3,
};

export class GeneticSampler implements Sampler {
  readonly #options: Readonly<GeneticOptions>;

  constructor(options: Partial<GeneticOptions> = {}, defaults: GeneticOptions = geneticDefaults) {
    this.#options = completeOptions("GeneticSampler", defaults, options);
    const { populationSize, tournamentSize } = this.#options;
    checkOption("GeneticSampler", "populationSize", populationSize, populationSize >= 2, "at least 2");
    checkOption("GeneticSampler", "tournamentSize", tournamentSize, tournamentSize >= 1, "at least 1");
    for (const name of ["crossoverProbability", "swappingProbability", "mutationProbability"] as const) {
      const value = this.#options[name];
      checkOption("GeneticSampler", name, value, value === null || (value >= 0 && value <= 1), "from 0 to 1");
    }
  }

  propose({ space, trials, directions, seed, number, random }: SampleInput): Proposal {
    const generation = this.#generation(trials);
    const system = { generation };
    if (generation === 0) return { params: this.#complete(space, {}, random), system };
    const earlier = trials.filter((trial) => trial.state === "complete" && generationOf(trial) < generation);
    const order = rankByDominance(earlier.map((trial) => lossesOf(trial, directions)));
    const parents = order.slice(0, this.#options.populationSize).map((i) => earlier[i] as Trial);
    const tried = new Set(trials.map((trial) => keyOf(trial.params)));
    // A child that was tried already teaches nothing; a few times another one is made.
    for (let attempt = 0; ; attempt++) {
      const child = this.#child(space, parents, attempt === 0 ? random : randomOf(seed, number, attempt));
      if (attempt === 10 || !tried.has(keyOf(child))) return { params: child, system };
    }
  }

  #generation(trials: readonly Trial[]): number {
    const finished: number[] = [];
    for (const trial of trials) {
      const generation = generationOf(trial);
      if (trial.state === "complete") finished[generation] = (finished[generation] ?? 0) + 1;
    }
    let generation = 0;
    while ((finished[generation] ?? 0) >= this.#options.populationSize) generation++;
    return generation;
  }

  #child(space: Space, parents: readonly Trial[], random: RandomState): Draft {
    const mother = this.#parent(parents, random);
    const father =
      random.uniform() < this.#options.crossoverProbability ? this.#parent(parents, random) : mother;
    const rate = this.#options.mutationProbability ?? 1 / Object.keys(space).length;
    const genes: Draft = {};
    for (const name of Object.keys(space)) {
      const from = random.uniform() < this.#options.swappingProbability ? father : mother;
      const value = from.params[name];
      if (random.uniform() >= rate && value !== undefined) genes[name] = value;
    }
    return this.#complete(space, genes, random);
  }

  /** Parents are sorted from best to worst, so that the smallest position wins a tournament. */
  #parent(parents: readonly Trial[], random: RandomState): Trial {
    let best = parents.length - 1;
    for (let i = 0; i < this.#options.tournamentSize; i++)
      best = Math.min(best, random.interval(parents.length - 1));
    return parents[best] as Trial;
  }

  /** Draws what is missing, and leaves out what does not exist under these values. */
  #complete(space: Space, genes: ParamValues, random: RandomState): Draft {
    const params: Draft = {};
    for (const [name, param] of Object.entries(space)) {
      if (!isActive(param, params)) continue;
      params[name] = Object.hasOwn(genes, name) ? (genes[name] as Choice) : drawUniform(param, random);
    }
    return params;
  }
}

const generationOf = (trial: Trial): number => Number(trial.system["generation"] ?? 0);
const keyOf = (params: ParamValues): string =>
  JSON.stringify(Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1)));
