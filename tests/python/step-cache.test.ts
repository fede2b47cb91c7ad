/** Results that stand for later attempts, in both languages, under a real scheduler with real processes. */
import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import type { Json } from "../../src/core/dag-model.ts";
import { sql } from "../../src/store/sql.ts";
import { listLookups } from "../../src/store/step-cache.ts";
import { describePython } from "./find-python.ts";
import { type PythonRun, type PythonWorld, pythonWorld } from "./python-world.ts";

/** Each handler writes a line into a file when it runs. */
const typed = (more = "") => `
import { appendFileSync } from "node:fs";
import { Dag, getContext, Param } from "tradewind";
const ran = (name) => appendFileSync("__FOLDER__/ran.txt", name + "\\n");
const dag = new Dag("typed", { schedule: null, params: { trees: new Param(1, {}) } });
const load = dag.task("load", async () => { ran("load"); return [1, 2, 3]; }, { cache: true });
const big = dag.task("big", async ({ rows }) => { ran("big"); return "x".repeat(400000) + rows.length; }, { cache: { ttl: 3600 } });
const each = dag.task("each", async ({ n }) => { ran("each" + n); return n * 10; }, { cache: true });
const dated = dag.task("dated", async () => { ran("dated"); return getContext().ds; }, { cache: true });
const keyed = dag.task("keyed", async ({ big }) => { ran("keyed"); return big.length; }, { cache: { key: ({ big }) => big.length } });
const sum = dag.task("sum", async ({ all, big }) => { ran("sum"); return all.reduce((a, b) => a + b, 0) + big.length; }, { cache: { code: "handler" } });
const rows = load();
const large = big({ rows });
sum({ all: each.expand({ n: rows }), big: large });
keyed({ big: large });
dated();
${more}
`;

const python = `
import datetime
from airflow.sdk import dag, task

def ran(name):
    with open("__FOLDER__/ran.txt", "a") as file:
        file.write(name + "\\n")

@dag(schedule=None)
def plain():
    @task(step_cache=True)
    def load(n):
        ran("load")
        return [n, n + 1]

    @task(step_cache={"ttl": datetime.timedelta(hours=1)}, retries=1, retry_delay=datetime.timedelta(0))
    def flaky(rows, ti=None):
        ran("flaky")
        if ti.try_number == 1:
            raise ValueError("the first time")
        ti.xcom_push(key="extra", value="e")
        return sum(rows)

    @task(step_cache={"key": lambda inputs, context: inputs["total"]})
    def keyed(total):
        ran("keyed")
        return total * 2

    @task.branch(step_cache=True)
    def choose(total):
        ran("choose")
        return "left"

    @task
    def left():
        ran("left")

    @task
    def right():
        ran("right")

    total = flaky(load(1))
    keyed(total)
    choose(total) >> [left(), right()]

plain()
`;

async function ranIn(folder: string): Promise<string[]> {
  const { readFile } = await import("node:fs/promises");
  const path = `${folder}/ran.txt`;
  const text = await readFile(path, "utf8").catch(() => "");
  rmSync(path, { force: true });
  return text
    .split("\n")
    .filter((line) => line !== "")
    .sort();
}

async function outcomes(world: PythonWorld, dagId: string, { runId }: PythonRun) {
  const rows = await listLookups(world.database, { dagId, runId });
  return Object.fromEntries(
    rows.map(({ taskId, mapIndex, outcome, explanation }) => [
      mapIndex < 0 ? taskId : `${taskId}[${mapIndex}]`,
      `${outcome}: ${explanation}`,
    ]),
  );
}

async function worldOf(name: string, text: string): Promise<PythonWorld> {
  const world = await pythonWorld({});
  const place = (source: string) => world.write({ [name]: source.replaceAll("__FOLDER__", world.folder) });
  place(text);
  await expect
    .poll(async () => (await world.database.rows(sql`SELECT 1 FROM dag`)).length, { timeout: 20_000 })
    .toBe(1);
  return { ...world, write: (files) => place(Object.values(files)[0] ?? "") };
}

async function versions(world: PythonWorld): Promise<number> {
  return (await world.database.rows(sql`SELECT 1 FROM dag_version`)).length;
}

const day = (date: number) => ({ logicalDate: Date.UTC(2026, 0, date) });

describePython("the step cache", () => {
  test("a TypeScript step whose code, inputs and params are those of before does not run", async () => {
    const world = await worldOf("typed.ts", typed());
    const first = await world.run("typed", {}, day(1));
    const everything = ["big", "dated", "each1", "each2", "each3", "keyed", "load", "sum"];
    expect(await ranIn(world.folder), (await first.log("sum")).join("\n")).toEqual(everything);
    expect(await outcomes(world, "typed", first)).toMatchObject({
      load: "miss: there is no earlier result of this task",
    });

    const second = await world.run("typed", {}, day(2));
    expect(await ranIn(world.folder)).toEqual(["dated"]);
    expect(new Set(Object.values(second.states))).toEqual(new Set(["success"]));
    const hit = expect.stringContaining(`in run ${first.runId} of 2`);
    expect(await outcomes(world, "typed", second)).toEqual({
      load: hit,
      big: hit,
      "each[0]": hit,
      "each[1]": hit,
      "each[2]": hit,
      sum: hit,
      keyed: hit,
      dated: "miss: the last result looked at logicalDate, which is another now",
    });
    expect(await second.log("load")).toEqual([expect.stringContaining("step cache hit: code, inputs")]);
    expect((await second.log("dated")).join("\n")).toContain("step cache miss: the last result looked at");
    expect(await second.xcom("sum")).toBe(60 + 400_001);
    expect(await second.xcom("dated")).toBe("2026-01-02");
    // No worker had it, and large values are files of the run's own.
    const [row] = await world.database.rows<{ worker: string | null; ref: { uri: string } }>(sql`
      SELECT t.worker_id AS worker, x.ref FROM dag_run d JOIN task_instance t ON t.run_pk = d.id AND t.task_id = 'big'
      JOIN xcom x ON x.run_pk = d.id AND x.task_id = 'big' WHERE d.run_id = ${second.runId}`);
    expect(row).toMatchObject({ worker: null, ref: { uri: expect.stringContaining("xcom") } });
    expect(decodeURIComponent(row?.ref.uri ?? "")).toContain(encodeURIComponent(second.runId).slice(0, 10));

    const other = await world.run("typed", { trees: 2 }, day(3));
    expect(await ranIn(world.folder)).toEqual(everything.filter((name) => name !== "keyed"));
    expect((await outcomes(world, "typed", other))["load"]).toBe(
      "miss: param trees changed since the last result",
    );
    const refreshed = await world.run("typed", { tradewind_cache: { load: "refresh", "*": "off" } }, day(4));
    expect(await ranIn(world.folder)).toEqual(everything);
    expect(await outcomes(world, "typed", refreshed)).toMatchObject({
      load: "miss: the run says refresh",
      big: "off: the run says off",
    });

    // Another task's code changes: only what looks at its own handler alone is still good.
    const before = await versions(world);
    world.write({ "typed.ts": typed('dag.task("more", async () => 1)();') });
    await expect.poll(() => versions(world), { timeout: 20_000 }).toBe(before + 1);
    const edited = await world.run("typed", {}, day(5));
    expect(await ranIn(world.folder)).not.toContain("sum");
    expect((await outcomes(world, "typed", edited))["load"]).toBe(
      "miss: code: typed.ts changed since the last result",
    );
  });

  test("a Python step keeps what it pushed and decided, after a retry too", async () => {
    const world = await worldOf("plain.py", python);
    const first = await world.run("plain");
    expect(await ranIn(world.folder), (await first.log("keyed")).join("\n")).toEqual(
      ["choose", "flaky", "flaky", "keyed", "left", "load"].sort(),
    );
    const second = await world.run("plain");
    expect(await ranIn(world.folder)).toEqual(["left"]);
    expect(second.states).toMatchObject({
      load: "success",
      flaky: "success",
      keyed: "success",
      right: "skipped",
    });
    expect([
      await second.xcom("flaky"),
      await second.xcom("flaky", "extra"),
      await second.xcom("keyed"),
    ]).toEqual([3, "e", 6] satisfies Json[]);
    await world.database.run(
      sql`UPDATE step_cache SET expires_at = now() - interval '1 minute' WHERE task_id = 'flaky'`,
    );
    const third = await world.run("plain");
    expect(await ranIn(world.folder)).toEqual(["flaky", "flaky", "left"]);
    expect((await outcomes(world, "plain", third))["flaky"]).toMatch(/^miss: /);
  });
});
