/**
 * The cells of the grid. Only what is seen is drawn, and scrolling redraws little of it: as many rows are drawn at any time,
 * so that one that leaves at one end comes back at the other with another task; they move a few at a time; a cell is one
 * element, and the names stand in one sticky column, so that the browser moves two layers and not one for each row.
 */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type MouseEvent, memo, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { DagHeader, DagStructure, GridData } from "../api/types.ts";
import { Icon } from "../components/icons.tsx";
import { paths, useGo } from "../components/link.tsx";
import { allStates, useStateName } from "../components/state.tsx";
import type { Chosen } from "./dag-grid.tsx";
import { GridHeads, headWidth } from "./grid-heads.tsx";
import { cellState, type GridRow, gridRows } from "./grid-rows.ts";
import { cellWidth } from "./grid-size.ts";

const rowHeight = 24;

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
    overscan: 0,
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
  const name = useCellWords(rows, data);
  const names = useStateNames();
  virtual.getVirtualItems();
  const seen = Math.ceil((virtual.scrollRect?.height ?? 0) / rowHeight) + 1;
  const drawn = Math.min(rows.length, seen + 2 * beyond);
  const first = Math.max(
    0,
    Math.min(rows.length - drawn, Math.floor(((virtual.range?.startIndex ?? 0) - beyond / 2) / step) * step),
  );
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
      // oxlint-disable-next-line jsx-a11y/mouse-events-have-key-events -- who has no pointer hears the cell's label
      onMouseOver={name}
      data-testid="grid"
      className="min-h-0 flex-1 overflow-auto bg-surface outline-offset-[-2px]"
    >
      <div className="w-max min-w-full" style={{ paddingBottom: 8 }} role="presentation">
        <GridHeads runs={data.runs} chosen={chosen} />
        <Body
          rows={rows}
          runs={data.runs}
          first={first}
          drawn={drawn}
          chosenRun={chosen.runId}
          chosenTask={chosen.taskId}
          names={names}
          onFold={onFold}
        />
      </div>
    </div>
  );
}

/** Rows that are drawn beyond the view, at either end. */
const beyond = 12;
/** By so many rows the window moves: less often than the view scrolls. */
const step = 4;

interface BodyProps {
  rows: readonly GridRow[];
  runs: GridData["runs"];
  first: number;
  drawn: number;
  chosenRun: string | null;
  chosenTask: string | null;
  names: StateNames;
  onFold: (groupId: string) => void;
}

/** There are as many keys as rows are drawn: an element takes the next row whose index leaves the same rest. */
const Body = memo(function Body({
  rows,
  runs,
  first,
  drawn,
  chosenRun,
  chosenTask,
  names,
  onFold,
}: BodyProps) {
  const height = rows.length * rowHeight;
  const shown = Array.from({ length: drawn }, (_, place) => {
    const index = first + place;
    const row = rows[index] as GridRow;
    return { index, row, top: index * rowHeight, isChosen: chosenTask === row.node.id };
  });
  return (
    <div className="flex" style={{ height }} role="presentation">
      <div role="presentation" className={`sticky left-0 z-10 shrink-0 border-r bg-surface ${headWidth}`}>
        {shown.map((one) => (
          <RowHead key={one.index % drawn} {...one} onFold={onFold} />
        ))}
      </div>
      <div
        role="presentation"
        className="relative grow"
        style={{ minWidth: runs.length * cellWidth, contain: "strict", height }}
      >
        <ChosenColumn runs={runs} runId={chosenRun} />
        {shown.map((one) => (
          <Row key={one.index % drawn} {...one} runs={runs} names={names} />
        ))}
      </div>
    </div>
  );
});

type StateNames = Readonly<Record<string, string>>;

/** The same object until the language changes: rows need not ask for themselves. */
function useStateNames(): StateNames {
  const { i18n } = useTranslation();
  const name = useStateName();
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- what it says depends on the language alone
  return useMemo(() => Object.fromEntries(allStates.map((state) => [state, name(state)])), [i18n.language]);
}

/** What a pointer is told of a cell, looked up when it is there. */
function useCellWords(rows: readonly GridRow[], data: GridData): (event: MouseEvent) => void {
  const name = useStateName();
  return (event) => {
    const cell = (event.target as HTMLElement).closest<HTMLElement>("[data-task]");
    if (cell === null) return;
    const { run: runId, task: taskId, state } = cell.dataset;
    const row = rows.find(({ node }) => node.id === taskId);
    const run = data.runs.find((one) => one.runId === runId);
    if (row === undefined || run === undefined) return;
    cell.title = `${row.node.label} · ${name(state as Parameters<typeof name>[0])}${mappedWords(run.mapped[row.node.id], name)}`;
  };
}

function ChosenColumn({ runs, runId }: { runs: GridData["runs"]; runId: string | null }) {
  const index = runs.findIndex((run) => run.runId === runId);
  if (index < 0) return null;
  return (
    <div
      aria-hidden="true"
      className="pointer-events-none absolute inset-y-0 bg-accent/15"
      style={{ left: index * cellWidth, width: cellWidth }}
    />
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

/** The part of a row that stands still: to a screen reader it is the row, as are the cells, with the same number. */
const RowHead = memo(function RowHead({
  index,
  top,
  row,
  isChosen,
  onFold,
}: {
  index: number;
  top: number;
  row: GridRow;
  isChosen: boolean;
  onFold: (groupId: string) => void;
}) {
  const { node } = row;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className="absolute inset-x-0 top-0"
      style={{ height: rowHeight, transform: `translateY(${top}px)` }}
    >
      <div
        role="rowheader"
        aria-colindex={1}
        title={node.operator === undefined ? node.id : `${node.id}\n${node.operator}`}
        className={`flex h-full items-center gap-1 pr-2 pl-4 text-xs sm:pl-6 ${isChosen ? "bg-accent-soft font-medium text-accent-text" : ""}`}
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
    </div>
  );
});

const Row = memo(function Row({
  index,
  top,
  row,
  runs,
  isChosen,
  names,
}: {
  index: number;
  top: number;
  row: GridRow;
  runs: GridData["runs"];
  isChosen: boolean;
  names: StateNames;
}) {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={`grid-row ${isChosen ? "is-chosen" : ""} ${row.node.kind === "group" ? "is-group" : ""}`}
      style={{ height: rowHeight, transform: `translateY(${top}px)` }}
    >
      {runs.map((run, column) => {
        const state = cellState(run, row);
        return (
          <span
            key={run.runId}
            role="gridcell"
            aria-colindex={column + 2}
            {...(state === null
              ? { className: "grid-cell is-empty" }
              : {
                  className: "grid-cell",
                  "aria-label": names[state],
                  "data-run": run.runId,
                  "data-task": row.node.id,
                  "data-state": state,
                })}
          />
        );
      })}
    </div>
  );
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
