/** What came of the answers: each metric by variant with its interval, and whether a difference is more than chance. */
import { useTranslation } from "react-i18next";
import type { Deployment, MetricOfVariant } from "../../api/types.ts";
import { shortText } from "../../components/figures.ts";
import { type Column, Table } from "../../components/table.tsx";
import { colorOf, Dot } from "./deployment-parts.tsx";

interface Row extends MetricOfVariant {
  metric: string;
  /** The ends of all intervals of the metric. */
  range: readonly [number, number];
}

/** Below it a difference counts as more than chance. */
const significance = 0.05;

export function MetricTable({ deployment }: { deployment: Deployment }) {
  const { t } = useTranslation();
  const { metrics, variants } = deployment;
  const rows = metrics.flatMap(({ metric, variants: list }): Row[] => {
    const ends = list.flatMap(({ interval, mean }) => interval ?? [mean, mean]);
    const range = [Math.min(...ends), Math.max(...ends)] as const;
    return list.map((one) => ({ ...one, metric, range }));
  });
  const columns: Column<Row>[] = [
    { id: "metric", label: t("Metric"), cell: (one) => <span className="font-medium">{one.metric}</span> },
    {
      id: "variant",
      label: t("Variant"),
      cell: (one) => (
        <span className="inline-flex items-center gap-1.5">
          <Dot color={colorOf(variants, one.variant)} />
          {one.variant}
        </span>
      ),
    },
    { id: "count", label: t("Answers"), align: "right", wide: true, cell: (one) => one.count },
    { id: "mean", label: t("Mean"), align: "right", cell: (one) => shortText(one.mean) },
    {
      id: "interval",
      label: t("95 % interval"),
      wide: true,
      className: "w-56",
      cell: (one) => <Interval row={one} color={colorOf(variants, one.variant)} />,
    },
    {
      id: "difference",
      label: t("Beside {{name}}", { name: deployment.baseline }),
      cell: ({ comparison }) => <Verdict comparison={comparison} />,
    },
  ];
  return (
    <section aria-label={t("Business metrics")}>
      <h3 className="mb-2 font-semibold">{t("Business metrics")}</h3>
      {rows.length === 0 ? (
        <p className="card px-4 py-3 text-sm text-soft">
          {t("Nothing was told yet of what came of the answers.")}{" "}
          <code className="font-mono text-xs break-all">POST /api/endpoints/{deployment.name}/outcomes</code>
        </p>
      ) : (
        <Table
          label={t("Business metrics")}
          columns={columns}
          rows={rows}
          keyOf={(one) => `${one.metric}\n${one.variant}`}
        />
      )}
    </section>
  );
}

function Interval({ row, color }: { row: Row; color: string }) {
  if (row.interval === null) return <span className="text-faint">–</span>;
  const [low, high] = row.interval;
  const [least, most] = row.range;
  const place = (value: number): number => (most === least ? 50 : ((value - least) / (most - least)) * 100);
  const words = `${shortText(low)} – ${shortText(high)}`;
  return (
    <span className="flex flex-col gap-1">
      <span role="img" aria-label={words} className="relative block h-2.5 rounded-full bg-sunken">
        <span
          className="absolute top-1 h-0.5"
          style={{
            left: `${place(low)}%`,
            width: `${Math.max(1, place(high) - place(low))}%`,
            background: `var(${color})`,
          }}
        />
        <span
          className="absolute top-0 size-2.5 -translate-x-1/2 rounded-full"
          style={{ left: `${place(row.mean)}%`, background: `var(${color})` }}
        />
      </span>
      <span className="text-2xs text-faint" aria-hidden="true">
        {words}
      </span>
    </span>
  );
}

function Verdict({ comparison }: { comparison: MetricOfVariant["comparison"] }) {
  const { t } = useTranslation();
  if (comparison === null) return <span className="text-faint">–</span>;
  const { difference, interval, pValue } = comparison;
  const isReal = pValue !== null && pValue < significance;
  return (
    <div className="text-xs">
      <p className="font-medium tabular-nums">
        {difference > 0 ? "+" : ""}
        {shortText(difference)}
        {interval === null ? null : (
          <span className="font-normal text-faint">
            {" "}
            [{shortText(interval[0])}, {shortText(interval[1])}]
          </span>
        )}
      </p>
      <p className={isReal ? "text-accent-text" : "text-soft"}>
        {pValue === null
          ? t("too few values")
          : isReal
            ? t("more than chance (p = {{p}})", { p: shortText(pValue, 2) })
            : t("may be chance (p = {{p}})", { p: shortText(pValue, 2) })}
      </p>
    </div>
  );
}
