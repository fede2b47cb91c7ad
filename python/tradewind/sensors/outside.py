"""Sensors that ask other systems: SQL databases and HTTP servers."""

from __future__ import annotations

import datetime as dt
from typing import Any, Callable, Dict, Optional, Sequence

from ..airflow_compat.exceptions import AirflowException
from ..hooks.base import BaseHook
from ..hooks.http import HttpHook
from ..operators.call import determine_kwargs
from ..operators.deferral import deferrable_or_default
from ..triggers.http import HttpSensorTrigger
from .base import BaseSensorOperator, PokeReturnValue


class SqlSensor(BaseSensorOperator):
    """Waits until the first cell of the query is true, by `selector`, `success` and `failure` if given."""

    template_fields: Sequence[str] = ("sql", "hook_params", "parameters")
    template_ext: Sequence[str] = (".hql", ".sql")
    ui_color = "#7c7287"

    def __init__(
        self,
        *,
        conn_id: str,
        sql: str,
        parameters: Any = None,
        success: Optional[Callable[[Any], bool]] = None,
        failure: Optional[Callable[[Any], bool]] = None,
        selector: Callable[[Any], Any] = lambda row: row[0],
        fail_on_empty: bool = False,
        hook_params: Optional[dict] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id
        self.sql = sql
        self.parameters = parameters
        self.success = success
        self.failure = failure
        self.selector = selector
        self.fail_on_empty = fail_on_empty
        self.hook_params = hook_params

    def poke(self, context: Any) -> bool:
        hook = BaseHook.get_hook(self.conn_id, self.hook_params)
        self.log.info("Poking: %s (with parameters %s)", self.sql, self.parameters)
        records = hook.get_records(self.sql, self.parameters)
        if not records:
            if self.fail_on_empty:
                raise AirflowException("No rows returned, raising as per fail_on_empty flag")
            return False
        value = self.selector(records[0])
        if self.failure is not None and self.failure(value):
            raise AirflowException(f"Failure criteria met. self.failure({value}) returned True")
        return bool(self.success(value)) if self.success is not None else bool(value)


class HttpSensor(BaseSensorOperator):
    """Waits until the request succeeds and `response_check` (if given) holds; 404 means not yet."""

    template_fields: Sequence[str] = ("endpoint", "request_params", "headers")

    def __init__(
        self,
        *,
        endpoint: str,
        http_conn_id: str = "http_default",
        method: str = "GET",
        request_params: Optional[Dict[str, Any]] = None,
        request_kwargs: Optional[Dict[str, Any]] = None,
        headers: Optional[Dict[str, Any]] = None,
        response_error_codes_allowlist: Optional[Sequence[str]] = None,
        response_check: Optional[Callable[..., Any]] = None,
        extra_options: Optional[Dict[str, Any]] = None,
        deferrable: Optional[bool] = None,
        **kwargs: Any,
    ) -> None:
        for name in [name for name in kwargs if name.startswith("tcp_keep_alive")]:
            kwargs.pop(name)
        super().__init__(**kwargs)
        self.endpoint = endpoint
        self.http_conn_id = http_conn_id
        self.method = method
        self.request_params = request_params or {}
        self.request_kwargs = request_kwargs or {}
        self.headers = headers or {}
        self.response_error_codes_allowlist = ("404",) if response_error_codes_allowlist is None else tuple(response_error_codes_allowlist)
        self.response_check = response_check
        self.extra_options = extra_options or {}
        self.deferrable = deferrable_or_default(deferrable)

    def execute(self, context: Any) -> Any:
        """A check of the response is a function of the Dag file: it is asked in the task and not in the triggerer."""
        if not self.deferrable or self.response_check is not None:
            return super().execute(context)
        if not self.poke(context):
            trigger = HttpSensorTrigger(
                endpoint=self.endpoint,
                http_conn_id=self.http_conn_id,
                method=self.method,
                data=self.request_params,
                headers=self.headers,
                extra_options=self.extra_options,
                poke_interval=self.poke_interval,
            )
            self.defer(timeout=dt.timedelta(seconds=self.timeout), trigger=trigger, method_name="execute_complete")
        return None

    def execute_complete(self, context: Any, event: Any) -> None:
        self.log.info("%s completed successfully.", self.task_id)

    def poke(self, context: Any) -> Any:
        hook = HttpHook(method=self.method, http_conn_id=self.http_conn_id)
        self.log.info("Poking: %s", self.endpoint)
        try:
            response = hook.run(self.endpoint, data=self.request_params, headers=self.headers, extra_options=self.extra_options, **self.request_kwargs)
        except AirflowException as error:
            if str(error).startswith(self.response_error_codes_allowlist):
                return False
            raise
        if self.response_check is None:
            return True
        kwargs = determine_kwargs(self.response_check, [response], context)
        answer = self.response_check(response, **kwargs)
        return answer if isinstance(answer, PokeReturnValue) else bool(answer)
