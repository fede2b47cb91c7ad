/** What a study is, as plain data: its space, directions, sampler and pruner, with everything checked once. */
import type { Json } from "../../core/dag-model.ts";
import { TradewindError } from "../../errors.ts";
import { type PrunerSpec, prunerFrom } from "./pruners.ts";
import { type SamplerSpec, samplerFrom } from "./samplers/from-spec.ts";
import { checkSpace, type Space } from "./space.ts";
import type { Direction } from "./trial.ts";

export interface StudySpec {
  readonly name: string;
  /** Null where trials ask for their parameters one by one. */
  readonly space: Space | null;
  readonly directions: readonly Direction[];
  readonly sampler: SamplerSpec;
  readonly pruner: PrunerSpec;
  readonly seed: number;
  /** Most trials; null is without limit. */
  readonly nTrials: number | null;
  /** Seconds without a sign of life after which a running trial has failed; null is never. */
  readonly trialTimeout: number | null;
  /** How often the parameters of a trial that never told are tried again. */
  readonly maxRetries: number;
  readonly attrs: { readonly [name: string]: Json };
}

export interface StudyOptions {
  /** Default "study". */
  name?: string;
  space?: Space;
  /** Default "minimize". */
  direction?: Direction;
  directions?: readonly Direction[];
  /** Default "tpe", or "nsga2" with several directions. */
  sampler?: SamplerSpec | SamplerSpec["kind"];
  /** Default "none". */
  pruner?: PrunerSpec | PrunerSpec["kind"];
  /** Default 0. */
  seed?: number;
  nTrials?: number;
  trialTimeout?: number;
  maxRetries?: number;
  attrs?: { readonly [name: string]: Json };
}

/** TW_STUDY_SPACE, TW_STUDY_SETTING or TW_ML_PARAM where something cannot be. */
export function studySpec(options: StudyOptions): StudySpec {
  const directions = options.directions ?? [options.direction ?? "minimize"];
  const sampler = kindOrSpec<SamplerSpec>(options.sampler ?? (directions.length > 1 ? "nsga2" : "tpe"));
  const pruner = kindOrSpec<PrunerSpec>(options.pruner ?? "none");
  const spec: StudySpec = {
    name: options.name ?? "study",
    space: options.space === undefined ? null : checkSpace(options.space),
    directions,
    sampler,
    pruner,
    seed: options.seed ?? 0,
    nTrials: options.nTrials ?? null,
    trialTimeout: options.trialTimeout ?? null,
    maxRetries: options.maxRetries ?? 0,
    attrs: options.attrs ?? {},
  };
  checkSettings(spec);
  return spec;
}

function kindOrSpec<Spec extends { kind: string }>(given: Spec | Spec["kind"]): Spec {
  return typeof given === "string" ? ({ kind: given } as Spec) : given;
}

function checkSettings(spec: StudySpec): void {
  const refuse = (what: string, expected: string, got: unknown): never => {
    throw new TradewindError(
      "TW_STUDY_SETTING",
      `study ${JSON.stringify(spec.name)}: expected ${what} to be ${expected}, got ${JSON.stringify(got)}`,
    );
  };
  const whole = (value: number | null, least: number): boolean =>
    value === null || (Number.isInteger(value) && value >= least);
  if (typeof spec.name !== "string" || spec.name === "" || spec.name.length > 500)
    refuse("its name", "a text of 1 to 500 characters", spec.name);
  if (!Array.isArray(spec.directions) || spec.directions.length === 0)
    refuse("directions", "at least one direction", spec.directions);
  for (const direction of spec.directions)
    if (direction !== "minimize" && direction !== "maximize")
      refuse("a direction", '"minimize" or "maximize"', direction);
  if (!whole(spec.seed, 0) || spec.seed > 0xffffffff) refuse("seed", "a whole number below 2³²", spec.seed);
  if (!whole(spec.nTrials, 1)) refuse("nTrials", "at least 1", spec.nTrials);
  if (!whole(spec.maxRetries, 0)) refuse("maxRetries", "at least 0", spec.maxRetries);
  if (spec.trialTimeout !== null && !(spec.trialTimeout > 0))
    refuse("trialTimeout", "seconds over 0", spec.trialTimeout);
  const { kind } = spec.sampler;
  if (spec.directions.length > 1 && (kind === "cma-es" || kind === "gp"))
    refuse("the sampler", "one for several directions, such as nsga2", kind);
  if (spec.directions.length > 1 && spec.pruner.kind !== "none")
    refuse("the pruner", "none with several directions", spec.pruner.kind);
  if (spec.space === null && spec.sampler.kind === "grid") refuse("space", "declared for a grid", null);
  samplerFrom(spec.sampler);
  prunerFrom(spec.pruner);
}
