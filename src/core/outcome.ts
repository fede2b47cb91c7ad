/** From the end of an attempt to commands: success, skip, retry or failure, and what a branch skips. */
import type { AttemptOutcome, Command, InstanceKey, RunFacts } from "./facts.ts";

/**
 * Commands for the end of an attempt, to be applied and followed by `settle` with what they touch. The caller has
 * checked that the attempt is the one that the instance names. `maxMapLength` is `[core] max_map_length`.
 */
export function decideOutcome(
  _facts: RunFacts,
  _at: InstanceKey,
  _outcome: AttemptOutcome,
  _limits: { readonly maxMapLength: number },
): Command[] {
  return [];
}
