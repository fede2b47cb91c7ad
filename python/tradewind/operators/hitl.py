"""Operators that wait for a person (Airflow 3.1): options to choose from, a form, an approval, a branch."""

from __future__ import annotations

import datetime as dt
from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

from ..airflow_compat.exceptions import AirflowException, TaskAwaitingInput
from .base import BaseOperator
from .skip import BranchMixIn, SkipMixin, request_skip


class HITLOperator(BaseOperator):
    """Asks `subject` with `options`; the XCom is {chosen_options, params_input, responded_at, responded_by_user}."""

    template_fields: Sequence[str] = ("subject", "body")

    def __init__(
        self,
        *,
        subject: str,
        options: Sequence[str],
        body: Optional[str] = None,
        defaults: Union[str, Sequence[str], None] = None,
        multiple: bool = False,
        params: Any = None,
        notifiers: Any = None,
        assigned_users: Any = None,
        respondents: Any = None,
        response_timeout: Optional[dt.timedelta] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(params=params, **kwargs)
        self.subject = subject
        self.body = body
        self.options = list(options)
        self.defaults = [defaults] if isinstance(defaults, str) else list(defaults) if defaults is not None else None
        self.multiple = multiple
        self.notifiers = notifiers if isinstance(notifiers, (list, tuple)) else [notifiers] if notifiers else []
        self.assigned_users = assigned_users or respondents or []
        self.response_timeout = response_timeout
        if not self.options:
            raise ValueError('"options" cannot be empty.')
        if len(set(self.options)) != len(self.options):
            raise ValueError('"options" cannot contain duplicate values.')
        if self.defaults is not None:
            if not set(self.defaults) <= set(self.options):
                raise ValueError(f'defaults "{self.defaults}" should be a subset of options "{self.options}"')
            if not multiple and len(self.defaults) > 1:
                raise ValueError("More than one defaults given when multiple is set to False.")

    def execute(self, context: Any) -> Any:
        for notifier in self.notifiers:
            notifier(context)
        raise TaskAwaitingInput(
            method_name="execute_complete",
            timeout=self.response_timeout,
            request={
                "subject": self.subject,
                "body": self.body,
                "options": self.options,
                "defaults": self.defaults,
                "multiple": self.multiple,
                "assignedUsers": self.assigned_users,
                "params": {name: value for name, value in dict(context["params"]).items()},
                "timeout": self.response_timeout.total_seconds() if self.response_timeout else None,
            },
        )

    def execute_complete(self, context: Any, event: Mapping[str, Any]) -> Dict[str, Any]:
        if "error" in event:
            raise AirflowException(event["error"])
        chosen: List[str] = list(event.get("chosen_options") or [])
        if not set(chosen) <= set(self.options):
            raise AirflowException(f"Responses {chosen} not in {self.options}")
        return {
            "chosen_options": chosen,
            "params_input": event.get("params_input") or {},
            "responded_at": event.get("responded_at"),
            "responded_by_user": event.get("responded_by_user"),
        }


class ApprovalOperator(HITLOperator, SkipMixin):
    """Goes on when it is approved; what comes after is skipped when it is rejected."""

    inherits_from_skipmixin = True
    APPROVE = "Approve"
    REJECT = "Reject"

    def __init__(self, *, ignore_downstream_trigger_rules: bool = False, fail_on_reject: bool = False, **kwargs: Any) -> None:
        for name in ("options", "multiple"):
            if name in kwargs:
                raise ValueError(f"Passing {name} to ApprovalOperator is not allowed.")
        super().__init__(options=[self.APPROVE, self.REJECT], multiple=False, **kwargs)
        self.ignore_downstream_trigger_rules = ignore_downstream_trigger_rules
        self.fail_on_reject = fail_on_reject

    def execute_complete(self, context: Any, event: Mapping[str, Any]) -> Any:
        answer = super().execute_complete(context, event)
        if self.APPROVE in answer["chosen_options"]:
            return answer
        if self.fail_on_reject:
            raise AirflowException('Received "Reject"')
        if self.ignore_downstream_trigger_rules:
            request_skip(context["ti"], {"skipAll": True})
        elif self.downstream_task_ids:
            request_skip(context["ti"], {"skipped": sorted(self.downstream_task_ids)})
        return answer


class HITLBranchOperator(HITLOperator, BranchMixIn):
    """The options that are chosen are task ids, or are mapped to them by `options_mapping`."""

    inherits_from_skipmixin = True

    def __init__(self, *, options_mapping: Optional[Dict[str, str]] = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.options_mapping = options_mapping or {}

    def execute_complete(self, context: Any, event: Mapping[str, Any]) -> Any:
        answer = super().execute_complete(context, event)
        self.do_branch(context, [self.options_mapping.get(one, one) for one in answer["chosen_options"]])
        return answer


class HITLEntryOperator(HITLOperator):
    """A form: its fields are `params`, and its one option is OK."""

    OK = "OK"

    def __init__(self, **kwargs: Any) -> None:
        if "options" not in kwargs:
            kwargs["options"] = [self.OK]
            kwargs.setdefault("defaults", [self.OK])
        super().__init__(**kwargs)
