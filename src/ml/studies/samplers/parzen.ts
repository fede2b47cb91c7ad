/**
 * Parzen estimator of the tree-structured Parzen estimator: a mixture with one product of kernels per observation
 * and one wide prior, as Optuna 5 builds it (Bergstra et al., NeurIPS 2011; Falkner, Klein & Hutter, ICML 2018;
 * Watanabe, arXiv 2304.11127).
 */
import type { RandomState } from "../../random-state.ts";
import { normalCdf, normalQuantile } from "../normal.ts";
import {
  type CategoricalParam,
  type Choice,
  type NumericParam,
  type Param,
  type Space,
  snap,
  stepOf,
} from "../space.ts";
import type { Draft } from "./sampler.ts";

/** The kernels of one parameter; a value is a number on the parameter's scale, or the position of a choice. */
interface Kernels {
  sample(kernel: number, random: RandomState): number;
  /** Adds the log density at `value` under each kernel to `sums`. */
  addLogDensities(value: number, sums: Float64Array): void;
  toChoice(value: number): Choice;
}

export class ParzenEstimator {
  readonly #names: readonly string[];
  readonly #kernels: readonly Kernels[];
  readonly #cumulative: Float64Array;
  readonly #logWeights: Float64Array;

  /** `weights` has one element per observation; the prior weighs 1. */
  constructor(space: Space, observations: readonly Draft[], weights: Float64Array) {
    this.#names = Object.keys(space);
    this.#kernels = this.#names.map((name) =>
      kernelsOf(
        space[name] as Param,
        observations.map((values) => values[name] as Choice),
      ),
    );
    const all = Float64Array.from([...weights, 1]);
    const total = all.reduce((sum, weight) => sum + weight, 0);
    this.#logWeights = all.map((weight) => Math.log(weight / total));
    let sum = 0;
    this.#cumulative = all.map((weight) => {
      sum += weight / total;
      return sum;
    });
  }

  sample(random: RandomState): Float64Array {
    const u = random.uniform();
    const found = this.#cumulative.findIndex((sum) => u < sum);
    const kernel = found === -1 ? this.#cumulative.length - 1 : found;
    return Float64Array.from(this.#kernels, (kernels) => kernels.sample(kernel, random));
  }

  logDensity(values: Float64Array): number {
    const sums = this.#logWeights.slice();
    for (const [j, kernels] of this.#kernels.entries()) kernels.addLogDensities(values[j] as number, sums);
    const top = sums.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    if (top === Number.NEGATIVE_INFINITY) return top;
    return top + Math.log(sums.reduce((sum, value) => sum + Math.exp(value - top), 0));
  }

  toValues(values: Float64Array): Draft {
    return Object.fromEntries(
      this.#names.map((name, j) => [name, (this.#kernels[j] as Kernels).toChoice(values[j] as number)]),
    );
  }
}

function kernelsOf(param: Param, observed: readonly Choice[]): Kernels {
  if (param.type === "categorical") return categoricalKernels(param, observed);
  return numericKernels(param, observed as readonly number[]);
}

/** The observed choice weighs 1 more than the others, which share the prior's weight by the number of kernels. */
function categoricalKernels(param: CategoricalParam, observed: readonly Choice[]): Kernels {
  const count = param.choices.length;
  const kernels = observed.length + 1;
  const positions = observed.map((choice) => param.choices.indexOf(choice));
  const base = 1 / kernels;
  const total = count * base + 1;
  const [logHit, logMiss, logPrior] = [
    Math.log((1 + base) / total),
    Math.log(base / total),
    -Math.log(count),
  ];
  return {
    sample(kernel, random) {
      const position = positions[kernel];
      const u = random.uniform();
      if (position === undefined) return Math.min(count - 1, Math.floor(u * count));
      if (u < 1 / total) return position;
      return Math.min(count - 1, Math.floor(((u - 1 / total) / (1 - 1 / total)) * count));
    },
    addLogDensities(value, sums) {
      for (let k = 0; k < kernels; k++) {
        const position = positions[k];
        sums[k] =
          (sums[k] as number) + (position === undefined ? logPrior : position === value ? logHit : logMiss);
      }
    },
    toChoice: (value) => param.choices[value] as Choice,
  };
}

function numericKernels(param: NumericParam, observed: readonly number[]): Kernels {
  const step = stepOf(param);
  const half = step === null ? 0 : step / 2;
  const scale = param.log === true ? Math.log : (value: number): number => value;
  const [low, high] = [scale(param.low - half), scale(param.high + half)];
  const centres = Float64Array.from(observed, scale);
  const means = Float64Array.from([...centres, (low + high) / 2]);
  const widths = Float64Array.from([...bandwidths(centres, low, high), high - low]);
  const massBelow = means.map((mean, k) => normalCdf((low - mean) / (widths[k] as number)));
  const mass = means.map(
    (mean, k) => normalCdf((high - mean) / (widths[k] as number)) - (massBelow[k] as number),
  );
  const logMass = mass.map((value) => Math.log(value));
  const logPeak = widths.map(
    (width, k) => -Math.log(width * Math.sqrt(2 * Math.PI)) - (logMass[k] as number),
  );
  const unscale = param.log === true ? Math.exp : (value: number): number => value;
  return {
    sample(kernel, random) {
      if (low >= high) return param.low;
      const p = (massBelow[kernel] as number) + random.uniform() * (mass[kernel] as number);
      const value = (means[kernel] as number) + (widths[kernel] as number) * normalQuantile(p);
      return snap(param, unscale(Math.min(high, Math.max(low, value))));
    },
    addLogDensities(value, sums) {
      if (low >= high) return;
      if (step === null) {
        const at = scale(value);
        for (let k = 0; k < sums.length; k++) {
          const z = (at - (means[k] as number)) / (widths[k] as number);
          sums[k] = (sums[k] as number) + (logPeak[k] as number) - 0.5 * z * z;
        }
        return;
      }
      const [below, above] = [scale(value - half), scale(value + half)];
      for (let k = 0; k < sums.length; k++) {
        const [mean, width] = [means[k] as number, widths[k] as number];
        const inside = normalCdf((above - mean) / width) - normalCdf((below - mean) / width);
        sums[k] = (sums[k] as number) + Math.log(inside) - (logMass[k] as number);
      }
    },
    toChoice: (value) => value,
  };
}

/** Kernels are as wide as the larger gap to a neighbour, within limits that shrink as observations come in. */
function bandwidths(centres: Float64Array, low: number, high: number): Float64Array {
  const width = high - low;
  const least = width / Math.min(100, 2 + centres.length);
  return gapsBetween(centres, low, high).map((gap) => Math.min(width, Math.max(least, gap)));
}

/** Of each centre the larger distance to its neighbours; the ends of the range do not count as neighbours. */
function gapsBetween(centres: Float64Array, low: number, high: number): Float64Array {
  const order = Array.from(centres, (_, i) => i).sort(
    (a, b) => (centres[a] as number) - (centres[b] as number),
  );
  const gaps = new Float64Array(centres.length);
  for (const [at, i] of order.entries()) {
    const [before, after] = [order[at - 1], order[at + 1]];
    const here = centres[i] as number;
    const left = before === undefined ? null : here - (centres[before] as number);
    const right = after === undefined ? null : (centres[after] as number) - here;
    gaps[i] =
      left === null && right === null ? Math.max(here - low, high - here) : Math.max(left ?? 0, right ?? 0);
  }
  return gaps;
}
