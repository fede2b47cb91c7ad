/**
 * The cells of the grid. Rows outside of what is seen are not drawn, and a row draws its cells with plain elements and
 * one listener for all: 6000 tasks scroll as smoothly as sixty.
 */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type MouseEvent, memo, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { DagHeader, DagStructure, GridData } from "../api/types.ts";
import { Icon } from "../components/icons.tsx";
import { paths, useGo } from "../components/link.tsx";
import { stateColor, useStateName } from "../components/state.tsx";
import { durationText, useFormat, useNow } from "../components/time.tsx";
import type { Chosen } from "./dag-grid.tsx";
import { cellState, type GridRow, gridRows } from "./grid-rows.ts";

const rowHeight = 24;
const cellWidth = 20;
const barsHeight = 92;

interface GridTableProps {
  dag: DagHeader;
  structure: DagStructure;
  data: GridData;
  folded: ReadonlySet<string>;
  search: string;
  chosen: Chosen;
  onChoose: (chosen: Chosen) => void;
  onFold: (groupId: string) => void;
}

export function GridTable({
  dag,
  structure,
  data,
  folded,
  search,
  chosen,
  onChoose,
  onFold,
}: GridTableProps) {
  const { t } = useTranslation();
  const go = useGo();
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useMemo(
    () => gridRows(structure, data.taskIds, folded, search),
    [structure, data.taskIds, folded, search],
  );
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 16,
  });
  const move = (event: KeyboardEvent): void => {
    const next = moved(event.key, chosen, rows, data);
    if (next !== null) {
      event.preventDefault();
      onChoose(next);
      const index = rows.findIndex(({ node }) => node.id === next.taskId);
      if (index >= 0) virtual.scrollToIndex(index);
    }
    if (event.key === "Enter" && chosen.runId !== null && event.target === event.currentTarget)
      go(
        chosen.taskId === null
          ? paths.run(dag.dagId, chosen.runId)
          : paths.task(dag.dagId, chosen.runId, chosen.taskId),
      );
  };
  const pick = (event: MouseEvent): void => {
    const cell = (event.target as HTMLElement).closest<HTMLElement>("[data-run]");
    if (cell === null) return;
    onChoose({ runId: cell.dataset["run"] ?? null, taskId: cell.dataset["task"] ?? null });
  };
  const width = data.runs.length * cellWidth;
  return (
    <div
      ref={scroller}
      role="grid"
      aria-label={t("Tasks and runs")}
      aria-rowcount={rows.length + 1}
      aria-colcount={data.runs.length + 1}
      tabIndex={0}
      onKeyDown={move}
      onClick={pick}
      data-testid="grid"
      className="min-h-0 flex-1 overflow-auto bg-surface outline-offset-[-2px]"
    >
      <div className="w-max min-w-full" style={{ paddingBottom: 8 }}>
        <RunHeads runs={data.runs} chosen={chosen} />
        <div
          className="relative"
          style={{ height: virtual.getTotalSize(), minWidth: width }}
          role="presentation"
        >
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index] as GridRow;
            return (
              <div
                key={row.node.id}
                role="row"
                aria-rowindex={index + 2}
                className="absolute flex w-full hover:bg-sunken"
                style={{ top: start, height: rowHeight }}
              >
                <RowHead row={row} isChosen={chosen.taskId === row.node.id} onFold={onFold} />
                <Cells
                  row={row}
                  runs={data.runs}
                  chosenRun={chosen.runId}
                  isChosen={chosen.taskId === row.node.id}
                />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function moved(key: string, chosen: Chosen, rows: readonly GridRow[], data: GridData): Chosen | null {
  const steps: Record<string, [number, number]> = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
  };
  if (key === "Escape") return { runId: null, taskId: null };
  const step = steps[key];
  if (step === undefined) return null;
  const run = data.runs.findIndex(({ runId }) => runId === chosen.runId);
  const row = rows.findIndex(({ node }) => node.id === chosen.taskId);
  const nextRun = run < 0 ? data.runs.length - 1 : Math.min(data.runs.length - 1, Math.max(0, run + step[1]));
  // Above the first task stands the run itself.
  const nextRow = Math.min(rows.length - 1, Math.max(-1, row + step[0]));
  return { runId: data.runs[nextRun]?.runId ?? null, taskId: rows[nextRow]?.node.id ?? null };
}

const headWidth = "w-44 sm:w-64";

/** Kept while the rows below scroll. */
const RunHeads = memo(function RunHeads({ runs, chosen }: { runs: GridData["runs"]; chosen: Chosen }) {
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

const RowHead = memo(function RowHead({
  row,
  isChosen,
  onFold,
}: {
  row: GridRow;
  isChosen: boolean;
  onFold: (groupId: string) => void;
}) {
  const { node } = row;
  return (
    <div
      role="rowheader"
      title={node.operator === undefined ? node.id : `${node.id}\n${node.operator}`}
      className={`sticky left-0 z-10 flex shrink-0 items-center gap-1 border-r pr-2 pl-4 text-xs sm:pl-6 ${headWidth} ${isChosen ? "bg-accent-soft font-medium text-accent-text" : "bg-surface"}`}
    >
      <span style={{ width: node.depth * 12 }} className="shrink-0" />
      {node.kind === "group" ? (
        <button
          type="button"
          tabIndex={-1}
          aria-expanded={!row.isFolded}
          onClick={(event) => {
            event.stopPropagation();
            onFold(node.id);
          }}
          className="flex min-w-0 items-center gap-1 font-medium"
        >
          <Icon name={row.isFolded ? "chevronRight" : "chevronDown"} size={12} />
          <span className="truncate">{node.label}</span>
        </button>
      ) : (
        <span className="truncate">{node.label}</span>
      )}
      {node.isMapped ? <span className="text-faint">[ ]</span> : null}
    </div>
  );
});

const Cells = memo(function Cells({
  row,
  runs,
  chosenRun,
  isChosen,
}: {
  row: GridRow;
  runs: GridData["runs"];
  chosenRun: string | null;
  isChosen: boolean;
}) {
  const name = useStateName();
  return runs.map((run) => {
    const state = cellState(run, row);
    const inColumn = run.runId === chosenRun;
    return (
      <span
        key={run.runId}
        role="gridcell"
        className={`flex items-center justify-center ${inColumn ? (isChosen ? "bg-accent/40" : "bg-accent-soft") : isChosen ? "bg-accent-soft/60" : ""}`}
        style={{ width: cellWidth }}
      >
        {state === null ? null : (
          <span
            data-run={run.runId}
            data-task={row.node.id}
            data-state={state}
            title={`${row.node.label} · ${name(state)}${mappedWords(run.mapped[row.node.id], name)}`}
            className={`grid-cell ${state === "running" ? "is-running" : ""} ${row.node.kind === "group" ? "is-group" : ""}`}
            style={{ background: stateColor(state) }}
          />
        )}
      </span>
    );
  });
});

function mappedWords(
  counts: { [state: string]: number } | undefined,
  name: ReturnType<typeof useStateName>,
): string {
  if (counts === undefined) return "";
  const words = Object.entries(counts).map(
    ([state, count]) => `${count} ${name(state as Parameters<typeof name>[0])}`,
  );
  return `\n${words.join(", ")}`;
}
