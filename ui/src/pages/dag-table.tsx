/** The rows of the list of Dags: how the last runs went, when the next comes, and what can be done with each. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { setPaused } from "../api/actions.ts";
import { useAct } from "../api/queries.ts";
import { useMay } from "../api/session.ts";
import type { DagListItem } from "../api/types.ts";
import { Breakable } from "../components/breakable.tsx";
import { IconButton, Switch } from "../components/button.tsx";
import { Icon } from "../components/icons.tsx";
import { Link, paths } from "../components/link.tsx";
import { RunBars } from "../components/run-bars.tsx";
import { StateIcon } from "../components/state.tsx";
import { type Column, Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";
import { FavoriteButton } from "./favorite-button.tsx";
import { TriggerDialog } from "./trigger-dialog.tsx";

export function DagTable({
  rows,
  sort,
  onSort,
}: {
  rows: readonly DagListItem[];
  sort: string;
  onSort: (sort: string) => void;
}) {
  const { t } = useTranslation();
  const [triggering, setTriggering] = useState<string | null>(null);
  const columns: Column<DagListItem>[] = [
    {
      id: "active",
      label: t("Active"),
      quiet: true,
      className: "w-10 pr-0",
      cell: (dag) => <PauseSwitch dag={dag} />,
    },
    { id: "name", label: t("Dag"), sort: ["name", "-name"], cell: (dag) => <DagName dag={dag} /> },
    {
      id: "runs",
      label: t("Recent runs"),
      cell: (dag) => <RunBars dagId={dag.dagId} runs={dag.recentRuns} />,
    },
    {
      id: "last",
      label: t("Last run"),
      sort: ["-last", "last"],
      wide: true,
      cell: (dag) => <LastRun dag={dag} />,
    },
    { id: "schedule", label: t("Schedule"), wide: true, cell: (dag) => <Schedule dag={dag} /> },
    {
      id: "next",
      label: t("Next run"),
      sort: ["next", "next"],
      wide: true,
      cell: (dag) => <Time at={dag.nextRun} relative />,
    },
    {
      id: "act",
      label: t("Actions"),
      quiet: true,
      align: "right",
      className: "w-20 whitespace-nowrap",
      cell: (dag) => <DagButtons dag={dag} onTrigger={setTriggering} />,
    },
  ];
  return (
    <>
      <Table
        label={t("Dags")}
        columns={columns}
        rows={rows}
        keyOf={(dag) => dag.dagId}
        sort={sort}
        onSort={onSort}
      />
      {triggering === null ? null : <TriggerDialog dagId={triggering} onClose={() => setTriggering(null)} />}
    </>
  );
}

function PauseSwitch({ dag: { dagId: dag, isPaused } }: { dag: DagListItem }) {
  const { t } = useTranslation();
  const may = useMay();
  const pause = useAct(
    () => setPaused(dag, !isPaused),
    isPaused ? t("{{dag}} is active", { dag }) : t("{{dag}} is paused", { dag }),
  );
  return (
    <Switch
      checked={!isPaused}
      disabled={!may("edit", "DAGs")}
      onChange={() => pause.mutate(undefined)}
      label={isPaused ? t("Unpause {{dag}}", { dag }) : t("Pause {{dag}}", { dag })}
    />
  );
}

function DagName({ dag }: { dag: DagListItem }) {
  const { t } = useTranslation();
  return (
    <div className="min-w-0">
      <div className="flex items-center gap-1.5">
        <Link to={paths.dag(dag.dagId)} className="font-medium break-words hover:underline">
          <Breakable name={dag.displayName} />
        </Link>
        {dag.hasImportErrors ? (
          <span
            title={t("Its file does not import; the last good version runs")}
            className="text-danger-text"
          >
            <Icon name="alert" size={14} />
          </span>
        ) : null}
        {dag.language === "python" ? (
          <span title="Python" className="text-faint">
            <Icon name="python" size={14} />
          </span>
        ) : null}
      </div>
      <div className="mt-0.5 flex flex-wrap items-center gap-1">
        {dag.tags.map((tag) => (
          <Link
            key={tag}
            to={`/dags?tag=${encodeURIComponent(tag)}`}
            className="rounded bg-sunken px-1.5 text-2xs text-soft hover:text-ink"
          >
            {tag}
          </Link>
        ))}
        {dag.description ? (
          <span className="hidden max-w-md truncate text-xs text-faint lg:inline">{dag.description}</span>
        ) : null}
      </div>
    </div>
  );
}

function LastRun({ dag: { dagId, recentRuns } }: { dag: DagListItem }) {
  const last = recentRuns.at(-1);
  if (last === undefined) return <span className="text-faint">–</span>;
  return (
    <Link to={paths.run(dagId, last.runId)} className="inline-flex items-center gap-1.5 hover:underline">
      <StateIcon state={last.state} size={14} />
      <Time at={last.startDate ?? last.runAfter} relative />
    </Link>
  );
}

function Schedule({ dag: { schedule, scheduleWords } }: { dag: DagListItem }) {
  if (schedule === null || schedule === "None") return <span className="text-faint">–</span>;
  return (
    <span title={scheduleWords ?? ""} className="font-mono text-xs text-soft">
      {schedule}
    </span>
  );
}

function DagButtons({ dag, onTrigger }: { dag: DagListItem; onTrigger: (dagId: string) => void }) {
  const { t } = useTranslation();
  const may = useMay();
  return (
    <>
      <FavoriteButton dagId={dag.dagId} isFavorite={dag.isFavorite} />
      {may("create", "DAG Runs") ? (
        <IconButton
          icon="play"
          label={t("Trigger {{dag}}", { dag: dag.dagId })}
          onClick={() => onTrigger(dag.dagId)}
        />
      ) : null}
    </>
  );
}
