import { expect, test } from "vitest";
import { describeTarget, openDatabase } from "../../src/store/connect.ts";
import { instant, instants, json, prepared, sql } from "../../src/store/sql.ts";
import { freshDatabase } from "../support/database.ts";

const insert = (a: number) => prepared("insert-pair", sql`INSERT INTO pair VALUES (${a}) RETURNING a`);

test("a batch is one transaction: all of it or nothing, and tells the first failure", async () => {
  const { database } = await freshDatabase();
  const connection = await database.connect({ pipeline: true });
  await connection.run(sql`CREATE TABLE pair (a int PRIMARY KEY)`);
  expect(await connection.batch([insert(1), insert(2)])).toEqual([1, 1]);
  await expect(connection.batch([insert(3), insert(1), insert(4)])).rejects.toThrow(/duplicate key/);
  expect(await connection.rows(sql`SELECT a FROM pair ORDER BY a`)).toEqual([{ a: 1 }, { a: 2 }]);
  await connection.close();
});

test("a batch counts what each statement touched, and its session goes on after a failure", async () => {
  const { database } = await freshDatabase();
  const connection = await database.connect({ pipeline: true });
  await connection.run(sql`CREATE TABLE pair (a int PRIMARY KEY)`);
  const raise = prepared("raise-pair", sql`UPDATE pair SET a = a + 10 WHERE a < ${10}`);
  const refused = prepared("insert-nothing", sql`INSERT INTO pair SELECT NULL`);
  // Prepared within a batch that fails, before and behind the statement that makes it fail.
  await expect(connection.batch([insert(1), refused, raise])).rejects.toThrow(/null value/);
  const statements = [
    insert(1),
    insert(2),
    raise,
    sql`SELECT a FROM pair`,
    sql`DELETE FROM pair WHERE a = 11`,
  ];
  expect(await connection.batch(statements)).toEqual([1, 1, 2, 2, 1]);
  expect(await connection.batch([insert(3), raise])).toEqual([1, 1]);
  await connection.close();
});

test("instants travel as milliseconds, also in lists, and json comes back parsed", async () => {
  const { database } = await freshDatabase();
  const at = 1_717_171_717_123;
  const row = await database.row(sql`
    SELECT ${instant(at)}::timestamptz AS at, ${instants([at, null])}::timestamptz[] AS list,
           ${json({ a: [1, null] })}::json AS j, 12345678901::int8 AS big, ${instant(null)}::timestamptz AS none`);
  expect(row).toEqual({ at, list: [at, null], j: { a: [1, null] }, big: 12345678901, none: null });
});

test("a statement inside a statement keeps its parameters apart", () => {
  const inner = sql`b = ${2} AND c = ${3}`;
  expect(sql`a = ${1} AND ${inner} AND d = ${4}`).toMatchObject({
    text: "a = $1 AND b = $2 AND c = $3 AND d = $4",
    values: [1, 2, 3, 4],
  });
});

test("a database that is down, a wrong password and a bad URL are told without the password", async () => {
  const down = openDatabase({ url: "postgresql://me:hunter2@127.0.0.1:1/x" });
  await expect(down.rows(sql`SELECT 1`)).rejects.toMatchObject({ code: "TW_DATABASE_UNAVAILABLE" });
  await expect(down.rows(sql`SELECT 1`)).rejects.toThrow(/127\.0\.0\.1:1, database x, user me/);
  await expect(down.rows(sql`SELECT 1`)).rejects.not.toThrow(/hunter2/);
  expect(() => describeTarget("mysql://me:hunter2@host/x")).toThrow(/expected postgresql:/);
  expect(() => describeTarget("mysql://me:hunter2@host/x")).not.toThrow(/hunter2/);
});
