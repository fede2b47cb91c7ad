/** Starting a backfill from outside: the plan is written here, the scheduler that holds the Dag's lease makes the runs. */
import { type BackfillRequest, type PlannedBackfillRun, planBackfill } from "../core/backfill.ts";
import type { DagSpec, Json } from "../core/dag-model.ts";
import { type BackfillRow, createBackfill } from "../store/backfills.ts";
import type { Transactor } from "../store/connect.ts";
import { listDagRuns } from "../store/dag-runs.ts";
import { notify } from "../store/notify.ts";

const allRuns = 1_000_000;

/** What a backfill would do. @throws TradewindError TW_BACKFILL where it would be refused. */
export async function planOfBackfill(
  database: Transactor,
  spec: DagSpec,
  request: BackfillRequest,
  now: number,
): Promise<PlannedBackfillRun[]> {
  const window = { dagIds: [spec.dagId], logicalDateFrom: request.from, logicalDateTo: request.to };
  const { rows } = await listDagRuns(database, window, { limit: allRuns });
  const existing = new Map(rows.map((run) => [run.logicalDate, run]));
  return planBackfill(spec, request, (date) => existing.get(date) ?? null, now);
}

/** @throws TradewindError TW_BACKFILL_EXISTS while another of the Dag goes on. */
export async function startBackfill(
  database: Transactor,
  plan: readonly PlannedBackfillRun[],
  words: BackfillRequest & {
    readonly dagId: string;
    readonly conf: Json;
    readonly maxActiveRuns: number;
    readonly user: string | null;
  },
  now: number,
): Promise<BackfillRow> {
  const dates = plan.flatMap(({ run, action }) =>
    run.logicalDate === null
      ? []
      : [{ logicalDate: run.logicalDate, exceptionReason: action.kind === "skip" ? action.reason : null }],
  );
  return await database.transaction(async (tx) => {
    const backfill = await createBackfill(
      tx,
      {
        dagId: words.dagId,
        fromDate: words.from,
        toDate: words.to,
        conf: words.conf,
        runBackwards: words.backwards,
        reprocessBehavior: words.reprocess,
        maxActiveRuns: words.maxActiveRuns,
        triggeringUser: words.user,
        dates,
      },
      now,
    );
    await notify(tx, [`backfill:${words.dagId}`]);
    return backfill;
  });
}
