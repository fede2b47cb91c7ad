/** What is chosen in the grid, without leaving it: its state, why, and what can be done. */
import { useTranslation } from "react-i18next";
import { useInstance, useRun } from "../api/queries.ts";
import { IconButton } from "../components/button.tsx";
import { Link, paths } from "../components/link.tsx";
import { Loaded } from "../components/page.tsx";
import { StateBadge, StateBar } from "../components/state.tsx";
import { Duration, Time } from "../components/time.tsx";
import { FailureList } from "./failure-list.tsx";
import { InstanceActions } from "./instance-actions.tsx";
import { RunActions } from "./run-actions.tsx";
import { UnmetList } from "./unmet-list.tsx";

export function GridSide({
  dagId,
  runId,
  taskId,
  isGroup,
  onClose,
}: {
  dagId: string;
  runId: string;
  taskId: string | null;
  isGroup: boolean;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const ofTask = taskId !== null && !isGroup;
  return (
    <aside
      aria-label={t("What is chosen")}
      className="fixed inset-x-0 bottom-0 z-30 flex max-h-[70vh] flex-col overflow-y-auto rounded-t-xl border-t bg-surface shadow-float md:static md:max-h-none md:w-88 md:shrink-0 md:rounded-none md:border-t-0 md:border-l md:shadow-none"
    >
      <div className="flex items-start gap-2 border-b px-4 py-3">
        <div className="min-w-0 flex-1">
          <h2 className="font-semibold break-words">{ofTask ? taskId : t("Run")}</h2>
          <p className="font-mono text-2xs break-all text-faint">{runId}</p>
        </div>
        <IconButton icon="cross" label={t("Close")} onClick={onClose} />
      </div>
      {ofTask ? (
        <TaskSide dagId={dagId} runId={runId} taskId={taskId} />
      ) : (
        <RunSide dagId={dagId} runId={runId} />
      )}
    </aside>
  );
}

function RunSide({ dagId, runId }: { dagId: string; runId: string }) {
  const { t } = useTranslation();
  return (
    <Loaded query={useRun(dagId, runId)}>
      {(run) => (
        <div className="flex flex-col gap-4 p-4">
          <div className="flex items-center justify-between gap-2">
            <StateBadge state={run.state} />
            <Link to={paths.run(dagId, runId)} className="link">
              {t("Open the run")}
            </Link>
          </div>
          <StateBar counts={run.counts} height={8} />
          <Facts
            facts={[
              [t("Started"), <Time key="s" at={run.startDate} style="full" />],
              [t("Took"), <Duration key="d" from={run.startDate} to={run.endDate} />],
              [t("Type"), run.runType],
              [t("Version"), run.versionNumber === null ? "–" : `v${run.versionNumber}`],
            ]}
          />
          <FailureList run={run} />
          {run.note === null ? null : (
            <p className="rounded-md bg-sunken p-2 whitespace-pre-wrap">{run.note}</p>
          )}
          <RunActions run={run} />
        </div>
      )}
    </Loaded>
  );
}

function TaskSide({ dagId, runId, taskId }: { dagId: string; runId: string; taskId: string }) {
  const { t } = useTranslation();
  return (
    <Loaded query={useInstance(dagId, runId, taskId, -1)}>
      {(instance) => (
        <div className="flex flex-col gap-4 p-4">
          <div className="flex items-center justify-between gap-2">
            <StateBadge state={instance.state} />
            <Link to={paths.task(dagId, runId, taskId, instance.mapIndex)} className="link">
              {t("Open the log")}
            </Link>
          </div>
          {instance.isMapped ? <StateBar counts={instance.mappedCounts} height={8} /> : null}
          {instance.error === null ? null : (
            <Link
              to={paths.task(dagId, runId, taskId, instance.mapIndex)}
              className="rounded-md bg-danger-soft p-2.5 font-mono text-xs break-words text-danger-text hover:underline"
            >
              {instance.error.message.slice(0, 600)}
            </Link>
          )}
          <UnmetList instance={instance} />
          <Facts
            facts={[
              [t("Operator"), instance.operator],
              [t("Try"), `${instance.tryNumber} / ${instance.maxTries + 1}`],
              [t("Started"), <Time key="s" at={instance.startDate} style="full" />],
              [t("Took"), <Duration key="d" from={instance.startDate} to={instance.endDate} />],
              [t("Pool"), instance.pool],
            ]}
          />
          <InstanceActions instance={instance} />
        </div>
      )}
    </Loaded>
  );
}

export function Facts({ facts }: { facts: readonly [string, React.ReactNode][] }) {
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-faint">{name}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
