import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { Dag } from "../../src/index.ts";
import { testDag } from "../../src/testing/index.ts";

it("runs the Dag of the guide as the guide's own test does", async () => {
  const guide = await readFile(join(import.meta.dirname, "../../docs/guides/first-dag.md"), "utf8");
  const source = /```ts\n(import \{ Dag, getContext[\s\S]*?)```/.exec(guide)?.[1] ?? "";
  // Within the package, so that the name "tradewind" is found.
  const folder = join(import.meta.dirname, `.guide-${process.pid}`);
  await mkdir(folder, { recursive: true });
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "coffee.ts"), source);
  const { coffee } = (await import(join(folder, "coffee.ts"))) as { coffee: Dag };
  const run = await testDag(coffee, { params: { cups: 2 } });
  expect(run.state).toBe("success");
  expect(run.results["total"]).toBe(20);
  expect(source.trim().split("\n").length).toBeLessThanOrEqual(30);
});
