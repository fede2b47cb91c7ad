/** `tradewind variables`: list, get, set, delete, import, export. */
import { readFileSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { TradewindError } from "../errors.ts";
import { resolveVariable } from "../store/environment-secrets.ts";
import { deleteVariable, listVariableKeys, listVariables, setVariable } from "../store/variables.ts";
import { databaseCommand, onDatabase, type Work } from "./database-command.ts";
import { jsonFlag } from "./flags.ts";

export function addVariablesCommands(root: Command): void {
  const group = root.command("variables").description("named texts for Dags, sealed at rest");
  databaseCommand(group, "list", "keys of all variables")
    .option("--show-values", "show the values, too")
    .action(onDatabase(list));
  databaseCommand(group, "get <key>", "value of one variable")
    .option("-d, --default <value>", "print this where there is none")
    .option("-j, --json", "check that it is JSON, and print it indented")
    .action(onDatabase(get));
  databaseCommand(group, "set <key> <value>", "make or change a variable")
    .option("--description <text>", "what it is for")
    .option("-j, --json", "refuse a value that is not JSON")
    .action(onDatabase(set));
  databaseCommand(group, "delete <key>", "remove a variable").action(
    onDatabase(async ({ database, session }, [key = ""]) => {
      await deleteVariable(database, key);
      session.print(`Variable ${key} deleted`);
    }),
  );
  databaseCommand(group, "import <file>", "make variables from a JSON or YAML file of keys and values")
    .option("-a, --action-on-existing-key <action>", "overwrite, skip or fail", "overwrite")
    .action(onDatabase(importFile));
  databaseCommand(group, "export <file>", "write all variables to a JSON file; - is standard output").action(
    onDatabase(exportFile),
  );
}

async function list(
  { database, secrets, session }: Work,
  _: string[],
  flags: { showValues?: boolean },
): Promise<void> {
  if (flags.showValues)
    return session.rows((await listVariables(database, secrets())).map((variable) => ({ ...variable })));
  session.rows((await listVariableKeys(database)).map(({ key, description }) => ({ key, description })));
}

async function get(
  work: Work,
  [key = ""]: string[],
  flags: { default?: string; json?: boolean },
): Promise<void> {
  const { database, secrets, session } = work;
  const found = await resolveVariable(
    { environment: session.config.environment, executor: database, secrets: secrets() },
    key,
  );
  const value = found?.value ?? flags.default;
  if (value === undefined)
    throw new TradewindError("TW_VARIABLE_NOT_FOUND", `expected a variable ${JSON.stringify(key)}, got none`);
  session.print(flags.json ? JSON.stringify(jsonFlag(value, key), null, 2) : value);
}

async function set(
  work: Work,
  [key = "", value = ""]: string[],
  flags: { description?: string; json?: boolean },
): Promise<void> {
  if (flags.json) jsonFlag(value, "value");
  await setVariable(work.database, work.secrets(), { key, value, description: flags.description });
  work.session.print(`Variable ${key} set`);
}

async function importFile(
  work: Work,
  [file = ""]: string[],
  flags: { actionOnExistingKey: string },
): Promise<void> {
  const { parse } = await import("yaml");
  const content = (
    /\.ya?ml$/.test(file) ? parse(readFileSync(file, "utf8")) : jsonFlag(readFileSync(file, "utf8"), file)
  ) as Record<string, unknown>;
  const existing = new Set((await listVariableKeys(work.database)).map(({ key }) => key));
  let written = 0;
  for (const [key, entry] of Object.entries(content)) {
    if (existing.has(key) && flags.actionOnExistingKey === "skip") continue;
    if (existing.has(key) && flags.actionOnExistingKey === "fail")
      throw new TradewindError("TW_USAGE", `${file}: variable ${key} exists already`, {
        hint: "`--action-on-existing-key overwrite` replaces it",
      });
    await setVariable(work.database, work.secrets(), { key, ...valueOf(entry) });
    written++;
  }
  work.session.print(`${written} of ${Object.keys(content).length} variables imported from ${file}`);
}

/** Airflow's file has plain values, or objects of a value and a description. */
function valueOf(entry: unknown): { value: string; description?: string | null } {
  const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
  if (
    typeof entry === "object" &&
    entry !== null &&
    "value" in entry &&
    Object.keys(entry).every((key) => ["value", "description"].includes(key))
  )
    return {
      value: text(entry.value),
      description: "description" in entry ? (entry.description as string | null) : null,
    };
  return { value: text(entry) };
}

async function exportFile(work: Work, [file = "-"]: string[]): Promise<void> {
  const variables = await listVariables(work.database, work.secrets());
  const content = Object.fromEntries(
    variables.map(({ key, value, description }) => [key, description ? { value, description } : value]),
  );
  const text = `${JSON.stringify(content, null, 2)}\n`;
  if (file === "-") return work.session.print(text);
  writeFileSync(file, text, { mode: 0o600 });
  work.session.note(`${variables.length} variables written to ${file}, in the clear`);
}
