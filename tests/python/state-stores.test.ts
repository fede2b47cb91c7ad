/** What tasks and assets keep: from try to try, from run to run, by Python and by TypeScript. */
import { expect, it } from "vitest";
import { Dag, getClient, getContext, NEVER_EXPIRE } from "../../src/index.ts";
import { getAsset } from "../../src/store/assets.ts";
import { findDagRun } from "../../src/store/dag-runs.ts";
import { listAssetStates, listTaskStates } from "../../src/store/state-store.ts";
import { testDag } from "../../src/testing/index.ts";
import { describePython } from "./find-python.ts";
import { pythonWorld } from "./python-world.ts";

const jobs = `import datetime as dt
from airflow.sdk import DAG, Asset, BaseOperator, ResumableJobMixin, task
from airflow.sdk.execution_time.context import NEVER_EXPIRE

ORDERS = Asset("orders", uri="s3://warehouse/orders")

class Job(ResumableJobMixin, BaseOperator):
    def execute(self, context):
        return self.execute_resumable(context)

    def submit_job(self, context):
        return f"job of try {context['ti'].try_number}"

    def get_job_status(self, external_id, context):
        return "running"

    def is_job_active(self, status):
        return status == "running"

    def poll_until_complete(self, external_id, context):
        if context["ti"].try_number == 1:
            raise RuntimeError("the worker is lost")

    def get_job_result(self, external_id, context):
        return external_id

with DAG("jobs", schedule=None, default_args={"retries": 1, "retry_delay": dt.timedelta(0)}):

    @task
    def submit(task_state_store=None, ti=None):
        if ti.try_number == 1:
            task_state_store.set("job", {"id": 7}, retention=NEVER_EXPIRE)
            task_state_store.set("lock", "mine", retention=dt.timedelta(seconds=-1))
            task_state_store.set("gone", 1)
            task_state_store.delete("gone")
            raise RuntimeError("the worker is lost")
        found = [task_state_store.get(key, default="none") for key in ("job", "lock", "gone")]
        task_state_store.set("status", "done")
        return found

    @task
    async def checkpoint(page, task_state_store=None):
        await task_state_store.aset("page", page)
        return await task_state_store.aget("page")

    @task(outlets=[ORDERS])
    def load(asset_state_store=None):
        asset_state_store[ORDERS].set("runs", asset_state_store.get("runs", default=0) + 1)
        return asset_state_store.get("runs")

    @task
    def wrong(task_state_store=None, asset_state_store=None):
        said = []
        for value in (None, dt.datetime(2026, 1, 1), float("nan")):
            try:
                task_state_store.set("x", value)
            except (TypeError, ValueError) as error:
                said.append(str(error))
        for ask in (lambda: asset_state_store[ORDERS], lambda: asset_state_store.get("x")):
            try:
                ask()
            except (KeyError, ValueError) as error:
                said.append(str(error))
        return said

    submit()
    checkpoint.expand(page=[1, 2])
    load()
    wrong()
    Job(task_id="resumable")
`;

describePython("Airflow's state stores", { timeout: 60_000 }, () => {
  it("keep what a try set for the next one, each instance its own, and what an asset was told for the next run", async () => {
    const { run, database } = await pythonWorld({ "jobs.py": jobs });
    const first = await run("jobs");
    expect(first.state).toBe("success");
    expect(await first.xcom("submit")).toEqual([{ id: 7 }, "none", "none"]);
    expect(await first.xcom("resumable")).toBe("job of try 1");
    expect(await first.xcom("wrong")).toEqual([
      "Cannot set value as None",
      expect.stringContaining("expected a value for 'x' that JSON can hold, got datetime.datetime(2026"),
      expect.stringContaining("expected a value for 'x' that JSON can hold, got nan"),
      expect.stringContaining("is not in this task's inlets or outlets"),
      expect.stringContaining("Task has 0 concrete inlets and outlets"),
    ]);
    const second = await run("jobs");
    expect([await first.xcom("load"), await second.xcom("load")]).toEqual([1, 2]);

    const runPk = (await findDagRun(database, "jobs", first.runId))?.id ?? 0;
    const of = async (taskId: string, mapIndex: number) => {
      const { rows } = await listTaskStates(database, { runPk, taskId, mapIndex }, {}, Date.now());
      return rows.map(({ key, value, expiresAt }) => [key, value, expiresAt === null]);
    };
    expect(await of("submit", -1)).toEqual([
      ["job", { id: 7 }, true],
      ["status", "done", false],
    ]);
    expect([await of("checkpoint", 0), await of("checkpoint", 1)]).toEqual([
      [["page", 1, false]],
      [["page", 2, false]],
    ]);
    const { id } = await getAsset(database, { name: "orders" });
    const { rows } = await listAssetStates(database, id, {});
    expect(rows).toMatchObject([
      { key: "runs", value: 2, writer: { kind: "task", dagId: "jobs", runId: second.runId, taskId: "load" } },
    ]);
  });
});

it("keep what a handler in TypeScript set for its next try", async () => {
  const dag = new Dag("jobs", { defaultArgs: { retries: 1 } });
  dag.task("submit", async () => {
    const { taskStateStore } = getClient();
    const job = await taskStateStore.get<string>("job");
    if (getContext().ti.tryNumber > 1) {
      await taskStateStore.clear();
      return [job, await taskStateStore.get("job")];
    }
    await taskStateStore.set("job", "7", { retention: NEVER_EXPIRE });
    throw new Error("the worker is lost");
  })();
  const run = await testDag(dag);
  expect(run.xcom("submit")).toEqual(["7", null]);
});
