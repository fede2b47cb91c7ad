/** A server that listens already when its start fails, as when the database goes away in that moment, ends all the same. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
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

test("standalone whose database dies while it starts waits for the next one, and is ready", async () => {
  const world = makeWorld({ dags: {} });
  onTestFinished(() => world.remove());
  const first = world.start("standalone");
  await first.prints(/Tradewind is ready/);
  first.interrupt("SIGTERM");
  expect(await first.ended).toMatchObject({ code: 0 });

  const running = world.start("standalone", "--log-level", "info");
  await running.prints(/scheduler started/);
  expect(running.stdout).toBe("");
  const [pid] = readFileSync(join(world.home, "postgres/postmaster.pid"), "utf8").split("\n");
  process.kill(Number(pid), "SIGKILL");
  await running.prints(/the embedded PostgreSQL is gone/);
  await running.prints(/Tradewind is ready/);
  running.interrupt("SIGTERM");
  expect(await running.ended).toMatchObject({ code: 0 });
});
