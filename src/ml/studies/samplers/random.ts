/** Independent uniform draws, on the scale of each parameter. */
import type { RandomState } from "../../random-state.ts";
import { type Choice, isActive, type Param, snap, stepOf } from "../space.ts";
import type { Draft, Proposal, SampleInput, Sampler } from "./sampler.ts";

export class RandomSampler implements Sampler {
  propose({ space, random }: SampleInput): Proposal {
    const params: Draft = {};
    for (const [name, param] of Object.entries(space))
      if (isActive(param, params)) params[name] = drawUniform(param, random);
    return { params };
  }
}

/** One value of a parameter. On a grid each value is equally likely; on a logarithmic scale their logarithms are. */
export function drawUniform(param: Param, random: RandomState): Choice {
  if (param.type === "categorical") return param.choices[random.interval(param.choices.length - 1)] as Choice;
  const step = stepOf(param);
  if (param.low === param.high) return param.low;
  const half = step === null ? 0 : step / 2;
  const [low, high] = [param.low - half, param.high + half];
  if (param.log === true) {
    const value = Math.exp(Math.log(low) + random.uniform() * (Math.log(high) - Math.log(low)));
    return snap(param, value);
  }
  return snap(param, low + random.uniform() * (high - low));
}
