import { useTranslation } from "react-i18next";
import { useDags } from "../../api/queries.ts";
import { Link, paths } from "../../components/link.tsx";
import { RunBars } from "../../components/run-bars.tsx";
import { Time } from "../../components/time.tsx";
import { Panel } from "./panel.tsx";

/** Dags that the person marked; nothing where there are none. */
export function Favorites() {
  const { t } = useTranslation();
  const { data } = useDags({ show: "favorite", order_by: "name", limit: 8 });
  if (data === undefined || data.dags.length === 0) return null;
  return (
    <Panel
      title={t("Favourites")}
      aside={
        <Link to="/dags?show=favorite" className="link">
          {t("All of them")}
        </Link>
      }
    >
      <ul className="grid gap-x-6 px-4 pb-3 sm:grid-cols-2">
        {data.dags.map((dag) => (
          <li key={dag.dagId} className="flex min-w-0 items-center gap-3 py-1.5">
            <span className="min-w-0 flex-1">
              <Link to={paths.dag(dag.dagId)} className="block truncate font-medium hover:underline">
                {dag.displayName}
              </Link>
              <span className="text-xs text-faint">
                {dag.isPaused ? (
                  t("Paused")
                ) : dag.nextRun === null ? null : (
                  <>
                    {t("next")} <Time at={dag.nextRun} relative />
                  </>
                )}
              </span>
            </span>
            <RunBars dagId={dag.dagId} runs={dag.recentRuns} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
