/** The Python that tests use: TRADEWIND_TEST_PYTHON, else the first of PATH; none where it is older than 3.9. */
import { spawnSync } from "node:child_process";
import { describe } from "vitest";

const probe = "import sys; print(sys.executable if sys.version_info >= (3, 9) else '')";

export const python: string | null = find();

/** A suite that needs Python: skipped, with the reason in its name, where there is none. */
export const describePython = ((
  name: string,
  ...rest: Parameters<typeof describe> extends [unknown, ...infer R] ? R : never
) =>
  python === null
    ? describe.skip(`${name} (skipped: no Python 3.9 or newer)`, ...rest)
    : describe(name, ...rest)) as typeof describe;

export function requirePython(): string {
  if (python === null) throw new Error("this test needs Python 3.9 or newer");
  return python;
}

/** Whether a package is installed there; nothing is imported. */
export function isInstalled(interpreter: string, name: string): boolean {
  const look = "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)";
  return spawnSync(interpreter, ["-c", look, name]).status === 0;
}

/** Whether the interpreter can import all of these. */
export function hasPackages(...names: readonly string[]): boolean {
  if (python === null) return false;
  return spawnSync(python, ["-c", `import ${names.join(", ")}`]).status === 0;
}

function find(): string | null {
  for (const name of [process.env["TRADEWIND_TEST_PYTHON"], "python3", "python"]) {
    if (name === undefined || name === "") continue;
    const { status, stdout } = spawnSync(name, ["-c", probe], { encoding: "utf8" });
    if (status === 0 && stdout.trim() !== "") return stdout.trim();
  }
  return null;
}
