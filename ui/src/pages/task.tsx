/** One task over all runs of its Dag. */
import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useGrid, useStructure } from "../api/queries.ts";
import { stateOfLetter } from "../api/state-letters.ts";
import type { GridData } from "../api/types.ts";
import { RunId } from "../components/breakable.tsx";
import { Link, paths } from "../components/link.tsx";
import { Empty, Loaded, Page } from "../components/page.tsx";
import { StateBadge } from "../components/state.tsx";
import { type Column, Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";
import { Facts } from "./grid-side.tsx";

type Run = GridData["runs"][number];

export function View() {
  const { t } = useTranslation();
  const { dagId = "", taskId = "" } = useParams({ strict: false }) as { dagId?: string; taskId?: string };
  const structure = useStructure(dagId);
  const grid = useGrid(dagId, { limit: 100 });
  const node = structure.data?.nodes.find(({ id }) => id === taskId);
  const columns: Column<Run>[] = [
    {
      id: "state",
      label: t("State"),
      cell: (run) => <StateBadge state={cellOf(grid.data, run, taskId)} small />,
    },
    {
      id: "run",
      label: t("Run"),
      cell: (run) => (
        <Link to={paths.task(dagId, run.runId, taskId)} className="link">
          <RunId id={run.runId} />
        </Link>
      ),
    },
    { id: "due", label: t("Due"), cell: (run) => <Time at={run.runAfter} /> },
    {
      id: "version",
      label: t("Version"),
      align: "right",
      cell: (run) => (run.versionNumber === null ? "–" : `v${run.versionNumber}`),
    },
  ];
  const runs = useMemo(
    () => [...(grid.data?.runs ?? [])].reverse().filter((run) => cellOf(grid.data, run, taskId) !== null),
    [grid.data, taskId],
  );
  return (
    <Page
      title={taskId}
      crumbs={[
        { label: t("Dags"), to: paths.dags },
        { label: dagId, to: paths.dag(dagId) },
        { label: t("Tasks"), to: paths.dag(dagId, "tasks") },
      ]}
    >
      <div className="grid items-start gap-4 lg:grid-cols-[2fr_1fr]">
        <Loaded query={grid}>
          {() =>
            runs.length === 0 ? (
              <Empty icon="runs" title={t("No run yet")} />
            ) : (
              <Table label={t("Runs")} columns={columns} rows={runs} keyOf={(run) => run.runId} />
            )
          }
        </Loaded>
        {node === undefined ? null : (
          <section className="card p-4">
            <h2 className="mb-3 font-semibold">{t("Facts")}</h2>
            <Facts
              facts={[
                [t("Operator"), node.operator ?? "–"],
                [t("Trigger rule"), node.triggerRule ?? "–"],
                [t("Retries"), String(node.retries ?? 0)],
                [t("Pool"), node.pool ?? "–"],
                [t("Owner"), node.owner ?? "–"],
                [t("Group"), node.parent ?? "–"],
              ]}
            />
            {node.doc === undefined ? null : <p className="prose-doc mt-4 whitespace-pre-wrap">{node.doc}</p>}
          </section>
        )}
      </div>
    </Page>
  );
}

function cellOf(grid: GridData | undefined, run: Run, taskId: string) {
  const index = grid?.taskIds.indexOf(taskId) ?? -1;
  return index < 0 ? null : stateOfLetter(run.cells[index] ?? ".");
}
