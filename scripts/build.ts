/**
 * Makes the package that is published: `dist/` with JavaScript, types, migrations, the Python side and a package.json whose exports
 * name them. Node strips no types below node_modules, so sources alone would not run there.
 */
import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildPage } from "./build-page.mjs";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });
execFileSync(
  process.execPath,
  [join(root, "node_modules/typescript/bin/tsc"), "-p", join(root, "tsconfig.build.json")],
  { stdio: "inherit" },
);

buildPage(process.execPath);

for (const file of [
  ...globSync("src/**/*.sql", { cwd: root }),
  "src/ml/data/*.csv",
  "python/{pyproject.toml,README.md,tradewind_process.py}",
  ...globSync("python/{tradewind,airflow}/**/*.{py,txt,json,typed}", { cwd: root }),
  "bin/tradewind.mjs",
  "bin/bring-node.mjs",
  "README.md",
  "LICENSE",
  "NOTICE",
  "CHANGELOG.md",
].flatMap((pattern) => globSync(pattern, { cwd: root }))) {
  mkdirSync(dirname(join(dist, file)), { recursive: true });
  cpSync(join(root, file), join(dist, file));
}

interface Manifest {
  exports: Record<string, string>;
  [key: string]: unknown;
}

const {
  scripts: _scripts,
  devDependencies: _dev,
  workspaces: _workspaces,
  ...manifest
} = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
const built = Object.entries(manifest.exports).map(([name, target]): [string, unknown] => {
  if (!target.endsWith(".ts")) return [name, target];
  const stem = target.slice(0, -".ts".length);
  return [name, { types: `${stem}.d.ts`, default: `${stem}.js` }];
});
writeFileSync(
  join(dist, "package.json"),
  `${JSON.stringify({ ...manifest, exports: Object.fromEntries(built) }, null, 2)}\n`,
);
