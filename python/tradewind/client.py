"""What operators and hooks ask of the supervisor of their process."""

from __future__ import annotations

from typing import Any

from . import supervisor


class NotConnected(RuntimeError):
    """No supervisor answers in this process."""

    def __init__(self, method: str):
        super().__init__(
            f"'{method}' is answered by Tradewind's scheduler, and this Python was not started by Tradewind "
            "(run the Dag with `tradewind dags test`, or set the value in the environment)"
        )


def connected() -> bool:
    """Whether requests are answered in this process."""
    return supervisor.current() is not None


async def request_async(method: str, **params: Any) -> Any:
    """As `request`, for coroutines: others of the loop go on meanwhile."""
    line = supervisor.current()
    if line is None:
        raise NotConnected(method)
    return await line.request_async(method, params)


def request(method: str, **params: Any) -> Any:
    """The answer (`ChildAnswers`) to one `ChildRequest` of src/runtime/protocol.ts."""
    line = supervisor.current()
    if line is None:
        raise NotConnected(method)
    return line.request(method, params)
