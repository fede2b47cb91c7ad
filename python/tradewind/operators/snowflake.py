"""SnowflakeOperator and its checks, of Airflow's provider."""

from __future__ import annotations

from typing import Any, Dict, Sequence

from .sql import SQLExecuteQueryOperator
from .sql_checks import SQLCheckOperator, SQLIntervalCheckOperator, SQLValueCheckOperator

_HOOK_FIELDS = ("warehouse", "database", "role", "schema", "authenticator", "session_parameters")


def _hook_params(kwargs: Dict[str, Any]) -> Dict[str, Any]:
    """Arguments of the operator that are the hook's, taken out of `kwargs`."""
    given = {name: kwargs.pop(name) for name in _HOOK_FIELDS if kwargs.get(name) is not None}
    for name in _HOOK_FIELDS:
        kwargs.pop(name, None)
    return {**given, **(kwargs.pop("hook_params", None) or {})}


class SnowflakeOperator(SQLExecuteQueryOperator):
    """Airflow 2's, with `snowflake_conn_id`."""

    template_fields: Sequence[str] = ("sql", "parameters")
    ui_color = "#ededed"

    def __init__(self, *, sql: Any, snowflake_conn_id: str = "snowflake_default", **kwargs: Any) -> None:
        kwargs.setdefault("split_statements", True)
        kwargs.setdefault("autocommit", True)
        hook_params = _hook_params(kwargs)
        super().__init__(sql=sql, conn_id=snowflake_conn_id, hook_params=hook_params, **kwargs)
        self.snowflake_conn_id = snowflake_conn_id


class SnowflakeCheckOperator(SQLCheckOperator):
    def __init__(self, *, sql: Any, snowflake_conn_id: str = "snowflake_default", **kwargs: Any) -> None:
        hook_params = _hook_params(kwargs)
        super().__init__(sql=sql, conn_id=snowflake_conn_id, hook_params=hook_params, **kwargs)


class SnowflakeValueCheckOperator(SQLValueCheckOperator):
    def __init__(self, *, sql: Any, pass_value: Any, snowflake_conn_id: str = "snowflake_default", **kwargs: Any) -> None:
        hook_params = _hook_params(kwargs)
        super().__init__(sql=sql, pass_value=pass_value, conn_id=snowflake_conn_id, hook_params=hook_params, **kwargs)


class SnowflakeIntervalCheckOperator(SQLIntervalCheckOperator):
    def __init__(self, *, table: str, metrics_thresholds: Any, snowflake_conn_id: str = "snowflake_default", **kwargs: Any) -> None:
        hook_params = _hook_params(kwargs)
        super().__init__(table=table, metrics_thresholds=metrics_thresholds, conn_id=snowflake_conn_id, hook_params=hook_params, **kwargs)
