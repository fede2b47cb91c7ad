/** A report of drift: each column with its test, and the two distributions beside each other. */
import { useTranslation } from "react-i18next";
import type { Distribution, ReportedColumn } from "../../api/checks.ts";
import { percentText, shortText } from "../../components/figures.ts";
import { useAddress } from "../../components/link.tsx";
import { OutcomeBadge } from "../../components/outcome.tsx";
import { type Column, Table } from "../../components/table.tsx";

export function DriftReport({ columns: all }: { columns: readonly ReportedColumn[] }) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const sorted = [...all].sort((a, b) => Number(b.drifted) - Number(a.drifted));
  const chosen = all.find(({ column }) => column === address["column"]) ?? sorted[0];
  const columns: Column<ReportedColumn>[] = [
    {
      id: "column",
      label: t("Column"),
      cell: (one) => (
        <button
          type="button"
          aria-pressed={one === chosen}
          onClick={() => change({ column: one.column })}
          className={`min-w-24 text-left font-medium break-words hover:underline ${one === chosen ? "text-accent-text" : ""}`}
        >
          {one.column}
        </button>
      ),
    },
    {
      id: "verdict",
      label: t("Verdict"),
      cell: ({ drifted }) => (
        <OutcomeBadge
          outcome={drifted ? "failed" : "passed"}
          label={drifted ? t("drifted") : t("as before")}
          small
        />
      ),
    },
    {
      id: "test",
      label: t("Test"),
      wide: true,
      cell: ({ test }) => <span className="font-mono text-xs">{test}</span>,
    },
    {
      id: "score",
      label: t("Statistic"),
      align: "right",
      className: "whitespace-nowrap",
      cell: ({ score }) => shortText(score),
    },
    {
      id: "threshold",
      label: t("Threshold"),
      align: "right",
      wide: true,
      cell: ({ threshold }) => shortText(threshold),
    },
    {
      id: "shape",
      label: t("Reference and current"),
      wide: true,
      className: "w-52",
      cell: (one) => <Shapes column={one} height={26} />,
    },
  ];
  return (
    <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
      <Table label={t("Columns")} columns={columns} rows={sorted} keyOf={({ column }) => column} />
      {chosen === undefined ? null : <ColumnCard column={chosen} />}
    </div>
  );
}

const sides = [
  { side: "reference", color: "var(--s-queued)" },
  { side: "current", color: "var(--accent)" },
] as const;

function ColumnCard({ column }: { column: ReportedColumn }) {
  const { t } = useTranslation();
  const names = { reference: t("Reference"), current: t("Current") };
  return (
    <section
      className="card p-4 xl:sticky xl:top-4"
      aria-label={t("Distributions of {{column}}", { column: column.column })}
    >
      <h2 className="font-semibold break-all">{column.column}</h2>
      <p className="mb-3 text-xs text-soft">
        {column.note ??
          t("{{test}}: {{score}}, threshold {{threshold}}", {
            test: column.test,
            score: shortText(column.score),
            threshold: shortText(column.threshold),
          })}
      </p>
      {column.reference === null || column.current === null ? (
        <p className="text-sm text-soft">{t("The report has no distributions.")}</p>
      ) : (
        <>
          {column.kind === "num" ? <Shapes column={column} height={150} /> : <Categories column={column} />}
          {column.kind === "num" ? <Ends column={column} /> : null}
          <dl className="mt-3 grid grid-cols-[auto_1fr_1fr] gap-x-4 gap-y-1 text-xs tabular-nums">
            <dt />
            {sides.map(({ side, color }) => (
              <dd key={side} className="inline-flex items-center gap-1.5 font-medium">
                <span className="size-2 rounded-full" style={{ background: color }} />
                {names[side]}
              </dd>
            ))}
            <Figure label={t("Values")} of={({ count }) => String(count)} column={column} />
            <Figure label={t("Missing")} of={({ missing }) => String(missing)} column={column} />
            <Figure label={t("Mean")} of={({ mean }) => shortText(mean)} column={column} />
          </dl>
        </>
      )}
    </section>
  );
}

function Figure({
  label,
  of,
  column,
}: {
  label: string;
  of: (distribution: Distribution) => string;
  column: ReportedColumn;
}) {
  return (
    <>
      <dt className="text-faint">{label}</dt>
      {sides.map(({ side }) => (
        <dd key={side}>{column[side] === null ? "–" : of(column[side])}</dd>
      ))}
    </>
  );
}

/** Bins of both sides by their label: one that is missing on a side is empty there. */
function binsOf({ reference, current }: ReportedColumn): { label: string; shares: [number, number] }[] {
  const labels = [
    ...new Set([...(reference?.bins ?? []), ...(current?.bins ?? [])].map(({ label }) => label)),
  ];
  const share = (side: Distribution | null, label: string): number =>
    side?.bins.find((bin) => bin.label === label)?.share ?? 0;
  return labels.map((label) => ({ label, shares: [share(reference, label), share(current, label)] }));
}

/** Two bars for each bin. */
function Shapes({ column, height }: { column: ReportedColumn; height: number }) {
  const { t } = useTranslation();
  const bins = binsOf(column);
  const most = Math.max(...bins.flatMap(({ shares }) => shares), 0.001);
  const words = bins
    .map(({ label, shares }) => `${label}: ${percentText(shares[0])}, ${percentText(shares[1])}`)
    .join("; ");
  return (
    <span
      role="img"
      aria-label={`${t("Reference and current")}: ${words}`}
      className="flex items-end gap-px border-b"
      style={{ height }}
    >
      {bins.map(({ label, shares }) => (
        <span
          key={label}
          title={`${label}\n${t("Reference")}: ${percentText(shares[0])}\n${t("Current")}: ${percentText(shares[1])}`}
          className="flex h-full flex-1 items-end"
        >
          {sides.map(({ side, color }, place) => (
            <span
              key={side}
              className="flex-1"
              style={{ height: `${((shares[place] ?? 0) / most) * 100}%`, background: color }}
            />
          ))}
        </span>
      ))}
    </span>
  );
}

function Ends({ column }: { column: ReportedColumn }) {
  const bins = binsOf(column);
  return (
    <p className="mt-1 flex justify-between text-2xs text-faint tabular-nums" aria-hidden="true">
      <span>{bins[0]?.label.split(" – ")[0]}</span>
      <span>{bins.at(-1)?.label.split(" – ").at(-1)}</span>
    </p>
  );
}

function Categories({ column }: { column: ReportedColumn }) {
  const bins = binsOf(column);
  const most = Math.max(...bins.flatMap(({ shares }) => shares), 0.001);
  return (
    <ul className="flex flex-col gap-1.5 text-xs">
      {bins.map(({ label, shares }) => (
        <li key={label} className="grid grid-cols-[6rem_1fr] items-center gap-2">
          <span className="truncate" title={label}>
            {label}
          </span>
          <span className="flex flex-col gap-0.5">
            {sides.map(({ side, color }, place) => (
              <span key={side} className="flex items-center gap-1.5">
                <span
                  className="h-2 rounded-sm"
                  style={{ width: `${((shares[place] ?? 0) / most) * 75}%`, background: color }}
                />
                <span className="text-2xs text-faint tabular-nums">{percentText(shares[place])}</span>
              </span>
            ))}
          </span>
        </li>
      ))}
    </ul>
  );
}
