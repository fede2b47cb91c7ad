"""Mail: `airflow.utils.email.send_email` and the hook of the SMTP provider."""

from __future__ import annotations

import logging
import mimetypes
import os
import re
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any, Iterable, List, Optional, Union

from ..airflow_compat.configuration import conf
from .base import BaseHook

Addresses = Union[str, Iterable[str], None]


def get_email_address_list(addresses: Addresses) -> List[str]:
    """Addresses of a list, or of a text with commas or semicolons."""
    if addresses is None:
        return []
    if isinstance(addresses, str):
        return [one for one in re.split(r"\s*[,;]\s*", addresses.strip()) if one]
    if not all(isinstance(one, str) for one in addresses):
        raise TypeError("The items in your iterable must be strings.")
    return [one for entry in addresses for one in get_email_address_list(entry)]


def build_message(
    sender: str,
    to: Addresses,
    subject: str,
    html_content: str,
    files: Optional[List[str]] = None,
    cc: Addresses = None,
    bcc: Addresses = None,
    mime_subtype: str = "mixed",
    mime_charset: str = "utf-8",
    custom_headers: Optional[dict] = None,
) -> "tuple[EmailMessage, List[str]]":
    """The mail and everyone that it goes to."""
    message = EmailMessage()
    message["Subject"] = " ".join(subject.splitlines())
    message["From"] = sender
    recipients = get_email_address_list(to)
    message["To"] = ", ".join(recipients)
    copies = get_email_address_list(cc)
    if copies:
        message["CC"] = ", ".join(copies)
    message["Date"] = formatdate(localtime=True)
    for key, value in (custom_headers or {}).items():
        message[key] = value
    message.set_content(html_content, subtype="html", charset=mime_charset)
    for path in files or []:
        kind, _ = mimetypes.guess_type(path)
        main, sub = (kind or "application/octet-stream").split("/", 1)
        with open(path, "rb") as file:
            message.add_attachment(file.read(), maintype=main, subtype=sub, filename=os.path.basename(path))
    return message, [*recipients, *copies, *get_email_address_list(bcc)]


def send_email(
    to: Addresses,
    subject: str,
    html_content: str,
    files: Optional[List[str]] = None,
    dryrun: bool = False,
    cc: Addresses = None,
    bcc: Addresses = None,
    mime_subtype: str = "mixed",
    mime_charset: str = "utf-8",
    conn_id: Optional[str] = None,
    custom_headers: Optional[dict] = None,
    from_email: Optional[str] = None,
    **_: Any,
) -> None:
    """Sends by the connection (`smtp_default` where it exists), else by the `smtp` section of the settings."""
    hook = SmtpHook(conn_id or "smtp_default", required=conn_id is not None)
    hook.send_email_smtp(
        to=to, subject=subject, html_content=html_content, from_email=from_email, files=files, dryrun=dryrun,
        cc=cc, bcc=bcc, mime_subtype=mime_subtype, mime_charset=mime_charset, custom_headers=custom_headers,
    )


send_email_smtp = send_email


class SmtpHook(BaseHook):
    conn_name_attr = "smtp_conn_id"
    default_conn_name = "smtp_default"
    conn_type = "smtp"
    hook_name = "SMTP"

    def __init__(self, smtp_conn_id: str = "smtp_default", auth_type: str = "basic", required: bool = True, **kwargs: Any) -> None:
        super().__init__()
        self.smtp_conn_id = smtp_conn_id
        self.auth_type = auth_type
        self._required = required
        self.smtp_client: Any = None

    def __enter__(self) -> "SmtpHook":
        return self.get_conn()

    def __exit__(self, *_: Any) -> None:
        if self.smtp_client is not None:
            self.smtp_client.close()

    def get_conn(self) -> "SmtpHook":
        """Connects and signs in."""
        at = self._server()
        retries = int(at["retries"])
        for attempt in range(1, retries + 1):
            try:
                self.smtp_client = self._open(at)
                break
            except smtplib.SMTPServerDisconnected:
                if attempt == retries:
                    raise
        if at["user"]:
            self.smtp_client.login(at["user"], at["password"] or "")
        return self

    def _open(self, at: dict) -> Any:
        if at["ssl"]:
            return smtplib.SMTP_SSL(at["host"], at["port"], timeout=at["timeout"], context=ssl.create_default_context())
        client = smtplib.SMTP(at["host"], at["port"], timeout=at["timeout"])
        client.ehlo()
        if at["starttls"] and client.has_extn("starttls"):
            client.starttls(context=ssl.create_default_context())
        return client

    def _server(self) -> dict:
        found = self._connection()
        if found is not None:
            extra = found.extra_dejson
            # SSL from the start is for its own port; on any other a server says by STARTTLS what it can do.
            use_ssl = not _true(extra.get("disable_ssl", False)) and found.port in (None, 0, 465)
            return {
                "host": found.host or "localhost",
                "port": found.port or (465 if use_ssl else 25),
                "user": found.login,
                "password": found.password,
                "ssl": use_ssl,
                "starttls": not _true(extra.get("disable_tls", False)) and not use_ssl,
                "timeout": float(extra.get("timeout", 30)),
                "retries": extra.get("retry_limit", 5),
                "from": extra.get("from_email"),
            }
        return {
            "host": conf.get("smtp", "smtp_host", fallback="localhost"),
            "port": conf.getint("smtp", "smtp_port", fallback=25),
            "user": conf.get("smtp", "smtp_user", fallback=None),
            "password": conf.get("smtp", "smtp_password", fallback=None),
            "ssl": conf.getboolean("smtp", "smtp_ssl", fallback=False),
            "starttls": conf.getboolean("smtp", "smtp_starttls", fallback=True),
            "timeout": conf.getfloat("smtp", "smtp_timeout", fallback=30.0),
            "retries": conf.getint("smtp", "smtp_retry_limit", fallback=5),
            "from": conf.get("smtp", "smtp_mail_from", fallback=None),
        }

    def _connection(self) -> Any:
        from ..airflow_compat.exceptions import AirflowNotFoundException

        try:
            return self.get_connection(self.smtp_conn_id)
        except AirflowNotFoundException:
            if self._required and self.smtp_conn_id != "smtp_default":
                raise
            return None

    @property
    def from_email(self) -> Optional[str]:
        return self._server()["from"]

    def send_email_smtp(
        self,
        *,
        to: Addresses,
        subject: Optional[str] = None,
        html_content: Optional[str] = None,
        from_email: Optional[str] = None,
        files: Optional[List[str]] = None,
        dryrun: bool = False,
        cc: Addresses = None,
        bcc: Addresses = None,
        mime_subtype: str = "mixed",
        mime_charset: str = "utf-8",
        custom_headers: Optional[dict] = None,
        **_: Any,
    ) -> None:
        """Sends one mail; files are attached."""
        sender = from_email or self.from_email or self._server()["user"] or "airflow@example.com"
        message, recipients = build_message(
            sender, to, subject or "", html_content or "", files, cc, bcc, mime_subtype, mime_charset, custom_headers
        )
        if dryrun:
            return
        opened = self.smtp_client is None
        if opened:
            self.get_conn()
        try:
            logging.getLogger("airflow.task").info("Sending an email to %s: %s", recipients, subject)
            self.smtp_client.send_message(message, from_addr=sender, to_addrs=recipients)
        finally:
            if opened:
                self.smtp_client.quit()
                self.smtp_client = None


def _true(value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).lower() in ("1", "t", "true", "yes")
