"""Links from a task's page to somewhere else."""

from __future__ import annotations

import os
import urllib.parse
from typing import Any, List


class BaseOperatorLink:
    """Subclasses give a `name` and `get_link(operator, ti_key=…)`."""

    operators: List[Any] = []
    name = ""

    @property
    def xcom_key(self) -> str:
        return f"_link_{type(self).__name__}"

    def get_link(self, operator: Any, *, ti_key: Any = None, **_: Any) -> str:
        return ""


def page_url(*parts: str) -> str:
    """A page of this installation."""
    base = os.environ.get("TRADEWIND_BASE_URL", "http://localhost:8080")
    return "/".join([base, *(urllib.parse.quote(part, safe=":+") for part in parts)])
