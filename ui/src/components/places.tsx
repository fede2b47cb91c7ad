/** The views that the navigation leads to. */
import { useTranslation } from "react-i18next";
import { useHome } from "../api/queries.ts";
import { useMay } from "../api/session.ts";
import type { IconName } from "./icons.tsx";
import { paths } from "./link.tsx";

export interface Place {
  to: string;
  label: string;
  icon: IconName;
  badge?: number | undefined;
  /** Longer addresses that belong to it, too. */
  match: RegExp;
}

/** Places under one heading; on a phone one item opens them. */
export interface PlaceGroup {
  label: string;
  /** Where there is little room. */
  short: string;
  icon: IconName;
  places: Place[];
}

const adminPaths = /^\/(pools|variables|connections|users|tokens|providers|configs|jobs|plugins|events)/;

/** Machine learning: what is needed to see it, and where it is. */
const mlPlaces: readonly (Omit<Place, "label"> & { text: string; needs: string })[] = [
  {
    to: paths.experiments,
    text: "Experiments",
    icon: "flask",
    match: /^\/(experiments|compare-runs)/,
    needs: "Experiments",
  },
  { to: paths.models, text: "Models", icon: "cube", match: /^\/models/, needs: "Registered Models" },
  { to: paths.studies, text: "Studies", icon: "target", match: /^\/studies/, needs: "Experiments" },
  {
    to: paths.deployments,
    text: "Deployments",
    icon: "rocket",
    match: /^\/deployments/,
    needs: "Registered Models",
  },
  { to: paths.checks, text: "Data checks", icon: "shield", match: /^\/checks/, needs: "Experiments" },
  { to: paths.features, text: "Features", icon: "table", match: /^\/features/, needs: "Experiments" },
  { to: paths.lineageSearch, text: "Lineage", icon: "lineage", match: /^\/lineage/, needs: "Experiments" },
];

export function usePlaces(): { first: Place[]; groups: PlaceGroup[]; last: Place[] } {
  const { t } = useTranslation();
  const may = useMay();
  const { data: home } = useHome();
  const people = home?.attention.filter(({ kind }) => kind === "person").length;
  const admin = (
    [
      ["pools", "Pools"],
      ["connections", "Connections"],
      ["jobs", "Jobs"],
    ] as const
  ).find(([, resource]) => may("read", resource));
  // The texts are keys that stand in the list above.
  const names: { [text: string]: string } = {
    Experiments: t("Experiments"),
    Models: t("Models"),
    Studies: t("Studies"),
    Deployments: t("Deployments"),
    "Data checks": t("Data checks"),
    Features: t("Features"),
    Lineage: t("Lineage"),
  };
  const ml = mlPlaces.flatMap(({ text, needs, ...place }) =>
    may("read", needs) ? [{ ...place, label: names[text] ?? text }] : [],
  );
  return {
    first: [
      { to: paths.home, label: t("Home"), icon: "home", match: /^\/$/ },
      { to: paths.dags, label: t("Dags"), icon: "dags", match: /^\/(dags|import_errors)/ },
      { to: paths.runs, label: t("Runs"), icon: "runs", match: /^\/(dag_runs|task_instances|xcoms)/ },
      { to: paths.assets, label: t("Assets"), icon: "assets", match: /^\/assets/ },
      { to: paths.inbox, label: t("Inbox"), icon: "inbox", match: /^\/required_actions/, badge: people },
    ],
    groups:
      ml.length === 0 ? [] : [{ label: t("Machine learning"), short: t("ML"), icon: "flask", places: ml }],
    last:
      admin === undefined
        ? []
        : [{ to: paths.admin(admin[0]), label: t("Admin"), icon: "settings", match: adminPaths }],
  };
}
