/** Curves of the runs of an experiment: of those that are chosen, else of the first that fit. */
import { useTranslation } from "react-i18next";
import type { RunColumns, RunRow } from "../../api/tracking-types.ts";
import { FilterMenu } from "../../components/field.tsx";
import { useAddress } from "../../components/link.tsx";
import { MetricCharts } from "./metric-charts.tsx";

const usualCount = "10";

export function RunsCharts({ known, rows }: { known: RunColumns; rows: readonly RunRow[] }) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const count = Number(address["n"] ?? usualCount);
  return (
    <div
      className="min-h-0 flex-1 overflow-y-auto px-4 py-3 sm:px-6"
      tabIndex={0}
      role="region"
      aria-label={t("Charts")}
    >
      {address["sel"] === undefined ? (
        <div className="mb-3">
          <FilterMenu
            title={t("Runs at most")}
            value={String(count)}
            onChange={(n) => change({ n: n === usualCount ? undefined : n })}
            options={["5", "10", "20", "50", "100"].map((n) => ({ value: n, label: n }))}
          />
        </div>
      ) : null}
      <MetricCharts
        runs={address["sel"] === undefined ? rows.slice(0, count || Number(usualCount)) : rows}
        metrics={known.metrics}
      />
    </div>
  );
}
