/** The unit tests of the Python side, one by one, in the interpreter that the tests use. */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describePython, requirePython } from "./find-python.ts";

const folder = join(import.meta.dirname, "../../python");
const modules = readdirSync(join(folder, "tests"))
  .filter((name) => name.startsWith("test_") && name.endsWith(".py"))
  .map((name) => name.slice(0, -".py".length));

function unittest(module: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(requirePython(), ["-m", "unittest", `tests.${module}`], {
      cwd: folder,
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
    });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += String(chunk);
    });
    child.stderr.on("data", (chunk) => {
      output += String(chunk);
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

describePython("the Python side's own tests", () => {
  it.each(modules)("%s", async (module) => {
    const { code, output } = await unittest(module);
    expect(output).toMatch(/Ran \d+ test/);
    expect(code, output).toBe(0);
  });
});
