/** Plugins of Airflow: what each brings, what of it has an effect here, and which of them cannot be loaded. */
import { useTranslation } from "react-i18next";
import { useRest } from "../api/queries.ts";
import { Empty, Loaded } from "../components/page.tsx";
import { type Column, Table } from "../components/table.tsx";

type Named = string | { name?: string | null; label?: string | null };

interface Plugin {
  name: string;
  source: string;
  [kind: string]: string | Named[];
}

interface PluginError {
  source: string;
  error: string;
}

/** Kinds in the order in which they are told. */
const effective = [
  "macros",
  "timetables",
  "listeners",
  "operator_extra_links",
  "global_operator_extra_links",
] as const;
/** Pages of Airflow's own web server: they have no place here. */
const passedOver = [
  "external_views",
  "react_apps",
  "fastapi_apps",
  "fastapi_root_middlewares",
  "flask_blueprints",
  "appbuilder_views",
  "appbuilder_menu_items",
] as const;

const wordOf = (one: Named): string => (typeof one === "string" ? one : (one.name ?? one.label ?? "?"));

export function Plugins() {
  const { t } = useTranslation();
  const plugins = useRest<{ plugins: Plugin[] }>(["plugins"], "/plugins", { limit: 100 });
  const errors = useRest<{ import_errors: PluginError[] }>(["plugins", "errors"], "/plugins/importErrors");
  const kindNames: { [kind: string]: string } = {
    macros: t("macros"),
    timetables: t("timetables"),
    listeners: t("listeners"),
    operator_extra_links: t("links of operators"),
    global_operator_extra_links: t("links of all operators"),
  };
  const columns: Column<Plugin>[] = [
    {
      id: "name",
      label: t("Plugin"),
      cell: (one) => <span className="font-medium break-all">{one.name}</span>,
    },
    {
      id: "gives",
      label: t("What it adds"),
      cell: (one) => <Kinds plugin={one} kinds={effective} nameOf={(kind) => kindNames[kind] ?? kind} />,
    },
    {
      id: "without",
      label: t("Without effect here"),
      wide: true,
      cell: (one) => <Kinds plugin={one} kinds={passedOver} nameOf={(kind) => kind.replaceAll("_", " ")} />,
    },
    {
      id: "source",
      label: t("Source"),
      wide: true,
      cell: (one) => <span className="font-mono text-xs break-all text-soft">{one.source}</span>,
    },
  ];
  return (
    <div className="flex flex-col gap-4">
      {(errors.data?.import_errors ?? []).map(({ source, error }) => (
        <section key={source} className="rounded-lg border border-danger/40 bg-danger-soft px-4 py-3">
          <h2 className="mb-1 font-semibold break-all text-danger-text">
            {t("{{source}} cannot be loaded", { source })}
          </h2>
          <pre
            className="max-h-60 overflow-auto font-mono text-xs whitespace-pre-wrap text-danger-text"
            // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolled by keys, too
            tabIndex={0}
          >
            {error}
          </pre>
        </section>
      ))}
      <Loaded query={plugins}>
        {({ plugins: rows }) =>
          rows.length === 0 ? (
            <Empty icon="assets" title={t("There is no plugin")}>
              {t("Plugins are files in the folder `plugins` beside the Dags folder, and installed packages.")}
            </Empty>
          ) : (
            <Table label={t("Plugins")} columns={columns} rows={rows} keyOf={(one) => one.name} />
          )
        }
      </Loaded>
    </div>
  );
}

function Kinds({
  plugin,
  kinds,
  nameOf,
}: {
  plugin: Plugin;
  kinds: readonly string[];
  nameOf: (kind: string) => string;
}) {
  const there = kinds.filter((kind) => (plugin[kind] ?? []).length > 0);
  return (
    <ul className="flex flex-col gap-0.5 text-xs">
      {there.map((kind) => (
        <li key={kind}>
          <span className="text-faint">{nameOf(kind)}: </span>
          {(plugin[kind] as Named[]).map(wordOf).join(", ")}
        </li>
      ))}
    </ul>
  );
}
