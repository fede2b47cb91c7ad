/** Makes the facts what they are after a command. The only code that changes facts. */
import { assertNever } from "../errors.ts";
import type { Changed, Command, InstanceKey, InstanceRange, RunFacts, SetState } from "./facts.ts";
import type { InstanceChanges } from "./instances.ts";
import { assertRunTransition, assertTransition } from "./transition.ts";

/** Throws TW_STATE_TRANSITION when the command's `from` is not the state there is, or `to` may not follow it. */
export function applyCommand(facts: RunFacts, command: Command): void {
  switch (command.kind) {
    case "set-state":
      assertFits(facts, command);
      // What an earlier try returned is not to be expanded over.
      if (command.to === null || command.to === "scheduled" || command.to === "removed") {
        facts.values.forget(command.at.task, command.at.mapIndex);
      }
      return facts.instances.setState(command.at, command.to, facts.now, changesOf(command));
    case "expand":
      return facts.instances.expand(command.task, command.from, command.to, command.total, facts.now);
    case "keep-skip-decision": {
      const { task, mapIndex } = command.at;
      const ofTask = facts.skipDecisions.get(task) ?? new Map();
      ofTask.set(mapIndex, command.decision);
      facts.skipDecisions.set(task, ofTask);
      return;
    }
    case "keep-length":
      return facts.values.record(command.at.task, command.at.mapIndex, command.length);
    case "set-run-state":
      assertRunTransition(facts.run.state, command, () => `run ${facts.run.runId} of Dag ${facts.run.dagId}`);
      facts.run.state = command.to;
      if (command.to === "running") facts.run.startDate ??= facts.now;
      facts.run.endDate = command.to === "success" || command.to === "failed" ? facts.now : null;
      return;
    case "look-again":
      return;
    default:
      assertNever(command, "command");
  }
}

/** What the next plan has to look at after a command was applied. */
export function touchedBy(commands: readonly Command[]): Exclude<Changed, "all"> {
  const touched: (InstanceKey | InstanceRange)[] = [];
  for (const command of commands) {
    if (command.kind === "set-state" || command.kind === "look-again") touched.push(command.at);
    else if (command.kind === "expand") {
      touched.push({ task: command.task, from: command.from, to: command.to });
    }
  }
  return touched;
}

function assertFits(facts: RunFacts, command: SetState): void {
  const { task, mapIndex } = command.at;
  const state = facts.instances.get(command.at)?.state ?? null;
  assertTransition(state, command, () => {
    const taskId = facts.dag.tasks[task]?.spec.taskId ?? `#${task}`;
    return `task "${taskId}" (map index ${mapIndex}) of run ${facts.run.runId}`;
  });
}

function changesOf(command: SetState): InstanceChanges {
  const changes: InstanceChanges = {};
  if (command.tryNumber !== undefined) changes.tryNumber = command.tryNumber;
  if (command.maxTries !== undefined) changes.maxTries = command.maxTries;
  if (command.notBefore !== undefined) changes.notBefore = command.notBefore;
  if (command.attemptId !== undefined) changes.attemptId = command.attemptId;
  return changes;
}
