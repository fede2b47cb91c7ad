/** Which interpreter imports a Python file, and runs its tasks. An environment is asked for once while it is made. */

import { resolve } from "node:path";
import { TradewindError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { PythonSideSettings } from "../runtime/python-command.ts";
import { makePythonEnvironment } from "../runtime/python-environment.ts";
import { folderSettings } from "./folder-settings.ts";
import { readText } from "./zip-files.ts";

export interface PythonEnvironmentsOptions {
  readonly interpreter: string;
  readonly python: PythonSideSettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
}

export interface FileInterpreter {
  /** Why there is none, where what the settings ask for cannot be had: TW_CONFIG_*, TW_PYTHON_*, TW_OPTION_INVALID. */
  readonly interpreter: string | TradewindError;
  /** Files that decided it, or whose coming would. */
  readonly reached: ReadonlyMap<string, string | null>;
}

export class PythonEnvironments {
  readonly #options: PythonEnvironmentsOptions;
  readonly #made = new Map<string, Promise<string>>();

  constructor(options: PythonEnvironmentsOptions) {
    this.#options = options;
  }

  async of(dagsFolder: string, relativeFile: string): Promise<FileInterpreter> {
    const { interpreter, python, environment, log } = this.#options;
    const text = (await readText(resolve(dagsFolder, relativeFile))) ?? "";
    const settings = await folderSettings(dagsFolder, relativeFile, text);
    const { reached, what, folder } = settings;
    if (settings.problem !== null) return { interpreter: settings.problem, reached };
    if (settings.environment === null) return { interpreter, reached };
    const key = JSON.stringify([settings.environment, folder, [...reached.values()]]);
    let made = this.#made.get(key);
    if (made === undefined) {
      const onProgress = (line: string): void => log.info({ relativeFile }, line);
      const request = { settings: settings.environment, what, folder, interpreter, python, environment };
      made = makePythonEnvironment({ ...request, onProgress });
      this.#made.set(key, made);
      // What failed may work the next time: the network is back, an interpreter was installed.
      made.catch(() => this.#made.delete(key));
    }
    return { interpreter: await made.catch(asProblem), reached };
  }
}

function asProblem(error: unknown): TradewindError {
  if (error instanceof TradewindError) return error;
  return new TradewindError("TW_PYTHON_INTERPRETER", (error as Error).message);
}
