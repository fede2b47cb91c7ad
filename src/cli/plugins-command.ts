/** `tradewind plugins`: what plugins of Airflow bring, and which of them cannot be loaded. */
import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { TradewindError } from "../errors.ts";
import { environmentForTasks } from "../runtime/environment.ts";
import { pythonArguments, pythonSettings } from "../runtime/python-command.ts";
import { type GlobalFlags, openSession, type Session, withGlobalFlags, withOutput } from "./session.ts";

/** As `python/tradewind/plugins_report.py` prints it. */
interface Report {
  readonly plugins: readonly { readonly [kind: string]: string | readonly string[] }[];
  readonly errors: readonly { readonly source: string; readonly error: string }[];
}

export function addPluginsCommand(root: Command): void {
  withOutput(withGlobalFlags(root.command("plugins")))
    .description("plugins of Airflow: of the plugins folder and of installed packages")
    .action(plugins);
}

async function plugins(flags: GlobalFlags): Promise<void> {
  const session = openSession(flags);
  const { plugins: found, errors } = await report(session);
  if (session.format === "json" || session.format === "yaml") session.rows(found.map((one) => ({ ...one })));
  else if (found.length === 0) session.print("No plugins loaded");
  else session.rows(found.map(row));
  for (const { source, error } of errors) session.note(`${source} cannot be loaded:\n${error}`);
  if (errors.length > 0)
    throw new TradewindError(
      "TW_PLUGIN",
      `expected every plugin to load, got ${errors.length} that cannot be: ${errors.map(({ source }) => source).join(", ")}`,
    );
}

function row({ name = "", source = "", ignored = [], ...kinds }: Report["plugins"][number]) {
  const brings = Object.entries(kinds)
    .filter(([, names]) => names.length > 0)
    .map(([kind, names]) => `${kind}: ${[names].flat().join(", ")}`);
  const left = [ignored].flat();
  if (left.length > 0) brings.push(`(without effect: ${left.join(", ")})`);
  return { name: String(name), source: String(source), brings: brings.join("; ") };
}

/** @throws TradewindError TW_TASK_PROCESS when Python cannot be asked. */
async function report(session: Session): Promise<Report> {
  const { python, paths } = session.config;
  const { interpreter } = python;
  const child = spawn(interpreter, pythonArguments("plugins_report", "--dags-folder", paths.dagsFolder), {
    env: { ...environmentForTasks(), ...pythonSettings(python) } as NodeJS.ProcessEnv,
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  const ended = Promise.withResolvers<number | null>();
  child.on("error", (error) => ended.reject(error));
  child.on("close", (code) => ended.resolve(code));
  const [code, printed, problem] = await Promise.all([
    ended.promise.catch((error: Error) => error.message),
    text(child.stdio[3] as Readable),
    text(child.stderr as Readable),
  ]);
  if (code === 0) return JSON.parse(printed) as Report;
  throw new TradewindError(
    "TW_TASK_PROCESS",
    `expected ${interpreter} to tell of its plugins, it ended with ${code}: ${problem.trim().split("\n").at(-1) ?? ""}`,
  );
}
