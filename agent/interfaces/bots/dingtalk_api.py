"""DingTalk's API: pictures for a robot's Markdown, and replies to the address that a message brought."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from agent.delivery.dingtalk import HOSTS, judged
from agent.delivery.files import File
from agent.delivery.web import checked, checked_api, patiently, post
from agent.interfaces.bots.renewed import Renewed
from agent.settings_bots import DingTalkBot
from db.errors import DeliveryRefused

TRIES = 3


class DingTalkApi:
    """Safe for many threads. Every method raises DeliveryError or DeliveryRefused."""

    def __init__(self, options: DingTalkBot, sleep: Callable[[float], None] = time.sleep) -> None:
        self._options, self._sleep = options, sleep
        self._api = checked_api(options.api.rstrip("/"), "DingTalk's API")
        self._media = checked_api(options.media_api.rstrip("/"), "DingTalk's API")
        self._token = Renewed(self._fetched)

    @property
    def takes_pictures(self) -> bool:
        """Whether pictures can be stored."""
        return self._options.app_key is not None

    def session(self, address: str) -> str:
        """The address that a message brought for its reply, if it is DingTalk's own. Raises DeliveryRefused."""
        return checked(address, "DingTalk", HOSTS, self._options.loopback)

    def reply(self, address: str, body: Mapping[str, Any]) -> None:
        """Reply to where :meth:`session` allowed it."""
        patiently(lambda: judged(post(address, "DingTalk", body)), TRIES, sleep=self._sleep)

    def picture(self, file: File) -> str:
        """Store a picture; gives the id that Markdown names it by."""
        address = f"{self._media}/media/upload?access_token={quote(self._token.current())}&type=image"
        part = {"media": (file.name, file.content, file.media_type)}
        answer = patiently(lambda: judged(post(address, "DingTalk", files=part)), TRIES, sleep=self._sleep)
        return _text(answer.json.get("media_id"))

    def _fetched(self) -> tuple[str, float]:
        secret = {"appKey": self._options.app_key, "appSecret": self._options.app_secret.get_secret_value()}
        answer = post(f"{self._api}/v1.0/oauth2/accessToken", "DingTalk", secret).json
        seconds = answer.get("expireIn")
        return _text(answer.get("accessToken")), seconds if isinstance(seconds, int) else 0


def _text(found: object) -> str:
    if not isinstance(found, str) or not found:
        raise DeliveryRefused("DingTalk's answer cannot be read.", "Check app_key and app_secret in [dingtalk].")
    return found
