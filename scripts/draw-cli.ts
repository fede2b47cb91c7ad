/** Writes docs/guides/cli.md from the tree of commands; `tests/cli/usage.test.ts` compares the two. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Option } from "commander";
import { type ShownCommand, shownCommands } from "../src/cli/command-tree.ts";
import { program } from "../src/cli/main.ts";

/** Flags that nearly every command has; told once at the top. */
const common = ["--home", "--dags-folder", "--database-url", "--log-level", "--verbose", "--output"];

export async function drawCli(): Promise<string> {
  const root = await program();
  const commands = shownCommands(root);
  const groups = new Map<string, ShownCommand[]>();
  for (const shown of commands) {
    const [first = "", second] = shown.path.split(" ");
    const group = second === undefined ? "" : first;
    groups.set(group, [...(groups.get(group) ?? []), shown]);
  }
  const sections = [...groups].map(([group, shown]) => {
    const command = root.commands.find((one) => one.name() === group);
    const title = group === "" ? "Services and information" : `\`tradewind ${group}\``;
    const text = command === undefined ? "" : `${sentence(command.description())}\n\n`;
    return `## ${title}\n\n${text}${shown.map(section).join("\n")}`;
  });
  return `${preface(commands)}\n${sections.join("\n")}`;
}

function preface(commands: readonly ShownCommand[]): string {
  const options = commands.find(({ path }) => path === "dags list")?.command.options ?? [];
  return `# The command line

The groups, verbs and flags are Airflow's. Spellings of Airflow 2 are understood, with a hint that names the one of
today; commands that have no place here say what to use instead. \`tradewind COMMAND --help\` shows one command. This
page is drawn from the program by \`scripts/draw-cli.ts\`.

Data goes to standard output; hints, warnings and the log of the services go to standard error. Colours and redrawn
lines are for terminals only, and \`NO_COLOR\` turns the colours off.

Exit codes: 0 all is well, 1 the work failed (a run, a task, a check), 2 wrong usage, 3 something outside is not
available (a database, a disk, a port), 130 interrupted.

Flags of nearly every command:

${table(options.filter((option) => common.includes(option.long ?? "")))}`;
}

function section({ path, args, command }: ShownCommand): string {
  const own = command.options.filter((option) => !common.includes(option.long ?? ""));
  const flags = own.length === 0 ? "" : `\n${table(own)}`;
  return `### \`tradewind ${path}${args}\`\n\n${sentence(command.description())}\n${flags}`;
}

function table(options: readonly Option[]): string {
  const rows = options.map(({ flags, description, defaultValue, negate }) => {
    const preset = negate || defaultValue === undefined ? "" : `\`${String(defaultValue)}\``;
    return `| \`${escaped(flags)}\` | ${escaped(description)} | ${preset} |\n`;
  });
  return `| flag | meaning | default |\n| --- | --- | --- |\n${rows.join("")}`;
}

const escaped = (text: string): string => text.replaceAll("|", "\\|");

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? "" : "."}`;
}

if (process.argv[1] === import.meta.filename)
  writeFileSync(join(import.meta.dirname, "../docs/guides/cli.md"), await drawCli());
