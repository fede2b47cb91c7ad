import { useTranslation } from "react-i18next";
import { useStructure } from "../api/queries.ts";
import type { DagHeader, StructureNode } from "../api/types.ts";
import { Icon } from "../components/icons.tsx";
import { Link } from "../components/link.tsx";
import { Loaded } from "../components/page.tsx";
import { type Column, Table } from "../components/table.tsx";

export function DagTasks({ dag }: { dag: DagHeader }) {
  const { t } = useTranslation();
  const columns: Column<StructureNode>[] = [
    {
      id: "task",
      label: t("Task"),
      cell: (task) => (
        <Link
          to={`/dags/${encodeURIComponent(dag.dagId)}/tasks/${encodeURIComponent(task.id)}`}
          className="inline-flex items-center gap-1.5 font-medium break-all hover:underline"
        >
          {task.id}
          {task.isMapped ? <span className="text-faint">[ ]</span> : null}
          {task.isBranch ? <Icon name="graph" size={13} /> : null}
        </Link>
      ),
    },
    {
      id: "operator",
      label: t("Operator"),
      cell: (task) => <span className="text-soft">{task.operator}</span>,
    },
    {
      id: "rule",
      label: t("Trigger rule"),
      wide: true,
      cell: (task) => <span className="font-mono text-xs text-soft">{task.triggerRule}</span>,
    },
    { id: "retries", label: t("Retries"), align: "right", wide: true, cell: (task) => task.retries },
    {
      id: "pool",
      label: t("Pool"),
      wide: true,
      cell: (task) => <span className="text-soft">{task.pool}</span>,
    },
    {
      id: "owner",
      label: t("Owner"),
      wide: true,
      cell: (task) => <span className="text-soft">{task.owner}</span>,
    },
    {
      id: "line",
      label: t("Line"),
      align: "right",
      cell: (task) =>
        task.line === undefined ? (
          "–"
        ) : (
          <Link
            to={`/dags/${encodeURIComponent(dag.dagId)}/code?line=${task.line}`}
            className="link tabular-nums"
          >
            {task.line}
          </Link>
        ),
    },
  ];
  return (
    <Loaded query={useStructure(dag.dagId)}>
      {({ nodes }) => (
        <Table
          label={t("Tasks")}
          columns={columns}
          rows={nodes.filter(({ kind }) => kind === "task")}
          keyOf={(task) => task.id}
        />
      )}
    </Loaded>
  );
}
