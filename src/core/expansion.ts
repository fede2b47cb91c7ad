/**
 * Making the instances of mapped tasks, in chunks: a wave makes some thousands and the next goes on, so that an
 * expansion into 100 000 never holds the loop for long.
 */
import { type Command, type RunFacts, setState } from "./facts.ts";
import type { CompiledTask } from "./graph.ts";
import type { Instance } from "./instances.ts";
import { literalLength, mapLength } from "./mapping.ts";

const chunkSize = 2_500;

/** Values that are all written in the Dag: expanded when the run starts, before any precondition, as in Airflow. */
export function isLiteralExpansion(task: CompiledTask, instance: Instance): boolean {
  if (task.mapped === null || instance.mapIndex >= 0 || task.mapSources.length > 0) return false;
  return (literalLength(task.mapped) ?? 0) > 0;
}

/** Replaces the unexpanded instance; with nothing to expand it is skipped, with no value at all it has failed. */
export function expandOrEnd(facts: RunFacts, task: CompiledTask): Command[] {
  const length = mapLength(facts, task.index);
  if (length === "unknown") return [];
  const instance = facts.instances.of(task.index)[0];
  if (!instance) return [];
  if ("invalid" in length) return [setState(instance, "upstream_failed", length.invalid)];
  if (length.known === 0) return [setState(instance, "skipped", "there is nothing to expand over")];
  return [chunk(task.index, 0, length.known)];
}

/** The next part of an expansion that is under way. */
export function nextChunk(facts: RunFacts, task: number): Command[] {
  const from = facts.instances.nextToExpand(task);
  return from === null ? [] : [chunk(task, from, facts.instances.size(task))];
}

/**
 * For a run that was read from the store: an expansion that a crash cut short goes on. To be asked once, before
 * the first plan of "all"; in a run whose instances are complete it gives nothing.
 */
export function continueExpansions(facts: RunFacts): Command[] {
  return facts.dag.tasks.flatMap((task): Command[] => {
    if (task.mapped === null || !facts.instances.isExpanded(task.index)) return [];
    const length = mapLength(facts, task.index);
    const size = facts.instances.size(task.index);
    const isShort = typeof length === "object" && "known" in length && size < length.known;
    return isShort ? [chunk(task.index, size, length.known)] : [];
  });
}

function chunk(task: number, from: number, total: number): Command {
  return { kind: "expand", task, from, to: Math.min(total, from + chunkSize), total };
}

/**
 * When upstream ran again and returned more or less: makes the missing instances, takes out those that lost
 * their value ("removed"), and brings back those that have one again.
 */
export function reviseExpansion(facts: RunFacts, task: CompiledTask): Command[] {
  const { instances } = facts;
  if (task.mapped === null || !instances.isExpanded(task.index)) return [];
  const length = mapLength(facts, task.index);
  if (length === "unknown" || "invalid" in length) return [];
  const size = instances.size(task.index);
  const removed = instances.count(task.index, "removed");
  if (size >= length.known && removed === size - length.known) return [];
  const commands: Command[] = [];
  for (const instance of instances.of(task.index)) {
    const beyond = instance.mapIndex >= length.known;
    if (beyond && instance.state !== "removed") {
      commands.push(setState(instance, "removed", `the expansion has only ${length.known} values now`));
    } else if (!beyond && instance.state === "removed") {
      commands.push(setState(instance, null, "the expansion has a value for it again"));
    }
  }
  if (size < length.known) commands.push(chunk(task.index, size, length.known));
  return commands;
}
