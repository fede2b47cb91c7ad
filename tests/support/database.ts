/** A database for one test: a copy of the migrated template, dropped when the test (or the file) ends. */
import { randomBytes } from "node:crypto";
import { inject, onTestFinished } from "vitest";
import type { Database } from "../../src/store/connect.ts";
import { openDatabase } from "../../src/store/connect.ts";
import { identifier, sql } from "../../src/store/sql.ts";

export interface TestDatabase {
  readonly url: string;
  readonly database: Database;
  drop(): Promise<void>;
}

let administrator: Database | undefined;

function admin(): Database {
  administrator ??= openDatabase({ url: inject("serverUrl"), poolSize: 2 });
  return administrator;
}

function urlOf(name: string): string {
  return inject("serverUrl").replace(/^(\w+:\/\/[^/]*)(\/[^?]*)?/, `$1/${name}`);
}

/** For `beforeAll`; the caller drops it in `afterAll`. `empty` has no tables at all. */
export async function createDatabase(options: { empty?: boolean } = {}): Promise<TestDatabase> {
  const name = `${inject("databasePrefix")}${randomBytes(6).toString("hex")}`;
  const template = identifier(options.empty === true ? "template0" : inject("templateName")).text;
  const text = `CREATE DATABASE ${identifier(name).text} ENCODING 'UTF8' TEMPLATE ${template} ${inject("createOptions")}`;
  await admin().run({ text, values: [] });
  const url = urlOf(name);
  const database = openDatabase({ url, poolSize: 5 });
  return {
    url,
    database,
    drop: async () => {
      await database.close();
      // Nobody waits for it (50 ms); the end of the run drops what is left.
      void admin()
        .run(sql`DROP DATABASE IF EXISTS ${identifier(name)} WITH (FORCE)`)
        .catch(() => undefined);
    },
  };
}

/** Within a test: dropped when the test ends, whatever its outcome. */
export async function freshDatabase(options: { empty?: boolean } = {}): Promise<TestDatabase> {
  const created = await createDatabase(options);
  onTestFinished(created.drop);
  return created;
}
