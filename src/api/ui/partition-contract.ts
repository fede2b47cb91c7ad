/** What the routes of partitions answer, in the shapes that Airflow's page asks its server for, with a little more. */
import type { Json } from "../../core/dag-model.ts";
import type { DagRunState } from "../../core/states.ts";

export interface PartitionedDagRun {
  id: number;
  dag_id: string;
  partition_key: string;
  created_at: string | null;
  /** Keys that came, and how many are wanted, over all assets. */
  total_received: number;
  total_required: number;
  state: DagRunState | "pending";
  created_dag_run_id: string | null;
}

export interface PartitionedDagRuns {
  partitioned_dag_runs: PartitionedDagRun[];
  total: number;
}

export interface PartitionAsset {
  asset_id: number;
  asset_name: string;
  asset_uri: string;
  /** It has brought all that the partition needs of it. */
  received: boolean;
  received_count: number;
  required_count: number;
  received_keys: string[];
  required_keys: string[];
  /** So many of the keys are enough; null where only the wait policy itself can tell. */
  enough_count: number | null;
  is_rollup: boolean;
  mapper_error: boolean;
  mapper_message: string | null;
  /** No Dag names it any more. */
  asset_inactive: boolean;
}

export interface PendingPartition extends Omit<PartitionedDagRun, "state"> {
  assets: PartitionAsset[];
  /** Why the mappers cannot tell whether it has all. */
  problem: string | null;
}

export interface NextRunAssetEvent {
  id: number;
  name: string;
  uri: string;
  /** Of the newest event that waits for the Dag's next run; of a partition only when all of its keys came. */
  last_update: string | null;
  received_count: number;
  required_count: number;
  received_keys: string[];
  required_keys: string[];
  is_rollup: boolean;
  mapper_error: boolean;
  asset_inactive: boolean;
}

export interface NextRunAssets {
  asset_expression: { [node: string]: Json } | null;
  /** Of a Dag that goes by partitions: for the one that waits longest. */
  events: NextRunAssetEvent[];
  /** Null for a Dag that does not go by partitions. */
  pending_partition_count: number | null;
}
