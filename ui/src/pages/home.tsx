/** What needs a person now, and whether everything is well. */
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useHome } from "../api/queries.ts";
import type { HealthPart, Home, HomeItem } from "../api/types.ts";
import { Icon, type IconName } from "../components/icons.tsx";
import { Link, paths } from "../components/link.tsx";
import { Loaded, Page } from "../components/page.tsx";
import { StateBar, StateIcon, stateColor } from "../components/state.tsx";
import { durationText, Time, useFormat } from "../components/time.tsx";

export function View() {
  const { t } = useTranslation();
  return (
    <Page title={t("Home")}>
      <Loaded query={useHome()}>
        {(home) => (
          <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
            <div className="flex min-w-0 flex-col gap-4">
              <Numbers home={home} />
              <Attention home={home} />
              <Recent home={home} />
            </div>
            <div className="flex min-w-0 flex-col gap-4">
              <Health parts={home.health} />
              <Pools home={home} />
              <Upcoming home={home} />
            </div>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Panel({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className="card min-w-0">
      <div className="flex items-baseline gap-3 px-4 pt-3 pb-2">
        <h2 className="font-semibold">{title}</h2>
        <span className="ml-auto text-xs text-faint">{aside}</span>
      </div>
      {children}
    </section>
  );
}

function Numbers({ home }: { home: Home }) {
  const { t } = useTranslation();
  const failedToday = home.history.reduce((sum, { failed }) => sum + failed, 0);
  const wellToday = home.history.reduce((sum, { success }) => sum + success, 0);
  const numbers: [string, number, string, string | null][] = [
    [t("Running now"), home.runs.running, "/dag_runs?state=running", "running"],
    [t("Queued"), home.runs.queued, "/dag_runs?state=queued", "queued"],
    [t("Succeeded, 24 h"), wellToday, "/dag_runs?state=success", "success"],
    [t("Failed, 24 h"), failedToday, "/dag_runs?state=failed", "failed"],
    [t("Active Dags"), home.dags.active, "/dags?show=active", null],
    [t("Import errors"), home.dags.importErrors, "/import_errors", null],
  ];
  return (
    <ul className="grid grid-cols-2 gap-3 sm:grid-cols-3 2xl:grid-cols-6">
      {numbers.map(([label, value, to, state]) => (
        <li key={label}>
          <Link to={to} className="card block px-4 py-3 hover:border-line-strong">
            <span className="flex items-center gap-1.5 text-xs text-faint">
              {state === null ? null : (
                <span className="size-2 rounded-full" style={{ background: stateColor(state) }} />
              )}
              {label}
            </span>
            <span className="mt-0.5 block text-2xl font-semibold tracking-tight tabular-nums">{value}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

const icons: Record<HomeItem["kind"], IconName> = {
  failed: "alert",
  stuck: "clock",
  late: "clock",
  person: "inbox",
  import: "code",
};

function Attention({ home }: { home: Home }) {
  const { t } = useTranslation();
  const { attention, dags, pluginErrors } = home;
  const words: Record<HomeItem["kind"], string> = {
    failed: t("failed"),
    stuck: t("waits too long"),
    late: t("is late"),
    person: t("waits for you"),
    import: t("does not import"),
  };
  const nothing = attention.length === 0 && dags.importErrors === 0 && pluginErrors === 0;
  return (
    <Panel title={t("Needs attention")} aside={attention.length === 0 ? null : attention.length}>
      {nothing ? (
        <p className="flex items-center gap-2 px-4 pb-4 text-soft">
          <StateIcon state="success" /> {t("Nothing failed, nothing is stuck, nobody is waited for.")}
        </p>
      ) : (
        <ul className="pb-1.5">
          {dags.importErrors === 0 ? null : (
            <Item
              to="/import_errors"
              icon="code"
              title={t("{{count}} files did not import", { count: dags.importErrors })}
              what=""
              at={null}
              text=""
            />
          )}
          {pluginErrors === 0 ? null : (
            <Item
              to={paths.admin("plugins")}
              icon="code"
              title={t("{{count}} plugins cannot be loaded", { count: pluginErrors })}
              what=""
              at={null}
              text=""
            />
          )}
          {attention.map((item) => (
            <Item
              key={`${item.kind} ${item.dagId} ${item.runId} ${item.taskId} ${item.mapIndex}`}
              to={pathOf(item)}
              icon={icons[item.kind]}
              title={item.taskId === null ? (item.dagId ?? "") : `${item.dagId} · ${item.taskId}`}
              what={words[item.kind]}
              at={item.at}
              text={item.kind === "failed" ? item.text : ""}
            />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function pathOf({ kind, dagId, runId, taskId, mapIndex }: HomeItem): string {
  if (kind === "person") return paths.inbox;
  if (dagId === null) return "/import_errors";
  if (runId === null) return paths.dag(dagId);
  return taskId === null ? paths.run(dagId, runId) : paths.task(dagId, runId, taskId, mapIndex);
}

function Item({
  to,
  icon,
  title,
  what,
  at,
  text,
}: {
  to: string;
  icon: IconName;
  title: string;
  what: string;
  at: number | null;
  text: string;
}) {
  return (
    <li>
      <Link to={to} className="flex items-start gap-3 px-4 py-2 hover:bg-sunken">
        <span
          className={`mt-0.5 ${icon === "inbox" ? "text-accent-text" : icon === "clock" ? "text-warn-text" : "text-danger-text"}`}
        >
          <Icon name={icon} />
        </span>
        <span className="min-w-0 flex-1">
          <span className="block break-words">
            <span className="font-medium">{title}</span> <span className="text-soft">{what}</span>
          </span>
          {text === "" ? null : (
            <span className="line-clamp-2 font-mono text-xs break-words text-danger-text">{text}</span>
          )}
        </span>
        {at === null ? null : (
          <span className="shrink-0 text-xs text-faint">
            <Time at={at} relative />
          </span>
        )}
      </Link>
    </li>
  );
}

function Recent({ home }: { home: Home }) {
  const { t } = useTranslation();
  const format = useFormat();
  const hours = lastHours(home);
  const most = Math.max(
    1,
    ...hours.map(({ success, failed, running, queued }) => success + failed + running + queued),
  );
  return (
    <Panel title={t("What ran")} aside={t("24 hours")}>
      <div className="flex h-20 items-end gap-[3px] px-4" role="img" aria-label={t("Runs by the hour")}>
        {hours.map((hour) => {
          const total = hour.success + hour.failed + hour.running + hour.queued;
          return (
            <span
              key={hour.hour}
              title={`${format(hour.hour, "minute")} · ${t("{{count}} runs", { count: total })}${hour.failed > 0 ? ` · ${hour.failed} ${t("failed")}` : ""}`}
              className="flex h-full flex-1 flex-col justify-end gap-px"
            >
              {total === 0 ? <span className="h-0.5 rounded bg-line" /> : null}
              {(["running", "queued", "failed", "success"] as const).map((state) =>
                hour[state] === 0 ? null : (
                  <span
                    key={state}
                    className="rounded-[2px]"
                    style={{
                      height: `${(hour[state] / most) * 100}%`,
                      minHeight: 2,
                      background: stateColor(state),
                    }}
                  />
                ),
              )}
            </span>
          );
        })}
      </div>
      <ul className="mt-3 border-t">
        {home.recent.map((run) => (
          <li key={`${run.dagId} ${run.runId}`} className="border-b last:border-b-0">
            <Link
              to={paths.run(run.dagId, run.runId)}
              className="flex items-center gap-2.5 px-4 py-1.5 hover:bg-sunken"
            >
              <StateIcon state={run.state} size={14} />
              <span className="min-w-0 flex-1 truncate font-medium">{run.dagId}</span>
              <span className="text-xs text-soft tabular-nums">
                {run.startDate === null ? "" : durationText((run.endDate ?? home.now) - run.startDate)}
              </span>
              <span className="w-24 text-right text-xs text-faint">
                <Time at={run.startDate ?? run.runAfter} relative />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function lastHours(home: Home): Home["history"] {
  const hourMs = 3_600_000;
  const last = Math.floor(home.now / hourMs) * hourMs;
  const known = new Map(home.history.map((hour) => [hour.hour, hour]));
  return Array.from({ length: 24 }, (_, back) => {
    const hour = last - (23 - back) * hourMs;
    return known.get(hour) ?? { hour, success: 0, failed: 0, running: 0, queued: 0 };
  });
}

function Health({ parts }: { parts: readonly HealthPart[] }) {
  const { t } = useTranslation();
  const names: Record<HealthPart["part"], string> = {
    database: t("Database"),
    scheduler: t("Scheduler"),
    triggerer: t("Triggerer"),
    "dag-processor": t("Dag files"),
    worker: t("Worker"),
    api: t("API"),
  };
  const colors = { healthy: "success", unhealthy: "failed", absent: "none" } as const;
  const words = { healthy: t("healthy"), unhealthy: t("unhealthy"), absent: t("not started") };
  const shown = parts.filter(
    ({ part, status }) => status !== "absent" || part === "scheduler" || part === "dag-processor",
  );
  return (
    <Panel title={t("Health")}>
      <ul className="grid grid-cols-2 gap-x-4 gap-y-2 px-4 pb-4">
        {shown.map(({ part, status, latestHeartbeat, count }) => (
          <li key={part} className="flex min-w-0 items-center gap-2">
            <span
              className="size-2 shrink-0 rounded-full"
              style={{ background: stateColor(colors[status]) }}
            />
            <span className="min-w-0 truncate">
              {names[part]}
              {count > 1 ? <span className="text-faint"> × {count}</span> : null}
            </span>
            <span className="ml-auto text-xs text-faint">
              {status === "unhealthy" && latestHeartbeat !== null ? (
                <Time at={latestHeartbeat} relative />
              ) : (
                words[status]
              )}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Pools({ home }: { home: Home }) {
  const { t } = useTranslation();
  return (
    <Panel
      title={t("Slots in use")}
      aside={
        <Link to="/pools" className="link">
          {t("Pools")}
        </Link>
      }
    >
      <ul className="flex flex-col gap-2.5 px-4 pb-4">
        {home.pools.map((pool) => {
          const used = pool.running + pool.queued;
          const open = pool.slots < 0 ? 0 : Math.max(0, pool.slots - used);
          return (
            <li key={pool.name}>
              <div className="mb-1 flex text-xs">
                <span className="min-w-0 truncate">{pool.name}</span>
                <span className="ml-auto text-faint tabular-nums">
                  {used} / {pool.slots < 0 ? "∞" : pool.slots}
                  {pool.scheduled > 0 ? ` · ${t("{{count}} waiting", { count: pool.scheduled })}` : ""}
                </span>
              </div>
              <StateBar
                counts={{ running: pool.running, queued: pool.queued, deferred: pool.deferred, none: open }}
              />
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

function Upcoming({ home }: { home: Home }) {
  const { t } = useTranslation();
  return (
    <Panel title={t("What is next")} aside={t("24 hours")}>
      {home.upcoming.length === 0 ? (
        <p className="px-4 pb-4 text-soft">{t("No schedule is due.")}</p>
      ) : (
        <ul className="max-h-80 overflow-y-auto pb-1.5">
          {home.upcoming.slice(0, 60).map((run) => (
            <li key={`${run.dagId} ${run.runAfter} ${run.logicalDate}`}>
              <Link to={paths.dag(run.dagId)} className="flex items-center gap-2.5 px-4 py-1 hover:bg-sunken">
                <span className="w-12 text-xs text-faint tabular-nums">
                  <Time at={run.runAfter} style="minute" />
                </span>
                <span className="min-w-0 flex-1 truncate">{run.dagId}</span>
                <span className="text-xs text-faint">
                  <Time at={run.runAfter} relative />
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
