"""Operators that call a function in another interpreter: a virtual environment made for it, or one that is there.

The function's source is written to a script together with its arguments (pickled, by the library that `serializer`
names) and run as a process; its output becomes log lines, its return value comes back pickled.
"""

from __future__ import annotations

import inspect
import os
import pickle
import re
import shutil
import sys
import tempfile
import textwrap
import types
from pathlib import Path
from urllib.parse import quote
from typing import Any, Callable, Collection, Container, Dict, Iterable, List, Mapping, Optional, Sequence, Union

from ..airflow_compat.exceptions import AirflowException, AirflowSkipException, DeserializingResultError
from .. import environments, path_map
from ..hooks.base import BaseHook
from .call import determine_kwargs
from .python import PythonOperator
from .skip import BaseBranchOperator

_OWN = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_SERIALIZERS = ("pickle", "cloudpickle", "dill")
# Of the context only what is plain text or a number goes along.
_PLAIN_KEYS = (
    "ds ds_nodash expanded_ti_count inlets outlets run_id task_instance_key_str test_mode ts ts_nodash "
    "ts_nodash_with_tz next_ds next_ds_nodash prev_ds prev_ds_nodash tomorrow_ds tomorrow_ds_nodash yesterday_ds "
    "yesterday_ds_nodash task_reschedule_count params partition_key"
).split()
_DATE_KEYS = (
    "data_interval_end data_interval_start logical_date execution_date next_execution_date prev_execution_date "
    "prev_data_interval_start_success prev_data_interval_end_success prev_start_date_success prev_end_date_success"
).split()

_SCRIPT = '''\
import sys

{airflow}
{serializer_import}
with open(sys.argv[1], "rb") as file:
    given = {serializer}.load(file)
with open(sys.argv[3]) as file:
    virtualenv_string_args = [line.strip() for line in file]

{source}

try:
    result = {name}(*given["args"], **given["kwargs"])
except Exception as error:
    with open(sys.argv[4], "w") as file:
        file.write(type(error).__name__ + ": " + str(error))
    raise
with open(sys.argv[2], "wb") as file:
    if result is not None:
        {serializer}.dump(result, file)
'''


class _BasePythonVirtualenvOperator(PythonOperator):
    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        serializer: Optional[str] = None,
        use_dill: bool = False,
        op_args: Optional[Collection[Any]] = None,
        op_kwargs: Optional[Mapping[str, Any]] = None,
        string_args: Optional[Iterable[str]] = None,
        templates_dict: Optional[Dict[str, Any]] = None,
        templates_exts: Optional[Sequence[str]] = None,
        expect_airflow: bool = True,
        skip_on_exit_code: Union[int, Container[int], None] = None,
        env_vars: Optional[Dict[str, str]] = None,
        inherit_env: bool = True,
        **kwargs: Any,
    ) -> None:
        if not isinstance(python_callable, types.FunctionType) or python_callable.__name__ == "<lambda>":
            raise ValueError(f"{type(self).__name__} only supports functions for python_callable arg")
        if inspect.isgeneratorfunction(python_callable):
            raise ValueError(f"{type(self).__name__} does not support using 'yield' in python_callable")
        serializer = "dill" if use_dill else serializer or "pickle"
        if serializer not in _SERIALIZERS:
            wanted = ", ".join(map(repr, _SERIALIZERS))
            raise AirflowException(f"Unsupported serializer {serializer!r}. Expected one of {wanted}")
        super().__init__(
            python_callable=python_callable,
            op_args=op_args,
            op_kwargs=op_kwargs,
            templates_dict=templates_dict,
            templates_exts=templates_exts,
            **kwargs,
        )
        self.string_args = list(string_args or [])
        self.serializer = serializer
        self.expect_airflow = expect_airflow
        codes = skip_on_exit_code
        self.skip_on_exit_code: Any = [] if codes is None else [codes] if isinstance(codes, int) else codes
        self.env_vars = env_vars
        self.inherit_env = inherit_env

    def determine_kwargs(self, context: Mapping[str, Any]) -> Dict[str, Any]:
        own = {key: context[key] for key in [*self.op_kwargs, "templates_dict"] if key in context}
        if own.get("templates_dict") is None:
            own.pop("templates_dict", None)
        for key in _PLAIN_KEYS:
            if key not in own and self._takes(key) and key in context:
                own[key] = _plain(context[key])
        for key in _DATE_KEYS:
            if key not in own and self._takes(key) and key in context:
                own[key] = _plain_date(context[key])
        return determine_kwargs(self.python_callable, self.op_args, own)

    def _takes(self, key: str) -> bool:
        return key in inspect.signature(self.python_callable).parameters

    def get_python_source(self) -> str:
        """The function's text, without the decorators that made a task of it."""
        lines = textwrap.dedent(inspect.getsource(self.python_callable)).splitlines(keepends=True)
        start = next((at for at, line in enumerate(lines) if re.match(r"(async\s+)?def\s", line)), 0)
        return "".join(lines[start:])

    def _call_in(self, python: str) -> Any:
        with tempfile.TemporaryDirectory(prefix="venv-call") as folder:
            paths = [os.path.join(folder, name) for name in ("script.in", "script.out", "strings.txt", "error.log")]
            script = os.path.join(folder, "script.py")
            self._write(script, paths)
            env = dict(os.environ) if self.inherit_env else {}
            env.update(self.env_vars or {})
            self._run([python, script, *paths], env, paths[3])
            return self._read(paths[1])

    def _write(self, script: str, paths: List[str]) -> None:
        library = _library(self.serializer)
        try:
            data = library.dumps({"args": tuple(self.op_args), "kwargs": dict(self.op_kwargs)})
        except Exception as error:
            raise AirflowException(
                f"the arguments of {self.python_callable.__name__}() cannot be sent to another interpreter by "
                f"{self.serializer}: {error}"
            ) from error
        source, mapped = self.get_python_source(), path_map.from_settings()
        Path(paths[0]).write_bytes(data)
        Path(paths[1]).write_bytes(b"")
        Path(paths[2]).write_text("\n".join(map(str, self.string_args)))
        Path(script).write_text(
            _SCRIPT.format(
                # Behind everything else: a real Airflow of that interpreter is found first.
                airflow=f"sys.path.append({_OWN!r})" if self.expect_airflow else "",
                serializer_import=f"import {self.serializer}",
                serializer=self.serializer,
                source=source if mapped is None else mapped.apply(source),
                name=self.python_callable.__name__,
            )
        )

    def _run(self, command: List[str], env: Dict[str, str], error_path: str) -> None:
        code, _ = environments.run_logged(command, env, self.log)
        if code in self.skip_on_exit_code:
            raise AirflowSkipException(f"Process exited with code {code}. Skipping.")
        if code != 0:
            detail = Path(error_path).read_text() if os.path.exists(error_path) else ""
            raise AirflowException(f"Process returned non-zero exit status {code}.\n{detail}".rstrip())

    def _read(self, path: str) -> Any:
        data = Path(path).read_bytes()
        if not data:
            return None
        try:
            return _library(self.serializer).loads(data)
        except (ValueError, ImportError, AttributeError, pickle.UnpicklingError) as error:
            raise DeserializingResultError(
                f"the result of {self.python_callable.__name__}() cannot be read by this interpreter: {error}"
            ) from error


class PythonVirtualenvOperator(_BasePythonVirtualenvOperator):
    """Makes a virtual environment with `requirements`, calls the function in it, and removes it.

    With `venv_cache_path` an environment is kept for each set of requirements. `uv` makes it where it is installed.
    """

    template_fields: Sequence[str] = ("requirements", "index_urls", "index_urls_from_connection_ids", "venv_cache_path", *PythonOperator.template_fields)
    template_ext: Sequence[str] = (".txt",)

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        requirements: Union[None, Iterable[str], str] = None,
        python_version: Optional[str] = None,
        system_site_packages: bool = True,
        pip_install_options: Optional[List[str]] = None,
        index_urls: Union[None, Collection[str], str] = None,
        index_urls_from_connection_ids: Any = None,
        venv_cache_path: Any = None,
        **kwargs: Any,
    ) -> None:
        if python_version is not None and not isinstance(python_version, str):
            raise AirflowException("Passing non-string types (e.g. int or float) as python_version not supported")
        super().__init__(python_callable=python_callable, **kwargs)
        self.requirements = [requirements] if isinstance(requirements, str) else list(requirements or [])
        self.python_version = python_version
        self.system_site_packages = system_site_packages
        self.pip_install_options = pip_install_options or []
        self.index_urls = [index_urls] if isinstance(index_urls, str) else list(index_urls or [])
        self.index_urls_from_connection_ids = index_urls_from_connection_ids
        self.venv_cache_path = venv_cache_path

    def _needed(self) -> List[str]:
        needed = [line for text in self.requirements for line in environments.requirement_lines(str(text))]
        if self.serializer != "pickle" and self.serializer not in needed:
            needed.append(self.serializer)
        return sorted(needed)

    def execute_callable(self) -> Any:
        if self.venv_cache_path:
            return self._call_in(self._cached(Path(str(self.venv_cache_path))))
        with tempfile.TemporaryDirectory(prefix="venv") as folder:
            environments.make(folder, self._wanted(), self._python(), self.log)
            return self._call_in(os.path.join(folder, "bin", "python"))

    def _cached(self, parent: Path) -> str:
        """The interpreter of an environment with these requirements, made by one process while others wait."""
        wanted = self._wanted()
        python = self._python()
        return environments.keep(str(parent / f"venv-{wanted.key(python, sys.version)}"), wanted, python, self.log)

    def _wanted(self) -> environments.Wanted:
        return environments.Wanted(
            requirements=tuple(self._needed()),
            index_urls=(*self.index_urls, *self._urls_of_connections()),
            options=tuple(self.pip_install_options),
            system_site_packages=self.system_site_packages,
        )

    def _python(self) -> str:
        return environments.find_python(str(self.python_version or ""))

    def _urls_of_connections(self) -> List[str]:
        ids = self.index_urls_from_connection_ids
        found = []
        for conn_id in [ids] if isinstance(ids, str) else ids or ():
            connection = BaseHook.get_connection(conn_id)
            host, user, secret = connection.host or "", connection.login, connection.password
            scheme, _, rest = host.rpartition("://")
            login = f"{quote(user or '', safe='')}:{quote(secret, safe='')}@" if secret else f"{quote(user, safe='')}@" if user else ""
            found.append(f"{scheme or 'https'}://{login}{rest}")
        return found


class BranchPythonVirtualenvOperator(BaseBranchOperator, PythonVirtualenvOperator):
    """The function returns the ids to follow."""

    def choose_branch(self, context: Any) -> Any:
        return PythonVirtualenvOperator.execute(self, context)


class ExternalPythonOperator(_BasePythonVirtualenvOperator):
    """Calls the function by the interpreter at `python`."""

    template_fields: Sequence[str] = ("python", *PythonOperator.template_fields)

    def __init__(self, *, python: str, python_callable: Callable[..., Any], expect_pendulum: bool = False, **kwargs: Any) -> None:
        if not python:
            raise ValueError("Python Path must be defined in ExternalPythonOperator")
        super().__init__(python_callable=python_callable, **kwargs)
        self.python = python
        self.expect_pendulum = expect_pendulum

    def execute_callable(self) -> Any:
        python = Path(self.python)
        if not python.exists():
            raise ValueError(f"Python Path '{python}' must exists")
        if not python.is_file():
            raise ValueError(f"Python Path '{python}' must be a file")
        if not os.access(python, os.X_OK):
            raise ValueError(f"Python Path '{python}' must be executable")
        return self._call_in(str(python))


class BranchExternalPythonOperator(BaseBranchOperator, ExternalPythonOperator):
    """The function returns the ids to follow."""

    def choose_branch(self, context: Any) -> Any:
        return ExternalPythonOperator.execute(self, context)


def is_venv_installed() -> bool:
    """Whether environments can be made here."""
    try:
        import venv  # noqa: F401
    except ImportError:
        return shutil.which("uv") is not None
    return True


def _library(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise AirflowException(f"serializer {name!r} needs its package: `{sys.executable} -m pip install {name}`") from error


def _plain(value: Any) -> Any:
    """A context's value without what ties it to this process."""
    if hasattr(value, "dump") and hasattr(value, "items"):
        return dict(value.items())
    return value if isinstance(value, (str, int, float, bool, list, dict, type(None))) else str(value)


def _plain_date(value: Any) -> Any:
    """A date of the standard library: the other interpreter may not have pendulum."""
    import datetime as dt

    if not isinstance(value, dt.datetime):
        return None
    zone = value.utcoffset()
    return dt.datetime(
        value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond,
        tzinfo=None if zone is None else dt.timezone(zone),
    )
