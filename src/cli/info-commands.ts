/** `version`, `info`, `cheat-sheet`. */
import { arch, availableParallelism, platform, release, totalmem } from "node:os";
import type { Command } from "commander";
import { airflowVersion, version } from "../version.ts";
import { shownCommands } from "./command-tree.ts";
import { type GlobalFlags, openSession, withGlobalFlags, withOutput } from "./session.ts";

/** The command `airflow` prints, as scripts read it, the version of Airflow whose ways it has. */
export function addInfoCommands(root: Command, asAirflow: boolean): void {
  root
    .command("version")
    .description("version of Tradewind")
    .action(() => {
      if (asAirflow) process.stderr.write(`hint: this is Tradewind ${version} in the place of Airflow\n`);
      process.stdout.write(`${asAirflow ? airflowVersion : version}\n`);
    });
  withOutput(withGlobalFlags(root.command("info")))
    .description("the machine, the program and its folders")
    .action(info);
  root
    .command("cheat-sheet")
    .description("every command on one page")
    .action(() => void process.stdout.write(cheatSheet(root)));
}

function info(flags: GlobalFlags): void {
  const session = openSession(flags);
  const { config } = session;
  session.object({
    version,
    airflow: airflowVersion,
    node: process.version,
    platform: `${platform()} ${release()} ${arch()}`,
    processors: availableParallelism(),
    memory_mb: Math.round(totalmem() / 2 ** 20),
    home: config.home,
    dags_folder: config.paths.dagsFolder,
    logs_folder: config.paths.logs,
    database:
      config.database.url === ""
        ? `embedded, in ${config.paths.postgres}`
        : "a server of your own (database.url)",
  });
}

function cheatSheet(root: Command): string {
  const commands = shownCommands(root).map(
    ({ path, args, command }) => [`tradewind ${path}${args}`, command.description()] as const,
  );
  const width = Math.max(...commands.map(([usage]) => usage.length));
  return commands.map(([usage, text]) => `${usage.padEnd(width)}  ${text}\n`).join("");
}
