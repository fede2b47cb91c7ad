/** Priority weights under the three weight rules, as Airflow's PriorityWeightStrategy classes compute them. */
import { assertNever } from "../errors.ts";
import type { TaskSpec } from "./dag-model.ts";
import type { Adjacency } from "./graph-order.ts";

const int32Max = 2_147_483_647;
const int32Min = -2_147_483_648;

/**
 * "downstream": own weight and those of all descendants, each once; "upstream": of all ancestors; "absolute": own.
 * Sets of descendants are rows of bits, so that 10 000 tasks cost megabytes for a moment and not gigabytes.
 */
export function priorityWeights(
  tasks: readonly TaskSpec[],
  edges: Adjacency,
  order: readonly number[],
): number[] {
  const after = sumsOver(tasks, edges.downstream, [...order].reverse(), "downstream");
  const before = sumsOver(tasks, edges.upstream, order, "upstream");
  return tasks.map((task, index) => {
    switch (task.weightRule) {
      case "absolute":
        return clampToInt32(task.priorityWeight);
      case "downstream":
        return clampToInt32(task.priorityWeight + (after[index] ?? 0));
      case "upstream":
        return clampToInt32(task.priorityWeight + (before[index] ?? 0));
      default:
        return assertNever(task.weightRule, "weight rule");
    }
  });
}

/** Airflow's `db_safe_priority`: the column is a 32-bit integer. */
export function clampToInt32(weight: number): number {
  return Math.max(int32Min, Math.min(int32Max, Math.trunc(weight)));
}

/** Sum of the weights of all that is reached from each task; `order` visits a task after all of its `next`. */
function sumsOver(
  tasks: readonly TaskSpec[],
  next: readonly (readonly number[])[],
  order: readonly number[],
  rule: TaskSpec["weightRule"],
): number[] {
  const sums = tasks.map(() => 0);
  if (!tasks.some((task) => task.weightRule === rule)) return sums;
  const words = Math.ceil(tasks.length / 32);
  const reached = tasks.map(() => new Uint32Array(0));
  for (const index of order) {
    const row = new Uint32Array(words);
    for (const to of next[index] ?? []) {
      const other = reached[to] as Uint32Array;
      for (let word = 0; word < words; word++) row[word] = (row[word] as number) | (other[word] as number);
      row[to >>> 5] = (row[to >>> 5] as number) | (1 << (to & 31));
    }
    reached[index] = row;
    if (tasks[index]?.weightRule === rule) sums[index] = sumOfRow(tasks, row);
  }
  return sums;
}

function sumOfRow(tasks: readonly TaskSpec[], row: Uint32Array): number {
  let sum = 0;
  for (let word = 0; word < row.length; word++) {
    for (let bits = row[word] as number; bits !== 0; bits &= bits - 1) {
      sum += tasks[word * 32 + (31 - Math.clz32(bits & -bits))]?.priorityWeight ?? 0;
    }
  }
  return sum;
}
