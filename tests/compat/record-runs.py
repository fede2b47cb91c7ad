"""Plays small random Dags through Airflow's own scheduling decisions and records the states after every step.

Run it in an environment with apache-airflow 3.x; it makes a SQLite database in a temporary folder:

    python tests/compat/record-runs.py > tests/compat/fixtures/runs.json

Nothing is executed: a step takes one scheduled task instance, gives it an outcome, and asks
`DagRun.update_state` and `schedule_tis` until nothing changes any more. The Dags mix trigger rules, setups and
teardowns, branches, mapped tasks and mapped groups; the seed makes them the same each time.
"""

import json
import os
import random
import sys
import tempfile

home = tempfile.mkdtemp()
os.environ["AIRFLOW_HOME"] = home
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "False"
os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "CRITICAL"

import datetime as dt
from importlib.metadata import version

from airflow.utils.db import initdb

stdout, sys.stdout = sys.stdout, sys.stderr
initdb()

from airflow.models.dagbundle import DagBundleModel
from airflow.models.taskinstance import TaskInstance
from airflow.models.taskmap import TaskMap
from airflow.models.xcom import XComModel
from airflow.sdk import DAG, BaseOperator, TriggerRule, task_group
from airflow.sdk.definitions.xcom_arg import XComArg
from airflow.serialization.serialized_objects import DagSerialization, LazyDeserializedDAG
from airflow.models.serialized_dag import SerializedDagModel
from airflow.serialization.definitions.dag import SerializedDAG
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState, TaskInstanceState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import or_, select, update

DATE = dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)
RULES = [rule.value for rule in TriggerRule if rule != TriggerRule.ALL_DONE_SETUP_SUCCESS]


class Op(BaseOperator):
    def __init__(self, x=None, **kwargs):
        super().__init__(**kwargs)
        self.x = x


class BranchOp(Op):
    inherits_from_skipmixin = True


def random_dag(rng, kind):
    """A Dag in words, which the test builds the same Dag from."""
    tasks = {}
    names = [f"t{at}" for at in range(rng.randint(3, 7))]
    for at, name in enumerate(names):
        after = [other for other in names[:at] if rng.random() < 0.35]
        if at > 0 and not after and rng.random() < 0.8:
            after = [rng.choice(names[:at])]
        rule = "all_success" if rng.random() < 0.4 else rng.choice(RULES)
        tasks[name] = {"after": after, "rule": rule}
    groups = {}
    if kind == "setup":
        for _ in range(rng.randint(1, 2)):
            first, last = sorted(rng.sample(range(len(names)), 2))
            setup, teardown = tasks[names[first]], tasks[names[last]]
            if teardown.get("setup") or setup.get("teardown"):
                continue
            setup["setup"] = True
            teardown["teardown"] = True
            teardown["rule"] = "all_done_setup_success"
            teardown["failDagrun"] = rng.random() < 0.3
            if names[first] not in teardown["after"]:
                teardown["after"].append(names[first])
    if kind == "branch":
        name = rng.choice(names[:-1])
        tasks[name]["branch"] = True
        for other in names[names.index(name) + 1 :]:
            if rng.random() < 0.5 and name not in tasks[other]["after"]:
                tasks[other]["after"].append(name)
    if kind in ("mapped", "group"):
        source = rng.choice(names[:-1])
        later = names[names.index(source) + 1 :]
        over = {"source": source} if rng.random() < 0.7 else {"literal": rng.randint(1, 3)}
        if kind == "mapped":
            mapped = {rng.choice(later): over}
            if len(later) > 1 and rng.random() < 0.5:
                other = rng.choice([name for name in later if name not in mapped])
                before = next(iter(mapped))
                if names.index(before) < names.index(other):
                    mapped[other] = {"source": before}
            for name, spec in mapped.items():
                tasks[name]["mapped"] = spec
                if "source" in spec and spec["source"] not in tasks[name]["after"]:
                    tasks[name]["after"].append(spec["source"])
                if tasks[name]["rule"] == "always":
                    tasks[name]["rule"] = "all_done"
        else:
            members = later[: rng.randint(1, 3)]
            groups["g"] = over
            for at, name in enumerate(members):
                tasks[name]["group"] = "g"
                if "source" in over and source not in tasks[name]["after"]:
                    tasks[name]["after"].append(source)
                if at > 0 and members[at - 1] not in tasks[name]["after"]:
                    tasks[name]["after"].append(members[at - 1])
                if tasks[name]["rule"] == "always":
                    tasks[name]["rule"] = "all_done"
    return {"tasks": tasks, "groups": groups}


def build(dag_id, words):
    with DAG(dag_id, schedule=None, start_date=DATE) as dag:
        made = {}

        def make(name, x=None):
            spec = words["tasks"][name]
            cls = BranchOp if spec.get("branch") else Op
            kwargs = {"task_id": name, "trigger_rule": spec["rule"]}
            mapped = spec.get("mapped")
            if mapped:
                made[name] = cls.partial(**kwargs).expand(x=value_of(mapped))
            else:
                made[name] = cls(x=x, **kwargs)
            if spec.get("setup"):
                made[name] = made[name].as_setup()
            if spec.get("teardown"):
                made[name] = made[name].as_teardown(on_failure_fail_dagrun=spec["failDagrun"])

        def value_of(over):
            return XComArg(made[over["source"]]) if "source" in over else list(range(over["literal"]))

        members = [name for name, spec in words["tasks"].items() if spec.get("group")]
        for name in words["tasks"]:
            if name not in members:
                make(name)
            elif name == members[0]:

                @task_group(group_id="g", prefix_group_id=False)
                def group(v):
                    for member in members:
                        make(member, v)

                group.expand(v=value_of(words["groups"]["g"]))
        for name, spec in words["tasks"].items():
            for other in spec["after"]:
                if other not in made[name].upstream_task_ids:
                    made[other] >> made[name]
    return dag


def write(dag, session):
    data = DagSerialization.to_dict(dag)
    lazy = LazyDeserializedDAG(data=data)
    SerializedDAG.bulk_write_to_db("b", None, [lazy], session=session)
    SerializedDagModel.write_dag(lazy, "b", session=session)
    session.flush()
    return DagSerialization.from_dict(data)


def name_of(ti):
    return ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]"


def instances(run, session):
    session.flush()
    session.expire_all()
    return session.scalars(
        select(TaskInstance)
        .where(TaskInstance.dag_id == run.dag_id, TaskInstance.run_id == run.run_id)
        .order_by(TaskInstance.task_id, TaskInstance.map_index)
    ).all()


def snapshot(run, session):
    return {name_of(ti): ti.state and str(getattr(ti.state, "value", ti.state)) for ti in instances(run, session)}


def settle(run, dag, session):
    before = None
    for _ in range(30):
        run.dag = dag
        schedulable, _ = run.update_state(session=session, execute_callbacks=False)
        run.schedule_tis(schedulable, session=session)
        after = (snapshot(run, session), str(run.state))
        if after == before:
            return after
        before = after
    raise RuntimeError("does not settle")


def finish(run, dag, ti, outcome, session):
    ti.state = TaskInstanceState(outcome["state"])
    ti.start_date = ti.end_date = DATE
    if "length" in outcome and ti.map_index < 0:
        session.add(TaskMap(ti.dag_id, ti.task_id, ti.run_id, -1, outcome["length"], None))
    if outcome.get("returned"):
        push(ti, "return_value", 1, session)
    if "followed" in outcome:
        chosen = set(outcome["followed"])
        for name in outcome["followed"]:
            chosen |= dag.get_task(name).get_flat_relative_ids(upstream=False)
        below = dag.get_task(ti.task_id).downstream_task_ids
        push(ti, "skipmixin_key", {"followed": sorted(below & chosen)}, session)
        session.execute(
            update(TaskInstance)
            .where(
                TaskInstance.dag_id == ti.dag_id,
                TaskInstance.run_id == ti.run_id,
                TaskInstance.task_id.in_(below - chosen),
                TaskInstance.map_index == ti.map_index,
                or_(TaskInstance.state.is_(None), TaskInstance.state.not_in(["running", "success", "failed"])),
            )
            .values(state="skipped")
            .execution_options(synchronize_session=False)
        )
    session.flush()


def push(ti, key, value, session):
    XComModel.set(
        key=key, value=value, dag_id=ti.dag_id, task_id=ti.task_id, run_id=ti.run_id, map_index=ti.map_index, session=session
    )


def random_outcome(rng, ti, words, sources):
    state = rng.choices(["success", "failed", "skipped"], [65, 20, 15])[0]
    outcome = {"state": state}
    if state != "success":
        return outcome
    if ti.task_id in sources:
        if ti.map_index < 0:
            outcome["length"] = rng.randint(0, 3)
        elif rng.random() < 0.8:
            outcome["returned"] = True
    if words["tasks"][ti.task_id].get("branch"):
        below = [name for name, spec in words["tasks"].items() if ti.task_id in spec["after"]]
        outcome["followed"] = [name for name in below if rng.random() < 0.5]
    return outcome


def play(at, kind, session):
    rng = random.Random(f"{kind}{at}")
    words = random_dag(rng, kind)
    dag_id = f"{kind}_{at}"
    dag = write(build(dag_id, words), session)
    sources = {spec["mapped"].get("source") for spec in words["tasks"].values() if spec.get("mapped")}
    sources |= {over.get("source") for over in words["groups"].values()}
    run = dag.create_dagrun(
        run_id="r",
        logical_date=DATE,
        data_interval=(DATE, DATE),
        run_after=DATE,
        run_type=DagRunType.MANUAL,
        triggered_by=DagRunTriggeredByType.TEST,
        state=DagRunState.RUNNING,
        start_date=DATE,
        session=session,
    )
    states, run_state = settle(run, dag, session)
    steps = [{"states": states, "run": run_state}]
    while run_state == "running":
        ready = [ti for ti in instances(run, session) if ti.state == "scheduled"]
        if not ready:
            break
        ti = rng.choice(ready)
        outcome = random_outcome(rng, ti, words, sources)
        name = name_of(ti)
        finish(run, dag, ti, outcome, session)
        states, run_state = settle(run, dag, session)
        steps.append({"at": name, "outcome": outcome, "states": states, "run": run_state})
    return {"name": dag_id, "dag": words, "steps": steps}


COUNTS = {"plain": 60, "setup": 60, "branch": 40, "mapped": 60, "group": 60}
runs = []
for kind, count in COUNTS.items():
    for at in range(count):
        with create_session() as session:
            session.merge(DagBundleModel(name="b"))
            session.flush()
            try:
                runs.append(play(at, kind, session))
            except Exception as error:
                print(f"{kind} {at}: {type(error).__name__}: {error}", file=sys.stderr)
                session.rollback()
sys.stdout = stdout
print('{"airflow": ' + json.dumps(version("apache-airflow-core")) + ', "runs": [')
print(",\n".join(json.dumps(run, separators=(",", ":")) for run in runs))
print("]}")
