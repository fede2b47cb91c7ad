/** Runs as answers. */
import type { z } from "zod";
import { type DagRunSummary, findDagRunSummary, versionsOfRuns } from "../../store/lists/dag-runs.ts";
import type { VersionSummary } from "../../store/lists/records.ts";
import { HttpProblem } from "../http-problem.ts";
import type { AirflowContext } from "./context.ts";
import { versionAnswer } from "./dag-answers.ts";
import { duration, isoDate } from "./instants.ts";
import type { DAGRunResponse } from "./schemas/dag-runs.ts";

type Answer = z.output<typeof DAGRunResponse>;

export async function runAnswers(context: AirflowContext, runs: readonly DagRunSummary[]): Promise<Answer[]> {
  // The instances of a run that was never cleared are all of its own version.
  const cleared = runs.filter(({ clearNumber }) => clearNumber > 0).map(({ id }) => id);
  const others = cleared.length === 0 ? [] : await versionsOfRuns(context.database, cleared);
  const ids = new Map<number, Set<number>>(runs.map(({ id, versionId }) => [id, new Set([versionId])]));
  for (const { runPk, versionId } of others) ids.get(runPk)?.add(versionId);
  const summaries = await context.summaries([...ids.values()].flatMap((set) => [...set]));
  return runs.map((run) => {
    const versions = [...(ids.get(run.id) ?? [])].flatMap((id) => summaries.get(id) ?? []);
    return runAnswer(run, versions);
  });
}

export async function runAnswerOf(context: AirflowContext, run: DagRunSummary): Promise<Answer> {
  const [answer] = await runAnswers(context, [run]);
  return answer as Answer;
}

function runAnswer(run: DagRunSummary, versions: readonly VersionSummary[]): Answer {
  return {
    dag_run_id: run.runId,
    dag_id: run.dagId,
    logical_date: isoDate(run.logicalDate),
    queued_at: isoDate(run.queuedAt),
    start_date: isoDate(run.startDate),
    end_date: isoDate(run.endDate),
    duration: duration(run.startDate, run.endDate),
    data_interval_start: isoDate(run.dataIntervalStart),
    data_interval_end: isoDate(run.dataIntervalEnd),
    run_after: isoDate(run.runAfter),
    // Runs are looked at when something changes; what was decided last about this one is its state.
    last_scheduling_decision: isoDate(run.endDate ?? run.startDate),
    run_type: run.runType,
    state: run.state,
    triggered_by: run.triggeredBy,
    triggering_user_name: run.triggeringUser,
    conf: run.conf as Answer["conf"],
    note: run.note,
    dag_versions: [...versions].sort((a, b) => a.versionNumber - b.versionNumber).map(versionAnswer),
    bundle_version: null,
    dag_display_name: run.displayName,
    partition_key: run.partitionKey,
    partition_date: null,
  };
}

/** @throws HttpProblem 404. */
export async function knownRun(
  { database }: AirflowContext,
  dagId: string,
  runId: string,
): Promise<DagRunSummary> {
  const run = await findDagRunSummary(database, dagId, runId);
  if (run !== null) return run;
  throw new HttpProblem(404, `The DagRun with dag_id: \`${dagId}\` and run_id: \`${runId}\` was not found`);
}
