"""HttpOperator (Airflow 2: SimpleHttpOperator)."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Sequence

from ..airflow_compat.exceptions import AirflowException
from ..hooks.http import HttpHook
from ..triggers.http import HttpTrigger, unpacked
from .base import BaseOperator
from .call import determine_kwargs
from .deferral import deferrable_or_default


class HttpOperator(BaseOperator):
    """One request on the host of `http_conn_id`; the body's text, or what `response_filter` makes, is the XCom."""

    template_fields: Sequence[str] = ("http_conn_id", "endpoint", "data", "headers", "method")
    template_fields_renderers = {"headers": "json", "data": "py"}
    template_ext: Sequence[str] = ()
    ui_color = "#f4a460"

    def __init__(
        self,
        *,
        endpoint: Optional[str] = None,
        method: str = "POST",
        data: Any = None,
        headers: Optional[Dict[str, str]] = None,
        pagination_function: Optional[Callable[..., Any]] = None,
        response_check: Optional[Callable[..., bool]] = None,
        response_filter: Optional[Callable[..., Any]] = None,
        extra_options: Optional[Dict[str, Any]] = None,
        request_kwargs: Optional[Dict[str, Any]] = None,
        http_conn_id: str = "http_default",
        log_response: bool = False,
        auth_type: Any = None,
        retry_args: Optional[Dict[str, Any]] = None,
        deferrable: Optional[bool] = None,
        **kwargs: Any,
    ) -> None:
        tcp = {name: kwargs.pop(name) for name in list(kwargs) if name.startswith("tcp_keep_alive")}
        super().__init__(**kwargs)
        self.http_conn_id = http_conn_id
        self.method = method
        self.endpoint = endpoint
        self.headers = headers or {}
        self.data = data if data is not None else {}
        self.pagination_function = pagination_function
        self.response_check = response_check
        self.response_filter = response_filter
        self.extra_options = extra_options or {}
        self.request_kwargs = request_kwargs or {}
        self.log_response = log_response
        self.auth_type = auth_type
        self.retry_args = retry_args
        self.deferrable = deferrable_or_default(deferrable)
        self._tcp = tcp

    @property
    def hook(self) -> HttpHook:
        return HttpHook(self.method, http_conn_id=self.http_conn_id, auth_type=self.auth_type, **self._tcp)

    def execute(self, context: Any) -> Any:
        first = {"endpoint": self.endpoint, "data": self.data, "headers": self.headers, "extra_options": self.extra_options}
        if self.deferrable:
            self._defer(first, [])
        self.log.info("Calling HTTP method")
        hook = self.hook
        responses = [self._call(hook, **first)]
        following = self._next_page(responses[-1])
        while following:
            responses.append(self._call(hook, **following))
            following = self._next_page(responses[-1])
        return self.process_response(context, responses if self.pagination_function is not None else responses[0])

    def execute_complete(self, context: Any, event: Any, paginated_responses: Optional[List[Any]] = None) -> Any:
        """A page of the deferred operator came: the next one is waited for, or all of them are handed on."""
        if event["status"] != "success":
            raise AirflowException(f"Unexpected error in the operation: {event['message']}")
        pages = [*(paginated_responses or []), event["response"]]
        following = self._next_page(unpacked(pages[-1]))
        if following:
            self._defer(following, pages)
        responses = [unpacked(page) for page in pages]
        return self.process_response(context, responses if self.pagination_function is not None else responses[0])

    def _defer(self, request: Dict[str, Any], pages: List[Any]) -> None:
        trigger = HttpTrigger(http_conn_id=self.http_conn_id, auth_type=self.auth_type, method=self.method, **request)
        self.defer(trigger=trigger, method_name="execute_complete", kwargs={"paginated_responses": pages})

    def _next_page(self, response: Any) -> Optional[Dict[str, Any]]:
        following = None if self.pagination_function is None else self.pagination_function(response)
        if not following:
            return None
        data = following.get("data", self.data)
        return {
            "endpoint": following.get("endpoint", self.endpoint),
            "data": data if not isinstance(self.data, dict) else {**self.data, **(following.get("data") or {})},
            "headers": {**self.headers, **(following.get("headers") or {})},
            "extra_options": {**self.extra_options, **(following.get("extra_options") or {})},
        }

    def _call(self, hook: HttpHook, **arguments: Any) -> Any:
        if self.retry_args:
            return hook.run_with_advanced_retry(self.retry_args, **arguments, **self.request_kwargs)
        return hook.run(**arguments, **self.request_kwargs)

    def process_response(self, context: Any, response: Any) -> Any:
        if self.log_response:
            for one in response if isinstance(response, list) else [response]:
                self.log.info(one.text)
        if self.response_check:
            kwargs = determine_kwargs(self.response_check, [response], context)
            if not self.response_check(response, **kwargs):
                raise AirflowException("Response check returned False.")
        if self.response_filter:
            kwargs = determine_kwargs(self.response_filter, [response], context)
            return self.response_filter(response, **kwargs)
        return [one.text for one in response] if isinstance(response, list) else response.text


class SimpleHttpOperator(HttpOperator):
    """HttpOperator under its name of Airflow 2."""
