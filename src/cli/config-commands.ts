/** `tradewind config`: settings and where each of their values came from. */
import type { Command } from "commander";
import type { ConfigEntry } from "../config.ts";
import { nearest } from "../did-you-mean.ts";
import { TradewindError } from "../errors.ts";
import { airflowSetting } from "./airflow-settings.ts";
import { type GlobalFlags, openSession, withGlobalFlags, withOutput } from "./session.ts";

export function addConfigCommands(root: Command, asAirflow: boolean): void {
  const config = root.command("config").description("settings and where their values came from");
  withOutput(withGlobalFlags(config.command("list")))
    .description("every setting, its value and its origin")
    .option("--section <name>", "only this section")
    .option("--non-defaults-only", "only settings that were changed")
    .option("--show-values", "show secrets, too")
    .action(listSettings);
  withGlobalFlags(config.command("get-value <section> <option>"))
    .description("the value of one setting")
    .action((section: string, option: string, flags: GlobalFlags) =>
      asAirflow ? getAirflowValue(section, option, flags) : getValue(section, option, flags),
    );
  withOutput(withGlobalFlags(config.command("lint")))
    .description("read all settings and report what is wrong with them")
    .action((flags: GlobalFlags) => openSession(flags).print("No issues found in the configuration."));
}

function listSettings(
  flags: GlobalFlags & { section?: string; nonDefaultsOnly?: boolean; showValues?: boolean },
): void {
  const session = openSession(flags);
  const entries = session.config.entries
    .filter((entry) => flags.section === undefined || entry.section === flags.section)
    .filter((entry) => !flags.nonDefaultsOnly || entry.origin !== "default");
  if (entries.length === 0 && flags.section !== undefined)
    throw unknownSection(flags.section, session.config.entries);
  session.rows(
    entries.map((entry) => ({
      setting: `${entry.section}.${entry.key}`,
      value: shown(entry, flags.showValues ?? false),
      origin: entry.origin,
      from: entry.from ?? "",
    })),
  );
}

function shown(entry: ConfigEntry, secrets: boolean): string | number | boolean {
  return entry.option.secret && !secrets && entry.value !== "" ? "***" : entry.value;
}

function getValue(section: string, option: string, flags: GlobalFlags): void {
  const session = openSession(flags);
  const entry = session.config.entries.find((entry) => entry.section === section && entry.key === option);
  if (!entry) {
    const inSection = session.config.entries.filter((entry) => entry.section === section);
    if (inSection.length === 0) throw unknownSection(section, session.config.entries);
    const near = nearest(
      option,
      inSection.map((entry) => entry.key),
    );
    throw new TradewindError(
      "TW_CONFIG_UNKNOWN",
      `no setting ${section}.${option}${near ? `: did you mean ${near}?` : ""}`,
    );
  }
  session.print(String(entry.value));
}

function getAirflowValue(section: string, option: string, flags: GlobalFlags): void {
  const session = openSession(flags);
  const value = airflowSetting(session.config, section, option);
  if (value === null) return getValue(section, option, flags);
  session.print(value);
}

function unknownSection(section: string, entries: readonly ConfigEntry[]): TradewindError {
  const near = nearest(section, new Set(entries.map((entry) => entry.section)));
  return new TradewindError(
    "TW_CONFIG_UNKNOWN",
    `no section ${section}${near ? `: did you mean ${near}?` : ""}`,
  );
}
