/** What public Dag files do, of all three eras, in files of our own: they import without Airflow, and they run. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describePython } from "./find-python.ts";
import { pythonWorld } from "./python-world.ts";

const folder = join(import.meta.dirname, "../fixtures/airflow-dags");
const files = Object.fromEntries(
  readdirSync(folder)
    .filter((name) => name.endsWith(".py"))
    .map((name) => [name, readFileSync(join(folder, name), "utf8")]),
);
const environment = { AIRFLOW_CONN_FILES: "fs://example.org" };

describePython("idioms of public Dag files", { timeout: 180_000 }, () => {
  it("Airflow 1: contrib, provide_context, SubDagOperator, legacy names and keys", async () => {
    const world = await pythonWorld(files, { environment });
    const run = await world.run("airflow_1");
    expect(run.states, (await run.log("extract")).join("\n")).toEqual({
      start: "success",
      extract: "success",
      pull: "success",
      choose: "success",
      large: "success",
      small: "skipped",
      join: "success",
      greet: "success",
      again: "success",
      "part.first": "success",
      "part.second": "success",
      gate: "success",
      steps: "skipped",
      wait: "skipped",
      trigger: "skipped",
    });
    const last = await run.xcom("extract");
    expect(await run.xcom("pull")).toEqual({ total: 6, latest: [1, 2, 3], last, limit: 7 });
    expect(await run.xcom("greet")).toBe("hello airflow_1");
    expect(await run.xcom("again")).toBe(2);
    const [ds, executionDate, , yesterday, tomorrow] = (await run.xcom("extract")) as string[];
    expect(executionDate).toBe(ds);
    const day = Date.parse(`${ds}T00:00:00Z`);
    expect([Date.parse(`${yesterday}T00:00:00Z`), Date.parse(`${tomorrow}T00:00:00Z`)]).toEqual([
      day - 86_400_000,
      day + 86_400_000,
    ]);
    expect(await run.xcom("large")).toMatch(/^\d{4} w \d{8}$/);
  });

  it("Airflow 2: templates, params, groups, datasets, TaskFlow", async () => {
    const world = await pythonWorld(files, { environment });
    const run = await world.run("airflow_2", { word: "given" });
    expect(run.state, (await run.log("context")).join("\n")).toBe("success");
    expect(run.states).toMatchObject({
      "branches.yes": "success",
      "branches.no": "skipped",
      done: "success",
    });
    const context = (await run.xcom("context")) as { ds: string };
    expect(context).toMatchObject({
      conf: { word: "given" },
      params: { word: "given", n: 3 },
      keys: ["conn", "dag", "next_execution_date", "prev_ds", "ts", "var"],
    });
    expect(await run.xcom("template")).toMatch(
      new RegExp(`^GIVEN 6 none ${context.ds} 02 \\d{4}-\\d{2}-\\d{2} 1-2 given$`),
    );
    expect(await run.xcom("native")).toBe(4);

    const taskflow = await world.run("airflow_2_taskflow");
    expect(taskflow.states).toMatchObject({ large: "success", small: "skipped", shell: "success" });
    expect(await taskflow.xcom("total")).toBe(28);
    expect(await taskflow.xcom("report.text")).toBe('{"total": 28}');
    expect(await taskflow.xcom("shell")).toBe("airflow_2_taskflow");

    const consumer = await world.run("airflow_2_consumer");
    expect(await consumer.xcom("where")).toEqual([true, "False", "d"]);
    expect(await consumer.xcom("uri")).toBe("example.org");
  });

  it("Airflow 3: setup and teardown, mapping, assets, sensors", async () => {
    const world = await pythonWorld(files, { environment });
    const run = await world.run("airflow_3");
    expect(run.state, (await run.log("collect")).join("\n")).toBe("success");
    expect(run.states).toMatchObject({ after_skip: "skipped", begin: "success", end: "success" });
    expect(await run.xcom("collect")).toEqual({
      values: ["hello ann", "hello bob"],
      names: ["a", "b"],
      manual: true,
    });
    const pair = (...value: string[]) => ({ __type__: "tuple", value });
    expect(await run.xcom("zipped")).toMatchObject({
      values: [pair("hello ann", "hi x"), pair("hello bob", "yo y")],
    });
    expect(await run.xcom("sizes")).toMatchObject({ values: [1, 3] });
    expect(await run.xcom("mapped")).toMatchObject({ values: ["HELLO ANN", "HELLO BOB"] });
    const made = await world.run("daily_rows");
    expect(await made.xcom("daily_rows")).toBe("daily_rows");
  });
});
