// Installs the peers: packages of npm beside this file, and Airflow into a virtual environment in .cache/airflow.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
const venv = join(here, "../../.cache/airflow");
const run = (command, args, cwd = here) => {
  const { status, error } = spawnSync(command, args, { cwd, stdio: "inherit" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status ?? error}`);
};

if (!existsSync(join(here, "node_modules"))) run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"]);
if (process.argv.includes("--airflow") && !existsSync(join(venv, "bin/airflow"))) {
  run("python3", ["-m", "venv", venv]);
  run(join(venv, "bin/pip"), ["install", "--quiet", "apache-airflow==3.3.2", "psycopg2-binary", "asyncpg"]);
}
