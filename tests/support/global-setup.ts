/**
 * One PostgreSQL for the whole run: `TEST_DATABASE_URL` when it is set (the user must be able to create
 * databases), else an embedded one in a folder of its own. A template is migrated once; `freshDatabase()` copies it.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { openDatabase } from "../../src/store/connect.ts";
import { isRunning } from "../../src/store/embedded/process.ts";
import { startEmbedded } from "../../src/store/embedded/start.ts";
import { migrate } from "../../src/store/migrate.ts";
import { identifier, sql } from "../../src/store/sql.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** An administrator's URL; its database is not to be written to. */
    serverUrl: string;
    templateName: string;
    /** What the names of the run's databases start with. */
    databasePrefix: string;
    /** Options of CREATE DATABASE: copying files beats copying through the log, where the server can. */
    createOptions: string;
  }
}

/** Memory, where there is plenty: a database is some 400 files. */
function folder(): string {
  const memory = "/dev/shm";
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > 8 * 1024 ** 3 ? memory : tmpdir();
}

const homePrefix = "tw-tests-";

/** Of runs that were killed; their servers ended with them. */
function removeAbandoned(under: string): void {
  for (const name of readdirSync(under)) {
    const pid = Number(/^tw-tests-(\d+)-/.exec(name)?.[1] ?? 0);
    if (pid > 0 && !isRunning(pid)) rmSync(join(under, name), { recursive: true, force: true });
  }
}

async function startServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const given = process.env["TEST_DATABASE_URL"];
  if (given !== undefined && given !== "") return { url: given, stop: async () => undefined };
  removeAbandoned(folder());
  const home = mkdtempSync(join(folder(), `${homePrefix}${process.pid}-`));
  // What the tests of durability need is not this server's business: they start their own.
  const settings = {
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
    max_connections: "200",
  };
  const server = await startEmbedded({ home, role: "service", name: "tests", settings });
  return {
    url: server.url,
    stop: async () => {
      await server.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export function withDatabase(url: string, name: string): string {
  return url.replace(/^(\w+:\/\/[^/]*)(\/[^?]*)?/, `$1/${name}`);
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startServer();
  const templateName = `tw_template_${process.pid}`;
  const databasePrefix = `tw_test_${process.pid}_`;
  const admin = openDatabase({ url: server.url, poolSize: 1 });
  await admin.run(sql`CREATE DATABASE ${identifier(templateName)} ENCODING 'UTF8' TEMPLATE template0`);
  const template = openDatabase({ url: withDatabase(server.url, templateName), poolSize: 1 });
  await migrate(template);
  await template.close();
  const version = await admin.row<{ n: number }>(sql`SELECT current_setting('server_version_num')::int AS n`);
  project.provide("serverUrl", server.url);
  project.provide("templateName", templateName);
  project.provide("databasePrefix", databasePrefix);
  project.provide("createOptions", (version?.n ?? 0) >= 150_000 ? "STRATEGY file_copy" : "");
  return async () => {
    const left = await admin.rows<{ name: string }>(
      sql`SELECT datname AS name FROM pg_database WHERE starts_with(datname, ${databasePrefix})`,
    );
    for (const { name } of left)
      await admin.run(sql`DROP DATABASE IF EXISTS ${identifier(name)} WITH (FORCE)`);
    await admin.run(sql`DROP DATABASE ${identifier(templateName)} WITH (FORCE)`);
    await admin.close();
    await server.stop();
  };
}
