/** `tradewind airflow check` and the `airflow` command that it can stand for. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { airflowVersion, version } from "../../src/version.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { describePython, hasPackages, requirePython } from "../python/find-python.ts";
import { freshDatabase } from "../support/database.ts";
import { makeWorld } from "./command.ts";

const files = {
  "new.py":
    "from airflow.sdk import DAG, task\nwith DAG('new', schedule=None):\n    @task\n    def a(): ...\n    a()\n",
  "old.py":
    "from airflow import DAG\nfrom airflow.operators.python_operator import PythonOperator\nfrom datetime import datetime\nwith DAG('old', start_date=datetime(2024, 1, 1), schedule_interval=None):\n    PythonOperator(task_id='a', python_callable=print)\n",
  "cloud.py":
    "from airflow import DAG\nfrom airflow.providers.google.cloud.operators.bigquery import BigQueryInsertJobOperator\nwith DAG('cloud', schedule=None):\n    BigQueryInsertJobOperator(task_id='a', configuration={})\n",
  "broken.py": "from airflow import DAG\nDAG('broken', schedule=None, cathcup=False)\n",
};

const hasJinja = hasPackages("jinja2");

describePython("tradewind airflow", { timeout: 120_000 }, () => {
  it("check tells per file what runs, what is emulated and what is missing, without a database", async () => {
    const world = makeWorld({ dags: files, databaseUrl: "postgresql://nobody@127.0.0.1:9/none" });
    onTestFinished(world.remove);
    world.environment["TRADEWIND__PYTHON__INTERPRETER"] = requirePython();
    const json = await world.command("airflow", "check", world.dags, "-o", "json");
    expect(json.code).toBe(1);
    const checked = JSON.parse(json.stdout) as { file: string; verdict: string; [key: string]: unknown }[];
    expect(checked.map(({ file, verdict }) => [file, verdict])).toEqual([
      ["broken.py", "broken"],
      ["cloud.py", "missing"],
      ["new.py", "runs"],
      ["old.py", "emulated"],
    ]);
    expect(checked[0]).toMatchObject({
      problem: { line: 2, message: expect.stringContaining("did you mean catchup") },
    });
    expect(checked[1]).toMatchObject({ dags: [{ dagId: "cloud", tasks: 1 }] });
    expect(checked[3]).toMatchObject({ era: 2, dags: [{ dagId: "old", tasks: 1 }] });
    const table = await world.command("airflow", "check", world.dags);
    expect(table.stdout).toMatch(/cloud\.py\s+\| \d\s+\| cloud\s+\| 1\s+\| 1\s+\| 0\s+\| 1\s+\| missing/);
    expect(table.stdout).toContain("pip install apache-airflow-providers-google");
    expect((await world.command("airflow", "check", join(world.dags, "nowhere"))).code).toBe(2);
  });

  it.runIf(hasJinja)(
    `shim keeps scripts that call airflow going${hasJinja ? "" : " (skipped: no Jinja2)"}`,
    async () => {
      const folder = await temporaryFolder();
      const { url } = await freshDatabase({ empty: true });
      const world = makeWorld();
      onTestFinished(world.remove);
      const bin = join(folder, "bin");
      expect((await world.command("airflow", "shim", bin)).stdout.trim()).toBe(join(bin, "airflow"));
      mkdirSync(join(folder, "airflow/dags"), { recursive: true });
      writeFileSync(
        join(folder, "airflow/dags/hello.py"),
        "from airflow import DAG\nfrom airflow.operators.bash import BashOperator\nfrom datetime import datetime\nwith DAG('hello', start_date=datetime(2024, 1, 1), schedule_interval=None):\n    BashOperator(task_id='greet', bash_command='echo hello {{ ds }} {{ var.value.who }}')\n",
      );
      const script = `set -e
airflow version
airflow db init
airflow db upgrade
airflow db check --retry 2 --retry-delay 1
airflow users create --username admin --password admin --firstname A --lastname B --role Admin --email a@example.org
airflow users create --username admin --password admin --firstname A --lastname B --role Admin --email a@example.org
airflow sync-perm
airflow variables set who world
airflow variables get who
airflow connections get sqlite_default
airflow connections add my_pg --conn-uri postgresql://me:pw@localhost/db
airflow pools set slow 2 "two at a time"
airflow config get-value core executor
airflow config get-value core dags_folder
airflow dags list
airflow tasks run hello greet 2024-03-01 --local
airflow tasks test hello greet 2024-03-01
airflow dags test hello 2024-03-01
airflow info`;
      const { status, stdout, stderr } = spawnSync("sh", ["-c", script], {
        encoding: "utf8",
        env: {
          PATH: `${bin}:${process.env["PATH"]}`,
          HOME: folder,
          DATABASE_URL: url,
          TRADEWIND__PYTHON__INTERPRETER: requirePython(),
        },
      });
      expect([status, status === 0 ? "" : `${stdout}\n${stderr}`]).toEqual([0, ""]);
      expect(stdout.split("\n")[0]).toBe(airflowVersion);
      expect(stderr).toContain(`Tradewind ${version} in the place of Airflow`);
      expect(stdout).toContain("admin already exist in the db");
      expect(stdout).toMatch(/^LocalExecutor$/m);
      expect(stdout + stderr).toContain("hello 2024-03-01 world");
      expect(stdout).toContain(join(folder, "airflow/dags"));
    },
  );

  it("shim leaves a real airflow alone", async () => {
    const folder = await temporaryFolder();
    writeFileSync(join(folder, "airflow"), "#!/bin/sh\n");
    const world = makeWorld();
    onTestFinished(world.remove);
    const outcome = await world.command("airflow", "shim", folder);
    expect([outcome.code, outcome.stderr]).toEqual([2, expect.stringContaining("is another airflow")]);
  });
});
