/** How a model does on labels that came late, beside how it did on the reference. */
import { useTranslation } from "react-i18next";
import type { Reported } from "../../api/checks.ts";
import { numberText } from "../../components/numbers.ts";
import { Facts } from "../grid-side.tsx";

type Performance = Extract<Reported, { kind: "performance" }>["report"];

export function PerformanceReport({ report }: { report: Performance }) {
  const { t } = useTranslation();
  const { current, reference } = report;
  const loss = current === null ? null : report.greater_is_better ? reference - current : current - reference;
  return (
    <section className="card p-4" aria-label={t("Scores")}>
      <Facts
        facts={[
          [
            t("Metric"),
            <span key="m" className="font-mono">
              {report.metric}
            </span>,
          ],
          [t("Score of the reference"), numberText(reference)],
          [t("Score now"), current === null ? t("no number") : numberText(current)],
          [t("Worse by"), numberText(loss)],
          [t("Worse by at most"), numberText(report.tolerance)],
          [t("Predictions with labels"), `${report.samples}`],
          [t("At least needed"), `${report.min_samples}`],
          [t("Better is"), report.greater_is_better ? t("greater") : t("smaller")],
        ]}
      />
    </section>
  );
}
