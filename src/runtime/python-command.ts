/** How a process of the Python side is started. */
import { join } from "node:path";
import { ownFile } from "../own-file.ts";

const launcher = join(import.meta.dirname, "../../python/tradewind_process.py");

/** Arguments for the interpreter: `importer`, `fork_server`, `child` …, and what that takes. */
export function pythonArguments(name: string, ...rest: readonly string[]): string[] {
  return [launcher, name, ...rest];
}

/** Section `python` of the settings, as far as the Python side wants to know it. */
export interface PythonSideSettings {
  /** Airflow whose defaults files get: "auto", "2" or "3". */
  readonly airflow?: string | undefined;
  readonly allowPickle?: boolean | undefined;
  /** `/from=/to` pairs, separated by commas. */
  readonly pathMap?: string | undefined;
  /** The Python of functions that TypeScript tasks call. */
  readonly interpreter?: string | undefined;
  /** Absolute path of the folder for environments that are made for requirements. */
  readonly environmentsFolder?: string | undefined;
}

/** Settings that the Python side reads from its environment. */
export function pythonSettings(settings: PythonSideSettings): { [name: string]: string } {
  const {
    interpreter = "",
    airflow = "auto",
    allowPickle = false,
    pathMap = "",
    environmentsFolder = "",
  } = settings;
  return {
    TRADEWIND__PYTHON__ALLOW_PICKLE: String(allowPickle),
    TRADEWIND_NODE_CHILD: JSON.stringify([process.execPath, ownFile(import.meta.dirname, "child")]),
    ...(interpreter === "" ? {} : { TRADEWIND__PYTHON__INTERPRETER: interpreter }),
    ...(airflow === "auto" ? {} : { TRADEWIND__PYTHON__AIRFLOW: airflow }),
    ...(pathMap === "" ? {} : { TRADEWIND__PYTHON__PATH_MAP: pathMap }),
    ...(environmentsFolder === "" ? {} : { TRADEWIND__PYTHON__ENVIRONMENTS_FOLDER: environmentsFolder }),
  };
}

/** Whether the file is for Python by its name. */
export function isPythonFile(path: string): boolean {
  return path.endsWith(".py");
}
