import { useState } from "react";
import { useTranslation } from "react-i18next";
import { clearRun, deleteRun, markRun } from "../api/actions.ts";
import { useAct, useRunList } from "../api/queries.ts";
import { useMay } from "../api/session.ts";
import type { RunListItem } from "../api/types.ts";
import { Breakable, RunId } from "../components/breakable.tsx";
import { BulkBar } from "../components/bulk-bar.tsx";
import { Button } from "../components/button.tsx";
import { instantOfAddress } from "../components/date-range.tsx";
import { Link, paths, useAddress } from "../components/link.tsx";
import { Empty, Loaded } from "../components/page.tsx";
import { StateBadge } from "../components/state.tsx";
import { type Column, Pager, Table, useOffset } from "../components/table.tsx";
import { Duration, Time } from "../components/time.tsx";

const pageSize = 50;
const keyOf = (run: RunListItem): string => `${run.dagId}\n${run.runId}`;

/** Runs of one Dag, or of all; several can be acted on at once. */
export function RunTable({ dagId }: { dagId?: string }) {
  const { t } = useTranslation();
  const may = useMay();
  const [address, change] = useAddress();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const offset = useOffset();
  const query = useRunList(dagId, {
    dag_id: dagId,
    search: address["q"],
    state: address["state"],
    run_type: address["type"],
    from: instantOfAddress(address["from"]),
    to: instantOfAddress(address["to"]),
    order_by: address["sort"] ?? "-run_after",
    limit: pageSize,
    offset,
  });
  const columns: Column<RunListItem>[] = [
    {
      id: "state",
      label: t("State"),
      sort: ["state", "-state"],
      className: "sm:w-32",
      cell: (run) => <StateBadge state={run.state} small />,
    },
    ...(dagId === undefined
      ? [
          {
            id: "dag",
            label: t("Dag"),
            wide: true,
            cell: (run: RunListItem) => (
              <Link to={paths.dag(run.dagId)} className="font-medium break-words hover:underline">
                <Breakable name={run.dagId} />
              </Link>
            ),
          },
        ]
      : []),
    {
      id: "run",
      label: t("Run"),
      cell: (run) => (
        <>
          {dagId === undefined ? <span className="block font-medium md:hidden">{run.dagId}</span> : null}
          <Link to={paths.run(run.dagId, run.runId)} className="link">
            <RunId id={run.runId} />
          </Link>
        </>
      ),
    },
    {
      id: "type",
      label: t("Type"),
      wide: true,
      cell: (run) => <span className="text-soft">{run.runType}</span>,
    },
    {
      id: "due",
      label: t("Due"),
      sort: ["-run_after", "run_after"],
      wide: true,
      cell: (run) => <Time at={run.runAfter} />,
    },
    {
      id: "start",
      label: t("Started"),
      sort: ["-start_date", "start_date"],
      wide: true,
      cell: (run) => <Time at={run.startDate} />,
    },
    {
      id: "took",
      label: t("Took"),
      align: "right",
      cell: (run) => <Duration from={run.startDate} to={run.endDate} />,
    },
  ];
  return (
    <>
      {selected.size === 0 ? null : <Bulk selected={selected} onDone={() => setSelected(new Set())} />}
      <Loaded query={query}>
        {({ runs, total }) =>
          runs.length === 0 ? (
            <Empty icon="runs" title={t("No run fits")} />
          ) : (
            <>
              <Table
                label={t("Runs")}
                columns={columns}
                rows={runs}
                keyOf={keyOf}
                sort={address["sort"] ?? "-run_after"}
                onSort={(sort) => change({ sort })}
                {...(may("edit", "DAG Runs") ? { selected, onSelect: setSelected } : {})}
              />
              <Pager limit={pageSize} total={total} />
            </>
          )
        }
      </Loaded>
    </>
  );
}

function Bulk({ selected, onDone }: { selected: ReadonlySet<string>; onDone: () => void }) {
  const { t } = useTranslation();
  const may = useMay();
  const each = async (act: (dagId: string, runId: string) => Promise<unknown>): Promise<void> => {
    for (const key of selected) {
      const [dagId = "", runId = ""] = key.split("\n");
      await act(dagId, runId);
    }
    onDone();
  };
  const clear = useAct(
    () => each((dagId, runId) => clearRun(dagId, runId, { dry_run: false })),
    t("They run again"),
  );
  const mark = useAct(
    (state: "success" | "failed") => each((dagId, runId) => markRun(dagId, runId, state)),
    t("The states were changed"),
  );
  const remove = useAct(() => each(deleteRun), t("They were deleted"));
  return (
    <BulkBar
      title={t("{{count}} runs", { count: selected.size })}
      onClear={() => clear.mutate(undefined)}
      onMark={mark.mutate}
      onUnselect={onDone}
    >
      {may("delete", "DAG Runs") ? (
        <Button small kind="danger" icon="trash" onClick={() => remove.mutate(undefined)}>
          {t("Delete")}
        </Button>
      ) : null}
    </BulkBar>
  );
}
