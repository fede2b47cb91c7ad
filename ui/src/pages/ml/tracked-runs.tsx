/** Runs of experiments that the tasks of a Dag run started. */
import { useTranslation } from "react-i18next";
import { useTrackedRunsOf } from "../../api/tracking.ts";
import type { TrackedRun } from "../../api/tracking-types.ts";
import { Link, paths } from "../../components/link.tsx";
import { numberText } from "../../components/numbers.ts";
import { Empty, Loaded } from "../../components/page.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Duration } from "../../components/time.tsx";
import { StatusBadge } from "./run-status.tsx";

export function TrackedRuns({
  dagId,
  runId,
  taskId,
  mapIndex,
}: {
  dagId: string;
  runId: string;
  /** Of one task only. */
  taskId?: string;
  mapIndex?: number;
}) {
  const { t } = useTranslation();
  const query = useTrackedRunsOf(dagId, runId, { task_id: taskId, map_index: mapIndex });
  const columns: Column<TrackedRun>[] = [
    {
      id: "name",
      label: t("Run"),
      cell: (run) => (
        <Link
          to={paths.trackedRun(run.experimentId, run.runId)}
          className="font-medium break-all hover:underline"
        >
          {run.name}
        </Link>
      ),
    },
    { id: "status", label: t("Status"), cell: (run) => <StatusBadge status={run.status} /> },
    {
      id: "experiment",
      label: t("Experiment"),
      wide: true,
      cell: (run) => (
        <Link to={paths.experiment(run.experimentId)} className="link">
          {run.experimentName}
        </Link>
      ),
    },
    {
      id: "task",
      label: t("Task"),
      wide: true,
      cell: (run) => (
        <Link
          to={paths.task(run.dagId, run.dagRunId, run.taskId, run.mapIndex, `?try=${run.tryNumber}`)}
          className="link"
        >
          {run.taskId}
          {run.mapIndex < 0 ? "" : `[${run.mapIndex}]`} · {t("Try {{number}}", { number: run.tryNumber })}
        </Link>
      ),
    },
    {
      id: "metrics",
      label: t("Metrics"),
      wide: true,
      cell: (run) => (
        <span className="flex flex-wrap gap-x-3 text-xs">
          {run.metrics.map(({ key, value }) => (
            <span key={key}>
              <span className="text-faint">{key}</span> {numberText(value)}
            </span>
          ))}
        </span>
      ),
    },
    {
      id: "took",
      label: t("Took"),
      align: "right",
      cell: (run) => (
        <Duration
          from={run.startTime === 0 ? null : run.startTime}
          to={run.status === "RUNNING" ? run.endTime : (run.endTime ?? run.startTime)}
        />
      ),
    },
  ];
  return (
    <Loaded query={query}>
      {(runs) =>
        runs.length === 0 ? (
          <Empty icon="flask" title={t("Nothing was tracked here")}>
            {t("What a task logs with MLflow, or with tradewind/ml, shows up here.")}
          </Empty>
        ) : (
          <Table label={t("Tracked runs")} columns={columns} rows={runs} keyOf={(run) => run.runId} />
        )
      }
    </Loaded>
  );
}
