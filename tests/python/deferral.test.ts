/** Deferred tasks of Dag files in Python: their triggers wait in one process, and the tasks go on where they said. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { addConnection } from "../../src/store/connections.ts";
import { loadSecrets } from "../../src/store/secrets.ts";
import { temporaryFolder } from "../examples/temporary-folder.ts";
import { describePython } from "./find-python.ts";
import { pythonWorld } from "./python-world.ts";

/** Triggers of the user's own, in a module beside the Dag file. */
const waits = `
import asyncio
import datetime
from airflow.models import Variable
from airflow.triggers.base import BaseTrigger, TaskSkippedEvent, TaskSuccessEvent, TriggerEvent

class Echo(BaseTrigger):
    def __init__(self, value, does="fire"):
        super().__init__()
        self.value, self.does = value, does

    def serialize(self):
        return "waits.Echo", {"value": self.value, "does": self.does}

    async def run(self):
        self.log.info("the trigger waits for %s of %s", self.value, self.task_instance.task_id)
        if self.does == "fail":
            raise ValueError("connect timeout of the other side")
        if self.does == "never":
            await asyncio.sleep(3600)
        if self.does == "end":
            return
        if self.does == "succeed":
            yield TaskSuccessEvent(xcoms={"return_value": self.value})
        if self.does == "skip":
            yield TaskSkippedEvent()
        yield TriggerEvent({"value": self.value, "kind": type(self.value).__name__})
`;

const operators = `
from datetime import datetime, timedelta, timezone
from airflow import DAG
from airflow.models import BaseOperator
from airflow.exceptions import TaskDeferralError
from airflow.triggers.base import BaseTrigger, StartTriggerArgs, TriggerEvent
from waits import Echo

MOMENT = datetime(2024, 2, 29, 12, tzinfo=timezone.utc)

class Inline(BaseTrigger):
    """In the Dag file itself."""
    def serialize(self):
        return f"{__name__}.Inline", {}

    async def run(self):
        yield TriggerEvent("from the Dag file")

class Waits(BaseOperator):
    template_fields = ("value",)
    def __init__(self, value=None, does="fire", timeout=None, trigger=None, **kwargs):
        super().__init__(**kwargs)
        self.value, self.does, self.timeout, self.trigger = value, does, timeout, trigger

    def execute(self, context):
        context["ti"].xcom_push("before", 1)
        self.defer(
            trigger=self.trigger or Echo(self.value, self.does),
            method_name="execute_complete",
            kwargs={"given": MOMENT},
            timeout=self.timeout,
        )

    def execute_complete(self, context, event=None, given=None):
        return {"event": event, "year": given.year, "value": self.value}

class Soft(Waits):
    def resume_execution(self, next_method, next_kwargs, context):
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except TaskDeferralError as error:
            return f"softly: {error}"

class Starts(BaseOperator):
    start_trigger_args = StartTriggerArgs(
        trigger_cls="waits.Echo", trigger_kwargs={"value": "{{ run_id }}"}, next_method="done", next_kwargs={"n": 3}
    )
    start_from_trigger = True
    def execute(self, context):
        raise RuntimeError("not to be called")
    def done(self, context, event=None, n=0):
        return [event["value"] == context["run_id"], n]

with DAG("waits", schedule=None, start_date=datetime(2024, 1, 1)):
    Waits(task_id="typed", value=MOMENT)
    Waits(task_id="rendered", value="{{ dag.dag_id }}")
    Waits(task_id="inline", trigger=Inline())
    Waits(task_id="fails", does="fail")
    Soft(task_id="softly", does="fail")
    Waits(task_id="ends", does="end")
    Waits(task_id="late", does="never", timeout=timedelta(seconds=0.1))
    Waits(task_id="succeeds", value=[1, 2], does="succeed")
    Waits(task_id="skips", does="skip")
    Starts(task_id="starts")
`;

describePython("deferred tasks in Python", { timeout: 120_000 }, () => {
  it("go on with the event, an error or a timeout of their trigger, wherever its class stands", async () => {
    const world = await pythonWorld({ "waits.py": waits, "operators.py": operators });
    const run = await world.run("waits");
    expect(run.states, (await run.log("typed")).join("\n")).toEqual({
      typed: "success",
      rendered: "success",
      inline: "success",
      fails: "failed",
      softly: "success",
      ends: "failed",
      late: "failed",
      succeeds: "success",
      skips: "skipped",
      starts: "success",
    });
    const moment = expect.objectContaining({ __type__: "datetime" });
    expect(await run.xcom("typed")).toMatchObject({ event: { value: moment, kind: "datetime" }, year: 2024 });
    expect(await run.xcom("typed", "before")).toBe(1);
    expect(await run.xcom("rendered")).toMatchObject({ event: { value: "waits" }, value: "waits" });
    expect(await run.xcom("inline")).toMatchObject({ event: "from the Dag file" });
    expect(await run.xcom("softly")).toBe("softly: ValueError: connect timeout of the other side");
    expect(await run.xcom("succeeds")).toEqual([1, 2]);
    expect(await run.xcom("starts")).toEqual([true, 3]);
    expect((await run.log("typed")).join("\n")).toContain("the trigger waits for 2024-02-29");
    const failure = (await run.log("fails")).join("\n");
    expect(failure).toMatch(/Trigger failed:[^]*waits\.py", line \d+, in run[^]*connect timeout/);
    expect(failure).toContain("airflow.exceptions.TaskDeferralError");
    expect((await run.log("late")).join("\n")).toContain("TaskDeferralTimeout: Trigger timeout");
  });

  it("of Tradewind's own operators wait for moments, files, runs and tasks without a slot", async () => {
    const folder = await temporaryFolder();
    const world = await pythonWorld(
      {
        "own.py": `
from datetime import datetime, time, timedelta, timezone
from airflow.sdk import DAG, task
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.providers.standard.sensors.date_time import DateTimeSensorAsync
from airflow.providers.standard.sensors.external_task import ExternalTaskSensor
from airflow.providers.standard.sensors.filesystem import FileSensor
from airflow.providers.standard.sensors.time import TimeSensor
from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor, WaitSensor

FOLDER = ${JSON.stringify(folder)}

with DAG("inner", schedule=None):
    @task
    def work():
        return 1
    @task
    def breaks():
        raise ValueError("no")
    work()

with DAG("broken", schedule=None):
    breaks()

with DAG("outer", schedule=None):
    now = datetime.now(timezone.utc)
    DateTimeSensorAsync(task_id="moment", target_time=now)
    DateTimeSensorAsync(task_id="start_at", target_time=now, start_from_trigger=True, end_from_trigger=True)
    TimeSensor(task_id="time", target_time=time(0, 0), deferrable=True)
    TimeDeltaSensor(task_id="delta", delta=timedelta(seconds=0.2), deferrable=True)
    WaitSensor(task_id="wait", time_to_wait=timedelta(seconds=0.2), deferrable=True)
    file = FileSensor(task_id="file", filepath=f"{FOLDER}/*.csv", poke_interval=0.1, deferrable=True)

    @task
    def write():
        open(f"{FOLDER}/a.csv", "w").close()
    write()
    runs = TriggerDagRunOperator(task_id="runs", trigger_dag_id="inner", wait_for_completion=True, poke_interval=0.1, deferrable=True, logical_date="2024-01-01T00:00:00+00:00")
    broken = TriggerDagRunOperator(task_id="broken", trigger_dag_id="broken", wait_for_completion=True, poke_interval=0.1, deferrable=True)
    waits = dict(external_dag_id="inner", execution_date_fn=lambda *_: datetime(2024, 1, 1, tzinfo=timezone.utc), poke_interval=0.1, deferrable=True)
    runs >> ExternalTaskSensor(task_id="of_task", external_task_id="work", **waits)
    ExternalTaskSensor(task_id="of_run", **waits)
    ExternalTaskSensor(task_id="failed", external_task_id="work", allowed_states=["failed"], failed_states=["success"], **waits)
    ExternalTaskSensor(task_id="soft", external_task_id="work", allowed_states=["failed"], failed_states=["success"], soft_fail=True, **waits)
    FileSensor(task_id="too_late", filepath="/nowhere", timeout=0.1, deferrable=True)
`,
      },
      { environment: { AIRFLOW_CONN_FS_DEFAULT: "fs://" } },
    );
    for (const dagId of ["inner", "broken"]) await world.unpause(dagId);
    const run = await world.run("outer");
    expect(run.states).toEqual({
      moment: "success",
      start_at: "success",
      time: "success",
      delta: "success",
      wait: "success",
      file: "success",
      write: "success",
      runs: "success",
      broken: "failed",
      of_task: "success",
      of_run: "success",
      failed: "failed",
      soft: "skipped",
      too_late: "failed",
    });
    expect((await run.log("too_late")).join("\n")).toContain("AirflowSensorTimeout");
    expect((await run.log("broken")).join("\n")).toContain("broken failed with failed states failed");
  });

  it("ask HTTP servers, page by page, and until they answer", async () => {
    let asked = 0;
    const server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
      if (pathname === "/ready") response.writeHead(++asked < 3 ? 404 : 200).end();
      else if (pathname === "/broken") response.writeHead(500).end("out of order");
      else
        response.end(
          JSON.stringify({ page: Number(searchParams.get("page") ?? 1), by: request.headers.authorization }),
        );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const world = await pythonWorld({
      "http.py": `
from airflow.sdk import DAG
from airflow.providers.http.operators.http import HttpOperator
from airflow.providers.http.sensors.http import HttpSensor

def following(response):
    page = response.json()["page"]
    return {"data": {"page": page + 1}} if page < 3 else None

with DAG("http", schedule=None):
    waits = HttpSensor(task_id="waits", endpoint="ready", poke_interval=0.1, deferrable=True)
    HttpOperator(task_id="one", method="GET", endpoint="one", deferrable=True, response_filter=lambda response: response.json()["by"])
    waits >> HttpOperator(task_id="pages", method="GET", endpoint="pages", data={"page": 1}, deferrable=True,
                 pagination_function=following, response_filter=lambda responses: [one.json()["page"] for one in responses])
    HttpOperator(task_id="broken", method="GET", endpoint="broken", deferrable=True)
`,
    });
    const secrets = loadSecrets(world.config.paths.secretKey);
    const connection = { connId: "http_default", connType: "http", host: "127.0.0.1", port, login: "me" };
    const rest = { password: "geheim", schema: null, extra: null, description: null };
    await addConnection(world.database, secrets, { ...connection, ...rest });
    const run = await world.run("http");
    expect(run.states).toEqual({ waits: "success", one: "success", pages: "success", broken: "failed" });
    expect(await run.xcom("one")).toBe(`Basic ${Buffer.from("me:geheim").toString("base64")}`);
    expect(await run.xcom("pages")).toEqual([1, 2, 3]);
    expect((await run.log("broken")).join("\n")).toContain("500:");
  });

  it("by the dozen hold neither a slot nor a process each", async () => {
    const world = await pythonWorld(
      {
        "many.py": `
from datetime import timedelta
from airflow.sdk import dag, task
from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor

@dag(schedule=None)
def many():
    TimeDeltaSensor.partial(task_id="wait", deferrable=True).expand(delta=[timedelta(seconds=1)] * 60)
many()
`,
      },
      { flags: { "worker.slots": "4" } },
    );
    const run = await world.run("many");
    expect(Object.values(run.states).filter((state) => state === "success")).toHaveLength(60);
  });
});
