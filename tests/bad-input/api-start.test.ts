/** A server that listens already when its start fails, as when the database goes away in that moment, ends all the same. */
import { expect, onTestFinished, test } from "vitest";
import { sql } from "../../src/store/sql.ts";
import { makeWorld } from "../cli/command.ts";
import { freshDatabase } from "../support/database.ts";

test.each([
  ["api-server", ["api-server", "--port", "0"]],
  ["standalone, which waits for its API's process", ["standalone", "--port", "0"]],
])("%s", async (_name, command) => {
  const { url, database } = await freshDatabase();
  const world = makeWorld({ databaseUrl: url, dags: {} });
  onTestFinished(() => world.remove());
  // The first thing that is asked after the port is open.
  await database.run(sql`ALTER TABLE app_user RENAME TO hidden`);
  const { code, stderr } = await world.start(...command).ended;
  expect(code).not.toBe(0);
  expect(stderr).toContain("app_user");
});
