/** What Airflow's users ask of its database, asked from tasks and Dag files: answered by the scheduler. */
import { expect, it } from "vitest";
import { getConnection } from "../../src/store/connections.ts";
import { findDag } from "../../src/store/dags.ts";
import { loadSecrets } from "../../src/store/secrets.ts";
import { describePython } from "./find-python.ts";
import { pythonWorld } from "./python-world.ts";

const asking = `
from datetime import datetime
from airflow import DAG, settings
from airflow.models import Connection, DagModel, DagRun, TaskInstance, Variable, XCom
from airflow.operators.python import PythonOperator
from airflow.utils.db import provide_session
from airflow.utils.session import create_session
from airflow.utils.state import State

def connections():
    session = settings.Session()
    made = Connection(conn_id="made_here", conn_type="http", host="localhost", login="me", password="hush", port=8080)
    if session.query(Connection).filter(Connection.conn_id == made.conn_id).first() is None:
        session.add(made)
        session.commit()
    with create_session() as session:
        stored = session.query(Connection).filter_by(conn_id="made_here").one()
        stored.host = "example.org"
    gone = Connection(conn_id="gone", conn_type="fs")
    session.add(gone)
    ids = [row[0] for row in session.query(Connection.conn_id).filter(Connection.conn_id.ilike("%E%")).all()]
    session.delete(gone)
    return [stored.password, sorted(ids), session.query(Connection).filter_by(conn_id="gone").one_or_none()]

def variables():
    with create_session() as session:
        session.add(Variable(key="limit", val="1"))
        session.query(Variable).filter(Variable.key == "limit").first().set_val("2")
    return Variable.get("limit")

@provide_session
def runs(dag_run, session=None):
    found = session.query(DagRun).filter(
        DagRun.dag_id == "asking", DagRun.state.in_([State.RUNNING, State.QUEUED]), DagRun.run_id != "other"
    ).order_by(DagRun.execution_date.desc()).limit(5).all()
    mine = DagRun.find(dag_id="asking", state=State.RUNNING)
    everywhere = DagRun.find(state="running")
    return [[run.run_id == dag_run.run_id for run in which] for which in (found, mine, everywhere)]

def instances(dag_run, ti):
    states = {one.task_id: one.state for one in dag_run.get_task_instances()}
    first = dag_run.get_task_instance("variables")
    failed = dag_run.get_task_instances(state=State.FAILED)
    with create_session() as session:
        query = session.query(TaskInstance).filter(
            TaskInstance.dag_id == "asking", TaskInstance.run_id == dag_run.run_id, TaskInstance.start_date >= dag_run.start_date
        )
        ended = query.filter(TaskInstance.state == State.SUCCESS).count()
        value = session.query(XCom).filter(
            XCom.dag_id == "asking", XCom.task_id == "variables", XCom.run_id == dag_run.run_id
        ).first().value
    return [states["variables"], states["instances"], first.try_number, first.duration >= 0, len(failed), ended, value, first.xcom_pull()]

def pause():
    DagModel.get_dagmodel("asking").set_is_paused(is_paused=True)
    with create_session() as session:
        return [one.dag_id for one in session.query(DagModel).filter(DagModel.is_paused == True).all()]

with DAG("asking", schedule_interval=None, start_date=datetime(2024, 1, 1)) as dag:
    last = None
    for function in (connections, variables, runs, instances, pause):
        task = PythonOperator(task_id=function.__name__, python_callable=function)
        if last is not None:
            last >> task
        last = task
`;

const aboutXComs = `
from datetime import timedelta
from airflow import DAG
from airflow.models import DagBag, DagModel, DagRun, Pool, XCom
from airflow.operators.python import PythonOperator
from airflow.utils.dates import days_ago
from airflow.utils.db import provide_session
from airflow.utils.session import create_session

def push(ti):
    ti.xcom_push("a", 1)
    ti.xcom_push("b", {"x": [1, 2]})
    return "returned"

def read(run_id, execution_date):
    XCom.set(key="by_hand", value=[3], task_id="read", dag_id="xcoms", run_id=run_id)
    of_date = XCom.get_many(execution_date=execution_date, key="return_value", task_ids=["push"], dag_ids="xcoms")
    of_run = XCom.get_many(run_id=run_id, key="b", task_ids=["push"], limit=1)
    with create_session() as session:
        keys = sorted(row.key for row in session.query(XCom).filter(XCom.run_id == run_id).all())
    return [
        XCom.get_one(execution_date=execution_date, task_id="push", key="a", dag_id="xcoms"),
        XCom.get_value(key="by_hand", task_id="read", dag_id="xcoms", run_id=run_id),
        [row.value for row in of_date],
        of_run.first().value,
        keys,
    ]

@provide_session
def clean(ti, execution_date, session=None):
    mine = XCom.dag_id == "xcoms"
    old = session.query(XCom).filter(mine & (XCom.execution_date <= execution_date - timedelta(days=3))).delete()
    gone = session.query(XCom).filter(mine, XCom.task_id == "push").delete(synchronize_session=False)
    return [old, gone, ti.xcom_pull(task_ids="push", key="a")]

def pools():
    Pool.create_or_update_pool(name="narrow", slots=7, description="x", include_deferred=False)
    made = Pool.get_pool("narrow")
    known = sorted(pool.pool for pool in Pool.get_pools())
    Pool.delete_pool("narrow")
    return [made.slots, made.open_slots(), known, Pool.get_pool("narrow")]

def dag_methods(dag, dag_run, execution_date):
    today, day = days_ago(0), timedelta(days=1)
    return [
        dag.following_schedule(today) - today == day,
        today - dag.previous_schedule(today) == day,
        dag.get_last_dagrun(include_externally_triggered=True).run_id == dag_run.run_id,
        dag.get_dagrun(execution_date=execution_date).run_id == dag_run.run_id,
        [date == execution_date for date in dag.get_active_runs()],
        dag.get_is_paused(),
        DagModel.get_current("xcoms").get_last_dagrun(include_externally_triggered=True).run_id == dag_run.run_id,
        sorted(DagBag().get_dag("xcoms").task_ids),
    ]

with DAG("xcoms", schedule_interval="@daily", start_date=days_ago(0)) as dag:
    last = None
    for function in (push, read, clean, pools, dag_methods):
        task = PythonOperator(task_id=function.__name__, python_callable=function)
        if last is not None:
            last >> task
        last = task
`;

const perConnection = `
from datetime import datetime
from airflow import DAG, settings
from airflow.models import Connection
from airflow.operators.empty import EmptyOperator

for (conn_id,) in settings.Session().query(Connection.conn_id).filter(Connection.conn_id.like("made%")).all():
    with DAG(f"of_{conn_id}", schedule=None, start_date=datetime(2024, 1, 1)) as dag:
        EmptyOperator(task_id="t")
    globals()[dag.dag_id] = dag
`;

describePython("Airflow's database from Dag files", { timeout: 120_000 }, () => {
  it("connections, variables, runs, task instances, XComs and Dags are queried, stored and deleted", async () => {
    const world = await pythonWorld({ "asking.py": asking });
    const run = await world.run("asking");
    expect(run.states, (await run.log("connections")).join("\n")).toEqual({
      connections: "success",
      variables: "success",
      runs: "success",
      instances: "success",
      pause: "success",
    });
    expect(await run.xcom("connections")).toEqual(["hush", ["gone", "made_here"], null]);
    const stored = await getConnection(
      world.database,
      loadSecrets(world.config.paths.secretKey),
      "made_here",
    );
    expect(stored).toMatchObject({ host: "example.org", password: "hush", port: 8080 });
    expect(await run.xcom("variables")).toBe("2");
    expect(await run.xcom("runs")).toEqual([[true], [true], [true]]);
    expect(await run.xcom("instances")).toEqual(["success", "running", 1, true, 0, 3, "2", "2"]);
    expect(await run.xcom("pause")).toEqual(["asking"]);
    expect((await findDag(world.database, "asking"))?.isPaused).toBe(true);

    world.write({ "per_connection.py": perConnection });
    await expect.poll(() => findDag(world.database, "of_made_here"), { timeout: 30_000 }).not.toBeNull();
  });

  it("XComs are read, set and deleted by their class, pools made, and a Dag is asked for its runs and dates", async () => {
    const { run } = await pythonWorld({ "xcoms.py": aboutXComs });
    const { states, xcom, log } = await run("xcoms");
    const tasks = ["push", "read", "clean", "pools", "dag_methods"];
    const failed = tasks.find((task) => states[task] === "failed");
    const why = failed === undefined ? "" : (await log(failed)).join("\n");
    expect(states, why).toEqual(Object.fromEntries(tasks.map((task) => [task, "success"])));
    const keys = ["a", "b", "by_hand", "return_value"];
    expect(await xcom("read")).toEqual([1, [3], ["returned"], { x: [1, 2] }, keys]);
    expect(await xcom("clean")).toEqual([0, 3, null]);
    expect(await xcom("pools")).toEqual([7, 7, ["default_pool", "narrow"], null]);
    expect(await xcom("dag_methods")).toEqual([
      true,
      true,
      true,
      true,
      [true],
      false,
      true,
      [...tasks].sort(),
    ]);
  });
});
