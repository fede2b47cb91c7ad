"""`airflow.api.common`: starting and asking about runs, from inside of a task."""

from __future__ import annotations

import datetime as dt
from typing import Any, Dict, Optional

from .. import client
from ..airflow_compat import pool_model
from ..dag_run import DagRun


def trigger_dag(
    dag_id: str,
    run_id: Optional[str] = None,
    conf: Any = None,
    execution_date: Any = None,
    logical_date: Any = None,
    replace_microseconds: bool = True,
    **_: Any,
) -> Optional[DagRun]:
    """Makes a run of another Dag and returns it."""
    when = logical_date or execution_date or dt.datetime.now(dt.timezone.utc)
    asked: Dict[str, Any] = {"dagId": dag_id, "logicalDate": when.isoformat(), "conf": conf or {}}
    if run_id:
        asked["runId"] = run_id
    answer = client.request("dag-run.trigger", **asked)
    found = client.request("dag-run.get", dagId=dag_id, runId=answer["runId"])
    return None if found is None else DagRun.of_answer(found)


def get_dag_run_state(dag_id: str, execution_date: Any) -> Dict[str, str]:
    found = client.request("dag-run.list", dagId=dag_id, logicalDates=[execution_date.isoformat()])
    if not found:
        from ..airflow_compat.exceptions import DagRunNotFound

        raise DagRunNotFound(f"Dag Run for date {execution_date} not found in dag {dag_id}")
    return {"state": found[0]["state"]}


def get_task_instance(dag_id: str, task_id: str, execution_date: Any) -> Any:
    """Raises DagRunNotFound, TaskInstanceNotFound."""
    from ..airflow_compat.exceptions import DagRunNotFound, TaskInstanceNotFound

    runs = DagRun.find(dag_id=dag_id, execution_date=execution_date)
    if not runs:
        raise DagRunNotFound(f"Dag Run for date {execution_date} not found in dag {dag_id}")
    found = runs[-1].get_task_instance(task_id)
    if found is None:
        raise TaskInstanceNotFound(f"Task {task_id} instance for date {execution_date} not found")
    return found


class Client:
    """`airflow.api.client.local_client`: starts runs, and makes pools; Dags are the command line's to delete."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def trigger_dag(self, dag_id: str, run_id: Optional[str] = None, conf: Any = None, execution_date: Any = None, logical_date: Any = None, **_: Any) -> Any:
        run = trigger_dag(dag_id, run_id, conf, execution_date, logical_date)
        return None if run is None else f"Created {run}"

    def get_pool(self, name: str) -> Any:
        return _pool_facts(pool_model.get_pool(name))

    def get_pools(self) -> Any:
        return [_pool_facts(one) for one in pool_model.get_pools()]

    def create_pool(self, name: str, slots: Any, description: str = "", include_deferred: bool = False) -> Any:
        return _pool_facts(pool_model.create_pool(name, slots, description, include_deferred))

    def delete_pool(self, name: str) -> Any:
        return _pool_facts(pool_model.delete_pool(name))


def _pool_facts(pool: Any) -> Any:
    return pool.pool, pool.slots, pool.description, pool.include_deferred
