/** Interpreters and requirements of folders, files and tasks. Packages come from a wheel of the test's own. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bench } from "../dag-processor/processor-bench.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { describePython, requirePython } from "./find-python.ts";
import { pythonWorld } from "./python-world.ts";
import { tinyWheel } from "./tiny-wheel.ts";

const dag = `import sys
from airflow import DAG
from airflow.operators.python import PythonOperator

with DAG("own", schedule=None):
    PythonOperator(task_id="a", python_callable=lambda: sys.prefix)
`;

async function importing(files: Record<string, string>) {
  const environmentsFolder = await temporaryFolder();
  const started = bench(files, {
    environment: { PATH: process.env["PATH"] },
    python: { interpreter: requirePython(), idleSeconds: 60, environmentsFolder },
  });
  await started.processor.runOnce();
  return started;
}

describePython("a Dags folder names the Python of its Dags", { timeout: 120_000 }, () => {
  it("with requirements, which are installed once into an environment", async () => {
    const { pipOptions } = await tinyWheel();
    const { sink } = await importing({
      "team/.tradewind.yaml": `python:\n  requirements: requirements.txt\n  pip_options: ${JSON.stringify(pipOptions)}\n`,
      "team/requirements.txt": "# pinned\ntiny-wheel==1.2\n",
      "team/own.py": `import tiny_wheel\n${dag}`,
      "other.py": dag.replace('"own"', '"other"'),
    });
    expect([...sink.problems]).toEqual([]);
    expect(sink.dags.get("own")?.interpreter).toMatch(/\/bin\/python$/);
    expect(sink.dags.get("own")?.interpreter).not.toBe(sink.dags.get("other")?.interpreter);
  });

  it("or of one file, by its own block of PEP 723, over what the folder requires", async () => {
    const { pipOptions } = await tinyWheel();
    const { sink } = await importing({
      ".tradewind.yaml": `python:\n  requirements: [nowhere-at-all]\n  pip_options: ${JSON.stringify(pipOptions)}\n`,
      "own.py": `# /// script\n# requires-python = ">=3.9"\n# dependencies = ["tiny-wheel==1.2", "apache-airflow"]\n# ///\nimport tiny_wheel\n${dag}`,
      "wrong.py": `# /// script\n# dependencies = tiny-wheel\n# ///\n${dag.replace('"own"', '"wrong"')}`,
    });
    expect([...sink.dags.keys()]).toEqual(["own"]);
    expect([...sink.problems.keys()]).toEqual(["wrong.py"]);
    expect(sink.problems.get("wrong.py")).toMatchObject({
      code: "TW_OPTION_INVALID",
      message: expect.stringContaining("wrong.py: the block `# /// script` is no TOML"),
    });
  });

  it("or of one file, by a comment, and again when the settings change", async () => {
    const { sink, processor, write } = await importing({
      "own.py": `# tradewind: python=./nowhere/venv\n${dag}`,
      "other.py": dag.replace('"own"', '"other"'),
    });
    expect(sink.problems.get("own.py")).toMatchObject({
      code: "TW_PYTHON_INTERPRETER",
      message: expect.stringMatching(/at .*\/nowhere\/venv, but it does not exist/),
    });
    expect([...sink.dags.keys()]).toEqual(["other"]);
    write({ ".tradewind.yaml": "python: /nowhere/python\n" });
    await processor.runOnce();
    expect(sink.problems.get("other.py")?.message).toContain("/nowhere/python");
    // The last good version goes on.
    expect([...sink.dags.keys()]).toEqual(["other"]);
  });

  describe("and is told what is wrong with it", () => {
    it.each([
      ["python: ./old\n", "TW_PYTHON_INTERPRETER", /expected Python 3\.9 or newer, got 3\.7\.16/],
      ["python: 3.7\n", "TW_CONFIG_VALUE", /expected python to hold keys, got 3\.7/],
      ["python:\n  requirments: [x]\n", "TW_CONFIG_UNKNOWN", /did you mean requirements/],
      ["pyhton: x\n", "TW_CONFIG_UNKNOWN", /\.tradewind\.yaml: expected one of python/],
      ["python: [\n", "TW_CONFIG_FILE", /not valid YAML/],
      ["python:\n  requirements: nowhere.txt\n", "TW_OPTION_INVALID", /expected a file of requirements/],
      [
        'python:\n  requirements: ["nowhere-at-all==1"]\n  pip_options: ["--no-index"]\n',
        "TW_PYTHON_REQUIREMENTS",
        /nowhere-at-all==1/,
      ],
    ])("%j", async (settings, code, message) => {
      const folder = await temporaryFolder();
      const old = join(folder, "old");
      writeFileSync(old, "#!/bin/sh\necho 3.7.16\n");
      chmodSync(old, 0o755);
      const { sink } = await importing({ ".tradewind.yaml": settings.replace("./old", old), "own.py": dag });
      expect(sink.problems.get("own.py")).toMatchObject({ code, message: expect.stringMatching(message) });
    });
  });
});

describePython("a task names its Python", { timeout: 120_000 }, () => {
  it("in its settings, as Airflow's operators for environments do, and an error says what is not there", async () => {
    const { pipOptions } = await tinyWheel();
    const world = await pythonWorld({
      "tasks.py": `import sys
from airflow.sdk import dag, task

pip = ${JSON.stringify(pipOptions)}
own = {"tradewind": {"requirements": ["tiny-wheel"], "pip_options": pip}}

@dag("tasks", schedule=None)
def tasks():
    @task(executor_config=own)
    def settings(word):
        import tiny_wheel
        return [word, tiny_wheel.VERSION, sys.prefix != sys.base_prefix]

    @task.virtualenv(requirements=["tiny-wheel"], pip_install_options=pip, system_site_packages=False)
    def virtualenv(run_id, words):
        import tiny_wheel
        from airflow.exceptions import AirflowSkipException
        return {"version": tiny_wheel.VERSION, "run": run_id, "words": words, "skip": AirflowSkipException.__name__}

    @task.external_python(python=sys.executable)
    def external(words):
        import os
        return {"words": words, "pid": os.getpid()}

    @task(executor_config={"tradewind": {"python": "/nowhere/python"}})
    def absent():
        return 1

    @task(executor_config={"tradewind": {"requirements": ["nowhere-at-all==1"], "pip_options": ["--no-index"]}})
    def unresolved():
        return 1

    first = settings("{{ dag.dag_id }}")
    virtualenv(words=first)
    external(words=first)
    absent()
    unresolved()

tasks()
`,
    });
    const run = await world.run("tasks");
    expect([run.states, (await run.log("virtualenv")).join("\n")]).toEqual([
      {
        settings: "success",
        virtualenv: "success",
        external: "success",
        absent: "failed",
        unresolved: "failed",
      },
      expect.stringContaining("Making the environment"),
    ]);
    const words = ["tasks", "1.2", true];
    expect(await run.xcom("settings")).toEqual(words);
    expect(await run.xcom("virtualenv")).toMatchObject({
      version: "1.2",
      words,
      skip: "AirflowSkipException",
    });
    expect(await run.xcom("external")).toMatchObject({ words });
    expect((await run.log("settings")).join("\n")).toMatch(
      /Making the environment.*tiny-wheel[\s\S]*ready after/,
    );
    expect((await run.log("absent")).join("\n")).toContain("/nowhere/python, but it does not exist");
    expect((await run.log("unresolved")).join("\n")).toContain("nowhere-at-all==1");
  });
});
