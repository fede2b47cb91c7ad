// Builds the page into dist/ui, where its sources changed since it was last built. Plain JavaScript: the set-up runs it
// on whatever Node is there.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { root, withLock } from "../bin/bring-node.mjs";

const built = join(root, "dist", "ui");
const stamp = join(root, ".cache", "page-sources");

/** `node` is the one to build with. Ends the process when the build fails: an old page must not pass for the new one. */
export function buildPage(node) {
  const sources = hashOfSources();
  const fresh = () =>
    existsSync(join(built, "index.html")) && existsSync(stamp) && readFileSync(stamp, "utf8") === sources;
  if (!fresh()) withLock(join(root, ".page.lock"), () => fresh() || build(node, sources));
}

function build(node, sources) {
  console.error("Building the page …");
  rmSync(stamp, { force: true });
  const vite = join(root, "node_modules", "vite", "bin", "vite.js");
  const args = [vite, "build", "--config", join(root, "ui", "vite.config.ts"), "--logLevel", "warn"];
  const { status } = spawnSync(node, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) {
    console.error(`The page could not be built (vite ended with ${status}); its message is above.`);
    process.exit(3);
  }
  compress(join(built, "static"));
  mkdirSync(join(root, ".cache"), { recursive: true });
  writeFileSync(stamp, sources);
}

/** Beside each file its compressed forms, so that no visitor waits for them. Fonts and images are compressed already. */
function compress(folder) {
  for (const name of readdirSync(folder)) {
    if (!/\.(?:js|css|svg|wasm|json)$/.test(name)) continue;
    const plain = readFileSync(join(folder, name));
    const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(plain, options));
    writeFileSync(join(folder, `${name}.gz`), gzipSync(plain, { level: 9 }));
  }
}

/** Of the page's files, those of the server that it shares, and the versions of its packages. */
function hashOfSources() {
  const hash = createHash("sha256");
  const add = (file) =>
    hash.update(file.slice(root.length)).update("\0").update(readFileSync(file)).update("\0");
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else add(path);
    }
  };
  walk(join(root, "ui", "src"));
  for (const file of [
    "scripts/build-page.mjs",
    "ui/index.html",
    "ui/vite.config.ts",
    "ui/package.json",
    "package-lock.json",
  ])
    add(join(root, file));
  for (const file of [
    "api/ui/contract.ts",
    "api/ui/state-letters.ts",
    "core/lineage-kinds.ts",
    "core/time-zone.ts",
  ])
    add(join(root, "src", file));
  return hash.digest("hex");
}
