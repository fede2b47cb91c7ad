/** An `airflow` command that is Tradewind, for scripts that call it. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { TradewindError } from "../errors.ts";

const mark = "# Written by `tradewind airflow shim`.";

export interface Shim {
  readonly path: string;
  /** Whether a shell finds it. */
  readonly onPath: boolean;
}

/**
 * Folders are Airflow's: Dags in `$AIRFLOW_HOME/dags`, by default `~/airflow/dags`, and Tradewind's home beside them.
 *
 * @throws TradewindError TW_USAGE where another `airflow` is in the folder.
 */
export function writeShim(
  given: string | undefined,
  program: string,
  environment: Readonly<Record<string, string | undefined>>,
): Shim {
  const venv = environment["VIRTUAL_ENV"];
  const folder = resolve(
    given ?? (venv === undefined ? join(environment["HOME"] ?? ".", ".local/bin") : join(venv, "bin")),
  );
  const path = join(folder, "airflow");
  if (existsSync(path) && !readFileSync(path, "utf8").includes(mark))
    throw new TradewindError("TW_USAGE", `${path} is another airflow, which is not replaced`, {
      hint: "name another folder: tradewind airflow shim DIR",
    });
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, shimText(program));
  chmodSync(path, 0o755);
  const folders = (environment["PATH"] ?? "").split(":").filter((one) => one !== "");
  return { path, onPath: folders.some((one) => resolve(one) === folder) };
}

function shimText(program: string): string {
  const [node, script] = [process.execPath, program].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  return `#!/bin/sh
${mark}
: "\${AIRFLOW_HOME:=$HOME/airflow}"
: "\${AIRFLOW__CORE__DAGS_FOLDER:=$AIRFLOW_HOME/dags}"
: "\${TRADEWIND_HOME:=$AIRFLOW_HOME/tradewind}"
export AIRFLOW_HOME AIRFLOW__CORE__DAGS_FOLDER TRADEWIND_HOME
exec ${node} ${script} airflow exec "$@"
`;
}
