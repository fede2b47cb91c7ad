/** The runs that schedules will start, as far as it can be said today. */
import { forecastRuns } from "../../core/forecast.ts";
import { timeRestriction } from "../../core/timetable/next-run.ts";
import { currentVersions } from "../../store/dag-versions.ts";
import { lastIntervals, scheduledDags } from "../../store/views/home.ts";
import type { ApiParts } from "../parts.ts";

export interface PlannedRun {
  readonly dagId: string;
  readonly runAfter: number;
  readonly logicalDate: number;
}

/** In the order in which they are due; none for paused Dags, nor where only the Dag's own language knows. */
export async function plannedRuns(
  { database, clock }: ApiParts,
  dagIds: readonly string[] | null,
  /** `count` is for each Dag. */
  limits: { until: number; count: number },
): Promise<PlannedRun[]> {
  const now = clock.now();
  const scheduled = (await scheduledDags(database, dagIds)).filter(({ nextRun }) => nextRun <= limits.until);
  const ids = scheduled.map(({ dagId }) => dagId);
  const [versions, last] = await Promise.all([currentVersions(database, ids), lastIntervals(database, ids)]);
  return versions
    .filter(({ spec }) => spec.timetable.kind !== "custom" && spec.timetable.kind !== "asset")
    .flatMap(({ dagId, spec }) => {
      const query = { last: last.get(dagId) ?? null, now, ...timeRestriction(spec) };
      return forecastRuns(spec.timetable, query, limits).map(({ runAfter, logicalDate }) => ({
        dagId,
        runAfter,
        logicalDate,
      }));
    })
    .sort((a, b) => a.runAfter - b.runAfter);
}
