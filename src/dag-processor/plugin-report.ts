/** Asks the Python side what plugins of Airflow bring; their code runs in a process of its own, which ends. */
import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Json } from "../core/dag-model.ts";
import { TradewindError } from "../errors.ts";
import { type PythonSideSettings, pythonArguments, pythonSettings } from "../runtime/python-command.ts";

/** As `python/tradewind/plugins_report.py` prints it. */
export interface PluginReport {
  readonly plugins: readonly ReportedPlugin[];
  readonly errors: readonly { readonly source: string; readonly error: string }[];
}

export interface ReportedPlugin {
  readonly name: string;
  readonly source: string;
  /** Kinds that are accepted, and have no effect. */
  readonly ignored: readonly string[];
  /** What those describe: pages of Airflow's web server. */
  readonly views: { readonly [kind: string]: readonly Json[] };
  /** Names, by kind. */
  readonly [kind: string]: string | readonly string[] | { readonly [kind: string]: readonly Json[] };
}

export interface PluginReportOptions {
  readonly python: PythonSideSettings & { readonly interpreter: string };
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly dagsFolder: string;
  /** Ends the process, and the question with TW_TASK_PROCESS. */
  readonly signal?: AbortSignal;
}

/** @throws TradewindError TW_TASK_PROCESS when Python cannot be asked. */
export async function askForPlugins(options: PluginReportOptions): Promise<PluginReport> {
  const { python, environment, dagsFolder, signal } = options;
  const child = spawn(python.interpreter, pythonArguments("plugins_report", "--dags-folder", dagsFolder), {
    env: { ...environment, ...pythonSettings(python) } as NodeJS.ProcessEnv,
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    ...(signal === undefined ? {} : { signal, killSignal: "SIGKILL" as const }),
  });
  const ended = Promise.withResolvers<number | null>();
  child.on("error", (error) => ended.reject(error));
  child.on("close", (code) => ended.resolve(code));
  const [code, printed, problem] = await Promise.all([
    ended.promise.catch((error: Error) => error.message),
    text(child.stdio[3] as Readable),
    text(child.stderr as Readable),
  ]);
  if (code === 0) return JSON.parse(printed) as PluginReport;
  throw new TradewindError(
    "TW_TASK_PROCESS",
    `expected ${python.interpreter} to tell of its plugins, it ended with ${code}: ${problem.trim().split("\n").at(-1) ?? ""}`,
  );
}
