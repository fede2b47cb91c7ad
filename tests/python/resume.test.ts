/** A failed run goes on from its failed task with edited code, asked for over REST and by a command. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { findDagRun } from "../../src/store/dag-runs.ts";
import { sql } from "../../src/store/sql.ts";
import { createUser } from "../../src/store/users.ts";
import { describePython } from "./find-python.ts";
import { type PythonWorld, pythonWorld } from "./python-world.ts";

const typed = (train: string) => `
import { Dag } from "tradewind";
const dag = new Dag("typed", { schedule: null });
const prepare = dag.task("prepare", async () => Date.now());
const train = dag.task("train", async ({ at }) => { ${train} });
const report = dag.task("report", async ({ at }) => at);
report({ at: train({ at: prepare() }) });
`;

const python = (train: string) => `
import time
from airflow.sdk import dag, task

@dag(schedule=None)
def plain():
    @task
    def prepare():
        return time.time()

    @task
    def train(at):
        ${train}

    @task
    def report(at):
        return at

    report(train(prepare()))

plain()
`;

interface Instance {
  readonly taskId: string;
  readonly tryNumber: number;
  readonly version: number;
  readonly state: string;
}

async function edit(world: PythonWorld, files: { readonly [name: string]: string }): Promise<void> {
  world.write(files);
  await expect
    .poll(async () => (await world.database.rows(sql`SELECT 1 FROM dag_version`)).length, { timeout: 20_000 })
    .toBe(2);
}

async function afterwards(world: PythonWorld, dagId: string, runId: string) {
  await expect
    .poll(async () => (await findDagRun(world.database, dagId, runId))?.state, { timeout: 20_000 })
    .toBe("success");
  const rows = await world.database.rows<Instance>(sql`
    SELECT t.task_id AS "taskId", t.try_number AS "tryNumber", v.version_number AS version, t.state
    FROM dag_run d JOIN task_instance t ON t.run_pk = d.id JOIN dag_version v ON v.id = t.version_id
    WHERE d.run_id = ${runId} ORDER BY t.task_id`);
  return rows.map(
    ({ taskId, tryNumber, version, state }) => `${taskId} try ${tryNumber} v${version} ${state}`,
  );
}

describePython("a failed run with edited code", () => {
  test("goes on in TypeScript, asked over REST", async () => {
    const world = await pythonWorld({ "typed.ts": typed('throw new Error("a mistake");') }, { api: true });
    const run = await world.run("typed");
    expect(run.states).toEqual({ prepare: "success", train: "failed", report: "upstream_failed" });
    const prepared = await run.xcom("prepare");
    await edit(world, { "typed.ts": typed("return at;") });
    const admin = { username: "a", email: null, roles: ["Admin" as const], password: "of the admin" };
    await createUser(world.database, admin, Date.now());
    const answer = await fetch(`${world.address}/api/v2/dags/typed/clearTaskInstances`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Basic ${Buffer.from("a:of the admin").toString("base64")}`,
      },
      body: JSON.stringify({
        dry_run: false,
        dag_run_id: run.runId,
        only_failed: true,
        run_on_latest_version: true,
      }),
    });
    expect(answer.status, await answer.clone().text()).toBe(200);
    expect(await afterwards(world, "typed", run.runId)).toEqual([
      "prepare try 1 v2 success",
      "report try 1 v2 success",
      "train try 2 v2 success",
    ]);
    expect(await run.xcom("report")).toBe(prepared);
  });

  test("goes on in Python, asked by a command", async () => {
    const world = await pythonWorld({ "plain.py": python('raise ValueError("a mistake")') });
    const run = await world.run("plain");
    expect(run.states).toEqual({ prepare: "success", train: "failed", report: "upstream_failed" });
    const prepared = await run.xcom("prepare");
    await edit(world, { "plain.py": python("return at") });
    const { home, database, core } = world.config;
    const command = [
      join(import.meta.dirname, "../../bin/tradewind.mjs"),
      ..."tasks clear plain --only-failed --run-on-latest-version --yes".split(" "),
      "--run-id",
      run.runId,
      "--home",
      home,
      "--database-url",
      database.url,
      "--dags-folder",
      core.dagsFolder,
    ];
    await promisify(execFile)(process.execPath, command, { env: { ...world.config.environment } });
    expect(await afterwards(world, "plain", run.runId)).toEqual([
      "prepare try 1 v2 success",
      "report try 1 v2 success",
      "train try 2 v2 success",
    ]);
    expect(await run.xcom("report")).toBe(prepared);
  });
});
