import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ModelPage, ModelVersionItem } from "../../api/tracking-types.ts";
import { Button } from "../../components/button.tsx";
import { Link, paths, useAddress, useGo } from "../../components/link.tsx";
import { numberText } from "../../components/numbers.ts";
import { Empty } from "../../components/page.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";
import { AliasChip, StageChip, ValidationChip, validationOf, validationTag } from "./stages.tsx";
import { TagChips } from "./tags.tsx";

const shownMetrics = 3;

export function ModelVersions({ page: { model, versions } }: { page: ModelPage }) {
  const { t } = useTranslation();
  const go = useGo();
  const [address, change] = useAddress();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const columns = useVersionColumns(model.name, versions);
  const sort = address["sort"] ?? "-version";
  if (versions.length === 0)
    return (
      <Empty icon="cube" title={t("It has no version yet")}>
        {t("Register one from a run.")}
      </Empty>
    );
  return (
    <>
      {selected.size === 0 ? null : (
        <div className="mb-3 flex flex-wrap items-center gap-2">
          <Button
            icon="diff"
            kind="primary"
            disabled={selected.size !== 2}
            onClick={() =>
              go(
                `${paths.model(model.name, "compare")}?versions=${[...selected].sort((a, b) => Number(a) - Number(b)).join(",")}`,
              )
            }
          >
            {t("Compare")}
          </Button>
          <span className="text-sm text-soft">
            {selected.size === 2 ? null : t("Choose two versions to compare them")}
          </span>
        </div>
      )}
      <Table
        label={t("Versions")}
        columns={columns}
        rows={sorted(versions, sort)}
        keyOf={(one) => String(one.version)}
        sort={sort}
        onSort={(next) => change({ sort: next })}
        selected={selected}
        onSelect={setSelected}
      />
    </>
  );
}

/** By version, or by a metric. */
function sorted(versions: readonly ModelVersionItem[], sort: string): ModelVersionItem[] {
  const down = sort.startsWith("-");
  const key = sort.replace(/^-/, "");
  const valueOf = (one: ModelVersionItem): number => {
    if (key === "version") return one.version;
    const value = Number(one.metrics.find((metric) => metric.key === key)?.value);
    // What has none stands behind, whatever the direction.
    return Number.isNaN(value) ? (down ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY) : value;
  };
  return [...versions].sort((a, b) => (down ? valueOf(b) - valueOf(a) : valueOf(a) - valueOf(b)));
}

function useVersionColumns(name: string, versions: readonly ModelVersionItem[]): Column<ModelVersionItem>[] {
  const { t } = useTranslation();
  const metrics = [...new Set(versions.flatMap((one) => one.metrics.map(({ key }) => key)))];
  return [
    {
      id: "version",
      label: t("Version"),
      sort: ["-version", "version"],
      cell: (one) => (
        <span className="flex flex-wrap items-center gap-1.5">
          <Link to={paths.modelVersion(name, one.version)} className="font-medium hover:underline">
            v{one.version}
          </Link>
          {one.aliases.map((alias) => (
            <AliasChip key={alias} alias={alias} />
          ))}
        </span>
      ),
    },
    {
      id: "stage",
      label: t("Stage"),
      cell: (one) => {
        const validation = validationOf(one.tags);
        return (
          <span className="flex flex-wrap gap-1.5">
            {one.stage === "None" ? null : <StageChip stage={one.stage} />}
            {validation === null ? null : <ValidationChip validation={validation} />}
          </span>
        );
      },
    },
    ...metrics.slice(0, shownMetrics).map(
      (key): Column<ModelVersionItem> => ({
        id: key,
        label: key,
        align: "right",
        wide: true,
        sort: [`-${key}`, key],
        cell: (one) => numberText(one.metrics.find((metric) => metric.key === key)?.value),
      }),
    ),
    {
      id: "run",
      label: t("Run"),
      wide: true,
      cell: ({ run }) =>
        run === null ? (
          "–"
        ) : (
          <Link to={paths.trackedRun(run.experimentId, run.runId)} className="link">
            {run.name}
          </Link>
        ),
    },
    {
      id: "tags",
      label: t("Tags"),
      wide: true,
      cell: (one) => <TagChips tags={one.tags.filter(({ key }) => key !== validationTag)} />,
    },
    { id: "by", label: t("By"), wide: true, cell: (one) => one.userId ?? "–" },
    { id: "when", label: t("Created"), cell: (one) => <Time at={one.creationTime} relative /> },
  ];
}
