/** Requests that make no sense, or clash with what is there. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeWorld, type World } from "../cli/command.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
let world: World;

const stock = `import { Dag, Param } from "tradewind";
const dag = new Dag("stock", {
  schedule: null, startDate: "2026-01-01",
  params: { shelf: new Param(3, { type: "integer", minimum: 1 }) },
});
dag.task("take", async () => 1)();
`;

beforeAll(async () => {
  database = await createDatabase();
  world = makeWorld({ databaseUrl: database.url, dags: { "stock.ts": stock } });
});

afterAll(async () => {
  world.remove();
  await database.drop();
});

const runs = async (): Promise<unknown[]> => await world.json("dags", "list-runs", "stock");

test("a run for a date in the future is refused, by trigger and by test", async () => {
  for (const argv of [
    ["dags", "trigger", "stock", "-l", "2999-01-01"],
    ["dags", "test", "stock", "2999-01-01"],
  ]) {
    const { code, stderr } = await world.command(...argv);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /expected a logical date up to now .*, got 2999-01-01T00:00:00\+00:00 \[TW_RUN_DATE\]/,
    );
  }
  expect(await runs()).toEqual([]);
});

test("two runs of one logical date, or of one id: the second is refused and the first stays", async () => {
  expect(await world.command("dags", "trigger", "stock", "-l", "2026-02-01", "-r", "mine")).toMatchObject({
    code: 0,
  });
  const date = await world.command("dags", "trigger", "stock", "-l", "2026-02-01");
  expect(date).toMatchObject({ code: 1 });
  expect(date.stderr).toContain("TW_DAG_RUN_EXISTS");
  const id = await world.command("dags", "trigger", "stock", "-r", "mine");
  expect(id).toMatchObject({ code: 1 });
  expect(await runs()).toMatchObject([{ run_id: "mine", state: "queued" }]);
});

test("what does not fit the params, or is no JSON, starts nothing", async () => {
  const before = await runs();
  for (const [conf, expected] of [
    ['{"shelf": 0}', "TW_PARAM_INVALID"],
    ["{shelf: 1}", "--conf: expected JSON"],
    ["[1]", "expected an object"],
  ] as const) {
    const { code, stderr } = await world.command("dags", "trigger", "stock", "-c", conf);
    expect(code).toBe(2);
    expect(stderr).toContain(expected);
  }
  expect(await runs()).toEqual(before);
});

test("ids and dates that are none", async () => {
  const missing = await world.command("dags", "trigger", "stok");
  expect(missing).toMatchObject({ code: 1 });
  expect(missing.stderr).toContain("did you mean stock?");
  const runId = await world.command("dags", "trigger", "stock", "-r", "../../up");
  expect(runId).toMatchObject({ code: 2 });
  expect(runId.stderr).toContain("TW_RUN_ID");
  const date = await world.command("dags", "trigger", "stock", "-l", "tomorrow");
  expect(date).toMatchObject({ code: 2 });
  expect(date.stderr).toContain("--logical-date: expected a date such as 2026-01-31");
  expect(await world.command("tasks", "clear", "stock", "-t", "[", "-y")).toMatchObject({ code: 2 });
});

test("a backfill whose stretch ends before it begins, or lies in the future", async () => {
  const backfill = (from: string, to: string) =>
    world.command("backfill", "create", "--dag-id", "stock", "--from-date", from, "--to-date", to);
  for (const [from, to] of [
    ["2026-03-02", "2026-03-01"],
    ["2999-01-01", "2999-01-02"],
  ] as const) {
    const { code, stderr } = await backfill(from, to);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("TW_BACKFILL") });
  }
});
