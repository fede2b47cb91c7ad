/** How a process of the Python side is started. */
import { join } from "node:path";

const launcher = join(import.meta.dirname, "../../python/tradewind_process.py");

/** Arguments for the interpreter: `importer`, `fork_server` or `child`, and what that takes. */
export function pythonArguments(name: string, ...rest: readonly string[]): string[] {
  return [launcher, name, ...rest];
}

/** Settings that the Python side reads from its environment. */
export function pythonSettings(settings: { readonly airflow: string; readonly allowPickle?: boolean }): {
  [name: string]: string;
} {
  const { airflow, allowPickle = false } = settings;
  return {
    TRADEWIND__PYTHON__ALLOW_PICKLE: String(allowPickle),
    ...(airflow === "auto" ? {} : { TRADEWIND__PYTHON__AIRFLOW: airflow }),
  };
}

/** Whether the file is for Python by its name. */
export function isPythonFile(path: string): boolean {
  return path.endsWith(".py");
}
