/** What ran: the last 24 hours as bars, and the newest runs. */
import { useTranslation } from "react-i18next";
import type { Home } from "../../api/types.ts";
import { Link, paths } from "../../components/link.tsx";
import { StateIcon, stateColor } from "../../components/state.tsx";
import { durationText, Time, useFormat } from "../../components/time.tsx";
import { Panel } from "./panel.tsx";

export function Recent({ home }: { home: Home }) {
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
