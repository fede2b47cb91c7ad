/** From a decision about one run to everything that follows from it. */
import type { Command } from "../core/facts.ts";
import { applyCommand, touchedBy } from "../core/plan.ts";
import type { ActiveRun } from "./memory.ts";
import { type Around, type RecordOptions, record } from "./run-changes.ts";
import type { Work } from "./work.ts";

/** Applies commands of a decision about one run and books what follows. */
export function carryOut(
  work: Work,
  around: Around,
  run: ActiveRun,
  commands: readonly Command[],
  options: RecordOptions = {},
): void {
  if (commands.length === 0) return;
  run.now = work.now;
  for (const command of commands) applyCommand(run, command);
  record(work, around, run, commands, options);
  work.touch(run, touchedBy(commands));
}
