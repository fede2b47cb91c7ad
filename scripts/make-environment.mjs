// A virtual environment with packages, made once: `complete` in it says that it is whole, and of which packages.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Path of the interpreter of an environment that was made of these packages, else null. */
export function pythonIn(place, packages) {
  const stamp = join(place, "complete");
  const isThere = existsSync(stamp) && readFileSync(stamp, "utf8") === stampOf(packages);
  return isThere ? join(place, "bin", "python") : null;
}

const stampOf = (packages) => packages.map((name) => `${name}\n`).join("");

/** Makes it in the folder `place`. Returns why it could not be, or null. */
export function makeEnvironment(place, packages) {
  rmSync(place, { recursive: true, force: true });
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages];
  const steps = [
    ["python3", ["-m", "venv", place]],
    [join(place, "bin", "python"), pip],
  ];
  for (const [command, args] of steps) {
    const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
    if (status === 0) continue;
    rmSync(place, { recursive: true, force: true });
    return `${command} ${args.slice(0, 3).join(" ")} … ended with ${status}: ${error?.message ?? stderr.trim().split("\n").at(-1)}`;
  }
  writeFileSync(join(place, "complete"), stampOf(packages));
  return null;
}
