/** Data quality and drift: every check with how it went last and before. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useCheckSeries } from "../../api/checks.ts";
import type { CheckKind, CheckOutcome, CheckPoint, CheckSeries } from "../../api/types.ts";
import { FilterMenu, SearchField, Segments } from "../../components/field.tsx";
import { percentText, shortText } from "../../components/figures.ts";
import { Link, paths, useAddress } from "../../components/link.tsx";
import { OutcomeBadge, outcomeColor, useOutcomeName } from "../../components/outcome.tsx";
import { Empty, Loaded, Page } from "../../components/page.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";

export function useKindName(): (kind: CheckKind) => string {
  const { t } = useTranslation();
  const names: Record<CheckKind, string> = {
    validation: t("Data quality"),
    drift: t("Drift"),
    performance: t("Performance"),
  };
  return (kind) => names[kind];
}

/** What the score of a check says, in few letters. */
export function scoreText(kind: CheckKind, score: number | null): string {
  return kind === "performance" ? shortText(score) : percentText(score);
}

export function View() {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const kindName = useKindName();
  const outcomeName = useOutcomeName();
  const search = useCallback((q: string) => change({ q }), [change]);
  const words = (address["q"] ?? "").toLowerCase();
  const kind = address["kind"] ?? "";
  const outcome = address["outcome"] ?? "";
  const fits = (one: CheckSeries): boolean =>
    (kind === "" || one.kind === kind) &&
    (outcome === "" || one.last.outcome === outcome) &&
    [one.name, one.dataset, one.dagId ?? "", one.modelName ?? ""].some((text) =>
      text.toLowerCase().includes(words),
    );
  return (
    <Page title={t("Data quality and drift")}>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchField
          value={address["q"] ?? ""}
          onChange={search}
          label={t("Search checks")}
          className="w-full sm:w-64"
        />
        <Segments
          label={t("Kind")}
          value={kind}
          onChange={(value) => change({ kind: value })}
          options={[
            { value: "", label: t("All") },
            ...(["validation", "drift", "performance"] as const).map((value) => ({
              value,
              label: kindName(value),
            })),
          ]}
        />
        <FilterMenu
          title={t("Outcome")}
          value={outcome}
          onChange={(value) => change({ outcome: value })}
          options={(["failed", "warned", "passed"] as const).map((value: CheckOutcome) => ({
            value,
            label: outcomeName(value),
          }))}
        />
      </div>
      <Loaded query={useCheckSeries()}>
        {(all) => {
          const rows = all.filter(fits);
          if (rows.length > 0) return <SeriesTable rows={rows} />;
          return all.length === 0 ? (
            <Empty icon="shield" title={t("There is no report of a check yet")}>
              {t(
                "Tasks made by validationTask, driftTask and decayTask report here, and so can any program.",
              )}
            </Empty>
          ) : (
            <Empty icon="shield" title={t("No check fits")} />
          );
        }}
      </Loaded>
    </Page>
  );
}

function SeriesTable({ rows }: { rows: readonly CheckSeries[] }) {
  const { t } = useTranslation();
  const kindName = useKindName();
  const columns: Column<CheckSeries>[] = [
    { id: "outcome", label: t("Outcome"), cell: ({ last }) => <OutcomeBadge outcome={last.outcome} small /> },
    {
      id: "name",
      label: t("Check"),
      cell: (one) => (
        <div className="min-w-0">
          <Link to={paths.check(one.last.id)} className="font-medium break-all hover:underline">
            {one.name}
          </Link>
          <p className="text-2xs break-all text-faint">
            {[kindName(one.kind), one.dataset, one.modelName].filter(Boolean).join(" · ")}
          </p>
        </div>
      ),
    },
    {
      id: "score",
      label: t("Result"),
      align: "right",
      cell: (one) => (
        <span className="text-xs whitespace-nowrap">
          {one.kind === "performance" ? shortText(one.last.score) : `${one.failed} / ${one.checked}`}
        </span>
      ),
    },
    {
      id: "recent",
      label: t("Before"),
      wide: true,
      className: "w-44",
      cell: (one) => <Recent points={one.recent} kind={one.kind} />,
    },
    {
      id: "task",
      label: t("Task"),
      wide: true,
      cell: ({ dagId, dagRunId, taskId, mapIndex }) =>
        dagId === null || dagRunId === null || taskId === null ? (
          <span className="text-faint">{t("somebody outside")}</span>
        ) : (
          <Link to={paths.task(dagId, dagRunId, taskId, mapIndex ?? -1)} className="link break-all">
            {dagId} · {taskId}
          </Link>
        ),
    },
    { id: "when", label: t("When"), cell: ({ last }) => <Time at={last.createdAt} relative /> },
  ];
  return (
    <Table
      label={t("Checks")}
      columns={columns}
      rows={rows}
      keyOf={(one) => `${one.kind}\n${one.name}\n${one.dataset}`}
    />
  );
}

/** A bar for each report, the newest at the right: its height is the score, its colour the outcome. */
function Recent({ points, kind }: { points: readonly CheckPoint[]; kind: CheckKind }) {
  const outcomeName = useOutcomeName();
  const most = Math.max(
    ...points.map(({ score }) => Math.abs(score ?? 0)),
    kind === "performance" ? 1e-12 : 0.2,
  );
  return (
    <span
      className="flex h-6 items-end gap-0.5"
      role="img"
      aria-label={points.map(({ outcome }) => outcomeName(outcome)).join(", ")}
    >
      {points.map(({ id, outcome, score }) => (
        <span
          key={id}
          title={`${outcomeName(outcome)} · ${scoreText(kind, score)}`}
          className="w-1.5 rounded-sm"
          style={{
            height: `${Math.max(16, (Math.abs(score ?? most) / most) * 100)}%`,
            background: outcomeColor(outcome),
          }}
        />
      ))}
    </span>
  );
}
