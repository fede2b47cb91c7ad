/** How long runs and tasks took, how long runs waited, and how late they landed. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useDurations } from "../api/queries.ts";
import type { DagHeader, Durations } from "../api/types.ts";
import { Chart } from "../components/chart.tsx";
import { FilterMenu } from "../components/field.tsx";
import { paths, useAddress, useGo } from "../components/link.tsx";
import { Empty, Loaded } from "../components/page.tsx";
import { type Column, Table } from "../components/table.tsx";
import { durationText, useFormat } from "../components/time.tsx";

export function DagDurations({ dag }: { dag: DagHeader }) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const limit = address["n"] ?? "100";
  return (
    <div className="flex flex-col gap-4">
      <div>
        <FilterMenu
          title={t("Runs")}
          usual="100"
          value={limit}
          onChange={(n) => change({ n: n === "100" ? undefined : n })}
          options={["25", "100", "300", "1000"].map((n) => ({ value: n, label: n }))}
        />
      </div>
      <Loaded query={useDurations(dag.dagId, { limit })}>
        {(durations) =>
          durations.runs.length === 0 ? (
            <Empty icon="chart" title={t("No run has started yet")} />
          ) : (
            <Charts dagId={dag.dagId} durations={durations} />
          )
        }
      </Loaded>
    </div>
  );
}

function Charts({ dagId, durations }: { dagId: string; durations: Durations }) {
  const { t } = useTranslation();
  const go = useGo();
  const format = useFormat();
  const { runs, tasks } = durations;
  const names = useMemo(() => runs.map((run) => format(run.runAfter)), [runs, format]);
  const took = useMemo(
    () => [
      {
        label: t("success"),
        color: "--s-success",
        bars: true,
        values: runs.map((run) => (run.state === "success" ? run.ran : null)),
      },
      {
        label: t("failed"),
        color: "--s-failed",
        bars: true,
        values: runs.map((run) => (run.state === "failed" ? run.ran : null)),
      },
      {
        label: t("running"),
        color: "--s-running",
        bars: true,
        values: runs.map((run) => (run.state === "running" ? run.ran : null)),
      },
    ],
    [runs, t],
  );
  const landing = useMemo(
    () => [
      { label: t("landed after it was due"), color: "--accent", values: runs.map((run) => run.landing) },
      { label: t("waited"), color: "--s-queued", values: runs.map((run) => run.queued) },
    ],
    [runs, t],
  );
  const open = (index: number): void => {
    const run = runs[index];
    if (run !== undefined) go(paths.run(dagId, run.runId));
  };
  return (
    <>
      <section className="card p-4">
        <h2 className="mb-2 font-semibold">{t("How long runs took")}</h2>
        <Chart label={t("How long runs took")} names={names} series={took} onPick={open} />
      </section>
      <section className="card p-4">
        <h2 className="mb-2 font-semibold">{t("When runs landed")}</h2>
        <Chart label={t("When runs landed")} names={names} series={landing} onPick={open} />
      </section>
      <TaskTable tasks={tasks} dagId={dagId} />
    </>
  );
}

type TaskRow = Durations["tasks"][number];

function TaskTable({ tasks, dagId }: { tasks: readonly TaskRow[]; dagId: string }) {
  const { t } = useTranslation();
  const longest = Math.max(1, ...tasks.map(({ p95 }) => p95));
  const columns: Column<TaskRow>[] = [
    {
      id: "task",
      label: t("Task"),
      cell: (task) => <span className="font-medium break-all">{task.taskId}</span>,
    },
    {
      id: "bar",
      label: t("Median to 95 %"),
      wide: true,
      className: "w-1/3",
      cell: (task) => (
        <span className="relative block h-2.5 rounded-full bg-sunken">
          <span
            className="absolute h-full rounded-full bg-accent/35"
            style={{ width: `${(task.p95 / longest) * 100}%` }}
          />
          <span
            className="absolute h-full rounded-full bg-accent"
            style={{ width: `${(task.median / longest) * 100}%`, minWidth: 3 }}
          />
        </span>
      ),
    },
    { id: "median", label: t("Median"), align: "right", cell: (task) => durationText(task.median) },
    { id: "p95", label: "95 %", align: "right", wide: true, cell: (task) => durationText(task.p95) },
    { id: "max", label: t("Longest"), align: "right", wide: true, cell: (task) => durationText(task.max) },
    {
      id: "failures",
      label: t("Failures"),
      align: "right",
      cell: (task) => `${task.failures} / ${task.count}`,
    },
  ];
  return (
    <Table label={`${t("Tasks")} · ${dagId}`} columns={columns} rows={tasks} keyOf={(task) => task.taskId} />
  );
}
