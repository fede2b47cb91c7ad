// A Chromium for the tests of the page: the machine's own, or Debian's where it can be installed.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

export function findBrowser() {
  const given = process.env.TRADEWIND_TEST_BROWSER;
  if (given) return given;
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/bin"];
  return (
    folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path)) ??
    null
  );
}

/** Its path, or null with the reason printed: then the tests that need it are skipped by name. */
export function testBrowser() {
  const found = findBrowser();
  if (found !== null) return found;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    console.error(
      "There is no Chromium, and none can be installed here (that needs root and apt). Tests of the page are skipped.",
    );
    return null;
  }
  console.error("Installing Chromium for the tests of the page (once) …");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [
    ["update", "-qq"],
    ["install", "-y", "-qq", "--no-install-recommends", "chromium"],
  ]) {
    const { status, stderr, error } = spawnSync("apt-get", args, { env, encoding: "utf8" });
    if (status === 0) continue;
    const why = error?.message ?? stderr.trim().split("\n").at(-1);
    console.error(`apt-get ${args.join(" ")} ended with ${status}: ${why}. Tests of the page are skipped.`);
    return null;
  }
  return findBrowser();
}
