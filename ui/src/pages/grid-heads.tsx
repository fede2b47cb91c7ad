/** Above the grid: a run each, with a bar as long as it took. Kept while the rows below scroll. */
import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { GridData } from "../api/types.ts";
import { Icon } from "../components/icons.tsx";
import { stateColor, useStateName } from "../components/state.tsx";
import { durationText, useFormat, useNow } from "../components/time.tsx";
import type { Chosen } from "./dag-grid.tsx";
import { cellWidth } from "./grid-size.ts";

const barsHeight = 92;

export const headWidth = "w-44 sm:w-64";

export const GridHeads = memo(function GridHeads({
  runs,
  chosen,
}: {
  runs: GridData["runs"];
  chosen: Chosen;
}) {
  const { t } = useTranslation();
  const name = useStateName();
  const format = useFormat();
  const now = useNow(runs.some(({ endDate, startDate }) => endDate === null && startDate !== null));
  const lengths = runs.map(({ startDate, endDate }) =>
    startDate === null ? 0 : (endDate ?? now) - startDate,
  );
  const longest = Math.max(1, ...lengths);
  const titleOf = (run: GridData["runs"][number], length: number): string =>
    [
      format(run.runAfter, "full"),
      `${name(run.state)} · ${durationText(length)}`,
      run.runId,
      run.versionNumber === null ? null : `v${run.versionNumber}`,
      run.note,
    ]
      .filter((line) => line !== null)
      .join("\n");
  return (
    <div
      role="row"
      aria-rowindex={1}
      className="sticky top-0 z-20 flex border-b bg-surface"
      style={{ height: barsHeight }}
    >
      <div
        role="columnheader"
        className={`sticky left-0 z-10 flex shrink-0 flex-col justify-between border-r bg-surface py-1.5 pr-2 pl-4 text-right text-2xs text-faint sm:pl-6 ${headWidth}`}
      >
        <span>{durationText(longest)}</span>
        <span className="text-left text-xs font-medium">{t("Task")}</span>
      </div>
      {runs.map((run, index) => (
        <div key={run.runId} role="columnheader" aria-selected={run.runId === chosen.runId}>
          <button
            type="button"
            tabIndex={-1}
            data-run={run.runId}
            aria-label={`${run.runId} ${name(run.state)}`}
            title={titleOf(run, lengths[index] ?? 0)}
            className={`flex h-full flex-col items-center justify-end gap-0.5 pb-1 ${run.runId === chosen.runId ? "bg-accent-soft" : "hover:bg-sunken"}`}
            style={{ width: cellWidth }}
          >
            <span
              className={`w-2.5 rounded-t-[3px] ${run.state === "running" ? "is-running" : ""}`}
              style={{
                height: Math.max(3, ((lengths[index] ?? 0) / longest) * (barsHeight - 30)),
                background: stateColor(run.state),
              }}
            />
            <span className="flex h-3 items-center text-faint" aria-hidden="true">
              <RunSign run={run} before={runs[index - 1]} />
            </span>
          </button>
        </div>
      ))}
    </div>
  );
});

/** By hand, by an asset, by a backfill; or the first run of a new version. */
function RunSign({
  run,
  before,
}: {
  run: GridData["runs"][number];
  before: GridData["runs"][number] | undefined;
}) {
  if (before !== undefined && before.versionNumber !== run.versionNumber)
    return (
      <span className="text-[9px] leading-none font-semibold text-accent-text">v{run.versionNumber}</span>
    );
  if (run.runType === "manual") return <Icon name="play" size={9} filled />;
  if (run.runType === "backfill") return <Icon name="history" size={10} />;
  if (run.runType.startsWith("asset")) return <Icon name="assets" size={10} />;
  return null;
}
