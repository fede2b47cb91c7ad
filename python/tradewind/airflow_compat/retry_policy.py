"""`retry_policy=`: what a failure decides about its retry, looked at in the process of the task."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import importlib
import logging
from typing import Any, List, Optional

log = logging.getLogger("airflow.task")


class RetryAction(enum.Enum):
    RETRY = "retry"
    FAIL = "fail"
    DEFAULT = "default"


@dataclasses.dataclass(frozen=True)
class RetryDecision:
    action: RetryAction = RetryAction.DEFAULT
    retry_delay: Optional[dt.timedelta] = None
    reason: Optional[str] = None

    @classmethod
    def fail(cls, reason: Optional[str] = None) -> "RetryDecision":
        return cls(RetryAction.FAIL, None, reason)

    @classmethod
    def retry(cls, delay: Optional[dt.timedelta] = None, reason: Optional[str] = None) -> "RetryDecision":
        return cls(RetryAction.RETRY, delay, reason)

    @classmethod
    def default(cls) -> "RetryDecision":
        return cls()


class RetryPolicy:
    """Subclasses write `evaluate`. They may end the retries early; `retries` stays the most that there are."""

    def evaluate(self, exception: BaseException, try_number: int, max_tries: int, context: Any = None) -> RetryDecision:
        raise NotImplementedError


@dataclasses.dataclass
class RetryRule:
    """What one exception decides; it is a class, its dotted name, or a list of those."""

    exception: Any
    action: RetryAction = RetryAction.RETRY
    retry_delay: Optional[dt.timedelta] = None
    reason: Optional[str] = None
    match_subclasses: bool = True

    def __post_init__(self) -> None:
        for one in self._listed():
            if isinstance(one, str) and "." not in one:
                raise ValueError(f"RetryRule: an exception is a class or a dotted name such as 'builtins.ValueError', got {one!r}")

    def _listed(self) -> List[Any]:
        return self.exception if isinstance(self.exception, list) else [self.exception]

    def matches(self, error: BaseException) -> bool:
        kinds = type(error).__mro__ if self.match_subclasses else (type(error),)
        return any((_named(one) if isinstance(one, str) else one) in kinds for one in self._listed())


class ExceptionRetryPolicy(RetryPolicy):
    """The first rule that fits decides; without one `default` does."""

    def __init__(self, rules: Optional[List[RetryRule]] = None, default: RetryAction = RetryAction.DEFAULT, **_: Any) -> None:
        self.rules = list(rules or [])
        self.default = default

    def evaluate(self, exception: BaseException, try_number: int, max_tries: int, context: Any = None) -> RetryDecision:
        for rule in self.rules:
            if rule.matches(exception):
                reason = rule.reason or f"Matched rule for {type(exception).__name__}"
                return RetryDecision(rule.action, rule.retry_delay, reason)
        return RetryDecision(self.default)


def _named(path: str) -> Any:
    module, _, name = path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        # What cannot be imported was not raised either.
        return None


def decide(policy: Any, error: BaseException, ti: Any, context: Any) -> RetryDecision:
    """What the policy says. One that fails itself, or answers with something else, decides nothing."""
    try:
        decision = policy.evaluate(error, ti.try_number, ti.max_tries, context)
    except Exception as problem:
        log.error("the retry policy of %s failed and is not heeded: %s", ti.task_id, problem, exc_info=True)
        return RetryDecision.default()
    if not isinstance(decision, RetryDecision):
        log.error("the retry policy of %s is not heeded: expected a RetryDecision, got %r", ti.task_id, decision)
        return RetryDecision.default()
    if decision.reason:
        log.info("retry policy: %s (%s)", decision.action.value, decision.reason)
    return decision
