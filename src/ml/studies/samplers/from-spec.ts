/** Samplers by name and options, as a study stores them. */
import { TradewindError } from "../../../errors.ts";
import { type CmaEsOptions, CmaEsSampler } from "./cma-es.ts";
import { type GaussianProcessOptions, GaussianProcessSampler } from "./gaussian-process.ts";
import { type GeneticOptions, GeneticSampler, nsga2Defaults } from "./genetic.ts";
import { type GridOptions, GridSampler } from "./grid.ts";
import { RandomSampler } from "./random.ts";
import type { Sampler } from "./sampler.ts";
import { type TpeOptions, TpeSampler } from "./tpe.ts";

export type SamplerSpec =
  | { readonly kind: "random" }
  | ({ readonly kind: "grid" } & GridOptions)
  | ({ readonly kind: "tpe" } & Partial<TpeOptions>)
  | ({ readonly kind: "cma-es" } & Partial<CmaEsOptions>)
  | ({ readonly kind: "gp" } & Partial<GaussianProcessOptions>)
  | ({ readonly kind: "genetic" } & Partial<GeneticOptions>)
  | ({ readonly kind: "nsga2" } & Partial<GeneticOptions>);

export type SamplerKind = SamplerSpec["kind"];

const samplerKinds: readonly SamplerKind[] = ["random", "grid", "tpe", "cma-es", "gp", "genetic", "nsga2"];

/** TW_STUDY_SETTING when there is no such sampler; TW_ML_PARAM when it has no such option. */
export function samplerFrom(spec: SamplerSpec): Sampler {
  const { kind, ...options } = spec;
  switch (kind) {
    case "random":
      return new RandomSampler();
    case "grid":
      return new GridSampler(options as GridOptions);
    case "tpe":
      return new TpeSampler(options as Partial<TpeOptions>);
    case "cma-es":
      return new CmaEsSampler(options as Partial<CmaEsOptions>);
    case "gp":
      return new GaussianProcessSampler(options as Partial<GaussianProcessOptions>);
    case "genetic":
      return new GeneticSampler(options as Partial<GeneticOptions>);
    case "nsga2":
      return new GeneticSampler(options as Partial<GeneticOptions>, nsga2Defaults);
    default:
      throw new TradewindError("TW_STUDY_SETTING", `expected a sampler, got ${JSON.stringify(kind)}`, {
        hint: `The samplers are ${samplerKinds.join(", ")}.`,
      });
  }
}
