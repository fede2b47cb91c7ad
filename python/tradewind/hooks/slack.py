"""SlackHook and SlackWebhookHook over slack_sdk."""

from __future__ import annotations

from typing import Any, Dict, Optional
from urllib.parse import urlsplit

from ..airflow_compat.exceptions import AirflowException
from .base import BaseHook
from .client_library import client_library


class SlackHook(BaseHook):
    """`call(method, json=...)` of Slack's Web API, with the password of `slack_conn_id` as token."""

    conn_name_attr = "slack_conn_id"
    default_conn_name = "slack_api_default"
    conn_type = "slack"
    hook_name = "Slack API"

    def __init__(
        self,
        token: Optional[str] = None,
        slack_conn_id: Optional[str] = "slack_api_default",
        base_url: Optional[str] = None,
        timeout: Optional[int] = None,
        proxy: Optional[str] = None,
        retry_handlers: Any = None,
        **_: Any,
    ) -> None:
        super().__init__()
        self.token = token
        self.slack_conn_id = slack_conn_id
        self.base_url = base_url
        self.timeout = timeout
        self.proxy = proxy
        self.retry_handlers = retry_handlers
        self._client: Any = None

    @property
    def client(self) -> Any:
        """The slack_sdk.WebClient."""
        if self._client is None:
            sdk = client_library("slack_sdk", "slack_sdk", "SlackHook")
            options = self._options()
            if not options.get("token"):
                raise AirflowException(f"expected a Slack token as password of the connection {self.slack_conn_id!r}, got none")
            self._client = sdk.WebClient(**options)
        return self._client

    def _options(self) -> Dict[str, Any]:
        connection = self.get_connection(self.slack_conn_id) if self.slack_conn_id and not self.token else None
        extra = connection.extra_dejson if connection is not None else {}
        options = {
            "token": self.token or (connection.password if connection is not None else None),
            "base_url": _with_slash(self.base_url or extra.get("base_url")),
            "timeout": self.timeout or extra.get("timeout"),
            "proxy": self.proxy or extra.get("proxy"),
            "retry_handlers": self.retry_handlers,
        }
        return {name: value for name, value in options.items() if value is not None}

    def get_conn(self) -> Any:
        return self.client

    def call(self, api_method: str, **kwargs: Any) -> Any:
        return self.client.api_call(api_method, **kwargs)

    def send_file(self, *, channels: Any = None, file: Any = None, content: Any = None, filename: Optional[str] = None, initial_comment: Optional[str] = None, title: Optional[str] = None, snippet_type: Optional[str] = None, thread_ts: Optional[str] = None, **_: Any) -> Any:
        """A file, or a text as one, into channels (or to nobody yet)."""
        if (file is None) == (content is None):
            raise ValueError("Either `file` or `content` must be provided, not both.")
        return self.client.files_upload_v2(
            channels=[channels] if isinstance(channels, str) else channels,
            file=file,
            content=content,
            filename=filename,
            initial_comment=initial_comment,
            title=title,
            snippet_type=snippet_type,
            thread_ts=thread_ts,
        )

    send_file_v1_to_v2 = send_file

    def test_connection(self) -> "tuple[bool, str]":
        try:
            answer = self.call("auth.test")
            return bool(answer["ok"]), "Successfully authenticated with the Slack API"
        except Exception as error:
            return False, str(error)


class SlackWebhookHook(BaseHook):
    """Posts to the incoming webhook of `slack_webhook_conn_id`: host and token, or the whole address as password."""

    conn_name_attr = "slack_webhook_conn_id"
    default_conn_name = "slack_default"
    conn_type = "slackwebhook"
    hook_name = "Slack Incoming Webhook"

    def __init__(
        self,
        slack_webhook_conn_id: Optional[str] = None,
        timeout: Optional[int] = None,
        proxy: Optional[str] = None,
        retry_handlers: Any = None,
        http_conn_id: Optional[str] = None,
        webhook_token: Optional[str] = None,
        **_: Any,
    ) -> None:
        super().__init__()
        self.slack_webhook_conn_id = slack_webhook_conn_id or http_conn_id or (None if webhook_token else self.default_conn_name)
        self.webhook_token = webhook_token
        self.timeout = timeout
        self.proxy = proxy
        self.retry_handlers = retry_handlers

    def _url(self) -> str:
        connection = self.get_connection(self.slack_webhook_conn_id) if self.slack_webhook_conn_id else None
        token = self.webhook_token or (connection.password if connection is not None else None) or ""
        if not token and connection is not None:
            token = connection.extra_dejson.get("webhook_token", "")
        if "://" in token:
            return token
        if not token:
            raise AirflowException(f"expected a webhook token as password of the connection {self.slack_webhook_conn_id!r}, got none")
        host = (connection.host if connection is not None else None) or "hooks.slack.com/services"
        if "://" not in host:
            host = f"{(connection.schema if connection is not None else None) or 'https'}://{host}"
        address = urlsplit(host)
        port = f":{connection.port}" if connection is not None and connection.port and address.port is None else ""
        return f"{address.scheme}://{address.netloc}{port}{address.path.rstrip('/')}/{token.lstrip('/')}"

    @property
    def client(self) -> Any:
        webhook = client_library("slack_sdk.webhook", "slack_sdk", "SlackWebhookHook")
        options = {"timeout": self.timeout, "proxy": self.proxy, "retry_handlers": self.retry_handlers}
        return webhook.WebhookClient(self._url(), **{name: value for name, value in options.items() if value is not None})

    def get_conn(self) -> Any:
        return self.client

    def send_dict(self, body: Any, *, headers: Optional[dict] = None) -> Any:
        import json

        answer = self.client.send_dict(json.loads(body) if isinstance(body, str) else body, headers)
        if answer.status_code >= 400:
            raise AirflowException(f"Slack's webhook answered {answer.status_code}: {answer.body}")
        return answer

    def send(self, *, headers: Optional[dict] = None, **body: Any) -> Any:
        """Of text, blocks, attachments, unfurl_links and the like what is not None."""
        return self.send_dict({name: value for name, value in body.items() if value is not None}, headers=headers)

    def send_text(self, text: str, *, unfurl_links: Optional[bool] = None, unfurl_media: Optional[bool] = None, headers: Optional[dict] = None) -> Any:
        return self.send(text=text, unfurl_links=unfurl_links, unfurl_media=unfurl_media, headers=headers)


def _with_slash(url: Optional[str]) -> Optional[str]:
    return url if url is None or url.endswith("/") else url + "/"
