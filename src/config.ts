/**
 * Settings, from weakest to strongest: default, `tradewind.yaml` in the home folder, Airflow's environment
 * variable of the same meaning, other well-known variables (`DATABASE_URL`), `TRADEWIND__SECTION__KEY`, flags.
 * The only module that reads the environment. The result is frozen and read once.
 */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { parse as parseYaml } from "yaml";
import { type ConfigOption, type ConfigSections, configOptions } from "./config-options.ts";
import { nearest } from "./did-you-mean.ts";
import { TradewindError } from "./errors.ts";

type ValueOf<O> = O extends { type: "string" } ? string : O extends { type: "number" } ? number : boolean;
type Widened<S> = { readonly [K in keyof S]: ValueOf<S[K]> };

export type Settings = { readonly [S in keyof ConfigSections]: Widened<ConfigSections[S]> };

export type Origin = "default" | "file" | "environment" | "flag";

export interface ConfigEntry {
  readonly section: string;
  readonly key: string;
  readonly value: string | number | boolean;
  readonly origin: Origin;
  /** The file or the variable that set it. */
  readonly from: string | null;
  readonly option: ConfigOption;
}

export interface Config extends Settings {
  readonly home: string;
  /** Absolute paths made of home and the settings. */
  readonly paths: {
    readonly dagsFolder: string;
    readonly logs: string;
    readonly artifacts: string;
    readonly run: string;
    readonly postgres: string;
    readonly versions: string;
    /** Working folders of runs, where each has its own. */
    readonly runs: string;
    readonly environments: string;
    /** Checkouts of Git bundles. */
    readonly bundles: string;
    readonly secretKey: string;
    readonly configFile: string;
  };
  readonly entries: readonly ConfigEntry[];
  /** The environment as it was read; for `AIRFLOW_VAR_*`, `AIRFLOW_CONN_*` and for the children's own. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface LoadConfigOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly home?: string | undefined;
  /** "section.key" (snake_case) → value, from the command line. */
  readonly flags?: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads all settings.
 *
 * @throws TradewindError TW_CONFIG_FILE when the file is no YAML, TW_CONFIG_UNKNOWN for a section or key that does
 *   not exist, TW_CONFIG_VALUE for a value of another type or outside its bounds.
 */
export function loadConfig(options: LoadConfigOptions = {}): Config {
  const environment = options.environment ?? process.env;
  const home = resolve(
    options.home ?? environment["TRADEWIND_HOME"] ?? join(environment["HOME"] ?? homedir(), ".tradewind"),
  );
  const configFile = environment["TRADEWIND_CONFIG"] ?? join(home, "tradewind.yaml");
  const file = readConfigFile(configFile);
  const entries: ConfigEntry[] = [];
  const settings: Record<string, Record<string, string | number | boolean>> = {};
  for (const [section, keys] of Object.entries(configOptions)) {
    const values: Record<string, string | number | boolean> = {};
    for (const [key, option] of Object.entries(keys) as [string, ConfigOption][]) {
      const entry = resolveEntry(snakeCase(section), snakeCase(key), option, {
        environment,
        file,
        configFile,
        flags: options.flags ?? {},
      });
      entries.push(entry);
      values[key] = entry.value;
    }
    settings[section] = Object.freeze(values);
  }
  const typed = settings as unknown as Settings;
  return Object.freeze({
    ...typed,
    home,
    entries: Object.freeze(entries),
    environment,
    paths: Object.freeze({
      dagsFolder: under(home, typed.core.dagsFolder),
      logs: under(home, typed.logging.folder),
      artifacts: under(home, typed.core.artifactRoot),
      run: join(home, "run"),
      postgres: join(home, "postgres"),
      versions: join(home, "versions"),
      runs: join(home, "runs"),
      bundles: join(home, "bundles"),
      environments: under(home, typed.python.environmentsFolder),
      secretKey: join(home, "secret.key"),
      configFile,
    }),
  });
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function under(home: string, path: string): string {
  return isAbsolute(path) ? path : join(home, path);
}

interface Sources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly configFile: string;
  readonly flags: Readonly<Record<string, string | undefined>>;
}

function resolveEntry(section: string, key: string, option: ConfigOption, sources: Sources): ConfigEntry {
  const found = strongest(section, key, option, sources);
  if (!found) return { section, key, value: option.default, origin: "default", from: null, option };
  const value = check(found.value, option, `${section}.${key}`, found.from);
  return { section, key, value, origin: found.origin, from: found.from, option };
}

function strongest(section: string, key: string, option: ConfigOption, sources: Sources) {
  const flag = sources.flags[`${section}.${key}`];
  if (flag !== undefined)
    return { value: flag as unknown, origin: "flag" as const, from: `--${key.replaceAll("_", "-")}` };
  const names = [`TRADEWIND__${section}__${key}`.toUpperCase(), ...(option.environment ?? [])];
  const airflow = option.airflow?.split(".");
  if (airflow) names.push(`AIRFLOW__${airflow[0]}__${airflow[1]}`.toUpperCase());
  for (const name of names) {
    const value = sources.environment[name];
    if (value !== undefined && usable(name, value))
      return { value: value as unknown, origin: "environment" as const, from: name };
  }
  const fromFile = sources.file[section]?.[key];
  if (fromFile !== undefined && fromFile !== null)
    return { value: fromFile, origin: "file" as const, from: sources.configFile };
  return undefined;
}

/** Airflow's connection may name another database product, which says nothing about ours. */
function usable(name: string, value: string): boolean {
  return name !== "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" || value.startsWith("postgres");
}

function check(value: unknown, option: ConfigOption, name: string, from: string): string | number | boolean {
  const bad = (expected: string): TradewindError =>
    new TradewindError(
      "TW_CONFIG_VALUE",
      `${name}: expected ${expected}, got ${option.secret ? "another value" : JSON.stringify(value)} from ${from}`,
    );
  switch (option.type) {
    case "boolean": {
      const word = String(value).trim().toLowerCase();
      if (["true", "t", "1", "yes", "on"].includes(word)) return true;
      if (["false", "f", "0", "no", "off"].includes(word)) return false;
      throw bad("true or false");
    }
    case "number": {
      const number = typeof value === "string" && value.trim() === "" ? Number.NaN : Number(value);
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, integer } = option;
      if (!Number.isFinite(number) || number < min || number > max || (integer && !Number.isInteger(number)))
        throw bad(
          `${integer ? "a whole number" : "a number"} from ${min} ${Number.isFinite(max) ? `to ${max}` : "up"}`,
        );
      return number;
    }
    case "string": {
      if (typeof value === "object") throw bad("a text");
      const string = String(value);
      if (option.oneOf && !option.oneOf.includes(string.toLowerCase()))
        throw bad(`one of ${option.oneOf.join(", ")}`);
      return option.oneOf ? string.toLowerCase() : string;
    }
  }
}

function readConfigFile(path: string): Record<string, Record<string, unknown>> {
  if (!existsSync(path)) return {};
  let content: unknown;
  try {
    content = parseYaml(readFileSync(path, "utf8")) ?? {};
  } catch (cause) {
    throw new TradewindError("TW_CONFIG_FILE", `${path}: not readable as YAML: ${(cause as Error).message}`, {
      cause,
    });
  }
  if (typeof content !== "object" || Array.isArray(content))
    throw new TradewindError(
      "TW_CONFIG_FILE",
      `${path}: expected sections with keys, got ${Array.isArray(content) ? "a list" : typeof content}`,
    );
  for (const [section, keys] of Object.entries(content as Record<string, unknown>))
    checkNames(section, keys, path);
  return content as Record<string, Record<string, unknown>>;
}

function checkNames(section: string, keys: unknown, path: string): void {
  const sections = Object.keys(configOptions);
  const found = sections.find((name) => snakeCase(name) === section);
  if (!found) throw unknown(`section ${section}`, section, sections.map(snakeCase), path);
  if (keys === null) return;
  if (typeof keys !== "object" || Array.isArray(keys))
    throw new TradewindError(
      "TW_CONFIG_FILE",
      `${path}: section ${section}: expected keys with values, got ${JSON.stringify(keys)}`,
    );
  const known = Object.keys(configOptions[found as keyof ConfigSections]).map(snakeCase);
  for (const key of Object.keys(keys))
    if (!known.includes(key)) throw unknown(`key ${section}.${key}`, key, known, path);
}

function unknown(what: string, name: string, known: string[], path: string): TradewindError {
  const near = nearest(name, known);
  return new TradewindError(
    "TW_CONFIG_UNKNOWN",
    `${path}: unknown ${what}${near ? `: did you mean ${near}?` : ""}`,
    {
      hint: `\`tradewind config list\` shows every setting`,
    },
  );
}
