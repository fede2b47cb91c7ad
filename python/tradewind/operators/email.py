"""EmailOperator, of Airflow 2 and of the SMTP provider."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence

from ..hooks.smtp import SmtpHook
from .base import BaseOperator


class EmailOperator(BaseOperator):
    """Sends one mail by `conn_id` (default `smtp_default`; without it the `smtp` section of the settings)."""

    template_fields: Sequence[str] = ("to", "subject", "html_content", "from_email", "files", "cc", "bcc", "mime_subtype", "mime_charset", "custom_headers")
    template_fields_renderers = {"html_content": "html"}
    template_ext: Sequence[str] = (".html",)
    ui_color = "#e6faf9"

    def __init__(
        self,
        *,
        to: Any,
        subject: Any = None,
        html_content: Any = None,
        from_email: Optional[str] = None,
        files: Optional[List[str]] = None,
        cc: Any = None,
        bcc: Any = None,
        mime_subtype: str = "mixed",
        mime_charset: str = "utf-8",
        conn_id: Optional[str] = None,
        custom_headers: Optional[dict] = None,
        auth_type: str = "basic",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.to = to
        self.subject = subject
        self.html_content = html_content
        self.from_email = from_email
        self.files = files or []
        self.cc = cc
        self.bcc = bcc
        self.mime_subtype = mime_subtype
        self.mime_charset = mime_charset
        self.conn_id = conn_id
        self.smtp_conn_id = conn_id or "smtp_default"
        self.custom_headers = custom_headers
        self.auth_type = auth_type

    def execute(self, context: Any) -> None:
        SmtpHook(self.smtp_conn_id, required=self.conn_id is not None).send_email_smtp(
            to=self.to,
            subject=self.subject,
            html_content=self.html_content,
            from_email=self.from_email,
            files=self.files,
            cc=self.cc,
            bcc=self.bcc,
            mime_subtype=self.mime_subtype,
            mime_charset=self.mime_charset,
            custom_headers=self.custom_headers,
        )
