/**
 * What is to be done next in a run, from its facts.
 *
 * A plan is one wave: what follows at once from the changes that are named. Applying it changes more, so the
 * caller plans again with what the wave touched until nothing comes any more (`settle`). A wave costs in
 * proportion to what stands directly after the changes, never to the run, and gives a bounded number of commands.
 */
import { applyCommand, touchedBy } from "./apply-command.ts";
import { Candidates, type Span } from "./candidates.ts";
import { expandOrEnd, isLiteralExpansion, nextChunk, reviseExpansion } from "./expansion.ts";
import { type Changed, type Command, type RunFacts, setState } from "./facts.ts";
import type { CompiledTask } from "./graph.ts";
import type { Instance } from "./instances.ts";
import { type Finding, firstFinding, isSchedulable, sharesFindings } from "./preconditions.ts";
import { decideRunState, isStill } from "./run-state.ts";

export { applyCommand, touchedBy };

/** About how many commands one wave gives at most; the rest follows as "look-again". */
export const waveSize = 2_500;

/**
 * One wave for a running run. Same facts and changes give the same commands, whatever the order of the changes.
 * When nothing is left to do it decides the run's state; a deadlock is only declared by a look at "all".
 */
export function planRun(facts: RunFacts, changed: Changed): Command[] {
  if (facts.run.state !== "running") return [];
  const candidates = new Candidates(facts);
  if (changed === "all") candidates.addAll();
  else for (const change of changed) candidates.addChange(change);
  const commands = planCandidates(facts, candidates);
  if (commands.length > 0) return commands;
  if (changed !== "all" && facts.instances.unfinishedTotal() > 0) {
    // Nothing is under way and nothing came of the changes: look everywhere before it is called a deadlock.
    return isStill(facts) ? planRun(facts, "all") : [];
  }
  return decideRunState(facts);
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
export function settle(facts: RunFacts, changed: Changed, budget = 5_000): Settled {
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

function planCandidates(facts: RunFacts, candidates: Candidates): Command[] {
  const commands: Command[] = [];
  for (const { task, spans } of candidates.inOrder()) {
    if (commands.length < waveSize) commands.push(...nextChunk(facts, task.index));
    for (const span of spans) {
      if (commands.length < waveSize) planSpan(facts, task, span, commands);
      else commands.push(lookAgain(task, span));
    }
  }
  return commands;
}

/** Looks at the instances of the span that have no state, or whose time to go on has come. */
function planSpan(facts: RunFacts, task: CompiledTask, span: Span, commands: Command[]): void {
  const { instances } = facts;
  if (!mayHaveWork(instances, task.index)) return;
  const list = instances.of(task.index);
  const first = instances.isExpanded(task.index) ? 0 : -1;
  const shared = sharesFindings(facts, task);
  let finding: Finding | null | undefined;
  let revision: Command[] | undefined;
  const end = Math.min(list.length, span.to - first);
  for (let at = Math.max(0, span.from - first); at < end; at++) {
    const instance = list[at] as Instance;
    if (!isSchedulable(instance, facts.now)) continue;
    const rest: Span = { from: instance.mapIndex, to: span.to };
    if (commands.length >= waveSize) return void commands.push(lookAgain(task, rest));
    if (!shared || finding === undefined) finding = findingFor(facts, task, instance);
    if (finding?.early) commands.push(setState(instance, finding.early, finding.why()));
    else if (finding) {
      if (shared) return;
    } else if (task.mapped !== null && instance.mapIndex < 0) {
      return void commands.push(...expandOrEnd(facts, task));
    } else {
      revision ??= reviseExpansion(facts, task);
      if (revision.length > 0) return void commands.push(...revision, lookAgain(task, rest));
      commands.push(start(task, instance));
    }
  }
}

/** An expansion over literals does not wait for anything. */
function findingFor(facts: RunFacts, task: CompiledTask, instance: Instance): Finding | null {
  return isLiteralExpansion(task, instance) ? null : firstFinding(facts, task, instance);
}

function mayHaveWork(instances: RunFacts["instances"], task: number): boolean {
  return (
    instances.count(task, null) +
      instances.count(task, "up_for_retry") +
      instances.count(task, "up_for_reschedule") >
    0
  );
}

function lookAgain(task: CompiledTask, span: Span): Command {
  return { kind: "look-again", at: { task: task.index, from: span.from, to: span.to } };
}

/** A new try, but for a rescheduled sensor: its try goes on. An empty task has nothing to run. */
function start(task: CompiledTask, instance: Instance): Command {
  const tryNumber = instance.tryNumber + (instance.state === "up_for_reschedule" ? 0 : 1);
  const to = task.spec.empty ? "success" : "scheduled";
  const reason = task.spec.empty ? "nothing to run" : "its preconditions are met";
  return { ...setState(instance, to, reason), tryNumber, notBefore: null };
}
