import { useTranslation } from "react-i18next";
import type { Home } from "../../api/types.ts";
import { Link, paths } from "../../components/link.tsx";
import { Time } from "../../components/time.tsx";
import { Panel } from "./panel.tsx";

export function Upcoming({ home }: { home: Home }) {
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
