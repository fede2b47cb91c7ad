/** Shell commands as tasks. */
import { TradewindError } from "../../errors.ts";
import type { TaskContext } from "../context.ts";
import { defineOperator, defineSensor } from "../operator.ts";
import { option } from "../options.ts";
import { SkipException } from "../outcomes.ts";

export interface BashOptions {
  /** The command, or the name of a file that ends in `.sh` or `.bash`; both are templates. */
  readonly bashCommand: string;
  /** The command's environment; the task's own is not inherited unless `appendEnv` is set. */
  readonly env?: { readonly [name: string]: string };
  /** Adds `env` to what the task's process was given. Default false. */
  readonly appendEnv?: boolean;
  /** Default "utf8". */
  readonly outputEncoding?: BufferEncoding;
  /** Exit codes that skip the task; null for none. Default 99. */
  readonly skipOnExitCode?: number | readonly number[] | null;
  /** Default: a folder of the command's own, deleted afterwards. */
  readonly cwd?: string;
  /** What becomes of the last line of the output before it is the result. */
  readonly outputProcessor?: (lastLine: string) => unknown;
}

const exitCodes = option.that(
  "an exit code, an array of them, or null",
  (value) => value === null || [value].flat().every((code) => Number.isInteger(code)),
);

/**
 * Runs a command by bash (Airflow's BashOperator). The last line of the output is the result; an exit code other
 * than 0 fails the task, and 99 skips it.
 *
 * @example
 * dag.add(new BashOperator({ taskId: "fetch", bashCommand: "curl -fsS {{ params.url }} -o /data/{{ ds }}.csv" }));
 */
export const BashOperator = defineOperator<BashOptions, unknown>({
  name: "BashOperator",
  options: {
    bashCommand: option.nonEmpty({ required: true }),
    env: option.stringMap(),
    appendEnv: option.boolean(),
    outputEncoding: option.oneOf(["utf8", "utf-8", "latin1", "ascii", "utf16le"]),
    skipOnExitCode: exitCodes,
    cwd: option.nonEmpty(),
    outputProcessor: option.function(),
  },
  templateFields: ["bashCommand", "env", "cwd"],
  templateExtensions: [".sh", ".bash"],
  uiColor: "#f0ede4",
  async execute(options, context) {
    const { exitCode, lastLine } = await run(options, context);
    const skips = options.skipOnExitCode === undefined ? [99] : [options.skipOnExitCode].flat();
    if (skips.includes(exitCode))
      throw new SkipException(`the command ended with exit code ${exitCode}, which skips`);
    if (exitCode !== 0) throw failed(options.bashCommand, exitCode, lastLine);
    return options.outputProcessor ? options.outputProcessor(lastLine) : lastLine;
  },
});

export interface BashSensorOptions extends Pick<BashOptions, "bashCommand" | "env" | "outputEncoding"> {
  /** Exit code that means "not yet"; any other than 0 then fails. Default: every code but 0 means it. */
  readonly retryExitCode?: number;
}

/** Waits until a command ends with exit code 0. */
export const BashSensor = defineSensor<BashSensorOptions, unknown>({
  name: "BashSensor",
  options: {
    bashCommand: option.nonEmpty({ required: true }),
    env: option.stringMap(),
    outputEncoding: option.oneOf(["utf8", "utf-8", "latin1", "ascii", "utf16le"]),
    retryExitCode: option.integer(),
  },
  templateFields: ["bashCommand", "env"],
  templateExtensions: [".sh", ".bash"],
  async poke(options, context) {
    const { exitCode, lastLine } = await run(options, context);
    if (exitCode === 0) return true;
    if (options.retryExitCode === undefined || exitCode === options.retryExitCode) return false;
    throw failed(options.bashCommand, exitCode, lastLine);
  },
});

async function run(
  options: BashOptions,
  context: TaskContext,
): Promise<{ exitCode: number; lastLine: string }> {
  const { runBash, withWorkingFolder } = await import("../../providers/bash.ts");
  const inherited = context.environment;
  const named = Object.fromEntries(
    Object.entries(inherited).filter(([name]) => name.startsWith("AIRFLOW_CTX_")),
  );
  const env =
    options.env === undefined || options.appendEnv
      ? { ...inherited, ...options.env }
      : { ...named, ...options.env };
  return withWorkingFolder(options.cwd, async (cwd) => {
    const end = await runBash({
      command: options.bashCommand,
      env,
      cwd,
      encoding: options.outputEncoding ?? "utf8",
      onLine: (line) => context.logger.info(line),
      signal: context.signal,
    });
    context.signal.throwIfAborted();
    if (end.exitCode !== null) return { exitCode: end.exitCode, lastLine: end.lastLine };
    throw new TradewindError(
      "TW_BASH_EXIT",
      `expected the command to end by itself, it was ended by ${end.signal}: ${shorten(options.bashCommand)}`,
    );
  });
}

function failed(command: string, exitCode: number, lastLine: string): TradewindError {
  const said = lastLine === "" ? "" : `; its last line: ${shorten(lastLine)}`;
  return new TradewindError(
    "TW_BASH_EXIT",
    `expected exit code 0, got ${exitCode} of: ${shorten(command)}${said}`,
  );
}

function shorten(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
