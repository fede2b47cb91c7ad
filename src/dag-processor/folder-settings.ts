/**
 * What a Dags folder, or a file itself, says of the Python of its Dags.
 *
 * `.tradewind.yaml` beside the Dags, or in a folder above up to the Dags folder (the nearest wins, key by key), and
 * comments `# tradewind: python=…` and `# tradewind: requirements=…` in the file, which are stronger; between the two
 * in strength is the file's own block `# /// script` (PEP 723), whose TOML Python reads.
 */
import { readFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { parse as parseYaml } from "yaml";
import type { Json } from "../core/dag-model.ts";
import { nearest } from "../did-you-mean.ts";
import { TradewindError } from "../errors.ts";
import { splitZipPath } from "./zip-files.ts";

export const settingsFileName = ".tradewind.yaml";

export interface FolderSettings {
  /** Settings of the environment; null where nothing is said and the interpreter of the service does. */
  readonly environment: { readonly [name: string]: Json } | null;
  /** Settings that cannot be read: TW_CONFIG_FILE, TW_CONFIG_UNKNOWN, TW_CONFIG_VALUE with the file. */
  readonly problem: TradewindError | null;
  /** Where they stand. */
  readonly what: string;
  /** Relative paths of theirs count from it. */
  readonly folder: string;
  /** Text of every file that was looked at, or null where it is not there: a change asks for another import. */
  readonly reached: ReadonlyMap<string, string | null>;
}

const names = ["python", "requirements", "index_urls", "pip_options", "system_site_packages"] as const;
const comment = /^\s*#\s*tradewind:\s*(?<name>python|requirements)\s*=\s*(?<value>.+?)\s*$/gm;

const inlineBlock = /^# \/\/\/ script$\s((?:^#(?:| .*)$\s)+)^# \/\/\/$/gm;

interface Found {
  readonly settings: { readonly [name: string]: Json };
  readonly from: string;
}

export async function folderSettings(
  dagsFolder: string,
  relativeFile: string,
  text: string,
): Promise<FolderSettings> {
  const reached = new Map<string, string | null>();
  const file = resolve(dagsFolder, relativeFile);
  const folder = dirname(splitZipPath(file)?.archive ?? file);
  const found: Found[] = [...commentsOf(text, file), ...inlineOf(text, file)];
  try {
    for (const above of foldersUpTo(dagsFolder, folder)) {
      const path = join(above, settingsFileName);
      const content = await readFile(path, "utf8").catch(() => null);
      reached.set(path, content);
      if (content !== null) found.push({ settings: pythonOf(content, path), from: path });
    }
  } catch (error) {
    if (!(error instanceof TradewindError)) throw error;
    return { environment: null, problem: error, what: relativeFile, folder, reached };
  }
  const environment = together(found);
  await noteRequirements(environment, reached);
  return {
    environment: Object.keys(environment).length === 0 ? null : environment,
    problem: null,
    what: relative(dagsFolder, found[0]?.from ?? file),
    folder,
    reached,
  };
}

/** The first that names a key decides it. */
function together(found: readonly Found[]): { [name: string]: Json } {
  const environment: { [name: string]: Json } = {};
  for (const { settings, from } of found)
    for (const [name, value] of Object.entries(settings)) {
      // A file that lists its dependencies has those, and not the folder's besides.
      if (name === "requirements" && environment["inline"] !== undefined) continue;
      environment[name] ??= fromFolder(name, value, dirname(from));
    }
  return environment;
}

function foldersUpTo(top: string, folder: string): string[] {
  const folders = [folder];
  while (folder !== top && folder.startsWith(top + sep)) {
    folder = dirname(folder);
    folders.push(folder);
  }
  return folders;
}

function commentsOf(text: string, from: string): Found[] {
  const settings: { [name: string]: Json } = {};
  for (const { groups } of text.matchAll(comment)) {
    const { name = "", value = "" } = groups ?? {};
    settings[name] = name === "requirements" && !isFileName(value) ? value.split(/\s+/) : value;
  }
  return Object.keys(settings).length === 0 ? [] : [{ settings, from }];
}

/** The block's lines without their "# "; more than one is for Python to refuse. */
function inlineOf(text: string, from: string): Found[] {
  const blocks = [...text.matchAll(inlineBlock)];
  if (blocks.length === 0) return [];
  const inline = blocks.map(([, content = ""]) => content.replaceAll(/^# ?/gm, "")).join("");
  return [{ settings: { inline }, from }];
}

const isFileName = (value: string): boolean => /\.(?:txt|in)$/.test(value);

function pythonOf(content: string, path: string): { [name: string]: Json } {
  let parsed: unknown;
  try {
    parsed = parseYaml(content);
  } catch (error) {
    throw new TradewindError("TW_CONFIG_FILE", `${path} is not valid YAML: ${(error as Error).message}`);
  }
  if (parsed === null) return {};
  const { python, ...others } = section(parsed, path, "settings");
  for (const name of Object.keys(others)) throw unknown(path, name, ["python"]);
  if (python === undefined) return {};
  // A text alone is the interpreter.
  const settings = typeof python === "string" ? { python } : section(python, path, "python");
  if ("interpreter" in settings) {
    const { interpreter, ...rest } = settings;
    return check({ python: interpreter as Json, ...rest }, path);
  }
  return check(settings, path);
}

function section(value: unknown, path: string, name: string): { [name: string]: Json } {
  if (value !== null && typeof value === "object" && !Array.isArray(value))
    return value as { [name: string]: Json };
  throw new TradewindError(
    "TW_CONFIG_VALUE",
    `${path}: expected ${name} to hold keys, got ${JSON.stringify(value)}`,
  );
}

function check(settings: { [name: string]: Json }, path: string): { [name: string]: Json } {
  for (const [name, value] of Object.entries(settings)) {
    if (!(names as readonly string[]).includes(name)) throw unknown(path, name, names);
    const isTexts = Array.isArray(value) && value.every((one) => typeof one === "string");
    const fits =
      name === "system_site_packages"
        ? typeof value === "boolean"
        : typeof value === "string" || (isTexts && name !== "python");
    // A version such as 3.12 is a number to YAML, and 3.10 one that loses its zero.
    if (!fits)
      throw new TradewindError(
        "TW_CONFIG_VALUE",
        `${path}: expected python.${name} to be ${name === "system_site_packages" ? "true or false" : "a text"}, got ${JSON.stringify(value)}`,
        typeof value === "number" ? { hint: "put a version into quotes" } : {},
      );
  }
  return settings;
}

function unknown(path: string, name: string, known: readonly string[]): TradewindError {
  const near = nearest(name, known);
  return new TradewindError(
    "TW_CONFIG_UNKNOWN",
    `${path}: expected one of ${known.join(", ")}, got ${JSON.stringify(name)}`,
    near === null ? {} : { hint: `did you mean ${near}?` },
  );
}

/** Paths count from the file that names them. */
function fromFolder(name: string, value: Json, folder: string): Json {
  if (typeof value !== "string") return value;
  if (name === "requirements" && isFileName(value)) return resolve(folder, value);
  const isPath = name === "python" && (value.includes("/") || value.startsWith("."));
  return isPath && !value.startsWith("~") ? resolve(folder, value) : value;
}

/** A changed list of requirements is another environment. */
async function noteRequirements(
  environment: { [name: string]: Json },
  reached: Map<string, string | null>,
): Promise<void> {
  const { requirements } = environment;
  if (typeof requirements !== "string" || !isFileName(requirements)) return;
  reached.set(requirements, await readFile(requirements, "utf8").catch(() => null));
}
