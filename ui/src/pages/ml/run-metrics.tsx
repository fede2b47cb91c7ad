/** Curves of one run: what the model measures, and what the machine did. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { RunPage } from "../../api/tracking-types.ts";
import { Segments } from "../../components/field.tsx";
import { useAddress } from "../../components/link.tsx";
import { MetricCharts } from "./metric-charts.tsx";

export function RunMetrics({ run }: { run: RunPage }) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const ofSystem = address["of"] === "system";
  const all = run.metrics.map(({ key }) => key);
  const system = all.filter((key) => key.startsWith("system/"));
  const runs = useMemo(() => [run], [run]);
  return (
    <div className="flex flex-col gap-3">
      {system.length === 0 ? null : (
        <div>
          <Segments
            label={t("Which metrics")}
            value={ofSystem ? "system" : "model"}
            onChange={(value) => change({ of: value === "system" ? "system" : undefined })}
            options={[
              { value: "model", label: t("Of the model"), count: all.length - system.length },
              { value: "system", label: t("Of the machine"), count: system.length },
            ]}
          />
        </div>
      )}
      <MetricCharts
        runs={runs}
        metrics={ofSystem ? system : all.filter((key) => !key.startsWith("system/"))}
      />
    </div>
  );
}
