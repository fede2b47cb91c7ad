"""The mail of `email`, `email_on_failure` and `email_on_retry`, in Airflow's words, by the connection `smtp_default`."""

from __future__ import annotations

import html
from typing import Any, Optional

from .error_info import message_of, stack_of


def mail_about_failure(task: Any, ti: Any, raised: Optional[BaseException], again: bool) -> None:
    from airflow.utils.email import send_email

    instance = ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]"
    rows = [
        ("Dag", ti.dag_id),
        ("Task", instance),
        ("Run", ti.run_id),
        ("Try", f"{ti.try_number} of {ti.max_tries + 1}"),
        ("What follows", "it is tried again" if again else "it is not tried again"),
        ("Error", "" if raised is None else message_of(raised)),
    ]
    body = "<br>".join(f"{name}: {html.escape(str(value))}" for name, value in rows)
    stack = "" if raised is None else f"<pre>{html.escape(stack_of(raised))}</pre>"
    subject = f"Tradewind alert: {ti.dag_id}.{instance} {'up for retry' if again else 'failed'} ({ti.run_id})"
    send_email(task.email, subject, body + stack)
