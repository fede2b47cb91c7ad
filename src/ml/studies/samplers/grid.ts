/**
 * Every combination once, in scikit-learn's order: names sorted, the last name fastest. A combination whose trial
 * failed comes again after all others.
 */
import { TradewindError } from "../../../errors.ts";
import { type Choice, checkValues, isActive, type Param, type Space, stepOf } from "../space.ts";
import type { Draft, Proposal, SampleInput, Sampler } from "./sampler.ts";

export interface GridOptions {
  /** Values to try of a parameter; without it all of a categorical parameter or one with steps. */
  readonly grid?: Readonly<Record<string, readonly Choice[]>>;
}

/** A grid larger than this is a mistake. */
const mostCombinations = 1_000_000;

export class GridSampler implements Sampler {
  readonly #options: GridOptions;
  #points: { space: Space; list: readonly Draft[] } | null = null;

  constructor(options: GridOptions = {}) {
    this.#options = options;
  }

  propose({ space, trials }: SampleInput): Proposal | null {
    if (this.#points?.space !== space) this.#points = { space, list: combinations(space, this.#options) };
    const { list } = this.#points;
    const taken = new Uint8Array(list.length);
    for (const trial of trials) {
      const at = trial.system["grid"];
      if (typeof at === "number") taken[at] = Math.max(taken[at] ?? 0, trial.state === "fail" ? 1 : 2);
    }
    const fresh = taken.indexOf(0);
    const at = fresh === -1 ? taken.indexOf(1) : fresh;
    const params = list[at];
    return params === undefined ? null : { params, system: { grid: at } };
  }
}

function combinations(space: Space, options: GridOptions): Draft[] {
  for (const name of Object.keys(options.grid ?? {}))
    for (const value of options.grid?.[name] ?? []) checkValues(space, { [name]: value }, true);
  let points: Draft[] = [{}];
  for (const name of orderOf(space)) {
    const param = space[name] as Param;
    const values = options.grid?.[name] ?? valuesOf(name, param);
    points = points.flatMap((point) =>
      isActive(param, point) ? values.map((value) => ({ ...point, [name]: value })) : [point],
    );
    if (points.length > mostCombinations)
      throw new TradewindError(
        "TW_STUDY_SPACE",
        `expected at most ${mostCombinations} combinations in a grid, got more`,
      );
  }
  return points;
}

/** Sorted by name, but what a condition names comes before. */
function orderOf(space: Space): string[] {
  const order: string[] = [];
  const visit = (name: string): void => {
    if (order.includes(name)) return;
    for (const other of Object.keys(space[name]?.when ?? {}).sort()) visit(other);
    order.push(name);
  };
  for (const name of Object.keys(space).sort()) visit(name);
  return order;
}

function valuesOf(name: string, param: Param): readonly Choice[] {
  if (param.type === "categorical") return param.choices;
  const step = stepOf(param);
  if (step === null) {
    throw new TradewindError(
      "TW_STUDY_SPACE",
      `parameter "${name}": expected a step or values of its own in a grid, got a continuous range`,
      { hint: 'give the sampler { kind: "grid", grid: { [name]: [value, …] } }' },
    );
  }
  const count = Math.round((param.high - param.low) / step) + 1;
  return Array.from({ length: Math.min(count, mostCombinations + 1) }, (_, i) => param.low + i * step);
}
