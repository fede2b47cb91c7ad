/** A report of a suite: each expectation, what was observed, and the values that do not fit. */
import { useTranslation } from "react-i18next";
import type { ReportedExpectation } from "../../api/checks.ts";
import type { Json } from "../../api/types.ts";
import { Segments } from "../../components/field.tsx";
import { useAddress } from "../../components/link.tsx";
import { numberText } from "../../components/numbers.ts";
import { OutcomeBadge } from "../../components/outcome.tsx";
import { type Column, Table } from "../../components/table.tsx";

const columnOf = ({ kwargs }: ReportedExpectation): string =>
  [kwargs["column"], kwargs["column_A"], kwargs["column_B"], kwargs["column_list"]]
    .filter((name) => name !== undefined)
    .map((name) => (Array.isArray(name) ? name.join(", ") : String(name)))
    .join(", ");

/** What it asks for, less what other columns of the table show. */
const askedOf = ({ kwargs }: ReportedExpectation): string =>
  Object.entries(kwargs)
    .filter(([name, value]) => !/^column(_[AB]|_list)?$/.test(name) && value !== null)
    .map(([name, value]) => `${name}: ${short(value)}`)
    .join(", ");

const longest = 120;
function short(value: Json | undefined): string {
  if (typeof value === "number") return numberText(value);
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "–");
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

export function ValidationReport({ results }: { results: readonly ReportedExpectation[] }) {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const broken = results.filter(({ success }) => !success);
  const only = address["show"] === "broken";
  const columns: Column<ReportedExpectation>[] = [
    {
      id: "verdict",
      label: t("Verdict"),
      cell: ({ success, severity }) => (
        <OutcomeBadge
          outcome={success ? "passed" : severity === "warning" ? "warned" : "failed"}
          label={success ? t("holds") : t("does not hold")}
          small
        />
      ),
    },
    {
      id: "column",
      label: t("Column"),
      cell: (one) => <span className="font-medium break-all">{columnOf(one) || t("the table")}</span>,
    },
    {
      id: "type",
      label: t("Expectation"),
      cell: (one) => (
        <div className="min-w-0">
          <p className="font-mono text-xs break-all">{one.type}</p>
          <p className="text-2xs break-words text-faint">{askedOf(one)}</p>
          {one.exception === null ? null : (
            <p className="text-xs break-words text-danger-text">{one.exception}</p>
          )}
        </div>
      ),
    },
    {
      id: "observed",
      label: t("Observed"),
      wide: true,
      cell: ({ result }) => <span className="text-xs break-words">{short(result.observed_value)}</span>,
    },
    {
      id: "unexpected",
      label: t("Do not fit"),
      wide: true,
      cell: ({ result }) =>
        result.unexpected_count === undefined || result.unexpected_count === 0 ? (
          <span className="text-faint">–</span>
        ) : (
          <div className="text-xs">
            <p className="tabular-nums">
              {result.unexpected_count} / {result.element_count}
            </p>
            <p className="font-mono text-2xs break-all text-soft">
              {result.partial_unexpected_list?.slice(0, 5).map(short).join(", ")}
            </p>
          </div>
        ),
    },
  ];
  return (
    <section aria-label={t("Expectations")}>
      <div className="mb-2">
        <Segments
          label={t("Which")}
          value={only ? "broken" : "all"}
          onChange={(value) => change({ show: value === "all" ? undefined : value })}
          options={[
            { value: "all", label: t("All"), count: results.length },
            { value: "broken", label: t("Do not hold"), count: broken.length },
          ]}
        />
      </div>
      <Table
        label={t("Expectations")}
        columns={columns}
        rows={only ? broken : results}
        keyOf={(one) => `${one.type}\n${JSON.stringify(one.kwargs)}`}
      />
    </section>
  );
}
