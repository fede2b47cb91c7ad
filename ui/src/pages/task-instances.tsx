/** Task instances of all Dags, those of the newest runs first; several can be acted on at once. */
import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { clearTasks, markTask } from "../api/actions.ts";
import { useLook } from "../api/look-through.ts";
import { useAct, useRest } from "../api/queries.ts";
import { useMay } from "../api/session.ts";
import type { AnyInstance } from "../api/types.ts";
import { BulkBar } from "../components/bulk-bar.tsx";
import { instantOfAddress } from "../components/date-range.tsx";
import { FilterMenu, TextFilter } from "../components/field.tsx";
import { Link, paths, useAddress } from "../components/link.tsx";
import { Page } from "../components/page.tsx";
import { allStates, StateBadge, useStateName } from "../components/state.tsx";
import { type Column, Table } from "../components/table.tsx";
import { Duration, Time } from "../components/time.tsx";
import { DagLine, HistoryTabs, LookedThrough, LookFilters, runColumn } from "./history.tsx";

const keyOf = (one: AnyInstance): string => [one.dagId, one.runId, one.taskId, one.mapIndex].join("\n");

export function View() {
  const { t } = useTranslation();
  const may = useMay();
  const [address] = useAddress();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const look = useLook<AnyInstance>("task-instances", {
    dag: address["dag"],
    run: address["run"],
    task: address["task"],
    operator: address["operator"],
    pool: address["pool"],
    state: address["state"],
    from: instantOfAddress(address["from"]),
    to: instantOfAddress(address["to"]),
  });
  const chosen = (look.rows ?? []).filter((one) => selected.has(keyOf(one)));
  return (
    <Page title={t("Task instances")} tabs={<HistoryTabs active="instances" />}>
      <Filters />
      {chosen.length === 0 ? null : <Bulk chosen={chosen} onDone={() => setSelected(new Set())} />}
      <LookedThrough look={look} nothing={t("No task instance fits")}>
        {(rows) => (
          <InstancesTable
            rows={rows}
            {...(may("edit", "Task Instances") ? { selected, onSelect: setSelected } : {})}
          />
        )}
      </LookedThrough>
    </Page>
  );
}

function Filters() {
  const { t } = useTranslation();
  const name = useStateName();
  const may = useMay();
  const [address, change] = useAddress();
  const operator = useCallback((value: string) => change({ operator: value }), [change]);
  const { data: pools } = useRest<{ pools: { name: string }[] }>(
    ["pools"],
    "/pools",
    { limit: 100 },
    may("read", "Pools"),
  );
  return (
    <LookFilters>
      <TextFilter value={address["operator"] ?? ""} onChange={operator} label={t("Operator")} />
      <FilterMenu
        title={t("State")}
        value={address["state"] ?? ""}
        onChange={(state) => change({ state })}
        options={allStates.map((state) => ({ value: state, label: name(state) }))}
      />
      {pools === undefined || pools.pools.length < 2 ? null : (
        <FilterMenu
          title={t("Pool")}
          value={address["pool"] ?? ""}
          onChange={(pool) => change({ pool })}
          options={pools.pools.map((pool) => ({ value: pool.name, label: pool.name }))}
        />
      )}
    </LookFilters>
  );
}

function InstancesTable({
  rows,
  selected,
  onSelect,
}: {
  rows: readonly AnyInstance[];
  selected?: ReadonlySet<string>;
  onSelect?: (selected: Set<string>) => void;
}) {
  const { t } = useTranslation();
  const columns: Column<AnyInstance>[] = [
    {
      id: "state",
      label: t("State"),
      className: "w-36",
      cell: (one) => <StateBadge state={one.state} small />,
    },
    {
      id: "task",
      label: t("Task"),
      cell: (one) => (
        <div className="min-w-0">
          <Link
            to={paths.task(one.dagId, one.runId, one.taskId, one.mapIndex)}
            className="font-medium break-all hover:underline"
          >
            {one.taskId}
            {one.mapIndex < 0 ? null : (
              <span className="ml-1 text-faint">[{one.renderedMapIndex ?? one.mapIndex}]</span>
            )}
          </Link>
          <DagLine dagId={one.dagId} />
        </div>
      ),
    },
    runColumn(t("Run")),
    {
      id: "operator",
      label: t("Operator"),
      wide: true,
      cell: (one) => <span className="text-soft">{one.operator}</span>,
    },
    {
      id: "pool",
      label: t("Pool"),
      wide: true,
      cell: (one) => <span className="text-soft">{one.pool}</span>,
    },
    { id: "start", label: t("Started"), wide: true, cell: (one) => <Time at={one.startDate} /> },
    {
      id: "took",
      label: t("Took"),
      align: "right",
      cell: (one) => <Duration from={one.startDate} to={one.endDate} />,
    },
    {
      id: "try",
      label: t("Try"),
      align: "right",
      wide: true,
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
      keyOf={keyOf}
      {...(selected === undefined || onSelect === undefined ? {} : { selected, onSelect })}
    />
  );
}

/** Cleared run by run: a run that is cleared begins again with all that was chosen of it. */
async function clearAll(chosen: readonly AnyInstance[]): Promise<void> {
  const runs = Map.groupBy(chosen, ({ dagId, runId }) => `${dagId}\n${runId}`);
  for (const ofRun of runs.values()) {
    const { dagId, runId } = ofRun[0] as AnyInstance;
    await clearTasks(dagId, {
      dry_run: false,
      dag_run_id: runId,
      task_ids: ofRun.map(({ taskId, mapIndex }) => (mapIndex < 0 ? taskId : [taskId, mapIndex])),
      include_upstream: false,
      include_downstream: false,
      include_past: false,
      include_future: false,
      only_failed: false,
      run_on_latest_version: false,
    });
  }
}

function Bulk({ chosen, onDone }: { chosen: readonly AnyInstance[]; onDone: () => void }) {
  const { t } = useTranslation();
  const clear = useAct(() => clearAll(chosen).then(onDone), t("They run again"));
  const mark = useAct(async (state: "success" | "failed") => {
    for (const one of chosen)
      await markTask(one, {
        new_state: state,
        include_upstream: false,
        include_downstream: false,
        include_past: false,
        include_future: false,
      });
    onDone();
  }, t("The states were changed"));
  return (
    <BulkBar
      title={t("{{count}} task instances", { count: chosen.length })}
      onClear={() => clear.mutate(undefined)}
      onMark={mark.mutate}
      onUnselect={onDone}
    />
  );
}
