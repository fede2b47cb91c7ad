/** The programs that wait for triggers: one for Dags in TypeScript, one for each interpreter of Dags in Python. */
import { ownFile } from "../own-file.ts";
import { environmentForTasks } from "../runtime/environment.ts";
import { pythonArguments, pythonSettings } from "../runtime/python-command.ts";
import type { ProcessCommand } from "./worker/task-process.ts";

/** Of a `CodeLocation` in TypeScript. */
export const nodeInterpreter = "node";

/** `program` is Tradewind's own unless a test has another. */
export function nodeTriggerer(
  program: string = ownFile(import.meta.dirname, "../runtime/triggerer"),
): ProcessCommand {
  return {
    file: process.execPath,
    args: ["--disable-warning=ExperimentalWarning", program],
    env: environmentForTasks(),
    cwd: null,
  };
}

/** `settings` is section `python` of the settings. */
export function pythonTriggerer(
  interpreter: string,
  settings: Parameters<typeof pythonSettings>[0],
): ProcessCommand {
  return {
    file: interpreter,
    args: pythonArguments("triggerer"),
    env: { ...environmentForTasks(), ...pythonSettings(settings) },
    cwd: null,
  };
}
