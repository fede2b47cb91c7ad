/**
 * One PostgreSQL for the whole run: `TEST_DATABASE_URL` when it is set (the user must be able to create
 * databases), else an embedded one in a folder of its own. A template is migrated once; `freshDatabase()` copies it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { openDatabase } from "../../src/store/connect.ts";
import { startEmbedded } from "../../src/store/embedded/start.ts";
import { migrate } from "../../src/store/migrate.ts";
import { identifier, sql } from "../../src/store/sql.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** An administrator's URL; its database is not to be written to. */
    serverUrl: string;
    templateName: string;
  }
}

async function startServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const given = process.env["TEST_DATABASE_URL"];
  if (given !== undefined && given !== "") return { url: given, stop: async () => undefined };
  const home = mkdtempSync(join(tmpdir(), "tw-tests-"));
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
  return url.replace(/^(\w+:\/\/[^/]*\/)[^?]*/, `$1${name}`);
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startServer();
  const templateName = `tw_template_${process.pid}`;
  const admin = openDatabase({ url: server.url, poolSize: 1 });
  await admin.run(sql`CREATE DATABASE ${identifier(templateName)} ENCODING 'UTF8' TEMPLATE template0`);
  const template = openDatabase({ url: withDatabase(server.url, templateName), poolSize: 1 });
  await migrate(template);
  await template.close();
  project.provide("serverUrl", server.url);
  project.provide("templateName", templateName);
  return async () => {
    await admin.run(sql`DROP DATABASE ${identifier(templateName)} WITH (FORCE)`);
    await admin.close();
    await server.stop();
  };
}
