/**
 * Pruners: whether a running trial is worth going on, from what it and the others reported. Rules and defaults are
 * Optuna's: the median rule of Vizier (Golovin et al., KDD 2017), asynchronous successive halving (Li et al.,
 * MLSys 2020) and Hyperband (Li et al., JMLR 18 (2018)), whose brackets are chosen by CRC-32 of study and number.
 */
import { crc32 } from "node:zlib";
import type { Json } from "../../core/dag-model.ts";
import { TradewindError } from "../../errors.ts";
import { checkOption, completeOptions } from "../options.ts";
import { type Direction, lossOf, type Trial } from "./trial.ts";

export interface MedianOptions {
  /** Share of the better trials that a trial must belong to, in percent. */
  percentile: number;
  /** Nothing is pruned before so many trials are complete. */
  nStartupTrials: number;
  /** Nothing is pruned before this step. */
  nWarmupSteps: number;
  /** Steps between two looks. */
  intervalSteps: number;
  /** Least number of complete trials that reported the same step. */
  nMinTrials: number;
}

export interface HalvingOptions {
  /** First step at which is looked; null is a hundredth of the first complete trial's steps. */
  minResource: number | null;
  reductionFactor: number;
  minEarlyStoppingRate: number;
  bootstrapCount: number;
}

export interface HyperbandOptions {
  minResource: number;
  /** Largest step; null is that of the first complete trials. */
  maxResource: number | null;
  reductionFactor: number;
  bootstrapCount: number;
}

export type PrunerSpec =
  | { readonly kind: "none" }
  | ({ readonly kind: "median" } & Partial<MedianOptions>)
  | ({ readonly kind: "successive-halving" } & Partial<HalvingOptions>)
  | ({ readonly kind: "hyperband" } & Partial<HyperbandOptions>);

export interface PruneInput {
  readonly studyName: string;
  readonly direction: Direction;
  readonly trials: readonly Trial[];
}

export interface Verdict {
  readonly prune: boolean;
  /** What has to be remembered with the trial: the rungs that it reached. */
  readonly system: { readonly [name: string]: Json };
}

export interface Pruner {
  judge(trial: Trial, input: PruneInput): Verdict;
}

const goOn: Verdict = { prune: false, system: {} };
const stop: Verdict = { prune: true, system: {} };

/** TW_STUDY_SETTING when there is no such pruner. */
export function prunerFrom(spec: PrunerSpec): Pruner {
  const { kind, ...options } = spec;
  switch (kind) {
    case "none":
      return { judge: () => goOn };
    case "median":
      return medianPruner(options as Partial<MedianOptions>);
    case "successive-halving":
      return halvingPruner(options as Partial<HalvingOptions>);
    case "hyperband":
      return hyperbandPruner(options as Partial<HyperbandOptions>);
    default:
      throw new TradewindError("TW_STUDY_SETTING", `expected a pruner, got ${JSON.stringify(kind)}`, {
        hint: "The pruners are none, median, successive-halving, hyperband.",
      });
  }
}

function medianPruner(given: Partial<MedianOptions>): Pruner {
  const defaults = { percentile: 50, nStartupTrials: 5, nWarmupSteps: 0, intervalSteps: 1, nMinTrials: 1 };
  const options = completeOptions<MedianOptions>("MedianPruner", defaults, given);
  const { percentile, intervalSteps } = options;
  checkOption(
    "MedianPruner",
    "percentile",
    percentile,
    percentile >= 0 && percentile <= 100,
    "from 0 to 100",
  );
  checkOption("MedianPruner", "intervalSteps", intervalSteps, intervalSteps >= 1, "at least 1");
  return {
    judge(trial, { trials, direction }) {
      const complete = trials.filter(({ state }) => state === "complete");
      if (complete.length === 0 || complete.length < options.nStartupTrials) return goOn;
      const step = trial.reports.at(-1)?.[0];
      if (step === undefined || step < options.nWarmupSteps || !isFirstInInterval(trial, step, options))
        return goOn;
      const losses = trial.reports.map(([, value]) => value).filter((value) => !Number.isNaN(value));
      if (losses.length === 0) return stop;
      const best = Math.min(...losses.map((value) => lossOf(value, direction)));
      const others = complete.flatMap(({ reports }) =>
        reports.filter(([at]) => at === step).map(([, value]) => value),
      );
      if (others.length < options.nMinTrials) return goOn;
      const comparable = others
        .filter((value) => !Number.isNaN(value))
        .map((value) => lossOf(value, direction));
      if (comparable.length === 0) return goOn;
      return best > percentileOf(comparable, percentile) ? stop : goOn;
    },
  };
}

function isFirstInInterval(
  trial: Trial,
  step: number,
  { nWarmupSteps, intervalSteps }: MedianOptions,
): boolean {
  const border = Math.floor((step - nWarmupSteps) / intervalSteps) * intervalSteps + nWarmupSteps;
  const before = trial.reports.reduce((latest, [at]) => (at !== step && at > latest ? at : latest), -1);
  return before < border;
}

/** Linear between the two nearest ranks, as NumPy's default. */
function percentileOf(values: readonly number[], percent: number): number {
  const sorted = Float64Array.from(values).sort();
  const at = ((sorted.length - 1) * percent) / 100;
  const low = sorted[Math.floor(at)] as number;
  const high = sorted[Math.ceil(at)] as number;
  return low + (high - low) * (at - Math.floor(at));
}

const halvingDefaults: HalvingOptions = {
  minResource: null,
  reductionFactor: 4,
  minEarlyStoppingRate: 0,
  bootstrapCount: 0,
};

const rungKey = (rung: number): string => `rung_${rung}`;

function halvingPruner(given: Partial<HalvingOptions>): Pruner {
  const options = completeOptions<HalvingOptions>("SuccessiveHalvingPruner", halvingDefaults, given);
  const { reductionFactor, minResource } = options;
  checkOption(
    "SuccessiveHalvingPruner",
    "reductionFactor",
    reductionFactor,
    reductionFactor >= 2,
    "at least 2",
  );
  const enough = minResource === null || minResource >= 1;
  checkOption("SuccessiveHalvingPruner", "minResource", minResource, enough, "null or at least 1");
  return { judge: (trial, { trials, direction }) => judgeByHalving(trial, trials, direction, options) };
}

function judgeByHalving(
  trial: Trial,
  trials: readonly Trial[],
  direction: Direction,
  options: HalvingOptions,
): Verdict {
  const last = trial.reports.at(-1);
  const first = options.minResource ?? estimatedResource(trials);
  if (last === undefined || first === null) return goOn;
  const [step, value] = last;
  const system: { [name: string]: Json } = {};
  let rung = 0;
  while (rungKey(rung) in trial.system) rung++;
  for (; ; rung++) {
    if (step < first * options.reductionFactor ** (options.minEarlyStoppingRate + rung))
      return { prune: false, system };
    if (Number.isNaN(value)) return { prune: true, system };
    const key = rungKey(rung);
    system[key] = value;
    const competing = trials.flatMap((other) =>
      other.number !== trial.number && typeof other.system[key] === "number" ? [other.system[key]] : [],
    );
    const losses = Float64Array.from([...competing, value], (each) => lossOf(each, direction)).sort();
    if (losses.length <= options.bootstrapCount) return { prune: true, system };
    const promoted = Math.max(1, Math.floor(losses.length / options.reductionFactor));
    if (lossOf(value, direction) > (losses[promoted - 1] as number)) return { prune: true, system };
  }
}

function estimatedResource(trials: readonly Trial[]): number | null {
  const steps = trials.flatMap(({ state, reports }) => (state === "complete" ? reports.slice(-1) : []));
  if (steps.length === 0) return null;
  return Math.max(1, Math.floor(Math.max(...steps.map(([step]) => step)) / 100));
}

function hyperbandPruner(given: Partial<HyperbandOptions>): Pruner {
  const defaults = { minResource: 1, maxResource: null, reductionFactor: 3, bootstrapCount: 0 };
  const options = completeOptions<HyperbandOptions>("HyperbandPruner", defaults, given);
  const { minResource, maxResource, reductionFactor, bootstrapCount } = options;
  checkOption("HyperbandPruner", "reductionFactor", reductionFactor, reductionFactor >= 2, "at least 2");
  const enough = maxResource === null || maxResource >= minResource;
  checkOption("HyperbandPruner", "maxResource", maxResource, enough, "null or at least minResource");
  return {
    judge(trial, { trials, direction, studyName }) {
      const largest = maxResource ?? largestStep(trials);
      if (largest === null) return goOn;
      const budgets = bracketBudgets(largest / minResource, reductionFactor);
      const bracket = bracketOf(studyName, trial.number, budgets);
      const sameBracket = trials.filter(({ number }) => bracketOf(studyName, number, budgets) === bracket);
      return judgeByHalving(trial, sameBracket, direction, {
        minResource,
        reductionFactor,
        minEarlyStoppingRate: bracket,
        bootstrapCount,
      });
    },
  };
}

function largestStep(trials: readonly Trial[]): number | null {
  const steps = trials.flatMap(({ state, reports }) => (state === "complete" ? reports.slice(-1) : []));
  return steps.length === 0 ? null : Math.max(...steps.map(([step]) => step)) + 1;
}

/** How many of so many trials belong to each bracket. */
function bracketBudgets(resources: number, factor: number): number[] {
  const count = Math.floor(Math.log(resources) / Math.log(factor) + 1e-12) + 1;
  return Array.from({ length: count }, (_, bracket) => {
    const s = count - 1 - bracket;
    return Math.ceil((count * factor ** s) / (s + 1));
  });
}

function bracketOf(studyName: string, number: number, budgets: readonly number[]): number {
  const total = budgets.reduce((sum, budget) => sum + budget, 0);
  let left = crc32(`${studyName}_${number}`) % total;
  return budgets.findIndex((budget) => {
    left -= budget;
    return left < 0;
  });
}
