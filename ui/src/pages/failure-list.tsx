import { useTranslation } from "react-i18next";
import type { RunDetail } from "../api/types.ts";
import { Icon } from "../components/icons.tsx";
import { Link, paths } from "../components/link.tsx";
import { StateIcon } from "../components/state.tsx";

/** What failed by itself in a run, the first to fail first, each with its error and one click from its log. */
export function FailureList({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  if (run.failures.length === 0) return null;
  return (
    <section aria-label={t("What failed")}>
      <h2 className="mb-1.5 text-xs font-medium text-faint">{t("What failed, the first first")}</h2>
      <ul className="flex flex-col gap-1.5">
        {run.failures.map(({ taskId, mapIndex, error }) => (
          <li key={`${taskId} ${mapIndex}`}>
            <Link
              to={paths.task(run.dagId, run.runId, taskId, mapIndex)}
              className="group flex items-start gap-2 rounded-md border border-line px-2.5 py-2 hover:border-line-strong hover:bg-sunken"
            >
              <span className="mt-0.5">
                <StateIcon state="failed" size={14} />
              </span>
              <span className="min-w-0 flex-1">
                <span className="font-medium break-words">
                  {taskId}
                  {mapIndex < 0 ? "" : `[${mapIndex}]`}
                </span>
                {error === null ? null : (
                  <span className="line-clamp-3 font-mono text-xs break-words text-danger-text">{error}</span>
                )}
              </span>
              <span className="text-faint group-hover:text-ink">
                <Icon name="chevronRight" size={14} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
