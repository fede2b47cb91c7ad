/**
 * Backfills: runs for the dates of a past stretch of time, made by the scheduler, several at a time. The plan
 * says for each date whether a run is created, an old one is run again, or nothing is done and why.
 */
import { TradewindError } from "../errors.ts";
import type { DagSpec } from "./dag-model.ts";
import { runsBetween } from "./forecast.ts";
import { runId } from "./run-id.ts";
import type { DagRunState } from "./states.ts";
import { timetableOf } from "./timetable/next-run.ts";
import type { NextRun } from "./timetable/timetable.ts";

/** Which dates that have a run already are run again: none, those that failed, or all that are over. */
export const reprocessBehaviors = ["none", "failed", "completed"] as const;
export type ReprocessBehavior = (typeof reprocessBehaviors)[number];

export interface BackfillRequest {
  readonly from: number;
  readonly to: number;
  readonly reprocess: ReprocessBehavior;
  /** Newest date first. */
  readonly backwards: boolean;
}

export interface ExistingRun {
  readonly runId: string;
  readonly state: DagRunState;
}

export interface PlannedBackfillRun {
  /** Place in the order of the backfill, from 1. */
  readonly ordinal: number;
  readonly run: NextRun;
  readonly action:
    | { readonly kind: "create"; readonly runId: string }
    /** The run of that date is cleared, and belongs to the backfill from then on. */
    | { readonly kind: "clear"; readonly runId: string }
    | { readonly kind: "skip"; readonly reason: "already exists" | "in flight" };
}

/** More dates than anybody wants to wait for; a cron of every minute makes 525,600 a year. */
export const maxBackfillRuns = 100_000;

type BackfillDag = Pick<DagSpec, "dagId" | "timetable" | "tasks" | "allowedRunTypes">;

/**
 * Plans a backfill; a dry run is the plan and nothing else. `existing` answers with the newest run of a
 * logical date; `candidates` are the runs from the first date on, in their order. Throws TW_BACKFILL with the reason
 * where Airflow refuses it too.
 */
export function planBackfill(
  dag: BackfillDag,
  request: BackfillRequest,
  existing: (logicalDate: number) => ExistingRun | null,
  now: number,
  candidates: Iterable<NextRun> = runsBetween(dag.timetable, request.from, request.to, now),
): PlannedBackfillRun[] {
  checkBackfill(dag, request, now);
  const runs = backfillDates(candidates, request, now);
  if (runs.length === 0) {
    throw refused(`no run of Dag "${dag.dagId}" lies between ${iso(request.from)} and ${iso(request.to)}`);
  }
  return runs.map((run, index) => ({
    ordinal: index + 1,
    run,
    action: actionFor(run, existing(run.logicalDate), request),
  }));
}

/** Whether there is anything to plan. Throws TW_BACKFILL. */
export function checkBackfill(dag: BackfillDag, request: BackfillRequest, now: number): void {
  if (!timetableOf(dag.timetable).periodic) {
    throw refused(`expected a schedule that repeats, but Dag "${dag.dagId}" is not run periodically`);
  }
  if (dag.allowedRunTypes !== undefined && !dag.allowedRunTypes.includes("backfill")) {
    throw refused(
      `Dag "${dag.dagId}" allows runs of type ${dag.allowedRunTypes.join(", ")}, but none of type backfill`,
    );
  }
  if (request.from > request.to) {
    throw refused(`expected the first date before the last, got ${iso(request.from)} and ${iso(request.to)}`);
  }
  if (request.from >= now)
    throw refused(`expected dates in the past, got ${iso(request.from)} to ${iso(request.to)}`);
  const dependent = dag.tasks.find((task) => task.dependsOnPast);
  if (dependent === undefined) return;
  if (request.backwards) {
    throw refused(`cannot run backwards: task "${dependent.taskId}" depends on its past (depends_on_past)`);
  }
  if (request.reprocess === "none") {
    throw refused(
      `task "${dependent.taskId}" depends on its past (depends_on_past)`,
      'choose the reprocess behavior "failed" or "completed"',
    );
  }
}

function backfillDates(candidates: Iterable<NextRun>, request: BackfillRequest, now: number): NextRun[] {
  const runs: NextRun[] = [];
  for (const run of candidates) {
    if (run.logicalDate > request.to) break;
    // A date whose data interval is not over yet is left to the schedule.
    if (run.dataInterval.end >= now) break;
    runs.push(run);
    if (runs.length > maxBackfillRuns) {
      throw refused(
        `expected at most ${maxBackfillRuns} dates between ${iso(request.from)} and ${iso(request.to)}, got more`,
      );
    }
  }
  return request.backwards ? runs.reverse() : runs;
}

function actionFor(
  run: NextRun,
  existing: ExistingRun | null,
  request: BackfillRequest,
): PlannedBackfillRun["action"] {
  if (existing === null) return { kind: "create", runId: run.runId ?? runId("backfill", run.runAfter) };
  if (existing.state === "queued" || existing.state === "running")
    return { kind: "skip", reason: "in flight" };
  const again =
    request.reprocess === "completed" || (request.reprocess === "failed" && existing.state === "failed");
  return again ? { kind: "clear", runId: existing.runId } : { kind: "skip", reason: "already exists" };
}

/**
 * The runs of a backfill that may start now: in its order, up to its own cap, which has nothing to do with
 * the Dag's `max_active_runs`. A paused backfill starts none.
 */
export function backfillRunsToStart<Run extends { readonly ordinal: number }>(
  backfill: { readonly isPaused: boolean; readonly maxActiveRuns: number },
  queued: readonly Run[],
  running: number,
): Run[] {
  if (backfill.isPaused) return [];
  return [...queued]
    .sort((a, b) => a.ordinal - b.ordinal)
    .slice(0, Math.max(0, backfill.maxActiveRuns - running));
}

const iso = (instant: number): string => new Date(instant).toISOString();

function refused(message: string, hint?: string): TradewindError {
  return new TradewindError("TW_BACKFILL", message, { hint });
}
