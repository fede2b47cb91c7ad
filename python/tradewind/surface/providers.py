"""Classes of providers that are not installed: they import, take their arguments and stand in a Dag; running says
which package has them.
"""

from __future__ import annotations

import sys
import types
from typing import Any, Dict, Optional, Type

# Providers of Apache Airflow, by import path after `airflow.providers.`; the package's name follows from it.
PROVIDERS = (
    "airbyte akeyless alibaba amazon anthropic apache.beam apache.cassandra apache.drill apache.druid apache.flink apache.hdfs "
    "apache.hive apache.iceberg apache.impala apache.kafka apache.kylin apache.livy apache.pig apache.pinot "
    "apache.spark apache.sqoop apache.tinkerpop apprise arangodb asana atlassian.jira celery clickhouse clickhousedb cloudant "
    "cncf.kubernetes cohere common.ai common.compat common.io common.messaging common.sql daskexecutor databricks "
    "datadog dbt.cloud dingding discord docker duckdb edge edge3 elasticsearch exasol fab facebook ftp git github google "
    "grpc hashicorp http ibm.mq imap influxdb informatica jdbc jenkins keycloak microsoft.azure microsoft.mssql "
    "microsoft.psrp microsoft.winrm mongo mysql neo4j odbc openai openfaas openlineage opensearch opsgenie oracle "
    "pagerduty papermill pgvector pinecone plexus postgres presto qdrant qubole redis salesforce samba segment sendgrid "
    "sftp singularity slack smtp snowflake sqlite ssh standard tableau tabular telegram teradata trino vertica vespa "
    "weaviate yandex ydb zendesk"
).split()
# Packages that live in this name space without being Apache's; what to install is theirs to say.
FOREIGN = {"great_expectations": "airflow-provider-great-expectations", "fivetran": "airflow-provider-fivetran"}

_FOLDERS = frozenset(
    "operators hooks sensors transfers triggers notifications decorators utils links secrets executors log aws cloud "
    "marketing_platform suite ads firebase leveldb common backends fs assets dags datasets queues xcom azure batch".split()
)
_classes: Dict[str, Type[Any]] = {}


def package_of(fullname: str) -> Optional[str]:
    """The PyPI package that has this module of a provider; None when no provider is known for it."""
    if not fullname.startswith("airflow.providers."):
        return None
    rest = fullname[len("airflow.providers.") :]
    for name, package in FOREIGN.items():
        if rest == name or rest.startswith(name + "."):
            return package
    for name in PROVIDERS:
        if rest == name or rest.startswith(name + "."):
            return "apache-airflow-providers-" + name.replace(".", "-")
    return None


def placeholder_module(fullname: str, named: bool = False) -> bool:
    """Whether a module of this name stands for one of a provider that is not installed.

    `named`: an import statement names it as a module; else `fullname` may as well be a class or a function of its
    parent, and it counts as a module only within a folder that Airflow's providers have.
    """
    if package_of(fullname) is not None:
        parent, _, last = fullname.rpartition(".")
        return last.islower() and (_may_hold_modules(parent) or (named and fullname.count(".") > 4))
    rest = fullname[len("airflow.providers.") :] if fullname.startswith("airflow.providers.") else ""
    return bool(rest) and any(name.startswith(rest + ".") for name in PROVIDERS)


def _may_hold_modules(fullname: str) -> bool:
    last = fullname.rpartition(".")[2]
    rest = fullname[len("airflow.providers.") :]
    return (
        fullname == "airflow.providers"
        or last in _FOLDERS
        or rest in PROVIDERS
        or rest in FOREIGN
        or any(name.startswith(rest + ".") for name in PROVIDERS)
    )


def placeholder(module_name: str, name: str) -> Optional[Type[Any]]:
    """The stand-in for `name` of a provider's module, of the kind that the name tells."""
    package = package_of(module_name)
    if package is None or name.startswith("_") or module_name.count(".") < 3:
        return None
    key = f"{module_name}.{name}"
    if key not in _classes:
        _classes[key] = _make(key, module_name, name, package)
    return _classes[key]


def explanation(path: str, package: str) -> str:
    name = path.rpartition(".")[2]
    what = "a constant" if name.isupper() else "a class" if name[:1].isupper() else "a function"
    return (
        f"'{path}' is {what} of the Airflow provider {package}, which is not installed in {sys.executable}: "
        f"install it with `{sys.executable} -m pip install {package}`"
    )


def _make(key: str, module_name: str, name: str, package: str) -> Type[Any]:
    from . import missing

    base = missing.base_for(module_name, name)

    def body(namespace: Dict[str, Any]) -> None:
        namespace["__module__"] = module_name
        namespace["__doc__"] = explanation(key, package)
        namespace["tradewind_missing"] = explanation(key, package)

    return types.new_class(name, (base,), {}, body)
