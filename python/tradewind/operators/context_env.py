"""The AIRFLOW_CTX_* variables that tasks and their commands see."""

from __future__ import annotations

import os
from typing import Any, Dict

_NAMES = {
    "dag_email": "AIRFLOW_CTX_DAG_EMAIL",
    "dag_owner": "AIRFLOW_CTX_DAG_OWNER",
    "dag_id": "AIRFLOW_CTX_DAG_ID",
    "task_id": "AIRFLOW_CTX_TASK_ID",
    "execution_date": "AIRFLOW_CTX_EXECUTION_DATE",
    "logical_date": "AIRFLOW_CTX_LOGICAL_DATE",
    "try_number": "AIRFLOW_CTX_TRY_NUMBER",
    "dag_run_id": "AIRFLOW_CTX_DAG_RUN_ID",
}

# Airflow's own table, for code that imports it: `AIRFLOW_VAR_NAME_FORMAT_MAPPING`.
FORMAT_MAPPING = {
    f"AIRFLOW_CONTEXT_{name.upper()}": {
        "default": f"airflow.ctx.{name}",
        "env_var_format": variable,
    }
    for name, variable in _NAMES.items()
}


def context_to_airflow_vars(context: Any, in_env_var_format: bool = False) -> Dict[str, str]:
    """The ids, dates, owner and mail addresses of a task's context, as text."""
    found: Dict[str, Any] = {}
    task = context.get("task")
    ti = context.get("task_instance") or context.get("ti")
    run = context.get("dag_run")
    if task is not None:
        email = getattr(task, "email", None)
        found["dag_email"] = ",".join(email) if isinstance(email, (list, tuple, set)) else email
        found["dag_owner"] = getattr(task, "owner", None)
    if ti is not None:
        found.update(dag_id=ti.dag_id, task_id=ti.task_id, try_number=getattr(ti, "try_number", None))
    if run is not None:
        found["dag_run_id"] = run.run_id
        when = getattr(run, "logical_date", None)
        if when is not None:
            found["execution_date"] = found["logical_date"] = when.isoformat()
    return {
        (_NAMES[name] if in_env_var_format else f"airflow.ctx.{name}"): os.fsdecode(str(value))
        for name, value in found.items()
        if value not in (None, "")
    }
