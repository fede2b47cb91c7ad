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
});
