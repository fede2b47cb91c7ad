"""A function of a Python file that a Dag in TypeScript calls, or a script, as a Dag of one task (ForeignCall of protocol.ts)."""

from __future__ import annotations

import os
import sys
from typing import Any, Callable, Dict, List, Optional

from . import inline_metadata
from .code_version import CodeVersion
from .errors import TradewindError
from .import_file import extend_path
from .local_modules import LocalModules, VersionLoader
from .suggest import did_you_mean
from .xcom import decode_value


def load_called(start: Dict[str, Any]) -> Any:
    """Raises TradewindError TW_HANDLER_INVALID where the file has no such function; whatever its import raises."""
    from .airflow_compat.dag import DAG
    from .operators.python import PythonOperator

    class CalledOperator(PythonOperator):
        """Renders what the Dag's author wrote, and never what another task returned."""

        template_fields = ("written", "argv")
        custom_operator_name = "PythonOperator"

        def __init__(self, written: Dict[str, Any], argv: List[str], **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.written = written
            self.argv = argv

        def execute(self, context: Any) -> Any:
            # Not by plain assignment, which looks for upstream tasks in the values.
            object.__setattr__(self, "op_kwargs", {**self.op_kwargs, **self.written})
            sys.argv = [sys.argv[0], *self.argv]
            return super().execute(context)

    call = start["call"]
    code = start["code"]
    path = os.path.normpath(os.path.join(code["dagsFolder"], os.path.dirname(code["relativeFile"]), call["file"]))
    modules = _modules(code, path)
    environment = _environment(call["environment"], modules.read(path))
    given = {name: decode_value(value) for name, value in call["args"].items()}
    templated = set(call["templated"])
    with DAG(start["task"]["dagId"], schedule=None) as dag:
        CalledOperator(
            task_id=start["task"]["taskId"],
            # Imported when the task runs: in the interpreter that its environment names, and with its error in its log.
            python_callable=_Called(path, call["function"], modules),
            op_kwargs={name: value for name, value in given.items() if name not in templated},
            written={name: value for name, value in given.items() if name in templated},
            argv=list(call["argv"]),
            multiple_outputs=call["multipleOutputs"],
            executor_config={"tradewind": environment} if environment else None,
        )
    return dag


def _environment(given: Dict[str, Any], text: Optional[str]) -> Dict[str, Any]:
    """What the Dag says, over what the file says of itself (PEP 723)."""
    inline = inline_metadata.block_of(text or "")
    return given if inline is None else {"inline": inline, **given}


def _modules(code: Dict[str, Any], path: str) -> LocalModules:
    modules = CodeVersion(code).use_texts()
    extend_path(code["dagsFolder"])
    folder = os.path.dirname(path)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return modules


class _Called:
    """Imports the file at the first look at its signature or the first call."""

    def __init__(self, path: str, name: Any, modules: LocalModules) -> None:
        self._path = path
        self._name = name
        self._modules = modules
        self._function: Any = None
        self.__name__ = name or os.path.basename(path)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._loaded()(*args, **kwargs)

    @property
    def __signature__(self) -> Any:
        import inspect

        return inspect.signature(self._loaded())

    def _loaded(self) -> Callable[..., Any]:
        if self._function is None:
            self._function = self._script if self._name is None else self._import()
        return self._function  # type: ignore[no-any-return]

    def _script(self) -> None:
        sys.argv[0] = self._path
        exec(self._modules.compile(self._path), {"__name__": "__main__", "__file__": self._path, "__builtins__": __builtins__})

    def _import(self) -> Any:
        import importlib.util

        stem = os.path.splitext(os.path.basename(self._path))[0]
        if stem not in sys.modules:
            spec = importlib.util.spec_from_file_location(stem, self._path, loader=VersionLoader(stem, self._path, self._modules))
            assert spec is not None and spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            sys.modules[stem] = module
            try:
                spec.loader.exec_module(module)
            except BaseException:
                del sys.modules[stem]
                raise
        module = sys.modules[stem]
        found = getattr(module, self._name, None)
        if not callable(found):
            names = [name for name in vars(module) if callable(getattr(module, name)) and not name.startswith("_")]
            near = did_you_mean(self._name, names)
            hint = f"did you mean {near}?" if near else None
            raise TradewindError("TW_HANDLER_INVALID", f"expected {self._path} to define the function {self._name!r}", hint=hint)
        # A task of the file that is a Dag's, too, is the function behind it.
        return getattr(found, "function", found)
