"""`airflow.api.common`: starting and asking about runs, from inside of a task."""

from __future__ import annotations

import datetime as dt
from typing import Any, Dict, Optional

from .. import client
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


class Client:
    """`airflow.api.client.local_client`: starts runs; pools and Dags are the command line's."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def trigger_dag(self, dag_id: str, run_id: Optional[str] = None, conf: Any = None, execution_date: Any = None, logical_date: Any = None, **_: Any) -> Any:
        run = trigger_dag(dag_id, run_id, conf, execution_date, logical_date)
        return None if run is None else f"Created {run}"
