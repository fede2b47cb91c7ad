"""SmtpNotifier: a mail as a callback."""

from __future__ import annotations

from typing import Any, Optional, Sequence

from .hooks.smtp import SmtpHook
from .notifications import BaseNotifier


class SmtpNotifier(BaseNotifier):
    """Renders and sends one mail by `smtp_conn_id`."""

    template_fields: Sequence[str] = ("from_email", "to", "subject", "html_content", "files", "cc", "bcc", "mime_subtype", "mime_charset", "custom_headers")

    def __init__(
        self,
        to: Any,
        from_email: Optional[str] = None,
        subject: Optional[str] = None,
        html_content: Optional[str] = None,
        files: Any = None,
        cc: Any = None,
        bcc: Any = None,
        mime_subtype: str = "mixed",
        mime_charset: str = "utf-8",
        custom_headers: Any = None,
        smtp_conn_id: str = "smtp_default",
        auth_type: str = "basic",
        *,
        template: Optional[str] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.to = to
        self.from_email = from_email
        self.subject = subject or "DAG {{ dag.dag_id }}: task {{ ti.task_id }} {{ ti.state }}"
        self.html_content = html_content or "Run {{ run_id }}, try {{ ti.try_number }}: {{ ti.log_url }}"
        self.files = files
        self.cc = cc
        self.bcc = bcc
        self.mime_subtype = mime_subtype
        self.mime_charset = mime_charset
        self.custom_headers = custom_headers
        self.smtp_conn_id = smtp_conn_id

    def notify(self, context: Any) -> None:
        SmtpHook(self.smtp_conn_id, required=False).send_email_smtp(
            **{name: getattr(self, name) for name in self.template_fields}
        )


send_smtp_notification = SmtpNotifier
