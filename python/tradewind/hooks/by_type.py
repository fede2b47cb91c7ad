"""Which hook a connection's type has."""

from __future__ import annotations

import importlib
from typing import Any, Dict

from ..airflow_compat.exceptions import AirflowException

# Connection type: module, class, name of the argument that takes the connection's id.
HOOKS = {
    "postgres": ("tradewind.hooks.postgres", "PostgresHook", "postgres_conn_id"),
    "sqlite": ("tradewind.hooks.sqlite", "SqliteHook", "sqlite_conn_id"),
    "mysql": ("tradewind.hooks.mysql", "MySqlHook", "mysql_conn_id"),
    "http": ("tradewind.hooks.http", "HttpHook", "http_conn_id"),
    "https": ("tradewind.hooks.http", "HttpHook", "http_conn_id"),
    "fs": ("tradewind.hooks.filesystem", "FSHook", "fs_conn_id"),
    "smtp": ("tradewind.hooks.smtp", "SmtpHook", "smtp_conn_id"),
    "aws": ("airflow.providers.amazon.aws.hooks.s3", "S3Hook", "aws_conn_id"),
    "s3": ("airflow.providers.amazon.aws.hooks.s3", "S3Hook", "aws_conn_id"),
    "ssh": ("tradewind.hooks.ssh", "SSHHook", "ssh_conn_id"),
    "sftp": ("tradewind.hooks.sftp", "SFTPHook", "ssh_conn_id"),
    "ftp": ("tradewind.hooks.ftp", "FTPHook", "ftp_conn_id"),
    "slack": ("tradewind.hooks.slack", "SlackHook", "slack_conn_id"),
    "slackwebhook": ("tradewind.hooks.slack", "SlackWebhookHook", "slack_webhook_conn_id"),
    "docker": ("tradewind.hooks.docker", "DockerHook", "docker_conn_id"),
    "kubernetes": ("tradewind.hooks.kubernetes", "KubernetesHook", "conn_id"),
    "mssql": ("airflow.providers.microsoft.mssql.hooks.mssql", "MsSqlHook", "mssql_conn_id"),
    "oracle": ("airflow.providers.oracle.hooks.oracle", "OracleHook", "oracle_conn_id"),
    "snowflake": ("airflow.providers.snowflake.hooks.snowflake", "SnowflakeHook", "snowflake_conn_id"),
    "google_cloud_platform": ("airflow.providers.google.cloud.hooks.bigquery", "BigQueryHook", "gcp_conn_id"),
    "trino": ("airflow.providers.trino.hooks.trino", "TrinoHook", "trino_conn_id"),
    "redshift": ("airflow.providers.amazon.aws.hooks.redshift_sql", "RedshiftSQLHook", "redshift_conn_id"),
}


def hook_for(connection: Any, hook_params: Dict[str, Any]) -> Any:
    """An instance for the connection. AirflowException for a type that no hook is known for."""
    found = HOOKS.get(str(connection.conn_type))
    if found is None:
        raise AirflowException(f'Unknown hook type "{connection.conn_type}" of connection {connection.conn_id!r}')
    module, name, argument = found
    cls = getattr(importlib.import_module(module), name)
    return cls(**{argument: connection.conn_id, **hook_params})
