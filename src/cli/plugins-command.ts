/** `tradewind plugins`: what plugins of Airflow bring, and which of them cannot be loaded. */
import type { Command } from "commander";
import { askForPlugins, type ReportedPlugin } from "../dag-processor/plugin-report.ts";
import { TradewindError } from "../errors.ts";
import { pythonSideSettings } from "../executor/from-config.ts";
import { environmentForTasks } from "../runtime/environment.ts";
import { type GlobalFlags, openSession, withGlobalFlags, withOutput } from "./session.ts";

export function addPluginsCommand(root: Command): void {
  withOutput(withGlobalFlags(root.command("plugins")))
    .description("plugins of Airflow: of the plugins folder and of installed packages")
    .action(plugins);
}

async function plugins(flags: GlobalFlags): Promise<void> {
  const session = openSession(flags);
  const { python, paths } = session.config;
  const { plugins: found, errors } = await askForPlugins({
    python: { ...pythonSideSettings(session.config), interpreter: python.interpreter },
    environment: environmentForTasks(),
    dagsFolder: paths.dagsFolder,
  });
  if (session.format === "json" || session.format === "yaml") session.rows(found.map((one) => ({ ...one })));
  else if (found.length === 0) session.print("No plugins loaded");
  else session.rows(found.map(row));
  for (const { source, error } of errors) session.note(`${source} cannot be loaded:\n${error}`);
  if (errors.length > 0)
    throw new TradewindError(
      "TW_PLUGIN",
      `expected every plugin to load, got ${errors.length} that cannot be: ${errors.map(({ source }) => source).join(", ")}`,
    );
}

function row(plugin: ReportedPlugin) {
  const { name, source, ignored, views: _, ...kinds } = plugin;
  const brings = Object.entries(kinds as { [kind: string]: readonly string[] })
    .filter(([, names]) => names.length > 0)
    .map(([kind, names]) => `${kind}: ${names.join(", ")}`);
  if (ignored.length > 0) brings.push(`(without effect: ${ignored.join(", ")})`);
  return { name, source, brings: brings.join("; ") };
}
