/** Runs of all Dags, newest first. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { DateRange } from "../components/date-range.tsx";
import { FilterMenu, SearchField } from "../components/field.tsx";
import { useAddress } from "../components/link.tsx";
import { Page } from "../components/page.tsx";
import { useStateName } from "../components/state.tsx";
import { HistoryTabs } from "./history.tsx";
import { RunTable } from "./run-table.tsx";

export function View() {
  const { t } = useTranslation();
  return (
    <Page title={t("Runs")} tabs={<HistoryTabs active="runs" />}>
      <RunFilters />
      <RunTable />
    </Page>
  );
}

export function RunFilters() {
  const { t } = useTranslation();
  const name = useStateName();
  const [address, change] = useAddress();
  const search = useCallback((q: string) => change({ q, offset: undefined }), [change]);
  const states = ["queued", "running", "success", "failed"] as const;
  const types = ["scheduled", "manual", "backfill", "asset_triggered"];
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <SearchField
        value={address["q"] ?? ""}
        onChange={search}
        label={t("Search run ids")}
        className="w-full sm:w-64"
      />
      <FilterMenu
        title={t("State")}
        value={address["state"] ?? ""}
        onChange={(state) => change({ state, offset: undefined })}
        options={states.map((state) => ({ value: state, label: name(state) }))}
      />
      <FilterMenu
        title={t("Type")}
        value={address["type"] ?? ""}
        onChange={(type) => change({ type, offset: undefined })}
        options={types.map((type) => ({ value: type, label: type }))}
      />
      <DateRange />
    </div>
  );
}
