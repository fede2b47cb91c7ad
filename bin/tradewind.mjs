#!/usr/bin/env node
// Starts the command line, on a Node that is new enough.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { bringNode, installPackages, isNewEnough } = await import("./bring-node.mjs");

if (isNewEnough(process.version)) {
  enableCompileCache?.();
  const built = join(root, "src", "cli", "main.js");
  const source = join(root, "src", "cli", "main.ts");
  const { main } = await import(existsSync(source) ? source : built);
  await main(process.argv.slice(2));
} else {
  const node = bringNode();
  if (existsSync(join(root, "package-lock.json"))) installPackages(node);
  const result = spawnSync(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  process.exit(result.status ?? 1);
}
