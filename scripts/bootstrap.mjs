// `npm start` and `npm test`: set everything up, then run. Works on any Node from 18 on with nothing installed.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { bringNode, installPackages, root } from "../bin/bring-node.mjs";
import { buildPage } from "./build-page.mjs";
import { testBrowser } from "./test-browser.mjs";
import { testPython } from "./test-python.mjs";

const [command, ...rest] = process.argv.slice(2);
const node = bringNode();
installPackages(node);
if (command === "start" || command === "test") buildPage(node);

const commands = {
  start: [
    join(root, "bin/tradewind.mjs"),
    "standalone",
    "--home",
    join(root, ".tradewind"),
    "--dags-folder",
    join(root, "examples"),
    "--run",
    "iris",
  ],
  test: [join(root, "node_modules/vitest/vitest.mjs"), "run"],
  // Anything else runs a file of the repository on the right Node: `node scripts/bootstrap.mjs bench/run.ts`.
};
const args = commands[command] ?? [join(root, command ?? "")];
const path = [join(node, ".."), process.env.PATH].join(process.platform === "win32" ? ";" : ":");
const python = command === "test" ? testPython() : null;
const browser = command === "test" ? testBrowser() : null;
const more = {
  ...(python === null ? {} : { TRADEWIND_TEST_PYTHON: python }),
  ...(browser === null ? {} : { TRADEWIND_TEST_BROWSER: browser }),
};
const child = spawn(node, [...args, ...rest], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, ...more, PATH: path },
});

// A terminal sends Ctrl-C to the whole group; a supervisor sends SIGTERM to this process only.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.on(signal, () => signal !== "SIGINT" && child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
