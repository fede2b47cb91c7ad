"""Decorators over operators of providers: `@task.docker`, `@task.kubernetes`, `@task.kubernetes_cmd`, `@task.sftp_sensor`.

The function's text and its pickled arguments travel as variables of the container, whose image needs a shell and
Python. What the function returns comes back as JSON from a pod, and pickled from Docker.
"""

from __future__ import annotations

import base64
import inspect
import pickle
from collections import ChainMap
from typing import Any, Callable, Dict, List, Optional, Sequence

from ..hooks.client_library import client_library
from ..operators.call import determine_kwargs
from ..operators.docker import DockerOperator
from ..operators.kubernetes_pod import KubernetesPodOperator
from ..operators.sftp import SFTPSensor
from .exceptions import AirflowException
from .taskflow_operator import DecoratedOperator

_SCRIPT = """\
import {serializer}
import sys

with open(sys.argv[1], "rb") as file:
    given = {serializer}.load(file)

{source}

result = {name}(*given["args"], **given["kwargs"])
{write}
"""
_WRITE_JSON = """\
import json
with open(sys.argv[2], "w") as file:
    json.dump(result, file)"""
_WRITE_PICKLE = """\
with open(sys.argv[2], "wb") as file:
    {serializer}.dump(result, file)"""
_UNPACK = (
    "import base64, os; "
    "[open(path, 'wb').write(base64.b64decode(os.environ[name])) "
    "for path, name in (('/tmp/script.py', '__PYTHON_SCRIPT'), ('/tmp/script.in', '__PYTHON_INPUT'))]"
)
_SERIALIZERS = ("pickle", "cloudpickle", "dill")


class _DecoratedSFTPSensor(DecoratedOperator, SFTPSensor):
    """The function is called once the files are there, and gets them as `files_found` if it has that parameter."""

    custom_operator_name = "@task.sftp_sensor"
    template_fields: Sequence[str] = (*SFTPSensor.template_fields, *DecoratedOperator.template_fields)

    def __init__(self, *, python_callable: Any, op_args: Any = None, op_kwargs: Any = None, **kwargs: Any) -> None:
        given = dict(op_kwargs or {})
        if "files_found" in inspect.signature(python_callable).parameters:
            # Nobody passes it to the call; it is filled in when the sensor has seen the files.
            given.setdefault("files_found", None)
        own = {"python_callable": python_callable, "op_args": op_args, "op_kwargs": given}
        super().__init__(kwargs_to_upstream=own, **own, **kwargs)


class _FunctionInContainer(DecoratedOperator):
    """The half that is alike: the function as a script, its arguments as a pickle, the command that runs them."""

    python_command = "python"
    serializer = "pickle"

    def _take_serializer(self, kwargs: Dict[str, Any]) -> None:
        name = "dill" if kwargs.pop("use_dill", False) else kwargs.pop("serializer", None) or "pickle"
        if name not in _SERIALIZERS:
            raise AirflowException(f"Unsupported serializer {name!r}. Expected one of {', '.join(map(repr, _SERIALIZERS))}")
        self.serializer = name

    def _variables(self, write: str) -> Dict[str, str]:
        library = pickle if self.serializer == "pickle" else client_library(self.serializer, self.serializer, self.custom_operator_name)
        given = {"args": tuple(self.op_args), "kwargs": dict(self.op_kwargs)}
        script = _SCRIPT.format(
            serializer=self.serializer,
            source=self.get_python_source(),
            name=self.python_callable.__name__,
            write=write.format(serializer=self.serializer),
        )
        return {"__PYTHON_SCRIPT": _packed(script.encode()), "__PYTHON_INPUT": _packed(library.dumps(given))}

    def _shell(self, result: str, before: str = "") -> str:
        python = self.python_command
        return f'{before}{python} -c "{_UNPACK}" && {python} /tmp/script.py /tmp/script.in {result}'


class _DockerDecoratedOperator(_FunctionInContainer, DockerOperator):
    custom_operator_name = "@task.docker"
    template_fields: Sequence[str] = (*DockerOperator.template_fields, *DecoratedOperator.template_fields)
    _RESULT = "/tmp/script.out"

    def __init__(self, *, python_command: str = "python", expect_airflow: bool = True, **kwargs: Any) -> None:
        self._take_serializer(kwargs)
        self.python_command = python_command
        own = {"command": "placeholder command", "retrieve_output": True, "retrieve_output_path": self._RESULT}
        super().__init__(kwargs_to_upstream=own, **kwargs)

    def execute(self, context: Any) -> Any:
        self.environment = {**self.environment, **self._variables(_WRITE_PICKLE)}
        self.command = ["sh", "-c", self._shell(self._RESULT)]
        return DockerOperator.execute(self, context)


class _KubernetesDecoratedOperator(_FunctionInContainer, KubernetesPodOperator):
    custom_operator_name = "@task.kubernetes"
    template_fields: Sequence[str] = (*KubernetesPodOperator.template_fields, *DecoratedOperator.template_fields)
    _RESULT = "/airflow/xcom/return.json"

    def __init__(self, *, namespace: Any = None, **kwargs: Any) -> None:
        self._take_serializer(kwargs)
        kwargs.setdefault("do_xcom_push", True)
        super().__init__(kwargs_to_upstream={"namespace": namespace, "name": kwargs.pop("name", None)}, **kwargs)

    def execute(self, context: Any) -> Any:
        own = [{"name": name, "value": value} for name, value in self._variables(_WRITE_JSON).items()]
        self.env_vars = [*_env_list(self.env_vars), *own]
        self.cmds = ["sh", "-c"]
        self.arguments = [self._shell(self._RESULT, before="mkdir -p /airflow/xcom && ")]
        return KubernetesPodOperator.execute(self, context)


class _KubernetesCmdDecoratedOperator(DecoratedOperator, KubernetesPodOperator):
    """The function runs here and returns what the container runs: a list, as `arguments` or, by choice, as `cmds`."""

    custom_operator_name = "@task.kubernetes_cmd"
    template_fields: Sequence[str] = (*KubernetesPodOperator.template_fields, *DecoratedOperator.template_fields)
    overwrite_rtif_after_execution = True

    def __init__(self, *, args_only: bool = False, **kwargs: Any) -> None:
        for name in ("cmds", "arguments"):
            if kwargs.pop(name, None):
                raise AirflowException(f"@task.kubernetes_cmd takes its command from the function, not from {name}")
        self.args_only = args_only
        super().__init__(kwargs_to_upstream={"name": kwargs.pop("name", None)}, **kwargs)

    def execute(self, context: Any) -> Any:
        arguments = determine_kwargs(self.python_callable, self.op_args, ChainMap(dict(self.op_kwargs), context))
        command = self.python_callable(*self.op_args, **arguments)
        if not isinstance(command, list) or not command or not all(isinstance(one, str) for one in command):
            raise TypeError(f"Expected a list of texts from {self.python_callable.__name__}(), got {command!r}")
        command = self.render_template(command, context)
        self.cmds, self.arguments = ([], command) if self.args_only else (command, [])
        return KubernetesPodOperator.execute(self, context)


def sftp_sensor_task(python_callable: Optional[Callable] = None, **kwargs: Any) -> Any:
    """`@task.sftp_sensor(path="/in/data.csv")`."""
    return _decorator(_DecoratedSFTPSensor, python_callable, None, kwargs)


def docker_task(python_callable: Optional[Callable] = None, multiple_outputs: Optional[bool] = None, **kwargs: Any) -> Any:
    """`@task.docker(image="python:3.12")`."""
    return _decorator(_DockerDecoratedOperator, python_callable, multiple_outputs, kwargs)


def kubernetes_task(python_callable: Optional[Callable] = None, multiple_outputs: Optional[bool] = None, **kwargs: Any) -> Any:
    """`@task.kubernetes(image="python:3.12", namespace="default")`."""
    return _decorator(_KubernetesDecoratedOperator, python_callable, multiple_outputs, kwargs)


def kubernetes_cmd_task(python_callable: Optional[Callable] = None, **kwargs: Any) -> Any:
    """`@task.kubernetes_cmd(image="busybox")`."""
    return _decorator(_KubernetesCmdDecoratedOperator, python_callable, None, kwargs)


def _decorator(operator: Any, python_callable: Optional[Callable], multiple_outputs: Optional[bool], kwargs: Dict[str, Any]) -> Any:
    from .taskflow import task_decorator_factory

    return task_decorator_factory(python_callable, multiple_outputs=multiple_outputs, decorated_operator_class=operator, **kwargs)


def _packed(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _env_list(env_vars: Any) -> List[Any]:
    from ..kubernetes.pod_request import env_list

    return env_list(env_vars)
