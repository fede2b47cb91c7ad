/** Feature views by the entity that they describe. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { type FeatureViewItem, useFeatureViews } from "../../api/features.ts";
import { SearchField } from "../../components/field.tsx";
import { Link, paths, useAddress } from "../../components/link.tsx";
import { Empty, Loaded, Page } from "../../components/page.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { durationText, Time } from "../../components/time.tsx";

/** Views of one name: the newest version speaks for all. */
interface Row {
  newest: FeatureViewItem;
  versions: number[];
}

function rowsOf(views: readonly FeatureViewItem[]): Row[] {
  return [...Map.groupBy(views, ({ name }) => name).values()].map((list) => {
    const sorted = [...list].sort((a, b) => b.version - a.version);
    return { newest: sorted[0] as FeatureViewItem, versions: sorted.map(({ version }) => version) };
  });
}

export function View() {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const search = useCallback((q: string) => change({ q }), [change]);
  const words = (address["q"] ?? "").toLowerCase();
  const entity = address["entity"] ?? "";
  const fits = ({ newest }: Row): boolean =>
    (entity === "" || newest.entity === entity) &&
    [newest.name, newest.entity, ...Object.keys(newest.features)].some((text) =>
      text.toLowerCase().includes(words),
    );
  return (
    <Page title={t("Features")}>
      <SearchField
        value={address["q"] ?? ""}
        onChange={search}
        label={t("Search views and features")}
        className="mb-3 w-full sm:w-72"
      />
      <Loaded query={useFeatureViews()}>
        {({ feature_views }) => {
          const all = rowsOf(feature_views);
          if (all.length === 0)
            return (
              <Empty icon="table" title={t("There is no feature view yet")}>
                {t("A feature view says which features belong to an entity, and when they became true.")}
              </Empty>
            );
          const rows = all.filter(fits);
          return (
            <>
              <Entities rows={all} chosen={entity} onChoose={(next) => change({ entity: next })} />
              {rows.length === 0 ? (
                <Empty icon="table" title={t("No feature view fits")} />
              ) : (
                <ViewTable rows={rows} />
              )}
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

function Entities({
  rows,
  chosen,
  onChoose,
}: {
  rows: readonly Row[];
  chosen: string;
  onChoose: (entity: string) => void;
}) {
  const { t } = useTranslation();
  const groups = [...Map.groupBy(rows, ({ newest }) => newest.entity)].sort(([a], [b]) => a.localeCompare(b));
  return (
    <ul aria-label={t("Entities")} className="mb-4 flex flex-wrap gap-2">
      {groups.map(([entity, list]) => (
        <li key={entity}>
          <button
            type="button"
            aria-pressed={entity === chosen}
            onClick={() => onChoose(entity === chosen ? "" : entity)}
            className={`card px-3 py-2 text-left ${entity === chosen ? "!border-accent !bg-accent-soft" : "hover:bg-sunken"}`}
          >
            <span className="block font-medium break-all">{entity}</span>
            <span className="block text-xs text-soft">
              {list[0]?.newest.join_keys.join(", ")} · {t("{{count}} feature views", { count: list.length })}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

export function useTtl(): (seconds: number) => string {
  const { t } = useTranslation();
  return (seconds) => (seconds === 0 ? t("for ever") : durationText(seconds * 1000));
}

function ViewTable({ rows }: { rows: readonly Row[] }) {
  const { t } = useTranslation();
  const ttl = useTtl();
  const columns: Column<Row>[] = [
    {
      id: "name",
      label: t("Feature view"),
      cell: ({ newest }) => (
        <div className="min-w-0">
          <Link to={paths.featureView(newest.name)} className="font-medium break-all hover:underline">
            {newest.name}
          </Link>
          {newest.description === "" ? null : (
            <p className="line-clamp-1 text-2xs text-faint">{newest.description}</p>
          )}
        </div>
      ),
    },
    { id: "entity", label: t("Entity"), cell: ({ newest }) => newest.entity },
    {
      id: "features",
      label: t("Features"),
      wide: true,
      cell: ({ newest }) => (
        <span className="line-clamp-2 font-mono text-xs break-all text-soft">
          {Object.keys(newest.features).join(", ")}
        </span>
      ),
    },
    {
      id: "versions",
      label: t("Versions"),
      wide: true,
      cell: ({ versions }) => versions.map((version) => `v${version}`).join(", "),
    },
    { id: "ttl", label: "TTL", wide: true, cell: ({ newest }) => ttl(newest.ttl) },
    {
      id: "until",
      label: t("Online until"),
      cell: ({ newest }) =>
        newest.materialized_until === null ? (
          <span className="text-faint">{t("never")}</span>
        ) : (
          <Time at={Date.parse(newest.materialized_until)} relative />
        ),
    },
  ];
  return (
    <Table label={t("Feature views")} columns={columns} rows={rows} keyOf={({ newest }) => newest.name} />
  );
}
