/**
 * One interface for everything that proposes parameters. A sampler is a pure function of the study's history and of
 * a generator that is seeded by the study and the trial's number: the same history gives the same proposal, in
 * whichever process, so that a study goes on after a kill where it stood.
 */
import type { Json } from "../../../core/dag-model.ts";
import { RandomState } from "../../random-state.ts";
import type { Choice, ParamValues, Space } from "../space.ts";
import type { Direction, Trial } from "../trial.ts";

export interface SampleInput {
  readonly space: Space;
  /** All trials before this one, by number. */
  readonly trials: readonly Trial[];
  readonly directions: readonly Direction[];
  /** Of the trial that is being made. */
  readonly number: number;
  readonly seed: number;
  readonly random: RandomState;
}

export interface Proposal {
  readonly params: ParamValues;
  /** What the sampler wants to find again with the trial. */
  readonly system?: { readonly [name: string]: Json };
}

export interface Sampler {
  /** The parameters of one trial; null when there is nothing left to try. */
  propose(input: SampleInput): Proposal | null;
}

/** Parameters while they are drawn. */
export type Draft = Record<string, Choice>;

/** The generator of one trial (seeds mixed as by MurmurHash3's finaliser, so that neighbours share nothing). */
export function randomOf(seed: number, number: number, purpose = 0): RandomState {
  let mixed = Math.imul(seed ^ Math.imul(number + 1, 0x9e3779b1) ^ Math.imul(purpose + 1, 0x85ebca77), 1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return new RandomState((mixed ^ (mixed >>> 16)) >>> 0);
}
