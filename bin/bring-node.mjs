// Finds a Node that can run Tradewind, or brings one from npm. Runs on any Node from 18 on: no types, no packages.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The Node that is brought where the machine's is older than `oldest`. */
const brought = "24.21.0";
const oldest = [22, 18];

export function isNewEnough(version) {
  const [major, minor] = version.replace(/^v/, "").split(".").map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

/** Path of a Node that is new enough: this one, the one brought before, or one from npm's registry. */
export function bringNode() {
  if (isNewEnough(process.version)) return process.execPath;
  const place = join(root, ".node");
  const binary = join(
    place,
    "node_modules",
    packageName(),
    process.platform === "win32" ? "node.exe" : "bin/node",
  );
  if (!existsSync(binary)) withLock(join(root, ".node.lock"), () => existsSync(binary) || install(place));
  return binary;
}

function packageName() {
  const platform = process.platform === "win32" ? "win" : process.platform;
  return `node-${platform}-${process.arch}`;
}

function install(place) {
  const what = `${packageName()}@${brought}`;
  console.error(
    `Node ${process.version} is too old for Tradewind (it needs ${oldest.join(".")} or newer): fetching Node ${brought} from npm …`,
  );
  const staging = `${place}.new`;
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  writeFileSync(join(staging, "package.json"), "{}");
  const done = npm(
    process.execPath,
    ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", what],
    staging,
  );
  if (done !== 0) {
    console.error(
      `Could not install ${what} (npm ended with ${done}). Expected: an npm registry that has it, or Node ${oldest.join(".")} or newer on the PATH.`,
    );
    process.exit(3);
  }
  rmSync(place, { recursive: true, force: true });
  renameSync(staging, place);
}

/** Installs exactly what package-lock.json says, once for each lock file and Node; a second call costs nothing. */
export function installPackages(node) {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .update(node)
    .digest("hex");
  const stamp = join(root, "node_modules", ".installed-lock");
  const fresh = () => existsSync(stamp) && readFileSync(stamp, "utf8") === lock;
  if (fresh()) return;
  withLock(join(root, ".install.lock"), () => {
    if (fresh()) return;
    console.error("Installing packages (once) …");
    const done = npm(node, ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], root);
    if (done !== 0) {
      console.error(`npm ci ended with ${done}; its message is above.`);
      process.exit(3);
    }
    writeFileSync(stamp, lock);
  });
}

/** Runs npm under the given Node, so that packages are chosen for it and not for an older one. */
function npm(node, args, cwd) {
  const path = [dirname(node), process.env.PATH].join(process.platform === "win32" ? ";" : ":");
  const env = { ...process.env, PATH: path };
  // A caller's own prefix or production mode must not leak in.
  for (const name of Object.keys(env))
    if (
      /^npm_(config|package|lifecycle)_/i.test(name) &&
      !/registry|cafile|proxy|userconfig|globalconfig|cache|token/i.test(name)
    )
      delete env[name];
  delete env.NODE_ENV;
  const script = process.env.npm_execpath;
  const result = script?.endsWith("js")
    ? spawnSync(node, [script, ...args], { cwd, env, stdio: ["ignore", "inherit", "inherit"] })
    : spawnSync("npm", args, {
        cwd,
        env,
        stdio: ["ignore", "inherit", "inherit"],
        shell: process.platform === "win32",
      });
  if (result.error) console.error(`npm could not be started: ${result.error.message}`);
  return result.status ?? 1;
}

/** One process at a time; a lock of a process that is gone is taken over. */
export function withLock(path, work) {
  for (let waited = false; ; waited = true) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      if (!holderLives(path)) rmSync(path, { force: true });
      else if (!waited) console.error("Waiting for another set-up of this folder to end …");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
  try {
    return work();
  } finally {
    rmSync(path, { force: true });
  }
}

function holderLives(path) {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    if (!pid) return Date.now() - statSync(path).mtimeMs < 5_000;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
