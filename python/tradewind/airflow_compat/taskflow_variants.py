"""The operator classes of `@task`, `@task.branch`, `@task.bash` …, made over the plain operators when first used."""

from __future__ import annotations

import functools
import importlib
from typing import Any, Dict, Tuple

from .exceptions import AirflowException
from .taskflow_operator import DecoratedOperator

# Variant → module and class of the operator that runs it, and whether the function itself goes to it.
_PYTHON = "tradewind.operators.python"
VARIANTS: Dict[str, Tuple[str, str]] = {
    "task": (_PYTHON, "PythonOperator"),
    "task.asset": (_PYTHON, "PythonOperator"),
    "task.branch": (_PYTHON, "BranchPythonOperator"),
    "task.short_circuit": (_PYTHON, "ShortCircuitOperator"),
    "task.virtualenv": ("tradewind.operators.python_virtualenv", "PythonVirtualenvOperator"),
    "task.external_python": ("tradewind.operators.python_virtualenv", "ExternalPythonOperator"),
    "task.branch_virtualenv": ("tradewind.operators.python_virtualenv", "BranchPythonVirtualenvOperator"),
    "task.branch_external_python": ("tradewind.operators.python_virtualenv", "BranchExternalPythonOperator"),
    "task.sensor": ("tradewind.sensors.python", "PythonSensor"),
}

# Decorators of providers: where the real one is, and the package to install.
PROVIDERS: Dict[str, Tuple[str, str, str]] = {
    "docker": ("airflow.providers.docker.decorators.docker", "docker_task", "apache-airflow-providers-docker"),
    "kubernetes": (
        "airflow.providers.cncf.kubernetes.decorators.kubernetes",
        "kubernetes_task",
        "apache-airflow-providers-cncf-kubernetes",
    ),
    "kubernetes_cmd": (
        "airflow.providers.cncf.kubernetes.decorators.kubernetes_cmd",
        "kubernetes_cmd_task",
        "apache-airflow-providers-cncf-kubernetes",
    ),
    "pyspark": ("airflow.providers.apache.spark.decorators.pyspark", "pyspark_task", "apache-airflow-providers-apache-spark"),
    "snowpark": ("airflow.providers.snowflake.decorators.snowpark", "snowpark_task", "apache-airflow-providers-snowflake"),
    "sql": ("airflow.providers.common.sql.decorators.sql", "sql_task", "apache-airflow-providers-common-sql"),
    "analytics": ("airflow.providers.common.ai.decorators.analytics", "analytics_task", "apache-airflow-providers-common-ai"),
    "sftp_sensor": ("airflow.providers.sftp.decorators.sensors.sftp", "sftp_sensor_task", "apache-airflow-providers-sftp"),
    "llm": ("airflow.providers.common.ai.decorators.llm", "llm_task", "apache-airflow-providers-common-ai"),
    "llm_batch": ("airflow.providers.common.ai.decorators.llm_batch", "llm_batch_task", "apache-airflow-providers-common-ai"),
    "llm_branch": ("airflow.providers.common.ai.decorators.llm_branch", "llm_branch_task", "apache-airflow-providers-common-ai"),
    "llm_sql": ("airflow.providers.common.ai.decorators.llm_sql", "llm_sql_task", "apache-airflow-providers-common-ai"),
    "llm_file_analysis": (
        "airflow.providers.common.ai.decorators.llm_file_analysis",
        "llm_file_analysis_task",
        "apache-airflow-providers-common-ai",
    ),
    "llm_schema_compare": (
        "airflow.providers.common.ai.decorators.llm_schema_compare",
        "llm_schema_compare_task",
        "apache-airflow-providers-common-ai",
    ),
    "agent": ("airflow.providers.common.ai.decorators.agent", "agent_task", "apache-airflow-providers-common-ai"),
    "embed": ("airflow_ai_sdk.decorators.embed", "embed", "airflow-ai-sdk"),
}


@functools.lru_cache(maxsize=None)
def operator_class(variant: str) -> Any:
    """The class that `@<variant>` places."""
    if variant == "task.bash":
        return _bash()
    if variant == "task.stub":
        return _stub()
    module, name = VARIANTS[variant]
    base = getattr(importlib.import_module(module), name)
    own = {"python_callable", "op_args", "op_kwargs"}
    fields = tuple(dict.fromkeys([*base.template_fields, "op_args", "op_kwargs"]))

    def __init__(self: Any, *, python_callable: Any, op_args: Any, op_kwargs: Any, **kwargs: Any) -> None:
        # The function and its arguments belong to both halves of the class.
        upstream = {"python_callable": python_callable, "op_args": op_args, "op_kwargs": op_kwargs}
        DecoratedOperator.__init__(self, kwargs_to_upstream=upstream, **upstream, **kwargs)

    namespace = {
        "__init__": __init__,
        "__module__": __name__,
        "__doc__": f"What @{variant} places.",
        "template_fields": fields,
        "template_fields_renderers": {**getattr(base, "template_fields_renderers", {}), "op_args": "py", "op_kwargs": "py"},
        "custom_operator_name": f"@{variant}",
        "_own_arguments": own,
    }
    if variant == "task.asset":
        # Its name is Airflow's, which tells it by the class alone.
        namespace["custom_operator_name"] = ""
        return type(base)("_AssetMainOperator", (DecoratedOperator, base), namespace)
    # Names are Airflow's; pages and clients of its API show them.
    name = "DecoratedSensorOperator" if variant == "task.sensor" else f"_{_camel(variant)}DecoratedOperator"
    return type(base)(name, (DecoratedOperator, base), namespace)


def _camel(variant: str) -> str:
    words = {
        "task": "Python",
        "task.branch": "BranchPython",
        "task.branch_virtualenv": "BranchPythonVirtualenv",
        "task.external_python": "PythonExternal",
        "task.virtualenv": "PythonVirtualenv",
    }
    rest = variant.partition(".")[2] or variant
    return words.get(variant) or "".join(part.capitalize() for part in rest.split("_"))


def _bash() -> Any:
    from tradewind.operators.bash import BashOperator
    from tradewind.operators.call import determine_kwargs

    class _BashDecoratedOperator(DecoratedOperator, BashOperator):
        """The function returns the command."""

        template_fields = (*DecoratedOperator.template_fields, *BashOperator.template_fields)
        custom_operator_name = "@task.bash"
        overwrite_rtif_after_execution = True

        def __init__(self, *, python_callable: Any, op_args: Any = None, op_kwargs: Any = None, **kwargs: Any) -> None:
            super().__init__(
                kwargs_to_upstream={"bash_command": "DYNAMIC (set during execution)"},
                python_callable=python_callable,
                op_args=op_args,
                op_kwargs=op_kwargs,
                # The annotation of the function tells what the command is, not what it writes.
                multiple_outputs=kwargs.pop("multiple_outputs", None) or False,
                **kwargs,
            )

        def execute(self, context: Any) -> Any:
            from collections import ChainMap

            kwargs = determine_kwargs(self.python_callable, self.op_args, ChainMap(dict(self.op_kwargs), context))
            command = self.python_callable(*self.op_args, **kwargs)
            if not isinstance(command, str) or not command.strip():
                raise TypeError("The returned value from the TaskFlow callable must be a non-empty string.")
            self.bash_command = command
            self._is_inline_cmd = not command.strip().endswith(tuple(self.template_ext))
            # A command that names a template file is read, one with marks is rendered.
            self.bash_command = self.render_template(command, context)
            return BashOperator.execute(self, context)

    return _BashDecoratedOperator


def _stub() -> Any:
    from tradewind import supervisor, typescript_call

    class _StubOperator(DecoratedOperator):
        """Stands for a function of a TypeScript file: `handler="steps.ts:train"`, by default the one of the same name
        in the file beside the Dag file."""

        custom_operator_name = "@task.stub"

        def __init__(self, *, python_callable: Any, handler: Any = None, **kwargs: Any) -> None:
            super().__init__(python_callable=python_callable, **kwargs)
            self.handler = handler

        @property
        def foreign_call(self) -> Any:
            return typescript_call.target_of(self.handler, self.python_callable, self.dag.fileloc)

        def execute(self, context: Any) -> Any:
            line = supervisor.current()
            if line is None or line.start is None:
                raise AirflowException(f"@task.stub '{self.task_id}' runs in TypeScript, and only under Tradewind's worker")
            arguments = typescript_call.named_arguments(self.python_callable, self.op_args, self.op_kwargs)
            report = typescript_call.call(self.foreign_call, arguments, line, bool(self.multiple_outputs))
            typescript_call.adopt(report, context["ti"])
            return typescript_call.value_of(report)

    return _StubOperator


def missing_provider_class(name: str, package: str) -> Any:
    """A class that stands in a Dag and says what to install when it runs."""

    class _Missing(DecoratedOperator):
        custom_operator_name = f"@task.{name}"
        checks_arguments = False

        def __init__(self, *, python_callable: Any, op_args: Any = None, op_kwargs: Any = None, **kwargs: Any) -> None:
            from .operator_arguments import NAMES, RENAMED

            known = {key: kwargs.pop(key) for key in list(kwargs) if key in NAMES or key in RENAMED}
            self.provider_arguments = {key: value for key, value in kwargs.items() if not key.startswith("_")}
            super().__init__(python_callable=python_callable, op_args=op_args, op_kwargs=op_kwargs, **known)

        def execute(self, context: Any) -> Any:
            raise AirflowException(f"@task.{name} runs by the provider {package}, which is not installed: pip install {package}")

    return _Missing
