// A virtual environment with the real Airflow and one of its providers, made once in .cache: for the tests that use it.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../bin/bring-node.mjs";

const packages = ["apache-airflow==3.3.*", "apache-airflow-providers-apache-livy", "jinja2", "pendulum"];
const place = join(root, ".cache", "test-airflow");

/** Path of its interpreter, or null where it is not made. TRADEWIND_TEST_AIRFLOW names another one. */
export function airflowPython() {
  const given = process.env.TRADEWIND_TEST_AIRFLOW;
  if (given) return given;
  return existsSync(join(place, "complete")) ? join(place, "bin", "python") : null;
}

/** Makes it where it is not there. Returns why it could not be, or null. */
export function makeAirflow() {
  if (airflowPython() !== null) return null;
  rmSync(place, { recursive: true, force: true });
  const steps = [
    ["python3", ["-m", "venv", place]],
    [
      join(place, "bin", "python"),
      ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages],
    ],
  ];
  for (const [command, args] of steps) {
    const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
    if (status === 0) continue;
    rmSync(place, { recursive: true, force: true });
    return `${command} ${args.slice(0, 3).join(" ")} … ended with ${status}: ${error?.message ?? stderr.trim().split("\n").at(-1)}`;
  }
  writeFileSync(join(place, "complete"), "");
  return null;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const why = makeAirflow();
  console.log(why === null ? `Airflow: ${airflowPython()}` : `Airflow: none: ${why}`);
}
