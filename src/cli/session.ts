/** What every command works with: the settings, the terminal, and a way to print. */
import { type Command, Option } from "commander";
import { type Config, loadConfig } from "../config.ts";
import { createLog, type Logger } from "../log.ts";
import { formatObject, formatRows, type OutputFormat, outputFormats, type Row } from "./output.ts";

export interface Session {
  readonly config: Config;
  readonly format: OutputFormat;
  log(component: string): Logger;
  print(text: string): void;
  /** To standard error: hints and warnings, which never mix with data. */
  note(text: string): void;
  rows(rows: readonly Row[]): void;
  object(object: Row): void;
}

export interface GlobalFlags {
  home?: string;
  dagsFolder?: string;
  databaseUrl?: string;
  logLevel?: string;
  output?: OutputFormat;
  verbose?: boolean;
}

/** Flags that every command takes, added to each leaf so that they may stand behind the command's name. */
export function withGlobalFlags(command: Command): Command {
  return command
    .addOption(new Option("--home <folder>", "home folder (default ~/.tradewind, or TRADEWIND_HOME)"))
    .addOption(new Option("-S, --dags-folder <folder>", "folder of the Dag files"))
    .addOption(
      new Option(
        "--database-url <url>",
        "a PostgreSQL of your own (default: the embedded one, or DATABASE_URL)",
      ),
    )
    .addOption(new Option("--log-level <level>", "least level of the service log"))
    .addOption(new Option("-v, --verbose", "more of the service log"));
}

export function withOutput(command: Command): Command {
  return command.addOption(
    new Option("-o, --output <format>", "form of the output").choices(outputFormats).default("table"),
  );
}

/** @param more "section.key" → value, of the flags that only some commands have. */
export function openSession(
  flags: GlobalFlags,
  more: Readonly<Record<string, string | undefined>> = {},
): Session {
  const config = loadConfig({
    home: flags.home,
    flags: {
      ...more,
      "core.dags_folder": flags.dagsFolder === undefined ? undefined : absolute(flags.dagsFolder),
      "database.url": flags.databaseUrl,
      "logging.level": flags.verbose ? "debug" : flags.logLevel,
    },
  });
  const format = flags.output ?? "table";
  const width = process.stdout.isTTY ? process.stdout.columns : undefined;
  const print = (text: string): void => void process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
  return {
    config,
    format,
    log: (component) => createLog({ ...config.logging, format: config.logging.format as "auto", component }),
    print,
    note: (text) => void process.stderr.write(`${text}\n`),
    rows: (rows) => print(formatRows(rows, { format, width })),
    object: (object) => print(formatObject(object, { format, width })),
  };
}

function absolute(path: string): string {
  return path.startsWith("/") ? path : `${process.cwd()}/${path}`;
}
