"""Slack's Web API through slack_sdk, with its failures as ours and without its words in our logs."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import Any, TypeVar

from pydantic import SecretStr
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from agent.delivery.files import File
from agent.delivery.web import checked_api, patiently, retry_after
from db.errors import DeliveryError, DeliveryRefused

ADDRESS = "https://slack.com/api/"
SECONDS = 10
_BUSY = frozenset(
    "ratelimited rate_limited service_unavailable internal_error fatal_error request_timeout accesslimited".split()
)
_CODE = re.compile(r"[a-z0-9_]{1,64}")
quiet = logging.getLogger("shopops.slack")
quiet.setLevel(logging.ERROR)  # below it slack_sdk and Bolt write whole requests, with what people asked

T = TypeVar("T")


class SlackApi:
    """The methods that we use. Safe for many threads.

    Args:
        tries: how often a call that Slack had no time for is made.
        longest_wait: seconds that Slack may ask us to wait in between, at most.
    """

    def __init__(
        self,
        token: SecretStr,
        address: str = ADDRESS,
        tries: int = 1,
        longest_wait: float = 30.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        checked_api(address, "Slack's API")
        self._client = WebClient(
            token.get_secret_value(), base_url=address, timeout=SECONDS, retry_handlers=[], logger=quiet
        )
        self._tries, self._longest, self._sleep = tries, longest_wait, sleep

    def at_once(self) -> SlackApi:
        """The same, but for calls that are of no use later: they are made once."""
        same = copy(self)
        same._tries = 1
        return same

    def post(
        self, channel: str, text: str, blocks: Sequence[dict[str, Any]] = (), thread: str | None = None
    ) -> tuple[str, str]:
        """Post a message; gives the channel's id and the message's. Raises DeliveryError, DeliveryRefused."""
        answer = self._called(
            lambda: self._client.chat_postMessage(
                channel=channel,
                text=text,
                blocks=list(blocks) or None,
                thread_ts=thread,
                unfurl_links=False,
                unfurl_media=False,
                parse="none",
                link_names=False,
            )
        )
        return str(answer.get("channel", channel)), str(answer["ts"])

    def update(self, channel: str, message: str, text: str, blocks: Sequence[dict[str, Any]] = ()) -> None:
        """Replace a message of ours. Raises DeliveryError, DeliveryRefused."""
        self._called(
            lambda: self._client.chat_update(
                channel=channel, ts=message, text=text, blocks=list(blocks), parse="none", link_names=False
            )
        )

    def whisper(self, channel: str, user: str, text: str, thread: str | None = None) -> None:
        """Show a text to one person of a channel only. Raises DeliveryError, DeliveryRefused."""
        self._called(
            lambda: self._client.chat_postEphemeral(
                channel=channel, user=user, text=text, thread_ts=thread, parse="none", link_names=False
            )
        )

    def upload(self, channel: str, files: Sequence[File], text: str = "", thread: str | None = None) -> None:
        """Post files, in one message with a text. Raises DeliveryError, DeliveryRefused."""
        uploads = [{"filename": file.name, "content": file.content, **_titles(file)} for file in files]
        self._called(
            lambda: self._client.files_upload_v2(
                file_uploads=uploads, channel=channel, thread_ts=thread, initial_comment=text or None
            )
        )

    def direct(self, user: str) -> str:
        """The channel of direct messages with a user. Raises DeliveryError, DeliveryRefused."""
        answer = self._called(lambda: self._client.conversations_open(users=user))
        return str(answer["channel"]["id"])

    def _called(self, call: Callable[[], T]) -> T:
        return patiently(lambda: _translated(call), self._tries, self._longest, self._sleep)


def _titles(file: File) -> dict[str, str]:
    """What stands above a file, and what a screen reader says of it."""
    title = file.title or file.name
    return {"title": title, "alt_txt": title}


def _translated(call: Callable[[], T]) -> T:
    try:
        return call()
    except SlackApiError as error:
        response = error.response
        status = getattr(response, "status_code", 0)
        found = response.get("error") if hasattr(response, "get") else None
        code = found if isinstance(found, str) and _CODE.fullmatch(found) else f"http_{status}"
        if status == 429 or code in _BUSY:
            headers = {k.lower(): v for k, v in getattr(response, "headers", {}).items()}
            raise DeliveryError("Slack asks us to slow down.", retry_after=_wait(headers)) from None
        if status >= 500:
            raise DeliveryError(f"Slack is out of order (HTTP {status}).") from None
        raise SlackRefused(code) from None
    except (SlackClientError, OSError, ValueError) as error:
        raise DeliveryError(f"Slack cannot be reached ({type(error).__name__}).") from None


def _wait(headers: Mapping[str, Any]) -> float | None:
    found = headers.get("retry-after")
    return retry_after(str(found[0] if isinstance(found, list) else found) if found else None)


class SlackRefused(DeliveryRefused):
    """Slack understood and will not do it; ``reason`` is its own word for why."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Slack refused the message ({reason}).", "docs/slack.md lists the scopes that are needed.")
        self.reason = reason
