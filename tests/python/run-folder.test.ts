/** Where the tasks of a run work: relative paths of one task are there for the next. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { describePython } from "./find-python.ts";
import { pythonWorld } from "./python-world.ts";

const files = {
  "steps.py": `import json

def save():
    with open('data/rows.json', 'w') as file:
        json.dump([1, 2, 3], file)

def total():
    with open('data/rows.json') as file:
        rows = json.load(file)
    with open('model/total.txt', 'w') as file:
        file.write(str(sum(rows)))
    return sum(rows)
`,
  "pipeline.py": `from airflow import DAG
from airflow.operators.python import PythonOperator
import os
import steps

with DAG(dag_id="relative", schedule_interval=None) as dag:
    save = PythonOperator(task_id="save", python_callable=steps.save)
    total = PythonOperator(task_id="total", python_callable=steps.total)
    where = PythonOperator(task_id="where", python_callable=os.getcwd)
    save >> total >> where

with DAG(dag_id="absolute", schedule=None):
    PythonOperator(task_id="read", python_callable=lambda: open("/opt/airflow/include/words.txt").read())
`,
};

describePython("the working folder of a run", () => {
  it("holds what its tasks write, apart from other runs", async () => {
    const world = await pythonWorld(files);
    const first = await world.run("relative");
    expect(first.states).toEqual({ save: "success", total: "success", where: "success" });
    expect(await first.xcom("total")).toBe(6);
    const folder = (await first.xcom("where")) as string;
    expect(folder.startsWith(join(world.config.home, "runs/dag_id=relative/run_id=manual__"))).toBe(true);
    expect(readFileSync(join(folder, "model/total.txt"), "utf8")).toBe("6");
    const second = await world.run("relative");
    expect(await second.xcom("where")).not.toBe(folder);
  });

  it("is the one where the program was started, or another, where the setting says so", async () => {
    const started = await pythonWorld(files, { flags: { "python.working_directory": "start" } });
    const run = await started.run("relative");
    expect(run.states["save"]).toBe("failed");
    expect((await run.log("save")).join("\n")).toContain("data/rows.json");
  });

  it("and absolute paths of Airflow's containers lead to where the setting says", async () => {
    const elsewhere = await temporaryFolder();
    const mapped = await pythonWorld(files, { flags: { "python.path_map": `/opt/airflow=${elsewhere}` } });
    const include = join(elsewhere, "include");
    mkdirSync(include);
    writeFileSync(join(include, "words.txt"), "found");
    const run = await mapped.run("absolute");
    expect(await run.xcom("read")).toBe("found");
  });
});
