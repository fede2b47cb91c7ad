/** What the palette offers for what is typed: things that are found, views, and commands. */
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchHits } from "../api/queries.ts";
import { useMay } from "../api/session.ts";
import type { SearchHit } from "../api/types.ts";
import type { IconName } from "./icons.tsx";
import { paths, useGo } from "./link.tsx";
import { choose } from "./preferences.ts";

export interface Entry {
  id: string;
  icon: IconName;
  label: string;
  note: string;
  run: () => void;
}

const icons: Record<SearchHit["kind"], IconName> = {
  dag: "dags",
  task: "list",
  run: "runs",
  asset: "assets",
  experiment: "flask",
  "tracked-run": "flask",
  model: "cube",
};

function pathOfHit(hit: SearchHit): string {
  if (hit.kind === "asset") return paths.asset(Number(hit.id));
  if (hit.kind === "experiment") return paths.experiment(hit.id);
  if (hit.kind === "tracked-run") return paths.anyRun(hit.id);
  if (hit.kind === "model") return paths.model(hit.id);
  if (hit.kind === "run") return paths.run(hit.dagId ?? "", hit.id);
  if (hit.kind === "task")
    return `/dags/${encodeURIComponent(hit.dagId ?? "")}/tasks/${encodeURIComponent(hit.id)}`;
  return paths.dag(hit.id);
}

/** Things whose names fit; asked for when the fingers rest. */
function useFound(text: string): Entry[] {
  const { t } = useTranslation();
  const go = useGo();
  const [asked, setAsked] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), 90);
    return () => clearTimeout(timer);
  }, [text]);
  const { data: hits } = useSearchHits(asked);
  const names: Record<SearchHit["kind"], string> = {
    dag: t("Dag"),
    task: t("Task"),
    run: t("Run"),
    asset: t("Asset"),
    experiment: t("Experiment"),
    "tracked-run": t("Run"),
    model: t("Model"),
  };
  if (text.trim() === "") return [];
  return (hits ?? []).map((hit) => ({
    id: `${hit.kind}-${hit.dagId}-${hit.id}`,
    icon: icons[hit.kind],
    label: hit.label,
    note: hit.dagId === null || hit.kind === "dag" ? names[hit.kind] : hit.dagId,
    run: () => go(pathOfHit(hit)),
  }));
}

type ViewEntry = [icon: IconName, label: string, to: string, resource?: string];

/** Those that the person may see. */
function useViews(): Entry[] {
  const { t } = useTranslation();
  const go = useGo();
  const may = useMay();
  const views: ViewEntry[] = [
    ["home", t("Home"), paths.home],
    ["dags", t("Dags"), paths.dags],
    ["runs", t("Runs"), paths.runs, "DAG Runs"],
    ["list", t("Task instances"), paths.instances, "Task Instances"],
    ["code", t("XComs"), paths.xcoms, "XComs"],
    ["assets", t("Assets"), paths.assets, "Assets"],
    ["inbox", t("Inbox"), paths.inbox],
    ["flask", t("Experiments"), paths.experiments, "Experiments"],
    ["cube", t("Models"), paths.models, "Registered Models"],
    ["target", t("Studies"), paths.studies, "Experiments"],
    ["rocket", t("Deployments"), paths.deployments, "Registered Models"],
    ["shield", t("Data quality and drift"), paths.checks, "Experiments"],
    ["table", t("Features"), paths.features, "Experiments"],
    ["lineage", t("Lineage"), paths.lineageSearch, "Experiments"],
    ["alert", t("Import errors"), "/import_errors"],
    ["settings", t("Pools"), "/pools", "Pools"],
    ["settings", t("Variables"), "/variables", "Variables"],
    ["settings", t("Connections"), "/connections", "Connections"],
    ["settings", t("Users"), "/users", "Users"],
    ["settings", t("Tokens"), "/tokens"],
    ["settings", t("Configuration"), "/configs", "Configurations"],
    ["settings", t("Jobs"), "/jobs", "Jobs"],
    ["settings", t("Providers"), "/providers", "Providers"],
    ["settings", t("Plugins"), "/plugins", "Plugins"],
    ["history", t("Audit log"), "/events", "Audit Logs"],
  ];
  return views
    .filter(([, , , resource]) => resource === undefined || may("read", resource))
    .map(([icon, label, to]) => ({ id: to, icon, label, note: t("View"), run: () => go(to) }));
}

function useCommands(): Entry[] {
  const { t } = useTranslation();
  const themes = [
    ["sun", t("Light theme"), "light"],
    ["moon", t("Dark theme"), "dark"],
  ] as const;
  return themes.map(([icon, label, theme]) => ({
    id: theme,
    icon,
    label,
    note: t("Command"),
    run: () => choose("theme", theme),
  }));
}

export function useEntries(text: string): Entry[] {
  const words = text.trim().toLowerCase();
  const own = [...useViews(), ...useCommands()];
  return [...useFound(text), ...own.filter(({ label }) => label.toLowerCase().includes(words))];
}
