import { useTranslation } from "react-i18next";
import type { InstanceDetail, TaskInstanceState } from "../api/types.ts";
import { Link, paths } from "../components/link.tsx";
import { StateIcon } from "../components/state.tsx";
import { Duration, Time } from "../components/time.tsx";
import { Facts } from "./grid-side.tsx";

export function InstanceDetails({ instance }: { instance: InstanceDetail }) {
  const { t } = useTranslation();
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <section className="card p-4">
        <h2 className="mb-3 font-semibold">{t("Facts")}</h2>
        <Facts
          facts={[
            [t("Operator"), instance.operator],
            [t("Trigger rule"), instance.triggerRule],
            [t("Try"), `${instance.tryNumber} / ${instance.maxTries + 1}`],
            [t("Scheduled"), <Time key="s" at={instance.scheduledAt} style="full" />],
            [t("Queued"), <Time key="q" at={instance.queuedAt} style="full" />],
            [t("Started"), <Time key="b" at={instance.startDate} style="full" />],
            [t("Ended"), <Time key="e" at={instance.endDate} style="full" />],
            [
              t("Waited"),
              <Duration key="w" from={instance.queuedAt} to={instance.startDate ?? instance.endDate} />,
            ],
            [t("Ran"), <Duration key="r" from={instance.startDate} to={instance.endDate} />],
            [t("Not before"), <Time key="n" at={instance.notBefore} style="full" />],
            [t("Pool"), `${instance.pool} (${instance.poolSlots})`],
            [t("Queue"), instance.queue],
            [t("Priority"), String(instance.priorityWeight)],
            [t("Host"), instance.hostname ?? "–"],
            ["PID", instance.pid === null ? "–" : String(instance.pid)],
            [t("Version"), instance.versionNumber === null ? "–" : `v${instance.versionNumber}`],
            [
              t("Defined at"),
              instance.relativeFile === null
                ? "–"
                : `${instance.relativeFile}${instance.line === null ? "" : `:${instance.line}`}`,
            ],
          ]}
        />
      </section>
      <div className="flex flex-col gap-4">
        <Neighbours instance={instance} title={t("Before it")} tasks={instance.upstream} />
        <Neighbours instance={instance} title={t("After it")} tasks={instance.downstream} />
        {instance.docMd === null ? null : (
          <section className="card p-4">
            <h2 className="mb-2 font-semibold">{t("What it says of itself")}</h2>
            <p className="prose-doc whitespace-pre-wrap">{instance.docMd}</p>
          </section>
        )}
      </div>
    </div>
  );
}

function Neighbours({
  instance,
  title,
  tasks,
}: {
  instance: InstanceDetail;
  title: string;
  tasks: { taskId: string; state: TaskInstanceState | null }[];
}) {
  if (tasks.length === 0) return null;
  return (
    <section className="card p-4">
      <h2 className="mb-2 font-semibold">{title}</h2>
      <ul className="flex flex-wrap gap-2">
        {tasks.map(({ taskId, state }) => (
          <li key={taskId}>
            <Link
              to={paths.task(instance.dagId, instance.runId, taskId)}
              className="inline-flex items-center gap-1.5 rounded-md border px-2 py-1 hover:bg-sunken"
            >
              <StateIcon state={state} size={14} />
              {taskId}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
