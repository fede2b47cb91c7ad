import { useTranslation } from "react-i18next";
import type { RunDetail } from "../api/types.ts";
import { JsonView } from "../components/json-view.tsx";
import { Duration, Time } from "../components/time.tsx";
import { Facts } from "./grid-side.tsx";

export function RunDetails({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <section className="card p-4">
        <h2 className="mb-3 font-semibold">{t("Facts")}</h2>
        <Facts
          facts={[
            [t("Logical date"), <Time key="l" at={run.logicalDate} style="full" />],
            [
              t("Data interval"),
              <span key="i">
                <Time at={run.dataIntervalStart} style="full" /> –{" "}
                <Time at={run.dataIntervalEnd} style="full" />
              </span>,
            ],
            [t("Due"), <Time key="a" at={run.runAfter} style="full" />],
            [t("Queued"), <Time key="q" at={run.queuedAt} style="full" />],
            [t("Started"), <Time key="s" at={run.startDate} style="full" />],
            [t("Ended"), <Time key="e" at={run.endDate} style="full" />],
            [t("Waited"), <Duration key="w" from={run.queuedAt} to={run.startDate ?? run.endDate} />],
            [t("Took"), <Duration key="t" from={run.startDate} to={run.endDate} />],
            [t("Type"), run.runType],
            [t("Started by"), run.triggeringUser ?? run.triggeredBy],
            [t("Version"), run.versionNumber === null ? "–" : `v${run.versionNumber}`],
            [t("Times cleared"), String(run.clearNumber)],
            [t("Backfill"), run.backfillId === null ? "–" : String(run.backfillId)],
            [t("Partition"), run.partitionKey ?? "–"],
          ]}
        />
      </section>
      <section className="card p-4">
        <h2 className="mb-3 font-semibold">{t("Configuration")}</h2>
        <JsonView value={run.conf} />
      </section>
    </div>
  );
}
