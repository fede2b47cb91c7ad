/** Which instances a wave looks at: those that changed, and those that wait for what changed. */
import type { InstanceKey, InstanceRange, RunFacts } from "./facts.ts";
import type { CompiledTask } from "./graph.ts";
import { isFinished } from "./states.ts";
import { sharesGroup } from "./upstream-counts.ts";

/** Map indexes `from … to-1`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const everything: Span = { from: -1, to: Number.MAX_SAFE_INTEGER };

export class Candidates {
  readonly #facts: RunFacts;
  readonly #spans = new Map<number, Span[]>();

  constructor(facts: RunFacts) {
    this.#facts = facts;
  }

  addAll(): void {
    for (const task of this.#facts.dag.tasks) this.#spans.set(task.index, [everything]);
  }

  addChange(change: InstanceKey | InstanceRange): void {
    if ("from" in change) this.#addRange(change);
    else this.#addInstance(change);
  }

  /** Tasks after their upstream, each with spans that do not overlap, in ascending order. */
  *inOrder(): Generator<{ task: CompiledTask; spans: readonly Span[] }> {
    const { dag } = this.#facts;
    const tasks = [...this.#spans.keys()].map((index) => dag.tasks[index] as CompiledTask);
    for (const task of tasks.sort((a, b) => a.rank - b.rank)) {
      yield { task, spans: merged(this.#spans.get(task.index) ?? []) };
    }
  }

  #addRange(range: InstanceRange): void {
    this.#add(range.task, { from: range.from, to: range.to });
    if (range.from > 0) return;
    // The task was just expanded: the rest of its mapped group can follow.
    const task = this.#facts.dag.tasks[range.task] as CompiledTask;
    for (const index of task.dependents) {
      const dependent = this.#facts.dag.tasks[index] as CompiledTask;
      if (sharesGroup(task, dependent) && !this.#facts.instances.isExpanded(index))
        this.#add(index, everything);
    }
  }

  #addInstance(key: InstanceKey): void {
    const instance = this.#facts.instances.get(key);
    if (!instance) return;
    if (!isFinished(instance.state)) {
      this.#add(key.task, { from: key.mapIndex, to: key.mapIndex + 1 });
      return;
    }
    const task = this.#facts.dag.tasks[key.task] as CompiledTask;
    for (const index of task.dependents) this.#add(index, this.#spanAfter(task, key.mapIndex, index));
  }

  /** Inside one mapped group only the instance with the same index waits for this one. */
  #spanAfter(task: CompiledTask, mapIndex: number, dependent: number): Span {
    const other = this.#facts.dag.tasks[dependent] as CompiledTask;
    const alone = mapIndex >= 0 && sharesGroup(task, other) && this.#facts.instances.isExpanded(dependent);
    return alone ? { from: mapIndex, to: mapIndex + 1 } : everything;
  }

  #add(task: number, span: Span): void {
    const spans = this.#spans.get(task);
    if (!spans) this.#spans.set(task, [span]);
    else if (spans[0] !== everything) {
      if (span === everything) this.#spans.set(task, [everything]);
      else spans.push(span);
    }
  }
}

function merged(spans: readonly Span[]): Span[] {
  const result: { from: number; to: number }[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last && span.from <= last.to) last.to = Math.max(last.to, span.to);
    else result.push({ ...span });
  }
  return result;
}
