"""Models of Airflow's database that tutorials ask: answered through the scheduler, from inside of a task."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, List, Optional

from .. import client
from ..dag_run import DagRun, runs_of
from .configuration import conf
from .exceptions import AirflowException
from .fields import Condition, Field
from .pool_model import Pool
from .task_instance_row import TaskInstance, instances_of
from .xcom_model import XCom
from .xcom_model import rows as xcom_rows


class DagModel:
    """What the scheduler knows of a Dag: its id and whether it is paused."""

    dag_id: Any = Field("dag_id")
    is_paused: Any = Field("is_paused")
    is_active: Any = Field("is_active")

    def __init__(self, dag_id: str, is_paused: bool) -> None:
        self.dag_id = dag_id
        self.is_paused = is_paused
        self.is_active = True

    @classmethod
    def get_dagmodel(cls, dag_id: str, session: Any = None) -> Optional["DagModel"]:
        answer = client.request("dag.get", dagId=dag_id)
        return None if answer is None else cls(answer["dagId"], answer["isPaused"])

    get_current = get_dagmodel

    def get_is_paused(self, *_: Any, **__: Any) -> bool:
        return self.is_paused

    def set_is_paused(self, is_paused: bool, **_: Any) -> None:
        client.request("dag.set-paused", dagId=self.dag_id, isPaused=is_paused)
        self.is_paused = is_paused

    def get_last_dagrun(self, session: Any = None, include_externally_triggered: bool = False, include_manually_triggered: bool = False) -> Optional[DagRun]:
        runs = runs_of(self.dag_id, None)
        if not (include_externally_triggered or include_manually_triggered):
            runs = [run for run in runs if not run.external_trigger]
        return runs[-1] if runs else None


class DagBag:
    """The Dags of one file or folder, without one of the Dags folder, imported in this process."""

    def __init__(self, dag_folder: Any = None, include_examples: Any = None, **_: Any) -> None:
        self.dags: Dict[str, Any] = {}
        self.import_errors: Dict[str, str] = {}
        self.dag_folder = dag_folder if dag_folder is not None else conf.get("core", "dags_folder")
        self.collect_dags()

    def collect_dags(self, dag_folder: Any = None, **_: Any) -> None:
        from .dagbag import collect

        dags, errors = collect(dag_folder or self.dag_folder)
        self.dags.update(dags)
        self.import_errors.update(errors)

    def process_file(self, filepath: str, **_: Any) -> List[Any]:
        from .dagbag import collect

        dags, errors = collect(filepath)
        self.dags.update(dags)
        self.import_errors.update(errors)
        return list(dags.values())

    def get_dag(self, dag_id: str, session: Any = None) -> Any:
        return self.dags.get(dag_id)

    @property
    def dag_ids(self) -> List[str]:
        return sorted(self.dags)

    def size(self) -> int:
        return len(self.dags)


def find(models: Iterable[Any], conditions: List[Any]) -> List[Any]:
    """Rows of one model, at least those that fulfil the conditions. AirflowException for a model that is not known."""
    from ..connection import Connection
    from ..variable import Variable

    model = next(iter(models))
    finders: Dict[Any, Callable[[Dict[str, List[Any]]], List[Any]]] = {
        Connection: _connections,
        Variable: _variables,
        DagRun: lambda equal: runs_of(equal.get("dag_id"), equal.get("state")),
        TaskInstance: _instances,
        DagModel: lambda equal: [DagModel(one["dagId"], one["isPaused"]) for one in client.request("dag.list") or []],
        XCom: xcom_rows,
        Pool: lambda equal: Pool.get_pools(),
    }
    finder = finders.get(model)
    if finder is None:
        name = getattr(model, "__name__", model)
        raise AirflowException(f"a query of {name} in Airflow's own database cannot be answered here; ask the API instead")
    equal = {one.field: one.equal for one in conditions if isinstance(one, Condition) and one.equal is not None}
    return finder(equal)


def key_field(model: Any) -> str:
    """The field by which `session.get(model, key)` finds a row."""
    return {"Connection": "conn_id", "Variable": "key", "DagModel": "dag_id"}.get(getattr(model, "__name__", ""), "id")


def _connections(equal: Dict[str, List[Any]]) -> List[Any]:
    from ..connection import Connection, get_connection

    if "conn_id" not in equal:
        # Of many only what is no secret; a field that is one is read when somebody asks for the connection itself.
        return [Connection(conn_id=one["connId"], conn_type=one["connType"], description=one["description"]) for one in client.request("connection.list") or []]
    found = []
    for conn_id in equal["conn_id"]:
        try:
            found.append(get_connection(conn_id))
        except AirflowException:
            continue
    return found


def _variables(equal: Dict[str, List[Any]]) -> List[Any]:
    from ..variable import Variable

    if "key" not in equal:
        raise AirflowException("variables are found by their key here: Variable.key == ..., or Variable.get")
    values = {key: Variable.get(key, default_var=None) for key in equal["key"]}
    return [Variable(key, value) for key, value in values.items() if value is not None]


def _instances(equal: Dict[str, List[Any]]) -> List[TaskInstance]:
    names = {"dag_id": "dagIds", "run_id": "runIds", "task_id": "taskIds", "state": "states"}
    filters = {names[field]: [one for one in values if one is not None] for field, values in equal.items() if field in names}
    return instances_of(lambda method, params: client.request(method, **params), **filters)


def get_last_dagrun(dag_id: str, session: Any = None, include_externally_triggered: bool = False, **_: Any) -> Optional[DagRun]:
    return DagModel(dag_id, False).get_last_dagrun(include_externally_triggered=include_externally_triggered)
