"""What user code asks of its supervisor while it runs: XComs, variables, connections, other runs.

The process that runs user code (a task child, the importer, `dag.test()`) calls `connect` once with a function
that sends one request of src/runtime/protocol.ts (`ChildRequest`) and returns its answer (`ChildAnswers`).
Everything in this package asks through `request`; without a connection it raises `NotConnected`, and callers
fall back to what the environment gives (`AIRFLOW_VAR_*`, `AIRFLOW_CONN_*`).
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, Optional

Ask = Callable[[str, Dict[str, Any]], Any]

_ask: Optional[Ask] = None
_mask: Optional[Callable[[Iterable[str]], None]] = None


class NotConnected(RuntimeError):
    """No supervisor answers in this process."""

    def __init__(self, method: str):
        super().__init__(f"'{method}' needs Tradewind's supervisor, and this process runs without one")


def connect(ask: Optional[Ask], mask: Optional[Callable[[Iterable[str]], None]] = None) -> None:
    """Set who answers requests, and who is told of values to hide in log lines. `None` disconnects."""
    global _ask, _mask
    _ask = ask
    _mask = mask


def connected() -> bool:
    """Whether requests are answered in this process."""
    return _ask is not None


def request(method: str, **params: Any) -> Any:
    """The answer to one `ChildRequest`; raises what the supervisor answers with an error."""
    if _ask is None:
        raise NotConnected(method)
    return _ask(method, params)


def mask(values: Iterable[str]) -> None:
    """Hide these values in every later log line."""
    if _mask is not None:
        _mask([value for value in values if value])
