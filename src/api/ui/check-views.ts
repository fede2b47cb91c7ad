/** The series of checks: for each the newest report, and how those before it went. */
import { type CheckRow, listCheckSeries } from "../../store/check-reports.ts";
import type { ApiApp } from "../app.ts";
import { can } from "../auth/access.ts";
import type { ApiParts } from "../parts.ts";
import type * as page from "./check-contract.ts";

/** Reports of a series that the list draws. */
const shown = 20;

export function registerCheckViews(app: ApiApp, { database }: ApiParts): void {
  app.get(
    "/ui/checks",
    { config: { access: can("read", "Experiments") } },
    async (): Promise<page.CheckSeries[]> => seriesOf(await listCheckSeries(database, shown)),
  );
}

/** @param rows The newest first. */
function seriesOf(rows: readonly CheckRow[]): page.CheckSeries[] {
  const groups = Map.groupBy(rows, ({ kind, name, dataset }) => `${kind}\n${name}\n${dataset}`);
  return [...groups.values()].map((reports) => {
    const [last] = reports as [CheckRow];
    const { kind, name, dataset, modelName, modelVersion, endpoint, dagId, dagRunId, taskId, mapIndex } =
      last;
    const points = reports.map(({ id, createdAt, outcome, score }) => ({ id, createdAt, outcome, score }));
    return {
      kind,
      name,
      dataset,
      modelName,
      modelVersion,
      endpoint,
      dagId,
      dagRunId,
      taskId,
      mapIndex,
      threshold: last.threshold,
      checked: last.checked,
      failed: last.failed,
      last: points[0] as page.CheckPoint,
      recent: points.reverse(),
    };
  });
}
