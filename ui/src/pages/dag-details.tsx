import { useTranslation } from "react-i18next";
import type { DagHeader } from "../api/types.ts";
import { JsonView } from "../components/json-view.tsx";
import { Link } from "../components/link.tsx";
import { durationText, Time } from "../components/time.tsx";
import { Facts } from "./grid-side.tsx";

export function DagDetails({ dag }: { dag: DagHeader }) {
  const { t } = useTranslation();
  const { runCounts: runs } = dag;
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <section className="card p-4">
        <h2 className="mb-3 font-semibold">{t("Facts")}</h2>
        <Facts
          facts={[
            [t("Dag"), dag.dagId],
            [t("Description"), dag.description ?? "–"],
            [
              t("File"),
              <Link key="f" to={`/dags/${encodeURIComponent(dag.dagId)}/code`} className="link break-all">
                {dag.relativeFile}
              </Link>,
            ],
            [t("Bundle"), dag.bundleName],
            [t("Version"), dag.versionNumber === null ? "–" : `v${dag.versionNumber}`],
            [t("Imported"), <Time key="p" at={dag.lastParsedAt} style="full" />],
            [t("Schedule"), dag.scheduleWords ?? dag.schedule ?? "–"],
            [t("Time zone"), dag.timezone],
            [t("First date"), dag.startDate ?? "–"],
            [t("Last date"), dag.endDate ?? "–"],
            [t("Catches up"), dag.catchup ? t("yes") : t("no")],
            [t("Active runs at most"), String(dag.maxActiveRuns)],
            [t("Active tasks at most"), String(dag.maxActiveTasks)],
            [
              t("Time limit of a run"),
              dag.dagrunTimeoutSeconds === null ? "–" : durationText(dag.dagrunTimeoutSeconds * 1000),
            ],
            [t("Tasks"), String(dag.taskCount)],
            [
              t("Runs"),
              `${runs.success} ${t("success")}, ${runs.failed} ${t("failed")}, ${runs.running} ${t("running")}, ${runs.queued} ${t("queued")}`,
            ],
            [t("Owners"), dag.owners.join(", ") || "–"],
            [t("Tags"), dag.tags.join(", ") || "–"],
          ]}
        />
      </section>
      <div className="flex flex-col gap-4">
        {dag.docMd === null ? null : (
          <section className="card p-4">
            <h2 className="mb-2 font-semibold">{t("What it says of itself")}</h2>
            <p className="prose-doc whitespace-pre-wrap">{dag.docMd}</p>
          </section>
        )}
        {dag.warnings.length === 0 ? null : (
          <section className="card p-4">
            <h2 className="mb-2 font-semibold">{t("Warnings")}</h2>
            <ul className="flex flex-col gap-1">
              {dag.warnings.map(({ kind, message }) => (
                <li key={kind + message}>
                  <span className="font-medium">{kind}:</span> {message}
                </li>
              ))}
            </ul>
          </section>
        )}
        {Object.keys(dag.params).length === 0 ? null : (
          <section className="card p-4">
            <h2 className="mb-2 font-semibold">{t("Params")}</h2>
            <JsonView value={dag.params as never} />
          </section>
        )}
      </div>
    </div>
  );
}
