/** Plugins of Airflow: what they bring to Dag files, and listeners that hear of tasks and runs. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { currentVersion } from "../../src/store/dag-versions.ts";
import { listPluginImportErrors, listPlugins } from "../../src/store/plugins.ts";
import { makeWorld } from "../cli/command.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { describePython, requirePython } from "./find-python.ts";
import { pythonWorld } from "./python-world.ts";

const plugin = `
import os
from airflow.plugins_manager import AirflowPlugin
from airflow.models import BaseOperator
from airflow.sdk import BaseOperatorLink
import ears

def shout(text):
    return text.upper() + "!"

class Old(BaseOperator):
    def execute(self, context):
        return "old"

class RunLink(BaseOperatorLink):
    name = "Run"
    def get_link(self, operator, *, ti_key):
        return f"https://example.org/{ti_key[0]}/{ti_key[1]}"

class PagesOfOld(BaseOperatorLink):
    name = "Pages"
    operators = [Old]
    def get_link(self, operator, *, ti_key):
        return "https://example.org/old"

class MyPlugin(AirflowPlugin):
    name = "mine"
    macros = [shout]
    operators = [Old]
    listeners = [ears]
    operator_extra_links = [PagesOfOld()]
    global_operator_extra_links = [RunLink()]
    flask_blueprints = [object()]
`;

const ears = `
import os
from airflow.listeners import hookimpl

def note(*words):
    with open(os.environ["HEARD"], "a") as file:
        file.write(" ".join(str(word) for word in words) + "\\n")

@hookimpl
def on_task_instance_running(previous_state, task_instance):
    note("running", task_instance.task_id, previous_state)

@hookimpl
def on_task_instance_success(previous_state, task_instance, session):
    note("success", task_instance.task_id, previous_state)

@hookimpl
def on_task_instance_failed(previous_state, task_instance, error):
    note("failed", task_instance.task_id, task_instance.state, repr(error))
    raise RuntimeError("a listener that breaks")

@hookimpl
def on_task_instance_skipped(previous_state, task_instance):
    note("skipped", task_instance.task_id)

@hookimpl
def on_starting(component):
    note("starting", type(component).__name__)

@hookimpl
def on_dag_run_running(dag_run, msg):
    note("run", dag_run.dag_id, dag_run.state)

@hookimpl
def on_dag_run_success(dag_run, msg):
    note("run", dag_run.dag_id, dag_run.state, msg)

@hookimpl
def on_dag_run_failed(dag_run):
    note("run", dag_run.dag_id, dag_run.state)

def not_marked(task_instance):
    raise AssertionError
`;

const dags = `
from airflow import DAG
from airflow.exceptions import AirflowSkipException
from airflow.operators.bash import BashOperator
from airflow.operators.mine import Old
from airflow.operators.python import PythonOperator

def fail():
    raise KeyError("no")

def skip():
    raise AirflowSkipException("not today")

with DAG("mine", schedule=None):
    BashOperator(task_id="says", bash_command="echo {{ macros.mine.shout(dag.dag_id) }}")
    Old(task_id="old")
    PythonOperator(task_id="fails", python_callable=fail, retries=0)
    PythonOperator(task_id="skips", python_callable=skip)
with DAG("fine", schedule=None):
    Old(task_id="old")
`;

const files = { "dags.py": dags, "../plugins/mine.py": plugin, "../plugins/ears.py": ears };

describePython("plugins", { timeout: 120_000 }, () => {
  it("bring macros, operators and links to Dag files, and listeners hear of their tasks and runs", async () => {
    const heard = join(await temporaryFolder(), "heard");
    // The worker, and the processes of tasks, have it from here.
    vi.stubEnv("HEARD", heard);
    onTestFinished(() => void vi.unstubAllEnvs());
    const world = await pythonWorld(files);
    await vi.waitFor(async () => expect(await currentVersion(world.database, "fine")).not.toBeNull(), 20_000);
    const version = await currentVersion(world.database, "mine");
    expect(version?.spec.listeners).toEqual([
      "on_dag_run_running",
      "on_dag_run_success",
      "on_dag_run_failed",
    ]);
    expect(version?.spec.tasks.map(({ extraLinks }) => extraLinks?.map(({ name }) => name))).toEqual([
      ["Run"],
      ["Pages", "Run"],
      ["Run"],
      ["Run"],
    ]);
    const run = await world.run("mine");
    expect(run.states).toEqual({ says: "success", old: "success", fails: "failed", skips: "skipped" });
    expect(await run.xcom("says")).toBe("MINE!");
    expect(await run.xcom("old", "_link_RunLink")).toBe("https://example.org/mine/old");
    expect(await run.xcom("old", "_link_PagesOfOld")).toBe("https://example.org/old");
    expect((await run.log("fails")).join("\n")).toContain("error calling listener on_task_instance_failed");
    await world.run("fine");
    await vi.waitFor(() => expect(readFileSync(heard, "utf8")).toContain("run fine success"), 20_000);
    const lines = readFileSync(heard, "utf8").trim().split("\n");
    for (const line of [
      "run mine running",
      "run mine failed",
      "running says queued",
      "success says running",
      "running old queued",
      "failed fails failed KeyError('no')",
      "skipped skips",
      "starting TaskRunnerMarker",
      "run fine success success",
    ])
      expect(lines).toContain(line);
  });

  it("that were edited are there for the next task; those that break are told by `tradewind plugins`", async () => {
    const world = await pythonWorld({
      "dags.py": dags.replace(
        'with DAG("fine"',
        "with DAG('edited', schedule=None):\n    BashOperator(task_id='says', bash_command='echo {{ macros.mine.shout(dag.dag_id) }}')\nwith DAG(\"fine\"",
      ),
      "../plugins/mine.py": plugin.replace("import ears", "").replace("[ears]", "[]"),
      "../plugins/broken.py": "from airflow.plugins_manager import AirflowPlugin\nimport no_such_package\n",
    });
    expect(await (await world.run("edited")).xcom("says")).toBe("EDITED!");
    const path = join(world.folder, "plugins", "mine.py");
    writeFileSync(path, readFileSync(path, "utf8").replace('+ "!"', '+ "?"'));
    expect(await (await world.run("edited")).xcom("says")).toBe("EDITED?");
    await vi.waitFor(async () => {
      const { rows } = await listPlugins(world.database, {});
      expect(rows).toMatchObject([{ name: "mine", source: path, contents: { macros: ["shout"] } }]);
      const [error] = await listPluginImportErrors(world.database);
      expect(error?.error).toContain("No module named 'no_such_package'");
    }, 20_000);
    writeFileSync(path, readFileSync(path, "utf8").replace("macros = [shout]", "macros = [shout, print]"));
    await vi.waitFor(async () => {
      const { rows } = await listPlugins(world.database, {});
      expect(rows[0]?.contents["macros"]).toEqual(["shout", "print"]);
    }, 20_000);
    const cli = makeWorld();
    onTestFinished(() => cli.remove());
    cli.environment["TRADEWIND__PYTHON__INTERPRETER"] = requirePython();
    const done = await cli.command("plugins", "-o", "json", "--dags-folder", join(world.folder, "dags"));
    expect(done.code).toBe(1);
    expect(JSON.parse(done.stdout)).toMatchObject([
      { name: "mine", macros: ["shout", "print"], operators: ["Old"], ignored: ["flask_blueprints"] },
    ]);
    expect(done.stderr).toMatch(/broken\.py cannot be loaded:[^]*No module named 'no_such_package'/);
  });
});
