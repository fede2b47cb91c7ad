"""`airflow.security.permissions`: names for `access_control` of Dags."""

from __future__ import annotations

RESOURCE_DAG = "DAGs"
RESOURCE_DAG_PREFIX = "DAG:"
RESOURCE_DAG_RUN = "DAG Runs"
RESOURCE_DAG_RUN_PREFIX = "DAG Run:"
RESOURCE_TASK_INSTANCE = "Task Instances"
RESOURCE_CONNECTION = "Connections"
RESOURCE_VARIABLE = "Variables"
RESOURCE_POOL = "Pools"
RESOURCE_XCOM = "XComs"
RESOURCE_WEBSITE = "Website"

ACTION_CAN_CREATE = "can_create"
ACTION_CAN_READ = "can_read"
ACTION_CAN_EDIT = "can_edit"
ACTION_CAN_DELETE = "can_delete"
ACTION_CAN_ACCESS_MENU = "menu_access"

DAG_ACTIONS = {ACTION_CAN_READ, ACTION_CAN_EDIT, ACTION_CAN_DELETE}


def resource_name(root_dag_id: str, resource: str = RESOURCE_DAG) -> str:
    """The name of a Dag's own resource."""
    prefixes = {RESOURCE_DAG: RESOURCE_DAG_PREFIX, RESOURCE_DAG_RUN: RESOURCE_DAG_RUN_PREFIX}
    return f"{prefixes[resource]}{root_dag_id}"


resource_name_for_dag = resource_name
