"""What the operators of this package stand on: a task of `tradewind/ml`, placed from plain data and run by Node."""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional, Sequence, Union

from .. import supervisor, typescript_call
from ..airflow_compat.exceptions import AirflowException, AirflowRescheduleException
from ..errors import TradewindError
from ..operators.base import BaseOperator
from ..sensors.base import BaseSensorOperator, PokeReturnValue
from ..xcom import decode_value
from . import wording

#: A frame, the path of a file, or a function that is called in the task and returns one of them.
TableSource = Union[str, Callable[[], Any], Any]

_PACKAGE = "tradewind/ml"


class ModelTask:
    """Mixed into the operators: `ml_task` names the task, `ml_option_names` and `ml_inputs` say what it is given."""

    ml_task = ""
    #: Attributes that are options of the task under the same name, in TypeScript's spelling.
    ml_option_names: Sequence[str] = ()
    #: Attributes that hold what other tasks made; rendered as templates are.
    ml_inputs: Dict[str, str] = {}

    def ml_options(self) -> Dict[str, Any]:
        return wording.given(**{name: getattr(self, name) for name in self.ml_option_names})

    def ml_tables(self) -> Dict[str, Any]:
        return {}

    def call(self, context: Any) -> Any:
        """A ForeignResult, or None. Raises what the task's outcome says, under Airflow's names."""
        task_id = self.task_id  # type: ignore[attr-defined]
        line = supervisor.current()
        if line is None or line.start is None:
            raise AirflowException(f"{type(self).__name__} '{task_id}' runs under Tradewind's worker only")
        inputs = {name: getattr(self, attribute) for name, attribute in self.ml_inputs.items()}
        arguments = {
            "options": self.ml_options(),
            "inputs": {name: value for name, value in inputs.items() if value is not None},
            **{name: _table(name, source) for name, source in self.ml_tables().items() if source is not None},
        }
        report = typescript_call.call({"file": _PACKAGE, "function": self.ml_task}, arguments, line, False)
        typescript_call.adopt(report, context["ti"])
        return typescript_call.value_of(report)


class LaterTable:
    """A function that makes a table. As a template field it would be called while the fields are rendered, and with
    Airflow's arguments for that; it is called when the task runs, with none.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make

    def __repr__(self) -> str:
        return f"<table by {getattr(self.make, '__name__', self.make)}>"


def table_field(source: TableSource) -> Any:
    return LaterTable(source) if callable(source) else source


def _table(name: str, source: Any) -> Any:
    table = source.make() if isinstance(source, LaterTable) else source
    if table is None:
        raise TradewindError("TW_ML_DATA", f"{name}: expected a frame or the path of a file, got None")
    return str(table) if hasattr(table, "__fspath__") else table


def plain_value(result: Optional[typescript_call.ForeignResult]) -> Any:
    return None if result is None else decode_value(result.value)


class ModelOperator(ModelTask, BaseOperator):
    template_fields: Sequence[str] = ()
    ui_color = "#e8f0ea"

    def execute(self, context: Any) -> Any:
        return self.call(context)


class WaitingModelOperator(ModelTask, BaseSensorOperator):
    """Looks every `poke_interval`, without a slot in between."""

    valid_modes = ["reschedule"]
    ui_color = "#e8f0ea"

    def __init__(self, *, mode: str = "reschedule", **kwargs: Any) -> None:
        super().__init__(mode=mode, **kwargs)

    def poke(self, context: Any) -> Any:
        try:
            return PokeReturnValue(True, self.call(context))
        except AirflowRescheduleException:
            return False
