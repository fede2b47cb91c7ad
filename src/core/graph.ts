/** A Dag made ready for decisions: indexes instead of names, and everything that its shape alone decides. */
import type { DagSpec, TaskSpec } from "./dag-model.ts";

export interface CompiledTask {
  readonly index: number;
  readonly spec: TaskSpec;
  readonly upstream: readonly number[];
  readonly downstream: readonly number[];
  /** Priority after its weight rule, clamped to a 32-bit integer as Airflow does. */
  readonly weight: number;
  /** Setups whose scope this task is in, direct or not. */
  readonly setups: readonly number[];
  /** Innermost mapped group around the task, by group id; null outside of any. */
  readonly mappedGroup: string | null;
}

export interface CompiledDag {
  readonly spec: DagSpec;
  readonly tasks: readonly CompiledTask[];
  readonly indexOf: ReadonlyMap<string, number>;
  /** Every task after all of its upstream. */
  readonly order: readonly number[];
  /** Tasks whose end decides the run's state (teardowns count only with `onFailureFailDagrun`). */
  readonly leaves: readonly number[];
}
