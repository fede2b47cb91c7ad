/** Counts of the upstream instances that an instance depends on. */
import type { InstanceKey } from "./facts.ts";
import type { CompiledDag, CompiledTask } from "./graph.ts";
import type { Instance, RunInstances } from "./instances.ts";
import { noUpstream, type UpstreamCounts } from "./trigger-rules.ts";

/**
 * Counts over the instances of `relatives` that matter to the instance: all of them, except that inside one
 * mapped group only those with the same map index do. Cost: O(relatives), however many instances they have.
 */
export function countUpstream(
  dag: CompiledDag,
  instances: RunInstances,
  task: CompiledTask,
  mapIndex: number,
  relatives: readonly number[],
): UpstreamCounts {
  const counts = noUpstream();
  for (const index of relatives) {
    const relative = dag.tasks[index] as CompiledTask;
    if (sharesGroup(task, relative)) addCounterpart(counts, instances, relative, mapIndex);
    else addAll(counts, instances, relative);
  }
  return counts;
}

/** Both tasks stand in the same mapped group, so that each instance has one counterpart. */
export function sharesGroup(task: CompiledTask, relative: CompiledTask): boolean {
  return task.mappedGroup !== null && task.mappedGroup === relative.mappedGroup;
}

/** The instance of the relative with the same map index; the unexpanded one stands for all. */
export function counterpart(
  instances: RunInstances,
  relative: number,
  mapIndex: number,
): Instance | undefined {
  const key: InstanceKey = { task: relative, mapIndex: instances.isExpanded(relative) ? mapIndex : -1 };
  return instances.get(key);
}

function addCounterpart(
  counts: UpstreamCounts,
  instances: RunInstances,
  relative: CompiledTask,
  mapIndex: number,
): void {
  const instance = counterpart(instances, relative.index, mapIndex);
  if (instance) addOne(counts, relative, instance.state);
  // An expansion in chunks has promised the instance and not made it yet.
  else if (mapIndex >= 0 && mapIndex < instances.size(relative.index)) counts.upstream++;
}

function addOne(counts: UpstreamCounts, relative: CompiledTask, state: Instance["state"]): void {
  counts.upstream++;
  if (relative.spec.isSetup) counts.setups++;
  switch (state) {
    case "success":
      counts.success++;
      if (relative.spec.isSetup) counts.successSetups++;
      break;
    case "skipped":
      counts.skipped++;
      if (relative.spec.isSetup) counts.skippedSetups++;
      break;
    case "failed":
      counts.failed++;
      break;
    case "upstream_failed":
      counts.upstreamFailed++;
      break;
    case "removed":
      counts.removed++;
      break;
    default:
      break;
  }
}

function addAll(counts: UpstreamCounts, instances: RunInstances, relative: CompiledTask): void {
  const { index } = relative;
  const size = instances.size(index);
  const [only] = instances.of(index);
  if (size === 1 && only) return addOne(counts, relative, only.state);
  const success = instances.count(index, "success");
  const skipped = instances.count(index, "skipped");
  counts.upstream += size;
  counts.success += success;
  counts.skipped += skipped;
  counts.failed += instances.count(index, "failed");
  counts.upstreamFailed += instances.count(index, "upstream_failed");
  counts.removed += instances.count(index, "removed");
  if (!relative.spec.isSetup) return;
  counts.setups += size;
  counts.successSetups += success;
  counts.skippedSetups += skipped;
}
