/** Runs × columns, of which only what is on the screen is drawn and loaded. The names stay while the rest scrolls. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { RunRow } from "../../api/tracking-types.ts";
import { Icon } from "../../components/icons.tsx";
import { Link, paths } from "../../components/link.tsx";
import { numberText } from "../../components/numbers.ts";
import { Duration, Time } from "../../components/time.tsx";
import { orderKey, type RunColumn, widthOf } from "./run-columns.ts";
import { StatusBadge, StatusIcon } from "./run-status.tsx";
import { useColumnName } from "./use-column-name.ts";
import type { RunList } from "./use-run-windows.ts";

const rowHeight = 34;
/** On a phone the names leave room for a value beside them. */
const narrow = window.matchMedia("(max-width: 639px)");
const widthOfNames = (): number => (narrow.matches ? 176 : 250);

export interface RunsTableProps {
  list: RunList;
  columns: readonly RunColumn[];
  /** Which rows are on the screen. */
  onRange: (first: number, last: number) => void;
  sort: string;
  onSort: (sort: string) => void;
  selected: ReadonlySet<string>;
  onSelect: (selected: Set<string>) => void;
  unfolded: ReadonlySet<string>;
  onFold: (runId: string) => void;
  /** Variable of the colour of a run that is drawn as a line. */
  colorOf: (runId: string) => string | null;
}

export function RunsTable(props: RunsTableProps) {
  const { t } = useTranslation();
  const { list, columns } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: list.count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 10,
    onChange: ({ range }) => {
      if (range !== null) props.onRange(range.startIndex, range.endIndex);
    },
  });
  const items = virtual.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const nameWidth = widthOfNames();
  const width = nameWidth + columns.reduce((sum, column) => sum + widthOf(column), 0);
  return (
    <div
      ref={scroller}
      className="min-h-0 flex-1 overflow-auto"
      tabIndex={0}
      role="region"
      aria-label={t("Runs")}
    >
      <table
        className="border-separate border-spacing-0 text-left text-sm"
        style={{ width, minWidth: "100%", tableLayout: "fixed" }}
        aria-label={t("Runs")}
        aria-rowcount={list.count + 1}
      >
        <colgroup>
          <col style={{ width: nameWidth }} />
          {columns.map((column) => (
            <col key={column.id} style={{ width: widthOf(column) }} />
          ))}
        </colgroup>
        <Head {...props} />
        <tbody>
          {before > 0 ? <Gap height={before} span={columns.length + 1} /> : null}
          {items.map(({ index }) => (
            <Row key={index} index={index} {...props} />
          ))}
          {after > 0 ? <Gap height={after} span={columns.length + 1} /> : null}
        </tbody>
      </table>
    </div>
  );
}

function Gap({ height, span }: { height: number; span: number }) {
  return (
    <tr aria-hidden="true">
      <td colSpan={span} style={{ height }} />
    </tr>
  );
}

function Head({ columns, sort, onSort, list, selected, onSelect }: RunsTableProps) {
  const { t } = useTranslation();
  const nameOf = useColumnName();
  const loaded = list.rows.map(({ run }) => run.runId);
  const all = loaded.length > 0 && loaded.every((id) => selected.has(id));
  return (
    <thead className="text-xs text-faint">
      <tr>
        <th
          scope="col"
          aria-sort={ariaSort("attributes.run_name", sort)}
          className="sticky top-0 left-0 z-20 border-r border-b bg-surface py-1.5 pl-3 font-medium"
        >
          <span className="flex items-center gap-2.5">
            <input
              type="checkbox"
              aria-label={t("Select all that are loaded")}
              checked={all}
              onChange={() => onSelect(all ? new Set() : new Set(loaded))}
            />
            <SortButton order="attributes.run_name" sort={sort} onSort={onSort}>
              {t("Run")}
            </SortButton>
          </span>
        </th>
        {columns.map((column) => {
          const order = orderKey(column);
          return (
            <th
              key={column.id}
              scope="col"
              aria-sort={order === null ? undefined : ariaSort(order, sort)}
              title={column.id}
              className="sticky top-0 z-10 border-b bg-surface px-3 py-1.5 font-medium"
            >
              <span className="flex min-w-0 flex-col">
                {column.group === "attributes" ? null : (
                  <span className="text-2xs font-normal text-faint">{column.group}</span>
                )}
                {order === null ? (
                  <span className="truncate">{nameOf(column)}</span>
                ) : (
                  <SortButton order={order} sort={sort} onSort={onSort}>
                    {nameOf(column)}
                  </SortButton>
                )}
              </span>
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

function ariaSort(order: string, sort: string): "ascending" | "descending" | undefined {
  if (sort === `${order} ASC`) return "ascending";
  return sort === `${order} DESC` ? "descending" : undefined;
}

function SortButton({
  order,
  sort,
  onSort,
  children,
}: {
  order: string;
  sort: string;
  onSort: (sort: string) => void;
  children: ReactNode;
}) {
  const direction = ariaSort(order, sort);
  return (
    <button
      type="button"
      className={`inline-flex max-w-full min-w-0 items-center gap-1 hover:text-ink ${direction === undefined ? "" : "text-ink"}`}
      onClick={() => onSort(`${order} ${direction === "descending" ? "ASC" : "DESC"}`)}
    >
      <span className="truncate">{children}</span>
      <span
        className={`transition-transform ${direction === undefined ? "opacity-25" : ""} ${direction === "ascending" ? "rotate-180" : ""}`}
      >
        <Icon name="chevronDown" size={12} />
      </span>
    </button>
  );
}

function Row({ index, list, columns, ...props }: RunsTableProps & { index: number }) {
  const found = list.row(index);
  if (found === undefined)
    return (
      <tr aria-rowindex={index + 2} style={{ height: rowHeight }}>
        <td colSpan={columns.length + 1} className="border-b px-3">
          <span className="is-running block h-3 w-1/3 rounded bg-sunken" />
        </td>
      </tr>
    );
  const { run, depth } = found;
  const chosen = props.selected.has(run.runId);
  return (
    <tr
      aria-rowindex={index + 2}
      data-run={run.runId}
      style={{ height: rowHeight }}
      className={`group ${chosen ? "bg-accent-soft" : "bg-surface hover:bg-sunken"}`}
    >
      <th
        scope="row"
        className={`sticky left-0 z-10 border-r border-b py-0 pl-3 font-normal ${chosen ? "bg-accent-soft" : "bg-surface group-hover:bg-sunken"}`}
      >
        <NameCell run={run} depth={depth} {...props} />
      </th>
      {columns.map((column) => (
        <td key={column.id} className="truncate border-b px-3 py-0">
          <Cell run={run} column={column} />
        </td>
      ))}
    </tr>
  );
}

function NameCell({
  run,
  depth,
  selected,
  onSelect,
  unfolded,
  onFold,
  colorOf,
}: { run: RunRow; depth: number } & Pick<
  RunsTableProps,
  "selected" | "onSelect" | "unfolded" | "onFold" | "colorOf"
>) {
  const { t } = useTranslation();
  const color = colorOf(run.runId);
  const isOpen = unfolded.has(run.runId);
  const toggle = (): void => {
    const next = new Set(selected);
    if (!next.delete(run.runId)) next.add(run.runId);
    onSelect(next);
  };
  return (
    <span className="flex min-w-0 items-center gap-2 pr-2" style={{ paddingLeft: depth * 18 }}>
      <input
        type="checkbox"
        aria-label={`${t("Select")} ${run.name}`}
        checked={selected.has(run.runId)}
        onChange={toggle}
      />
      {run.children === 0 || depth > 0 ? (
        <span className="w-4" />
      ) : (
        <button
          type="button"
          aria-expanded={isOpen}
          aria-label={t("Runs within {{name}}: {{count}}", { name: run.name, count: run.children })}
          onClick={() => onFold(run.runId)}
          className="w-4 text-faint hover:text-ink"
        >
          <Icon name={isOpen ? "chevronDown" : "chevronRight"} size={14} />
        </button>
      )}
      <StatusIcon status={run.status} />
      {color === null ? null : (
        <span className="size-2.5 shrink-0 rounded-full" style={{ background: `var(${color})` }} />
      )}
      <Link
        to={paths.trackedRun(run.experimentId, run.runId)}
        title={run.name}
        className="truncate font-medium hover:underline"
      >
        {run.name}
      </Link>
    </span>
  );
}

function Cell({ run, column }: { run: RunRow; column: RunColumn }) {
  if (column.group !== "attributes") {
    const value = run.values[column.id];
    if (value === undefined) return <span className="text-faint">–</span>;
    if (column.group === "metrics") return <span title={String(value)}>{numberText(value)}</span>;
    return <span title={String(value)}>{value}</span>;
  }
  return <Attribute run={run} id={column.id} />;
}

function Attribute({ run, id }: { run: RunRow; id: string }) {
  switch (id) {
    case "start_time":
      return <Time at={run.startTime === 0 ? null : run.startTime} relative />;
    case "duration":
      return (
        <Duration
          from={run.startTime === 0 ? null : run.startTime}
          to={run.status === "RUNNING" ? run.endTime : (run.endTime ?? run.startTime)}
        />
      );
    case "user_id":
      return <>{run.userId || "–"}</>;
    case "source":
      return <span title={run.source ?? ""}>{run.source?.split("/").at(-1) ?? "–"}</span>;
    case "task":
      return <TaskLink run={run} />;
    case "datasets":
      return (
        <span title={run.datasets.map(({ name, digest }) => `${name} (${digest})`).join(", ")}>
          {run.datasets.map(({ name }) => name).join(", ") || "–"}
        </span>
      );
    case "models":
      return <Versions run={run} />;
    case "status":
      return <StatusBadge status={run.status} />;
    default:
      return <span className="font-mono text-xs">{run.runId}</span>;
  }
}

function TaskLink({ run: { origin } }: { run: RunRow }) {
  if (origin === null) return <span className="text-faint">–</span>;
  return (
    <Link to={paths.task(origin.dagId, origin.dagRunId, origin.taskId, origin.mapIndex)} className="link">
      {origin.dagId} · {origin.taskId}
    </Link>
  );
}

function Versions({ run }: { run: RunRow }) {
  if (run.versions.length === 0) return <span className="text-faint">–</span>;
  return (
    <>
      {run.versions.map(({ name, version }) => (
        <Link key={`${name} ${version}`} to={paths.modelVersion(name, version)} className="link mr-2">
          {name} v{version}
        </Link>
      ))}
    </>
  );
}
