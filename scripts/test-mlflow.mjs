// Two virtual environments with MLflow's client, of 2.x and of 3.x, made once in .cache: for the tests that use it.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../bin/bring-node.mjs";

const environments = {
  // Its tracing needs the OpenTelemetry of its own time.
  2: ["mlflow==2.21.*", "setuptools<81", "opentelemetry-sdk==1.30.0"],
  3: ["mlflow==3.11.*"],
};

/** Path of the interpreter of that major version, or null where it is not made. TRADEWIND_TEST_MLFLOW_2 and _3 name others. */
export function mlflowPython(major) {
  const given = process.env[`TRADEWIND_TEST_MLFLOW_${major}`];
  if (given) return given;
  const place = join(root, ".cache", `test-mlflow-${major}`);
  return existsSync(join(place, "complete")) ? join(place, "bin", "python") : null;
}

/** Makes what is not there. Returns why it could not be, or null. */
export function makeMlflow(major) {
  if (mlflowPython(major) !== null) return null;
  const place = join(root, ".cache", `test-mlflow-${major}`);
  rmSync(place, { recursive: true, force: true });
  const steps = [
    ["python3", ["-m", "venv", place]],
    [
      join(place, "bin", "python"),
      ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...environments[major]],
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

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  for (const major of [2, 3]) {
    const why = makeMlflow(major);
    console.log(why === null ? `MLflow ${major}: ${mlflowPython(major)}` : `MLflow ${major}: none: ${why}`);
  }
