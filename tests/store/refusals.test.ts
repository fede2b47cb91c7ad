/** What a server refuses, and how it is told: wrong password, no connection left, no such database, read-only. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "../../src/store/connect.ts";
import { openDatabase } from "../../src/store/connect.ts";
import { isConnectionLost } from "../../src/store/database-errors.ts";
import type { EmbeddedServer } from "../../src/store/embedded/start.ts";
import { startEmbedded } from "../../src/store/embedded/start.ts";
import { sql } from "../../src/store/sql.ts";

const home = mkdtempSync(join(tmpdir(), "tw-refusals-"));
let server: EmbeddedServer;
let database: Database;

beforeAll(async () => {
  server = await startEmbedded({ home, role: "command" });
  database = openDatabase({ url: server.url, poolSize: 2 });
  await database.run(sql`CREATE ROLE limited LOGIN CONNECTION LIMIT 1 PASSWORD 'right-one'`);
  const rules = join(server.home.data, "pg_hba.conf");
  const before = readFileSync(rules, "utf8");
  writeFileSync(rules, "local all limited scram-sha-256\n");
  appendFileSync(rules, before);
  await database.run(sql`SELECT pg_reload_conf()`);
});

afterAll(async () => {
  await database.close();
  await server.close();
  rmSync(home, { recursive: true, force: true });
});

const as = (user: string, name = "tradewind"): Database =>
  openDatabase({
    url: `postgresql://${user}@/${name}?host=${encodeURIComponent(server.home.sockets)}`,
    poolSize: 1,
  });

const refusal = async (refused: Database): Promise<Error & { code?: string }> => {
  const error = await refused.rows(sql`SELECT 1`).then(
    () => new Error("it was let in"),
    (reason: unknown) => reason as Error,
  );
  await refused.close();
  return error;
};

test("a wrong password, without repeating it", async () => {
  const error = await refusal(as("limited:wrong-one"));
  expect(error).toMatchObject({ code: "TW_DATABASE_LOGIN" });
  expect(`${error.message} ${String(error.cause)}`).not.toContain("wrong-one");
  expect(isConnectionLost(error)).toBe(false);
});

test("no connection left", async () => {
  const first = as("limited:right-one");
  await first.rows(sql`SELECT 1`);
  expect(await refusal(as("limited:right-one"))).toMatchObject({ code: "TW_DATABASE_CONNECTIONS" });
  await first.close();
});

test("a database that is not there", async () => {
  expect(await refusal(as("tradewind", "nowhere"))).toMatchObject({ code: "TW_DATABASE_MISSING" });
});

test("a write on a server that only reads", async () => {
  const write = database.transaction((tx) => tx.run(sql`CREATE TABLE t (n int)`), { readOnly: true });
  await expect(write).rejects.toMatchObject({ code: "TW_DATABASE_READ_ONLY" });
});

test("tables that are not there", async () => {
  await expect(database.rows(sql`SELECT 1 FROM dag`)).rejects.toMatchObject({
    code: "TW_DATABASE_NOT_MIGRATED",
  });
});

test("a session that the server ends, and the pool goes on with a new one", async () => {
  const session = await database.connect();
  const row = await session.row<{ pid: number }>(sql`SELECT pg_backend_pid() AS pid`);
  const waiting = session.run(sql`SELECT pg_sleep(60)`);
  const told = expect(waiting).rejects.toMatchObject({ code: "TW_DATABASE_UNAVAILABLE" });
  await database.run(sql`SELECT pg_terminate_backend(${row?.pid ?? 0}::int)`);
  await told;
  await session.lost;
  const pooled = database.transaction(async (tx) => {
    await tx.run(sql`SELECT pg_terminate_backend(pg_backend_pid())`);
  });
  await expect(pooled).rejects.toMatchObject({ code: "TW_DATABASE_UNAVAILABLE" });
  expect(await database.rows(sql`SELECT 1 AS n`)).toEqual([{ n: 1 }]);
});

test("a batch on a session that breaks fails, and none of it is kept", async () => {
  await database.run(sql`CREATE TABLE batch (n int)`);
  const session = await database.connect({ pipeline: true });
  const batch = session.batch([
    sql`INSERT INTO batch VALUES (1)`,
    sql`SELECT pg_terminate_backend(pg_backend_pid())`,
    sql`INSERT INTO batch VALUES (2)`,
  ]);
  await expect(batch).rejects.toSatisfy(isConnectionLost);
  expect(await database.rows(sql`SELECT n FROM batch`)).toEqual([]);
});
