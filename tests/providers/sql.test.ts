import { describe, expect, it } from "vitest";
import {
  BranchSQLOperator,
  Dag,
  EmptyOperator,
  type OperatorInstance,
  SQLCheckOperator,
  SQLColumnCheckOperator,
  SQLExecuteQueryOperator,
  SQLTableCheckOperator,
  SQLValueCheckOperator,
  SqlSensor,
} from "../../src/index.ts";
import { bindParameters, splitStatements } from "../../src/providers/postgres.ts";
import { testTask } from "../../src/testing/index.ts";
import { freshDatabase } from "../support/database.ts";

/** The connection of a URL, of a server or of a socket. */
function connectionOf(text: string) {
  const url = new URL(text.replace(/^(\w+:\/\/[^/@]*@)\//, "$1localhost/"));
  const host = url.searchParams.get("host") ?? url.hostname;
  return {
    type: "postgres",
    host: decodeURIComponent(host),
    schema: url.pathname.slice(1),
    login: decodeURIComponent(url.username) || "postgres",
    ...(url.password ? { password: decodeURIComponent(url.password) } : {}),
    ...(url.port || url.searchParams.get("port")
      ? { port: Number(url.port || url.searchParams.get("port")) }
      : {}),
  };
}

async function onDatabase() {
  const { url } = await freshDatabase({ empty: true });
  const connections = { postgres_default: connectionOf(url) };
  return (operator: OperatorInstance) => {
    const dag = new Dag("sql");
    const task = dag.add(operator);
    task.before(dag.add(new EmptyOperator({ taskId: "yes" })), dag.add(new EmptyOperator({ taskId: "no" })));
    return testTask(dag, "run", { connections, logicalDate: "2024-02-28T06:30:00Z" });
  };
}

const create =
  "CREATE TABLE scores (id int, name text, value float); INSERT INTO scores VALUES (1, 'a', 0.5), (2, 'b', 0.9), (2, NULL, 0.9)";

describe("SQLExecuteQueryOperator", () => {
  it("runs statements with parameters of both kinds and gives the rows of the last", async () => {
    const run = await onDatabase();
    expect(await run(new SQLExecuteQueryOperator({ taskId: "run", sql: create }))).toMatchObject({
      outcome: "success",
      value: undefined,
    });
    const select = (sql: string, parameters: object) =>
      run(
        new SQLExecuteQueryOperator({
          taskId: "run",
          sql,
          parameters: parameters as { [name: string]: unknown },
        }),
      );
    expect(
      (
        await select("SELECT id, name FROM scores WHERE value > %(low)s AND name = :name", {
          low: 0.6,
          name: "b",
        })
      ).value,
    ).toEqual([{ id: 2, name: "b" }]);
    expect(
      (await select("SELECT count(*)::int AS n, '%s :x'::text AS t FROM scores WHERE id = %s", [2])).value,
    ).toEqual([{ n: 2, t: "%s :x" }]);
    expect((await select("SELECT :day::date::text AS day", { day: "{{ ds }}" })).value).toEqual([
      { day: "2024-02-28" },
    ]);
    expect(await select("SELECT %(gone)s", { other: 1 })).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining('"gone"'),
    });
  });

  it("is one transaction, unless autocommit", async () => {
    const run = await onDatabase();
    await run(new SQLExecuteQueryOperator({ taskId: "run", sql: create }));
    const sql = ["DELETE FROM scores WHERE id = 1", "SELECT 1/0"];
    expect(await run(new SQLExecuteQueryOperator({ taskId: "run", sql }))).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining("division by zero"),
    });
    const count = async () =>
      (
        await run(
          new SQLExecuteQueryOperator({ taskId: "run", sql: "SELECT count(*)::int AS n FROM scores" }),
        )
      ).value;
    expect(await count()).toEqual([{ n: 3 }]);
    await run(new SQLExecuteQueryOperator({ taskId: "run", sql, autocommit: true }));
    expect(await count()).toEqual([{ n: 2 }]);
  });

  it("splits scripts, returns all results when told to, and applies the handler", async () => {
    const run = await onDatabase();
    const sql = "SELECT ';' AS a; -- nothing; here\nSELECT $$x;y$$ AS b;";
    const options = { taskId: "run", sql, splitStatements: true } as const;
    expect((await run(new SQLExecuteQueryOperator({ ...options, returnLast: false }))).value).toEqual([
      [{ a: ";" }],
      [{ b: "x;y" }],
    ]);
    expect(
      (
        await run(
          new SQLExecuteQueryOperator({
            ...options,
            handler: ({ rowCount, columns }) => ({ rowCount, columns }),
          }),
        )
      ).value,
    ).toEqual({ rowCount: 1, columns: ["b"] });
  });

  it("names the place of an error in the statement, and a connection of another type", async () => {
    const run = await onDatabase();
    expect(
      await run(new SQLExecuteQueryOperator({ taskId: "run", sql: "SELECT 1,\n  wrong" })),
    ).toMatchObject({ outcome: "failed", message: expect.stringContaining("line 2, column 3") });
    const dag = new Dag("sql");
    dag.add(new SQLExecuteQueryOperator({ taskId: "run", sql: "SELECT 1" }));
    expect(
      await testTask(dag, "run", { connections: { postgres_default: { type: "mysql", host: "h" } } }),
    ).toMatchObject({ outcome: "failed", message: expect.stringContaining('of type postgres, got "mysql"') });
  });
});

describe("checks", () => {
  it("checks rows, values, columns and tables", async () => {
    const run = await onDatabase();
    await run(new SQLExecuteQueryOperator({ taskId: "run", sql: create }));
    const passes = async (operator: OperatorInstance) => {
      const { outcome, message } = await run(operator);
      return outcome === "success" ? true : message;
    };
    expect(
      await passes(new SQLCheckOperator({ taskId: "run", sql: "SELECT count(*), max(id) FROM scores" })),
    ).toBe(true);
    expect(
      await passes(
        new SQLCheckOperator({ taskId: "run", sql: "SELECT count(*) AS n FROM scores WHERE id = 9" }),
      ),
    ).toContain('got {"n":"0"}');
    expect(await passes(new SQLCheckOperator({ taskId: "run", sql: "SELECT 1 WHERE false" }))).toContain(
      "expected a row",
    );
    expect(
      await passes(
        new SQLValueCheckOperator({ taskId: "run", sql: "SELECT count(*) FROM scores", passValue: 3 }),
      ),
    ).toBe(true);
    expect(
      await passes(
        new SQLValueCheckOperator({ taskId: "run", sql: "SELECT 104", passValue: 100, tolerance: 0.05 }),
      ),
    ).toBe(true);
    expect(
      await passes(
        new SQLValueCheckOperator({ taskId: "run", sql: "SELECT 106", passValue: 100, tolerance: 0.05 }),
      ),
    ).toContain("expected 100 ± 5 %");
    const columns = (
      columnMapping: ConstructorParameters<typeof SQLColumnCheckOperator>[0]["columnMapping"],
    ) => passes(new SQLColumnCheckOperator({ taskId: "run", table: "scores", columnMapping }));
    expect(
      await columns({
        name: { nullCheck: { leqTo: 1 } },
        value: { min: { geqTo: 0 }, max: { lessThan: 1 } },
      }),
    ).toBe(true);
    expect(await columns({ id: { uniqueCheck: { equalTo: 0 }, distinctCheck: { equalTo: 2 } } })).toContain(
      "id uniqueCheck: expected 0, got 1",
    );
    const table = (checkStatement: string) =>
      passes(
        new SQLTableCheckOperator({ taskId: "run", table: "scores", checks: { one: { checkStatement } } }),
      );
    expect(await table("count(*) >= 3")).toBe(true);
    expect(await table("value < 1")).toBe(true);
    expect(await table("value < 0.6")).toContain("one: value < 0.6");
  });

  it("branches on a query, and waits for one", async () => {
    const run = await onDatabase();
    const sides = { followTaskIdsIfTrue: "yes", followTaskIdsIfFalse: ["no"] } as const;
    expect((await run(new BranchSQLOperator({ taskId: "run", sql: "SELECT 1 > 0", ...sides }))).skip).toEqual(
      { followed: ["yes"] },
    );
    expect((await run(new BranchSQLOperator({ taskId: "run", sql: "SELECT 'f'", ...sides }))).skip).toEqual({
      followed: ["no"],
    });
    await run(new SQLExecuteQueryOperator({ taskId: "run", sql: "CREATE SEQUENCE polls" }));
    expect((await run(new SqlSensor({ taskId: "run", sql: "SELECT nextval('polls') >= 3" }))).outcome).toBe(
      "success",
    );
    expect(
      (await run(new SqlSensor({ taskId: "run", sql: "SELECT 1 WHERE false", failOnEmpty: true }))).outcome,
    ).toBe("failed");
    expect(
      (await run(new SqlSensor({ taskId: "run", sql: "SELECT 5", failure: (value) => value === 5 }))).outcome,
    ).toBe("failed");
  });
});

describe("statements as text", () => {
  it("binds names once and leaves quotes, casts and comments alone", () => {
    expect(bindParameters("SELECT :a, :a, %(b)s, x::int, ':a', \"a:a\" -- :a", { a: 1, b: 2 })).toEqual({
      sql: "SELECT $1, $1, $2, x::int, ':a', \"a:a\" -- :a",
      values: [1, 2],
    });
  });

  it("splits at semicolons outside of quotes, comments and dollar quotes", () => {
    expect(splitStatements("a ';' ; -- b;\nc; /* d; */ $f$ e; $f$;;")).toEqual([
      "a ';'",
      "-- b;\nc",
      "/* d; */ $f$ e; $f$",
    ]);
  });
});
