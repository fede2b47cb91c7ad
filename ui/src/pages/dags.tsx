/** All Dags: how their last runs went, when the next comes, and what can be done with each. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useDagFacets, useDags } from "../api/queries.ts";
import { FilterMenu, SearchField, Segments } from "../components/field.tsx";
import { useAddress } from "../components/link.tsx";
import { Empty, Loaded, Page } from "../components/page.tsx";
import { Pager, useOffset } from "../components/table.tsx";
import { DagTable } from "./dag-table.tsx";
import { ImportErrorsNotice } from "./import-errors-notice.tsx";

const pageSize = 50;

type Show = "all" | "active" | "paused" | "failed" | "running" | "favorite";

export function View() {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const show = (address["show"] ?? "all") as Show;
  const offset = useOffset();
  const dags = useDags({
    search: address["q"],
    tags: address["tag"],
    owners: address["owner"],
    show: show === "all" ? undefined : show,
    order_by: address["sort"] ?? "name",
    limit: pageSize,
    offset,
  });
  const { data: facets } = useDagFacets();
  const search = useCallback((q: string) => change({ q, offset: undefined }), [change]);
  const shows: [Show, string][] = [
    ["all", t("All")],
    ["active", t("Active")],
    ["paused", t("Paused")],
    ["running", t("Running")],
    ["failed", t("Failed")],
    ["favorite", t("Favourites")],
  ];
  const named = (list: { name: string; count: number }[] | undefined) =>
    (list ?? []).map(({ name, count }) => ({ value: name, label: `${name} (${count})` }));
  return (
    <Page title={t("Dags")} lead={<span className="text-faint tabular-nums">{dags.data?.total}</span>}>
      <ImportErrorsNotice />
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchField
          value={address["q"] ?? ""}
          onChange={search}
          label={t("Search Dags")}
          className="w-full sm:w-64"
        />
        <Segments<Show>
          label={t("Which Dags")}
          value={show}
          onChange={(value) => change({ show: value === "all" ? undefined : value, offset: undefined })}
          options={shows.map(([value, label]) => ({ value, label, count: facets?.counts[value] }))}
        />
        <FilterMenu
          title={t("Tag")}
          value={address["tag"] ?? ""}
          options={named(facets?.tags)}
          onChange={(tag) => change({ tag, offset: undefined })}
        />
        <FilterMenu
          title={t("Owner")}
          value={address["owner"] ?? ""}
          options={named(facets?.owners)}
          onChange={(owner) => change({ owner, offset: undefined })}
        />
      </div>
      <Loaded query={dags} rows={12}>
        {({ dags: rows, total }) =>
          rows.length === 0 ? (
            <NoDags filtered={Object.keys(address).length > 0} />
          ) : (
            <>
              <DagTable rows={rows} sort={address["sort"] ?? "name"} onSort={(sort) => change({ sort })} />
              <Pager limit={pageSize} total={total} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function NoDags({ filtered }: { filtered: boolean }) {
  const { t } = useTranslation();
  if (filtered) return <Empty icon="filter" title={t("No Dag fits")} />;
  return (
    <Empty icon="dags" title={t("There is no Dag yet")}>
      {t("Save a file that defines one in the Dags folder: it shows up here in under a second.")}
    </Empty>
  );
}
