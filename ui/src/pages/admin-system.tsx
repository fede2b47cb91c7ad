/** Parts that run, packages that are known, and every setting with where it comes from. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useConfig, useRest } from "../api/queries.ts";
import type { ConfigOption } from "../api/types.ts";
import { SearchField, Segments } from "../components/field.tsx";
import { useAddress } from "../components/link.tsx";
import { Empty, Loaded } from "../components/page.tsx";
import { StateBadge } from "../components/state.tsx";
import { type Column, Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";

interface Job {
  id: number;
  job_type: string | null;
  state: string | null;
  hostname: string | null;
  start_date: string | null;
  end_date: string | null;
  latest_heartbeat: string | null;
  unixname: string | null;
}

const at = (text: string | null): number | null => (text === null ? null : Date.parse(text));

export function Jobs() {
  const { t } = useTranslation();
  const query = useRest<{ jobs: Job[] }>(["jobs"], "/jobs", { limit: 100, order_by: "-id" });
  const columns: Column<Job>[] = [
    { id: "state", label: t("State"), cell: (job) => <StateBadge state={stateOf(job.state)} small /> },
    { id: "type", label: t("Part"), cell: (job) => <span className="font-medium">{job.job_type}</span> },
    { id: "host", label: t("Host"), cell: (job) => job.hostname ?? "–" },
    { id: "start", label: t("Started"), cell: (job) => <Time at={at(job.start_date)} style="full" /> },
    {
      id: "beat",
      label: t("Last sign of life"),
      cell: (job) => <Time at={at(job.latest_heartbeat)} relative />,
    },
    { id: "end", label: t("Ended"), wide: true, cell: (job) => <Time at={at(job.end_date)} style="full" /> },
  ];
  return (
    <Loaded query={query}>
      {({ jobs }) =>
        jobs.length === 0 ? (
          <Empty icon="settings" title={t("Nothing has run yet")} />
        ) : (
          <Table label={t("Jobs")} columns={columns} rows={jobs} keyOf={(job) => String(job.id)} />
        )
      }
    </Loaded>
  );
}

function stateOf(state: string | null): "running" | "success" | "failed" | null {
  return state === "running" || state === "success" || state === "failed" ? state : null;
}

interface Provider {
  package_name: string;
  version: string;
  description: string;
}

export function Providers() {
  const { t } = useTranslation();
  const query = useRest<{ providers: Provider[] }>(["providers"], "/providers", { limit: 100 });
  const columns: Column<Provider>[] = [
    {
      id: "name",
      label: t("Package"),
      cell: (one) => <span className="font-medium break-all">{one.package_name}</span>,
    },
    { id: "version", label: t("Version"), cell: (one) => one.version },
    {
      id: "words",
      label: t("Description"),
      wide: true,
      cell: (one) => <span className="text-soft">{one.description}</span>,
    },
  ];
  return (
    <Loaded query={query}>
      {({ providers }) =>
        providers.length === 0 ? (
          <Empty icon="assets" title={t("No provider is known")} />
        ) : (
          <Table
            label={t("Providers")}
            columns={columns}
            rows={providers}
            keyOf={(one) => one.package_name}
          />
        )
      }
    </Loaded>
  );
}

type Which = "all" | "changed";

export function Configs() {
  const { t } = useTranslation();
  const [address, change] = useAddress();
  const which = (address["which"] ?? "all") as Which;
  const words = (address["q"] ?? "").toLowerCase();
  const search = useCallback((q: string) => change({ q }), [change]);
  const columns: Column<ConfigOption>[] = [
    {
      id: "name",
      label: t("Setting"),
      cell: (one) => (
        <div>
          <span className="font-mono text-xs font-medium">
            {one.section}.{one.key}
          </span>
          <p className="text-xs text-faint">{one.description}</p>
        </div>
      ),
    },
    {
      id: "value",
      label: t("Value"),
      cell: (one) => <span className="font-mono text-xs break-all">{one.value}</span>,
    },
    {
      id: "origin",
      label: t("Comes from"),
      wide: true,
      cell: (one) => (
        <span
          className={`break-all text-xs ${one.isDefault ? "text-faint" : "font-medium text-accent-text"}`}
        >
          {one.origin}
        </span>
      ),
    },
  ];
  return (
    <>
      <div className="mb-3 flex flex-wrap gap-2">
        <SearchField
          value={address["q"] ?? ""}
          onChange={search}
          label={t("Search settings")}
          className="w-full sm:w-64"
        />
        <Segments<Which>
          label={t("Which settings")}
          value={which}
          onChange={(value) => change({ which: value === "all" ? undefined : value })}
          options={[
            { value: "all", label: t("All") },
            { value: "changed", label: t("Changed") },
          ]}
        />
      </div>
      <Loaded query={useConfig()}>
        {(options) => (
          <Table
            label={t("Configuration")}
            columns={columns}
            rows={options.filter(
              (one) =>
                (which === "all" || !one.isDefault) &&
                `${one.section}.${one.key} ${one.description}`.toLowerCase().includes(words),
            )}
            keyOf={(one) => `${one.section}.${one.key}`}
          />
        )}
      </Loaded>
    </>
  );
}
