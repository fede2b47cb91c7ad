"""Which Dags a file defines: those of its globals, and those that registered themselves."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Dict, List

from . import era
from .airflow_compat.current import DagContext, SetupTeardownContext, TaskGroupContext
from .airflow_compat.dag import DAG


def reset() -> None:
    """Forgets the Dags of the file before, and what it left open."""
    DagContext._stack.clear()
    DagContext.autoregistered_dags.clear()
    TaskGroupContext._stack.clear()
    SetupTeardownContext._stack.clear()


def collect(module: ModuleType) -> List[DAG]:
    """In the order in which they stand in the file; of two with one id the later counts, as in Airflow."""
    found: List[Any] = []
    for value in [*vars(module).values(), *DagContext.autoregistered_dags]:
        if isinstance(value, DAG) and not value.is_subdag and all(value is not one for one in found):
            found.append(value)
    by_id: Dict[str, DAG] = {}
    for dag in sorted(found, key=_made):
        other = by_id.pop(dag.dag_id, None)
        if other is not None:
            era.warn(
                f"dag {dag.dag_id}",
                f'the Dag "{dag.dag_id}" is defined twice in this file (also in line {other.line}); the later one counts',
                dag.line,
            )
        by_id[dag.dag_id] = dag
    return list(by_id.values())


def _made(dag: DAG) -> int:
    return dag.sequence
