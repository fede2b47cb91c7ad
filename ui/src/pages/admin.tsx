/** What keeps Tradewind running: slots, secrets, people, settings and parts. */
import { useLocation } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../api/client.ts";
import { useMay } from "../api/session.ts";
import { Failure, Loading, Page, Tabs } from "../components/page.tsx";

const views = {
  pools: lazy(() => import("./admin-pools.tsx").then(({ Pools }) => ({ default: Pools }))),
  variables: lazy(() => import("./admin-variables.tsx").then(({ Variables }) => ({ default: Variables }))),
  connections: lazy(() =>
    import("./admin-connections.tsx").then(({ Connections }) => ({ default: Connections })),
  ),
  users: lazy(() => import("./admin-users.tsx").then(({ Users }) => ({ default: Users }))),
  tokens: lazy(() => import("./admin-tokens.tsx").then(({ Tokens }) => ({ default: Tokens }))),
  jobs: lazy(() => import("./admin-system.tsx").then(({ Jobs }) => ({ default: Jobs }))),
  providers: lazy(() => import("./admin-system.tsx").then(({ Providers }) => ({ default: Providers }))),
  plugins: lazy(() => import("./admin-plugins.tsx").then(({ Plugins }) => ({ default: Plugins }))),
  configs: lazy(() => import("./admin-system.tsx").then(({ Configs }) => ({ default: Configs }))),
  events: lazy(() => import("./event-list.tsx").then(({ EventList }) => ({ default: () => <EventList /> }))),
} as const;
type Place = keyof typeof views;

export function View() {
  const { t } = useTranslation();
  const may = useMay();
  const { pathname } = useLocation();
  const here = pathname.split("/").at(-1) ?? "";
  const places: [Place, string, string | null][] = [
    ["pools", t("Pools"), "Pools"],
    ["variables", t("Variables"), "Variables"],
    ["connections", t("Connections"), "Connections"],
    ["users", t("Users"), "Users"],
    ["tokens", t("Tokens"), null],
    ["jobs", t("Jobs"), "Jobs"],
    ["providers", t("Providers"), "Providers"],
    ["plugins", t("Plugins"), "Plugins"],
    ["configs", t("Configuration"), "Configurations"],
    ["events", t("Audit log"), "Audit Logs"],
  ];
  const seen = places.filter(([, , resource]) => resource === null || may("read", resource));
  const active = (here in views ? here : "pools") as Place;
  const needed = places.find(([id]) => id === active)?.[2] ?? null;
  const isHidden = needed !== null && !may("read", needed);
  const Shown = views[active];
  return (
    <Page
      title={places.find(([id]) => id === active)?.[1] ?? ""}
      crumbs={[{ label: t("Admin") }]}
      tabs={
        <Tabs
          label={t("Admin")}
          active={active}
          tabs={seen.map(([id, label]) => ({ id, label, to: `/${id}` }))}
        />
      }
    >
      {isHidden ? (
        <Failure error={new ApiError(403, "")} />
      ) : (
        <Suspense fallback={<Loading />}>
          <Shown />
        </Suspense>
      )}
    </Page>
  );
}
