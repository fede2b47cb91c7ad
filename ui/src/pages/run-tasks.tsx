import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useInstances } from "../api/queries.ts";
import type { InstanceRow, RunDetail } from "../api/types.ts";
import { FilterMenu, SearchField } from "../components/field.tsx";
import { Link, paths, useAddress } from "../components/link.tsx";
import { Empty, Loaded } from "../components/page.tsx";
import { allStates, StateBadge, useStateName } from "../components/state.tsx";
import { type Column, Pager, Table, useOffset } from "../components/table.tsx";
import { Duration, Time } from "../components/time.tsx";

const pageSize = 1000;

export function RunTasks({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const name = useStateName();
  const [address, change] = useAddress();
  const offset = useOffset();
  const query = useInstances(run.dagId, run.runId, {
    search: address["q"],
    state: address["state"],
    task_id: address["task"],
    order_by: address["sort"] ?? "start",
    limit: pageSize,
    offset,
  });
  const search = useCallback((q: string) => change({ q, offset: undefined }), [change]);
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchField
          value={address["q"] ?? ""}
          onChange={search}
          label={t("Search tasks")}
          className="w-full sm:w-64"
        />
        <FilterMenu
          title={t("State")}
          value={address["state"] ?? ""}
          onChange={(state) => change({ state, offset: undefined })}
          options={allStates
            .filter((state) => (run.counts[state] ?? 0) > 0)
            .map((state) => ({ value: state, label: `${name(state)} (${run.counts[state]})` }))}
        />
      </div>
      <Loaded query={query}>
        {({ instances, total }) =>
          instances.length === 0 ? (
            <Empty icon="list" title={t("No task instance fits")} />
          ) : (
            <>
              <InstanceTable
                run={run}
                rows={instances}
                sort={address["sort"] ?? "start"}
                onSort={(sort) => change({ sort })}
              />
              <Pager limit={pageSize} total={total} />
            </>
          )
        }
      </Loaded>
    </>
  );
}

export function InstanceTable({
  run,
  rows,
  sort,
  onSort,
}: {
  run: Pick<RunDetail, "dagId" | "runId">;
  rows: readonly InstanceRow[];
  sort: string;
  onSort: (sort: string) => void;
}) {
  const { t } = useTranslation();
  const columns: Column<InstanceRow>[] = [
    {
      id: "state",
      label: t("State"),
      sort: ["state", "state"],
      cell: (one) => <StateBadge state={one.state} small />,
      className: "w-40",
    },
    {
      id: "task",
      label: t("Task"),
      sort: ["task", "task"],
      cell: (one) => (
        <Link
          to={paths.task(run.dagId, run.runId, one.taskId, one.mapIndex)}
          className="font-medium break-all hover:underline"
        >
          {one.taskId}
          {one.mapIndex < 0 ? null : (
            <span className="ml-1 text-faint">[{one.renderedMapIndex ?? one.mapIndex}]</span>
          )}
        </Link>
      ),
    },
    {
      id: "operator",
      label: t("Operator"),
      wide: true,
      cell: (one) => <span className="text-soft">{one.operator}</span>,
    },
    {
      id: "start",
      label: t("Started"),
      sort: ["start", "start"],
      wide: true,
      cell: (one) => <Time at={one.startDate} style="clock" />,
    },
    {
      id: "queued",
      label: t("Waited"),
      wide: true,
      align: "right",
      cell: (one) => <Duration from={one.queuedAt} to={one.startDate ?? one.endDate} />,
    },
    {
      id: "duration",
      label: t("Took"),
      sort: ["-duration", "-duration"],
      align: "right",
      cell: (one) => <Duration from={one.startDate} to={one.endDate} />,
    },
    {
      id: "try",
      label: t("Try"),
      align: "right",
      cell: (one) => (
        <span className="tabular-nums text-soft">{one.tryNumber === 0 ? "–" : one.tryNumber}</span>
      ),
    },
  ];
  return (
    <Table
      label={t("Task instances")}
      columns={columns}
      rows={rows}
      keyOf={(one) => `${one.taskId} ${one.mapIndex}`}
      sort={sort}
      onSort={onSort}
    />
  );
}
