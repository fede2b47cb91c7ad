/**
 * Settings by Airflow's names, for scripts that ask for one: what Tradewind's own setting of that meaning says, then
 * what Airflow would read (`AIRFLOW__SECTION__KEY`, `airflow.cfg`), then what is fixed here.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { serverHome } from "../store/embedded/home.ts";

const fixed: Readonly<Record<string, string>> = {
  "core.executor": "LocalExecutor",
  "core.auth_manager": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
  "core.load_examples": "False",
};

/** Null where nobody says anything. */
export function airflowSetting(config: Config, section: string, key: string): string | null {
  const name = `${section}.${key}`.toLowerCase();
  const own = config.entries.find(({ option }) => option.airflow === name);
  if (name === "core.dags_folder") return config.paths.dagsFolder;
  if (name === "database.sql_alchemy_conn" && config.database.url === "")
    return `postgresql://tradewind@/tradewind?host=${serverHome(config.home).sockets}`;
  if (own !== undefined) return String(own.value);
  const { environment } = config;
  const home = environment["AIRFLOW_HOME"] ?? join(environment["HOME"] ?? "", "airflow");
  const file = environment["AIRFLOW_CONFIG"] ?? join(home, "airflow.cfg");
  return (
    environment[`AIRFLOW__${section}__${key}`.toUpperCase()] ??
    fromFile(file, section.toLowerCase(), key.toLowerCase()) ??
    fixed[name] ??
    null
  );
}

function fromFile(path: string, section: string, key: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
  let current = "";
  for (const line of text.split("\n")) {
    const named = /^\[(?<name>[^\]]+)\]/.exec(line)?.groups?.["name"];
    if (named !== undefined) current = named.toLowerCase();
    const [, name, value] = /^([\w.]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (current === section && name?.toLowerCase() === key) return value;
  }
  return undefined;
}
