/** The command line's entry: builds the tree of commands, runs one, and turns errors into a message and an exit code. */
import { Command, CommanderError } from "commander";
import { TradewindError } from "../errors.ts";
import { airflowVersion, version } from "../version.ts";
import { addCommandGroups } from "./command-groups.ts";
import { readerWentAway } from "./interrupts.ts";
import { airflowSpelling } from "./legacy-spellings.ts";

/** Runs one command and sets the exit code of the process; never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  process.stdout.once("error", outputBroke);
  process.stdout.on("error", () => undefined);
  await run(argv);
}

/** One command: its output goes to the standard streams, its outcome to `process.exitCode`. */
export async function run(argv: readonly string[]): Promise<void> {
  try {
    // How the command `airflow` that `airflow shim` writes calls.
    const asAirflow = argv[0] === "airflow" && argv[1] === "exec";
    const spelling = airflowSpelling(asAirflow ? argv.slice(2) : argv, asAirflow);
    for (const hint of spelling.hints) process.stderr.write(`${hint}\n`);
    if (spelling.isDone) return;
    const root = await program({ called: spelling.argv[0], asAirflow });
    await root.parseAsync([...spelling.argv], { from: "user" });
  } catch (error) {
    process.exitCode = report(error);
  }
}

export interface ProgramOptions {
  /** The first word of the command line; without it every command is there. */
  readonly called?: string | undefined;
  readonly asAirflow?: boolean;
}

export async function program({ called, asAirflow = false }: ProgramOptions = {}): Promise<Command> {
  const root = new Command(asAirflow ? "airflow" : "tradewind")
    .description("Orchestrates machine-learning pipelines.")
    .version(asAirflow ? airflowVersion : version, "-V, --version")
    .exitOverride()
    .configureHelp({ sortSubcommands: true, showGlobalOptions: false })
    .showSuggestionAfterError()
    .enablePositionalOptions();
  await addCommandGroups(root, called, asAirflow);
  overrideExits(root);
  return root;
}

function overrideExits(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) overrideExits(child);
}

/** `tradewind dags list | head` is no error. A command that leads processes brings them to an end first. */
function outputBroke(error: NodeJS.ErrnoException): void {
  if (!readerWentAway()) process.exit(error.code === "EPIPE" ? 0 : 1);
}

/** Files that are not there or not to be had, ports that are taken: the message says all, a stack would say nothing. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "code" in error;
}

function report(error: unknown): number {
  // Commander has printed its own message: help and version end with 0, wrong usage with 2.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof TradewindError) {
    const at = error.at
      ? `${[error.at.file, error.at.line, error.at.column].filter((part) => part !== undefined).join(":")}: `
      : "";
    process.stderr.write(`error: ${at}${error.message} [${error.code}]\n`);
    if (error.hint) process.stderr.write(`hint: ${error.hint}\n`);
    return error.kind.exitCode;
  }
  if (isSystemError(error)) {
    process.stderr.write(`error: ${error.message.replace(/^\w+: /, "")} [${error.code}]\n`);
    return error.code === "ENOENT" || error.code === "EISDIR" ? 2 : 3;
  }
  process.stderr.write(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}
