/** Starting a backfill from outside: the plan is written here, the scheduler that holds the Dag's lease makes the runs. */
import {
  type BackfillRequest,
  checkBackfill,
  maxBackfillRuns,
  type PlannedBackfillRun,
  planBackfill,
} from "../core/backfill.ts";
import type { Json } from "../core/dag-model.ts";
import { type BackfillRow, createBackfill } from "../store/backfills.ts";
import type { Transactor } from "../store/connect.ts";
import { listDagRuns } from "../store/dag-runs.ts";
import { notify } from "../store/notify.ts";
import { type AskedVersion, type AskParts, askTimetable } from "./ask-timetable.ts";
import { asksItself, nextRunOf } from "./custom-timetables.ts";

const allRuns = 1_000_000;

/**
 * What a backfill would do.
 *
 * @throws TradewindError TW_BACKFILL where it would be refused, TW_TIMETABLE when a timetable of the user's own gives no
 *   answer.
 */
export async function planOfBackfill(
  parts: AskParts,
  version: AskedVersion,
  request: BackfillRequest,
): Promise<PlannedBackfillRun[]> {
  const { database, clock } = parts;
  const { spec } = version;
  const now = clock.now();
  const window = { dagIds: [spec.dagId], logicalDateFrom: request.from, logicalDateTo: request.to };
  const { rows } = await listDagRuns(database, window, { limit: allRuns });
  const existing = new Map(rows.map((run) => [run.logicalDate, run]));
  const existingOf = (date: number) => existing.get(date) ?? null;
  if (!asksItself(spec)) return planBackfill(spec, request, existingOf, now);
  checkBackfill(spec, request, now);
  return planBackfill(spec, request, existingOf, now, await askedRuns(parts, version, request));
}

async function askedRuns(parts: AskParts, version: AskedVersion, { from, to }: BackfillRequest) {
  const answers = await askTimetable(parts, version, {
    ask: "runs",
    last: null,
    start: new Date(from).toISOString(),
    end: new Date(to).toISOString(),
    catchup: true,
    limit: maxBackfillRuns + 1,
    runType: "backfill",
  });
  return answers.map(nextRunOf);
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
  const dates = plan.map(({ run, action }) => ({
    run,
    exceptionReason: action.kind === "skip" ? action.reason : null,
  }));
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
