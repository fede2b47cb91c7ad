/** Data as input of runs and tasks, by the digest of what is in it. */
import type { Json } from "../../core/dag-model.ts";
import { recordLineage } from "../lineage/record.ts";
import type { DataSnapshot } from "../validation/snapshot.ts";
import type { ActiveRun } from "./run.ts";
import { activeRun } from "./tracking.ts";

export interface LogInputOptions {
  /** MLflow's context of a data set: "training", "validation", "testing". */
  readonly context?: string;
  /** Where the data is. */
  readonly uri?: string;
}

/**
 * A snapshot of data as input of the active run, as `mlflow.log_input` logs it, and of the running task. With neither there
 * is nothing to log it to, and nothing happens.
 *
 * @throws TradewindError TW_LINEAGE_VALUE, TW_TRACKING_REFUSED.
 */
export async function logInput(snapshot: DataSnapshot, options: LogInputOptions = {}): Promise<void> {
  const { name, digest, schema, profile } = snapshot;
  const details = { schema: schema as unknown as Json, profile: profile as unknown as Json };
  const uri = options.uri === undefined ? {} : { uri: options.uri };
  recordLineage({ inputs: [{ kind: "dataset", name, version: digest, ...uri, details }] });
  const run = activeRun();
  if (run !== null) await logTo(run, snapshot, options);
}

async function logTo(
  run: ActiveRun,
  snapshot: DataSnapshot,
  { context, uri }: LogInputOptions,
): Promise<void> {
  const { name, digest, schema, profile } = snapshot;
  const tags = context === undefined ? [] : [{ key: "mlflow.data.context", value: context }];
  const dataset = {
    name,
    digest,
    source_type: uri === undefined ? "tradewind" : "uri",
    source: JSON.stringify(uri === undefined ? {} : { uri }),
    schema: JSON.stringify({ tradewind_columns: schema }),
    profile: JSON.stringify(profile),
  };
  await run.client.call("POST", "runs/log-inputs", { run_id: run.runId, datasets: [{ dataset, tags }] });
}
