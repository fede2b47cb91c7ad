/** What ran, as lists over all Dags: runs, task instances, XComs; and what the lists that look through runs share. */
import { type ReactNode, useCallback } from "react";
import { useTranslation } from "react-i18next";
import type { useLook } from "../api/look-through.ts";
import { useMay } from "../api/session.ts";
import { RunId } from "../components/breakable.tsx";
import { Button } from "../components/button.tsx";
import { DateRange } from "../components/date-range.tsx";
import { SearchField, TextFilter } from "../components/field.tsx";
import { Link, paths, useAddress } from "../components/link.tsx";
import { Empty, Failure, Loading, Tabs } from "../components/page.tsx";
import type { Column } from "../components/table.tsx";
import { useFormat } from "../components/time.tsx";

const needed = { runs: "DAG Runs", instances: "Task Instances", xcoms: "XComs" } as const;

export function HistoryTabs({ active }: { active: "runs" | "instances" | "xcoms" }) {
  const { t } = useTranslation();
  const may = useMay();
  const tabs = [
    { id: "runs" as const, label: t("Runs"), icon: "runs" as const, to: paths.runs },
    {
      id: "instances" as const,
      label: t("Task instances"),
      icon: "list" as const,
      to: paths.instances,
    },
    { id: "xcoms" as const, label: t("XComs"), icon: "code" as const, to: paths.xcoms },
  ];
  return (
    <Tabs
      label={t("Lists of what ran")}
      active={active}
      tabs={tabs.filter(({ id }) => may("read", needed[id]))}
    />
  );
}

/** Dag, run and task by parts of their ids, and the range in which the run became due; `children` are more filters. */
export function LookFilters({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const dag = useCallback((value: string) => change({ dag: value }), [change]);
  const run = useCallback((value: string) => change({ run: value }), [change]);
  const task = useCallback((value: string) => change({ task: value }), [change]);
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <SearchField
        value={address["dag"] ?? ""}
        onChange={dag}
        label={t("Search Dags")}
        className="w-full sm:w-48"
      />
      <TextFilter value={address["task"] ?? ""} onChange={task} label={t("Task")} />
      <TextFilter value={address["run"] ?? ""} onChange={run} label={t("Run")} />
      {children}
      <DateRange />
    </div>
  );
}

/** The rows, how far back they come from, and more of them. */
export function LookedThrough<Row>({
  look,
  nothing,
  children,
}: {
  look: ReturnType<typeof useLook<Row>>;
  /** What is said where nothing fits. */
  nothing: string;
  children: (rows: readonly Row[]) => ReactNode;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const { rows, lookedBackTo, isFetching, isFetchingNextPage, hasNextPage, error } = look;
  const back =
    lookedBackTo === null ? null : t("looked back to {{date}}", { date: format(lookedBackTo, "full") });
  if (rows === undefined) {
    if (error) return <Failure error={error} retry={() => void look.refetch()} />;
    return (
      <>
        <Loading />
        <p className="px-4 text-xs text-faint tabular-nums">{back}</p>
      </>
    );
  }
  if (rows.length === 0 && !isFetching) return <Empty icon="filter" title={nothing} />;
  return (
    <>
      {children(rows)}
      <div className="mt-3 flex items-center justify-end gap-3 text-sm text-soft" aria-live="polite">
        <span className="tabular-nums">
          {t("{{count}} rows", { count: rows.length })}
          {isFetching && back !== null ? ` · ${back}` : null}
        </span>
        {hasNextPage ? (
          <Button small disabled={isFetchingNextPage} onClick={() => void look.fetchNextPage()}>
            {t("More")}
          </Button>
        ) : null}
      </div>
    </>
  );
}

/** The Dag of a row, below what the row is about. */
export function DagLine({ dagId }: { dagId: string }) {
  return (
    <div className="text-xs text-faint">
      <Link to={paths.dag(dagId)} className="break-all hover:text-ink hover:underline">
        {dagId}
      </Link>
    </div>
  );
}

export function runColumn(label: string): Column<{ dagId: string; runId: string }> {
  return {
    id: "run",
    label,
    wide: true,
    cell: ({ dagId, runId }) => (
      <Link to={paths.run(dagId, runId)} className="link">
        <RunId id={runId} />
      </Link>
    ),
  };
}
