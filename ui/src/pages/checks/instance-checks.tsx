/** Reports of checks that a task instance made. */
import { useTranslation } from "react-i18next";
import { type CheckItem, useChecks } from "../../api/checks.ts";
import type { InstanceDetail } from "../../api/types.ts";
import { Link, paths } from "../../components/link.tsx";
import { numberText } from "../../components/numbers.ts";
import { OutcomeBadge } from "../../components/outcome.tsx";
import { Empty, Loaded } from "../../components/page.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";
import { useKindName } from "./checks.tsx";

export function useInstanceChecks({ dagId, runId, taskId, mapIndex }: InstanceDetail, enabled: boolean) {
  return useChecks(
    { dag_id: dagId, dag_run_id: runId, task_id: taskId, map_index: mapIndex, limit: 100 },
    enabled,
  );
}

export function InstanceChecks({ instance }: { instance: InstanceDetail }) {
  const { t } = useTranslation();
  const kindName = useKindName();
  const columns: Column<CheckItem>[] = [
    { id: "outcome", label: t("Outcome"), cell: ({ outcome }) => <OutcomeBadge outcome={outcome} small /> },
    {
      id: "name",
      label: t("Check"),
      cell: (one) => (
        <div>
          <Link to={paths.check(one.id)} className="font-medium break-all hover:underline">
            {one.name}
          </Link>
          <p className="text-2xs text-faint">
            {[kindName(one.kind), one.dataset].filter(Boolean).join(" · ")}
          </p>
        </div>
      ),
    },
    {
      id: "result",
      label: t("Result"),
      align: "right",
      cell: (one) => (one.kind === "performance" ? numberText(one.score) : `${one.failed} / ${one.checked}`),
    },
    { id: "try", label: t("Try"), align: "right", wide: true, cell: (one) => one.try_number },
    {
      id: "when",
      label: t("When"),
      wide: true,
      cell: (one) => <Time at={Date.parse(one.created_at)} style="full" />,
    },
  ];
  return (
    <Loaded query={useInstanceChecks(instance, true)}>
      {({ checks }) =>
        checks.length === 0 ? (
          <Empty icon="check" title={t("The task has reported no check")} />
        ) : (
          <Table label={t("Checks")} columns={columns} rows={checks} keyOf={(one) => String(one.id)} />
        )
      }
    </Loaded>
  );
}
