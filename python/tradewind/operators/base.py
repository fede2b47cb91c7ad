"""What the operators stand on."""

from __future__ import annotations

from ..airflow_compat.baseoperator import BaseOperator
from ..airflow_compat.taskgroup import TaskGroup

__all__ = ["BaseOperator", "TaskGroup"]
