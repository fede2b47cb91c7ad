/**
 * What is to be done next in a run, from its facts.
 *
 * A plan is one wave: what follows at once from the changes that are named. Applying it changes more, so the
 * caller plans again with what the wave touched until nothing comes any more (`settle`). A wave costs in
 * proportion to what stands directly after the changes, never to the run.
 */
import { applyCommand, touchedBy } from "./apply-command.ts";
import type { Changed, Command, RunFacts } from "./facts.ts";

export { applyCommand, touchedBy };

/** One wave. Same facts and changes give the same commands, whatever the order of the changes. */
export function planRun(_facts: RunFacts, _changed: Changed): Command[] {
  return [];
}

export interface Settled {
  /** Applied to the facts already, in this order; without "look-again". */
  readonly commands: Command[];
  /** What the next call has to look at, when the budget was used up; empty when the run came to rest. */
  readonly rest: Exclude<Changed, "all">;
}

/**
 * Plans and applies until the run comes to rest, or about `budget` commands were given: then the caller commits
 * these, lets others have the loop, and goes on with `rest`.
 */
export function settle(facts: RunFacts, changed: Changed, budget = 10_000): Settled {
  const commands: Command[] = [];
  let waiting = changed;
  while (waiting === "all" || waiting.length > 0) {
    if (commands.length >= budget && waiting !== "all") return { commands, rest: waiting };
    const wave = planRun(facts, waiting);
    for (const command of wave) {
      applyCommand(facts, command);
      if (command.kind !== "look-again") commands.push(command);
    }
    waiting = touchedBy(wave);
  }
  return { commands, rest: [] };
}
