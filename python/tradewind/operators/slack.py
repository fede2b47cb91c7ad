"""Operators and notifiers of Slack."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional, Sequence

from ..hooks.slack import SlackHook, SlackWebhookHook
from ..notifications import BaseNotifier
from .base import BaseOperator


class SlackAPIOperator(BaseOperator):
    """Calls `method` of Slack's Web API with `api_params`."""

    template_fields: Sequence[str] = ("slack_conn_id",)

    def __init__(
        self,
        *,
        slack_conn_id: str = "slack_api_default",
        token: Optional[str] = None,
        method: Optional[str] = None,
        api_params: Optional[Dict[str, Any]] = None,
        base_url: Optional[str] = None,
        proxy: Optional[str] = None,
        timeout: Optional[int] = None,
        retry_handlers: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.slack_conn_id = slack_conn_id
        self.token = token
        self.method = method
        self.api_params = api_params
        self.base_url = base_url
        self.proxy = proxy
        self.timeout = timeout
        self.retry_handlers = retry_handlers

    @property
    def hook(self) -> SlackHook:
        return SlackHook(self.token, self.slack_conn_id, self.base_url, self.timeout, self.proxy, self.retry_handlers)

    def construct_api_call_params(self) -> None:
        """Subclasses fill `api_params`."""

    def execute(self, context: Any) -> None:
        if not self.method:
            raise ValueError("Expected non empty `method` attribute")
        self.construct_api_call_params()
        self.hook.call(self.method, json=self.api_params)


class SlackAPIPostOperator(SlackAPIOperator):
    """Posts a message to a channel."""

    template_fields: Sequence[str] = ("username", "text", "attachments", "blocks", "channel", "thread_ts", "slack_conn_id")
    ui_color = "#FFBA40"

    def __init__(
        self,
        channel: str = "#general",
        username: str = "Airflow",
        text: str = "No message has been set.",
        icon_url: Optional[str] = None,
        blocks: Optional[list] = None,
        attachments: Optional[list] = None,
        thread_ts: Optional[str] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(method="chat.postMessage", **kwargs)
        self.channel = channel
        self.username = username
        self.text = text
        self.icon_url = icon_url
        self.blocks = blocks or []
        self.attachments = attachments or []
        self.thread_ts = thread_ts

    def construct_api_call_params(self) -> None:
        params = {
            "channel": self.channel,
            "username": self.username,
            "text": self.text,
            "icon_url": self.icon_url,
            "attachments": json.dumps(self.attachments),
            "blocks": json.dumps(self.blocks),
            "thread_ts": self.thread_ts,
        }
        self.api_params = {name: value for name, value in params.items() if value is not None}


class SlackAPIFileOperator(SlackAPIOperator):
    """Sends a file, or a text as one, to channels."""

    template_fields: Sequence[str] = ("channels", "initial_comment", "filename", "filetype", "content", "title", "snippet_type", "slack_conn_id")
    ui_color = "#44BEDF"

    def __init__(
        self,
        channels: Any = None,
        initial_comment: Optional[str] = None,
        filename: Optional[str] = None,
        filetype: Optional[str] = None,
        content: Optional[str] = None,
        title: Optional[str] = None,
        display_filename: Optional[str] = None,
        snippet_type: Optional[str] = None,
        thread_ts: Optional[str] = None,
        method_version: Optional[str] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(method="files.upload", **kwargs)
        self.channels = channels
        self.initial_comment = initial_comment
        self.filename = filename
        self.filetype = filetype
        self.content = content
        self.title = title
        self.display_filename = display_filename
        self.snippet_type = snippet_type
        self.thread_ts = thread_ts

    def execute(self, context: Any) -> None:
        self.hook.send_file(
            channels=self.channels,
            # A file is read from its path; a text may be called by the same argument.
            file=self.filename if self.content is None else None,
            content=self.content,
            filename=self.display_filename or (self.filename if self.content is not None else None),
            initial_comment=self.initial_comment,
            title=self.title,
            snippet_type=self.snippet_type or self.filetype,
            thread_ts=self.thread_ts,
        )


class SlackWebhookOperator(BaseOperator):
    """Posts to an incoming webhook; with the arguments of both eras."""

    template_fields: Sequence[str] = ("message", "attachments", "blocks", "channel", "username", "proxy", "slack_webhook_conn_id")

    def __init__(
        self,
        *,
        slack_webhook_conn_id: Optional[str] = None,
        http_conn_id: Optional[str] = None,
        webhook_token: Optional[str] = None,
        message: str = "",
        attachments: Optional[list] = None,
        blocks: Optional[list] = None,
        channel: Optional[str] = None,
        username: Optional[str] = None,
        icon_emoji: Optional[str] = None,
        icon_url: Optional[str] = None,
        link_names: bool = False,
        proxy: Optional[str] = None,
        timeout: Optional[int] = None,
        retry_handlers: Any = None,
        **kwargs: Any,
    ) -> None:
        for name in ("endpoint", "method", "data", "headers", "response_check", "extra_options", "log_response"):
            # SlackWebhookOperator of the first providers was a SimpleHttpOperator.
            kwargs.pop(name, None)
        super().__init__(**kwargs)
        self.slack_webhook_conn_id = slack_webhook_conn_id or http_conn_id
        self.webhook_token = webhook_token
        self.message = message
        self.attachments = attachments
        self.blocks = blocks
        self.channel = channel
        self.username = username
        self.icon_emoji = icon_emoji
        self.icon_url = icon_url
        self.link_names = link_names
        self.proxy = proxy
        self.timeout = timeout
        self.retry_handlers = retry_handlers

    @property
    def hook(self) -> SlackWebhookHook:
        return SlackWebhookHook(self.slack_webhook_conn_id, self.timeout, self.proxy, self.retry_handlers, webhook_token=self.webhook_token)

    def execute(self, context: Any) -> None:
        text = f"<!channel> {self.message}" if self.link_names else self.message
        self.hook.send(
            text=text,
            attachments=self.attachments,
            blocks=self.blocks,
            channel=self.channel,
            username=self.username,
            icon_emoji=self.icon_emoji,
            icon_url=self.icon_url,
        )


class SlackNotifier(BaseNotifier):
    """A message to a channel as a callback."""

    template_fields: Sequence[str] = ("text", "channel", "username", "attachments", "blocks", "slack_conn_id")

    def __init__(
        self,
        *,
        slack_conn_id: str = "slack_api_default",
        text: str = "This is a default message",
        channel: str = "#general",
        username: str = "Airflow",
        icon_url: Optional[str] = None,
        attachments: Sequence = (),
        blocks: Sequence = (),
        base_url: Optional[str] = None,
        proxy: Optional[str] = None,
        timeout: Optional[int] = None,
        retry_handlers: Any = None,
        unfurl_links: bool = True,
        unfurl_media: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.slack_conn_id = slack_conn_id
        self.text = text
        self.channel = channel
        self.username = username
        self.icon_url = icon_url
        self.attachments = attachments
        self.blocks = blocks
        self._hook = {"base_url": base_url, "timeout": timeout, "proxy": proxy, "retry_handlers": retry_handlers}
        self._unfurl = {"unfurl_links": unfurl_links, "unfurl_media": unfurl_media}

    def notify(self, context: Any) -> None:
        body = {
            "channel": self.channel,
            "username": self.username,
            "text": self.text,
            "attachments": json.dumps(self.attachments),
            "blocks": json.dumps(self.blocks),
            **({} if self.icon_url is None else {"icon_url": self.icon_url}),
            **self._unfurl,
        }
        SlackHook(slack_conn_id=self.slack_conn_id, **self._hook).call("chat.postMessage", json=body)


class SlackWebhookNotifier(BaseNotifier):
    """A post to an incoming webhook as a callback."""

    template_fields: Sequence[str] = ("slack_webhook_conn_id", "text", "attachments", "blocks", "proxy", "timeout")

    def __init__(
        self,
        *,
        slack_webhook_conn_id: str = "slack_default",
        text: str = "",
        blocks: Any = None,
        unfurl_links: Optional[bool] = None,
        unfurl_media: Optional[bool] = None,
        proxy: Optional[str] = None,
        timeout: Optional[int] = None,
        attachments: Any = None,
        retry_handlers: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.slack_webhook_conn_id = slack_webhook_conn_id
        self.text = text
        self.blocks = blocks
        self.attachments = attachments
        self.proxy = proxy
        self.timeout = timeout
        self.retry_handlers = retry_handlers
        self._unfurl = {"unfurl_links": unfurl_links, "unfurl_media": unfurl_media}

    def notify(self, context: Any) -> None:
        hook = SlackWebhookHook(self.slack_webhook_conn_id, self.timeout, self.proxy, self.retry_handlers)
        hook.send(text=self.text, blocks=self.blocks, attachments=self.attachments, **self._unfurl)


send_slack_notification = SlackNotifier
send_slack_webhook_notification = SlackWebhookNotifier
