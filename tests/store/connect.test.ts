import { expect, test } from "vitest";
import { describeTarget, openDatabase } from "../../src/store/connect.ts";
import { instant, instants, json, prepared, sql } from "../../src/store/sql.ts";
import { freshDatabase } from "../support/database.ts";

const insert = (a: number) => prepared("insert-pair", sql`INSERT INTO pair VALUES (${a}) RETURNING a`);

test("a batch is one transaction: all of it or nothing, and tells the first failure", async () => {
  const { database } = await freshDatabase();
  const connection = await database.connect({ pipeline: true });
  await connection.run(sql`CREATE TABLE pair (a int PRIMARY KEY)`);
  const results = await connection.batch([insert(1), insert(2)]);
  expect(results).toEqual([
    { rows: [{ a: 1 }], count: 1 },
    { rows: [{ a: 2 }], count: 1 },
  ]);
  await expect(connection.batch([insert(3), insert(1), insert(4)])).rejects.toThrow(/duplicate key/);
  expect(await connection.rows(sql`SELECT a FROM pair ORDER BY a`)).toEqual([{ a: 1 }, { a: 2 }]);
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
