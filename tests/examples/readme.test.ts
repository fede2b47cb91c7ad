import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { Dag } from "../../src/index.ts";
import { testDag } from "../../src/testing/index.ts";

it("runs the Dag of the README as the README says", async () => {
  const readme = await readFile(join(import.meta.dirname, "../../README.md"), "utf8");
  const source = /```ts\n(import \{ Dag[\s\S]*?)```/.exec(readme)?.[1] ?? "";
  // Within the package, so that the name "tradewind" is found.
  const folder = join(import.meta.dirname, `.readme-${process.pid}`);
  await mkdir(folder, { recursive: true });
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "churn.ts"), source.replace("const dag =", "export const dag ="));
  const { dag } = (await import(join(folder, "churn.ts"))) as { dag: Dag };
  const run = await testDag(dag, { params: { trees: 10 }, logicalDate: "2026-03-02" });
  expect(run.states).toMatchObject({ train: "success", deploy: "success", notify: "skipped" });
  expect(source.trim().split("\n").length).toBeLessThanOrEqual(30);
});
