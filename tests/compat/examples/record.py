"""Runs Dags by the real Airflow of this interpreter and writes what came out.

    python record.py DAGS_FOLDER PLAN.json OUT_FOLDER

PLAN is a list of {"dagId", "conf", "seconds"}. Each Dag gets `OUT_FOLDER/<dag id>.json`: its structure, and of one
`dag.test()` at a fixed logical date the states, XComs, rendered fields and tries. A Dag runs in a process of its own,
forked after the import, and is ended when its seconds are over. The database is SQLite in AIRFLOW_HOME.
"""

import datetime as dt
import json
import os
import signal
import sys
import time
import traceback

from structure import plain, structure_of

LOGICAL_DATE = dt.datetime(2026, 1, 5, tzinfo=dt.timezone.utc)


def prepare(dags_folder):
    """The database, the Dags of the folder, and no second look at the folder by each `dag.test()`."""
    from airflow.utils.db import initdb

    initdb()
    if is_airflow_2():
        from airflow.models.dagbag import DagBag

        bag = DagBag(dags_folder, include_examples=False)
        bag.sync_to_db()
        return bag
    from airflow.dag_processing import dagbag as module
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.utils.session import create_session

    with create_session() as session:
        manager = DagBundlesManager()
        manager.sync_bundles_to_db(session=session)
        session.commit()
    bundle = next(iter(manager.get_all_dag_bundles()))
    bundle.initialize()
    bag = module.BundleDagBag(dag_folder=bundle.path, bundle_path=bundle.path, bundle_name=bundle.name)
    module.sync_bag_to_db(bag, bundle.name, bundle.version)
    # Built here once instead of in each Dag's process, where it takes longer than most Dags. It starts no thread yet.
    from airflow.sdk.execution_time import supervisor, task_runner  # noqa: F401

    supervisor.in_process_api_server().app  # noqa: B018

    module.sync_bag_to_db = lambda *_args, **_kwargs: None
    module.BundleDagBag = lambda *_args, **_kwargs: None
    return bag


def is_airflow_2():
    import airflow

    return airflow.__version__.startswith("2.")


def run(dag, conf):
    if is_airflow_2():
        return dag.test(execution_date=LOGICAL_DATE, run_conf=conf or None)
    return dag.test(logical_date=LOGICAL_DATE, run_after=LOGICAL_DATE, run_conf=conf or None)


def outcome(dag_id):
    """What the database knows of the run, whether it has ended or not."""
    from airflow.models.dagrun import DagRun
    from airflow.models.renderedtifields import RenderedTaskInstanceFields
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session

    def name_of(row):
        return row.task_id if row.map_index < 0 else f"{row.task_id}[{row.map_index}]"

    with create_session() as session:
        run = session.query(DagRun).filter(DagRun.dag_id == dag_id).order_by(DagRun.id.desc()).first()
        if run is None:
            return {"state": "no run"}
        mine = {"dag_id": dag_id, "run_id": run.run_id}
        instances = session.query(TaskInstance).filter_by(**mine).all()
        fields = session.query(RenderedTaskInstanceFields).filter_by(**mine).all()
        return {
            "state": str(getattr(run.state, "value", run.state)),
            "runId": run.run_id,
            "states": {name_of(ti): ti.state and str(getattr(ti.state, "value", ti.state)) for ti in instances},
            "tries": {name_of(ti): ti.try_number for ti in instances},
            "xcoms": xcoms(session, mine, name_of),
            "rendered": {name_of(row): plain(row.rendered_fields) for row in fields},
        }


def xcoms(session, mine, name_of):
    found = {}
    if is_airflow_2():
        from airflow.models.xcom import XCom as model

        def value_of(row):
            # Read by the row itself as it was loaded.
            return row.value
    else:
        from airflow.models.xcom import XComModel as model
        from airflow.sdk.serde import deserialize

        def value_of(row):
            return deserialize(row.value)

    for row in session.query(model).filter_by(**mine).all():
        try:
            value = plain(value_of(row))
        except Exception as error:
            value = f"<cannot be read: {error}>"
        found[f"{name_of(row)} {row.key}"] = value
    return found


def in_a_process_of_its_own(work, seconds, log):
    """True where it ended by itself in time."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        try:
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, _ = os.waitpid(pid, os.WNOHANG)
        if done:
            return True
        time.sleep(0.05)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return False


def main(dags_folder, plan_path, out):
    sys.path.append(dags_folder)
    bag = prepare(dags_folder)
    with open(plan_path, encoding="utf-8") as file:
        plan = json.load(file)
    if not plan:
        plan = [{"dagId": dag_id} for dag_id in sorted(bag.dags)]
    with open(os.path.join(out, "import-errors.json"), "w", encoding="utf-8") as file:
        json.dump({os.path.relpath(path, dags_folder): str(error) for path, error in bag.import_errors.items()}, file, indent=1)
    for item in plan:
        dag_id = item["dagId"]
        dag = bag.dags.get(dag_id)
        if dag is None:
            continue
        begun = time.monotonic()
        log = os.path.join(out, f"{dag_id}.log")
        record = {"dagId": dag_id, "structure": structure_of(dag)}
        if not item.get("structureOnly"):
            ended = in_a_process_of_its_own(lambda: run(dag, item.get("conf")), item.get("seconds", 60), log)
            record.update({"ended": ended, **outcome(dag_id)})
        record["seconds"] = round(time.monotonic() - begun, 2)
        with open(os.path.join(out, f"{dag_id}.json"), "w", encoding="utf-8") as file:
            json.dump(record, file, indent=1, sort_keys=True, default=str)
        print(dag_id, record.get("state"), record["seconds"], flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
