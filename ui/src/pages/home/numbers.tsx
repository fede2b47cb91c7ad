import { useTranslation } from "react-i18next";
import type { Home } from "../../api/types.ts";
import { Link } from "../../components/link.tsx";
import { stateColor } from "../../components/state.tsx";

/** How much of what there is, each with the way to it. */
export function Numbers({ home }: { home: Home }) {
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
