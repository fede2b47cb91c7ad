/** Who did what: the audit log, whole or of one Dag or run. */
import { useTranslation } from "react-i18next";
import { useRest } from "../api/queries.ts";
import { Link, paths } from "../components/link.tsx";
import { Empty, Loaded } from "../components/page.tsx";
import { type Column, Pager, Table, useOffset } from "../components/table.tsx";
import { Time } from "../components/time.tsx";

interface EventLog {
  event_log_id: number;
  when: string;
  dag_id: string | null;
  task_id: string | null;
  run_id: string | null;
  map_index: number | null;
  event: string;
  owner: string | null;
  extra: string | null;
}

const pageSize = 50;

export function EventList({ dagId, runId }: { dagId?: string; runId?: string }) {
  const { t } = useTranslation();
  const offset = useOffset();
  const query = useRest<{ event_logs: EventLog[]; total_entries: number }>(
    dagId === undefined ? ["events"] : ["dag", dagId, "events"],
    "/eventLogs",
    { dag_id: dagId, run_id: runId, order_by: "-when", limit: pageSize, offset },
  );
  const columns: Column<EventLog>[] = [
    {
      id: "when",
      label: t("When"),
      className: "w-44",
      cell: (one) => <Time at={Date.parse(one.when)} style="full" />,
    },
    { id: "who", label: t("Who"), cell: (one) => one.owner ?? "–" },
    { id: "event", label: t("What"), cell: (one) => <span className="font-medium">{one.event}</span> },
    ...(dagId === undefined
      ? [
          {
            id: "dag",
            label: t("Dag"),
            cell: (one: EventLog) =>
              one.dag_id === null ? (
                "–"
              ) : (
                <Link to={paths.dag(one.dag_id)} className="link break-all">
                  {one.dag_id}
                </Link>
              ),
          },
        ]
      : []),
    { id: "task", label: t("Task"), wide: true, cell: (one) => one.task_id ?? "–" },
    {
      id: "extra",
      label: t("Details"),
      wide: true,
      cell: (one) => (
        <span className="line-clamp-2 max-w-lg font-mono text-xs break-all text-soft" title={one.extra ?? ""}>
          {one.extra}
        </span>
      ),
    },
  ];
  return (
    <Loaded query={query}>
      {({ event_logs, total_entries }) =>
        event_logs.length === 0 ? (
          <Empty icon="note" title={t("Nobody has changed anything yet")} />
        ) : (
          <>
            <Table
              label={t("Audit log")}
              columns={columns}
              rows={event_logs}
              keyOf={(one) => String(one.event_log_id)}
            />
            <Pager limit={pageSize} total={total_entries} />
          </>
        )
      }
    </Loaded>
  );
}
