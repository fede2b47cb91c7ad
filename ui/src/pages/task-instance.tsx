/** One task instance: why it failed or waits stands first, its log below. */
import { useParams } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useInstance } from "../api/queries.ts";
import { useMay } from "../api/session.ts";
import type { InstanceDetail } from "../api/types.ts";
import { Icon } from "../components/icons.tsx";
import { Link, paths, useAddress } from "../components/link.tsx";
import { Failure, Loading, Page, Tabs } from "../components/page.tsx";
import { StateBadge, StateBar, StateIcon } from "../components/state.tsx";
import { Duration, Time } from "../components/time.tsx";
import { LogView } from "../log/log-view.tsx";
import { InstanceChecks, useInstanceChecks } from "./checks/instance-checks.tsx";
import { InstanceActions } from "./instance-actions.tsx";
import { InstanceDetails } from "./instance-details.tsx";
import { InstanceLinks } from "./instance-links.tsx";
import { InstanceQuestion } from "./instance-question.tsx";
import { InstanceRendered } from "./instance-rendered.tsx";
import { InstanceXComs } from "./instance-xcoms.tsx";
import { LineageLink } from "./lineage/lineage-link.tsx";
import { MappedInstances } from "./mapped-instances.tsx";
import { UnmetList } from "./unmet-list.tsx";

const TrackedRuns = lazy(() =>
  import("./ml/tracked-runs.tsx").then(({ TrackedRuns }) => ({ default: TrackedRuns })),
);

export function View() {
  const { t } = useTranslation();
  const params = useParams({ strict: false }) as {
    dagId?: string;
    runId?: string;
    taskId?: string;
    mapIndex?: string;
  };
  const { dagId = "", runId = "", taskId = "" } = params;
  const mapIndex = Number(params.mapIndex ?? -1);
  const [address] = useAddress();
  const query = useInstance(dagId, runId, taskId, mapIndex);
  const crumbs = [
    { label: t("Dags"), to: paths.dags },
    { label: dagId, to: paths.dag(dagId) },
    { label: runId, to: paths.run(dagId, runId) },
    ...(mapIndex < 0 ? [] : [{ label: taskId, to: paths.task(dagId, runId, taskId) }]),
  ];
  const title = mapIndex < 0 ? taskId : `${taskId}[${mapIndex}]`;
  if (query.data === undefined)
    return (
      <Page title={title} crumbs={crumbs}>
        {query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Loading />}
      </Page>
    );
  const instance = query.data;
  // A mapped task as a whole has no log of its own: its instances are listed.
  const isWhole = mapIndex < 0 && instance.isMapped && instance.mapIndex >= 0;
  const tab = address["tab"] ?? (isWhole ? "instances" : "log");
  return (
    <Page
      title={title}
      crumbs={crumbs}
      lead={isWhole ? <StateBar counts={instance.mappedCounts} height={8} /> : <Lead instance={instance} />}
      actions={
        <>
          {isWhole || instance.tryNumber === 0 ? null : (
            <LineageLink
              kind="task_attempt"
              id={[dagId, runId, taskId, instance.mapIndex, instance.tryNumber].join("/")}
            />
          )}
          <InstanceActions instance={isWhole ? { ...instance, mapIndex: -1 } : instance} />
        </>
      }
      tabs={<InstanceTabs instance={instance} active={tab} isWhole={isWhole} mapIndex={mapIndex} />}
    >
      {isWhole ? null : <Cause instance={instance} />}
      <Shown tab={tab} instance={instance} isWhole={isWhole} />
    </Page>
  );
}

function Shown({ tab, instance, isWhole }: { tab: string; instance: InstanceDetail; isWhole: boolean }) {
  switch (tab) {
    case "instances":
      return <MappedInstances instance={instance} />;
    case "xcoms":
      return <InstanceXComs instance={instance} />;
    case "rendered":
      return <InstanceRendered instance={instance} />;
    case "checks":
      return <InstanceChecks instance={instance} />;
    case "details":
      return <InstanceDetails instance={instance} />;
    case "tracked":
      return (
        <Suspense fallback={<Loading />}>
          <TrackedRuns
            dagId={instance.dagId}
            runId={instance.runId}
            taskId={instance.taskId}
            {...(isWhole ? {} : { mapIndex: instance.mapIndex })}
          />
        </Suspense>
      );
    default:
      return <InstanceLog instance={instance} />;
  }
}

function Lead({ instance }: { instance: InstanceDetail }) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-soft">
      <StateBadge state={instance.state} small />
      <span>{instance.operator}</span>
      <span className="inline-flex items-center gap-1.5">
        <Icon name="clock" size={14} />
        <Time at={instance.startDate} style="full" />
      </span>
      <Duration from={instance.startDate} to={instance.endDate} />
    </div>
  );
}

/** Why it failed, or why it waits: before anything else. */
function Cause({ instance }: { instance: InstanceDetail }) {
  const { t } = useTranslation();
  const { error } = instance;
  const broken = instance.upstream.filter(({ state }) => state === "failed" || state === "upstream_failed");
  return (
    <div className="mb-4 flex flex-col gap-3 empty:hidden">
      {error === null ? null : (
        <section
          aria-label={t("Why it failed")}
          className="rounded-lg border border-danger/40 bg-danger-soft px-4 py-3"
        >
          <h2 className="mb-1 flex flex-wrap items-center gap-2 font-semibold text-danger-text">
            <Icon name="alert" />
            {error.name === "" ? t("Why it failed") : error.name}
            {error.line === null || instance.relativeFile === null ? null : (
              <span className="font-mono text-xs font-normal">
                {instance.relativeFile}:{error.line}
              </span>
            )}
          </h2>
          <pre className="max-h-40 overflow-auto font-mono text-xs whitespace-pre-wrap text-danger-text">
            {error.message}
          </pre>
        </section>
      )}
      {instance.state === "upstream_failed" && broken.length > 0 ? (
        <section className="rounded-lg border border-line bg-surface px-4 py-3">
          <h2 className="mb-1.5 font-semibold">{t("It did not start: a task before it failed")}</h2>
          <ul className="flex flex-wrap gap-2">
            {broken.map(({ taskId, state }) => (
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
      ) : null}
      {instance.state === "awaiting_input" ? <InstanceQuestion instance={instance} /> : null}
      <UnmetList instance={instance} />
      <InstanceLinks instance={instance} />
      {instance.note === null ? null : (
        <p className="rounded-md border-l-2 border-accent bg-sunken px-3 py-2 whitespace-pre-wrap">
          {instance.note}
        </p>
      )}
    </div>
  );
}

function InstanceLog({ instance }: { instance: InstanceDetail }) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const newest = instance.tries.at(-1)?.tryNumber ?? instance.tryNumber;
  const tryNumber = Number(address["try"] ?? Math.max(1, newest));
  const tries = [...new Set(instance.tries.map((one) => one.tryNumber))];
  return (
    <>
      {tries.length < 2 ? null : (
        <div role="group" aria-label={t("Tries")} className="mb-3 flex flex-wrap gap-1.5">
          {instance.tries
            .filter(
              (one, index) =>
                instance.tries.findLastIndex((other) => other.tryNumber === one.tryNumber) === index,
            )
            .map((one) => (
              <button
                key={one.tryNumber}
                type="button"
                aria-pressed={one.tryNumber === tryNumber}
                onClick={() => change({ try: one.tryNumber === newest ? undefined : String(one.tryNumber) })}
                className={`inline-flex items-center gap-1.5 rounded-md border px-2.5 py-1 text-xs ${one.tryNumber === tryNumber ? "border-accent bg-accent-soft text-accent-text" : "border-line-strong hover:bg-sunken"}`}
              >
                <StateIcon state={one.state} size={13} />
                {t("Try {{number}}", { number: one.tryNumber })}
                <span className="text-faint">
                  <Duration from={one.startDate} to={one.endDate} />
                </span>
              </button>
            ))}
        </div>
      )}
      <LogView
        at={{
          dagId: instance.dagId,
          runId: instance.runId,
          taskId: instance.taskId,
          mapIndex: instance.mapIndex,
          tryNumber,
        }}
        turn={tryNumber === newest ? `${instance.state === "running"} ${instance.endDate}` : ""}
      />
    </>
  );
}

function InstanceTabs({
  instance,
  active,
  isWhole,
  mapIndex,
}: {
  instance: InstanceDetail;
  active: string;
  isWhole: boolean;
  mapIndex: number;
}) {
  const { t } = useTranslation();
  const may = useMay();
  const checks = useInstanceChecks(instance, !isWhole && may("read", "Experiments")).data?.total_entries ?? 0;
  const to = (query: string): string =>
    paths.task(instance.dagId, instance.runId, instance.taskId, mapIndex, query);
  const whole = [{ id: "instances", label: t("Instances"), icon: "list" as const, to: to("") }];
  const one = [
    { id: "log", label: t("Log"), icon: "list" as const, to: to("") },
    { id: "xcoms", label: t("XComs"), icon: "assets" as const, to: to("?tab=xcoms") },
    { id: "rendered", label: t("Rendered templates"), icon: "code" as const, to: to("?tab=rendered") },
  ];
  const tabs = [
    ...(isWhole ? whole : one),
    ...(checks === 0
      ? []
      : [
          { id: "checks", label: t("Checks"), icon: "shield" as const, to: to("?tab=checks"), count: checks },
        ]),
    ...(may("read", "Experiments")
      ? [{ id: "tracked", label: t("Tracked runs"), icon: "flask" as const, to: to("?tab=tracked") }]
      : []),
    { id: "details", label: t("Details"), icon: "info" as const, to: to("?tab=details") },
  ];
  return <Tabs tabs={tabs} active={active} label={t("Views of the task instance")} />;
}
