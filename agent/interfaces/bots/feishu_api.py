"""Feishu's open API: the application's token, replies, edits, pictures and files."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from copy import copy
from typing import Any

from agent.delivery.feishu import judged
from agent.delivery.files import File
from agent.delivery.web import Reply, checked_api, patiently, post
from agent.interfaces.bots.renewed import Renewed
from agent.settings_bots import FeishuBot
from db.errors import DeliveryError, DeliveryRefused

TRIES = 4
_STALE = frozenset({99991661, 99991663, 99991668})  # its codes for "this token does not hold"


class FeishuApi:
    """Safe for many threads. Every method raises DeliveryError or DeliveryRefused."""

    def __init__(self, options: FeishuBot, sleep: Callable[[float], None] = time.sleep) -> None:
        self._options, self._sleep, self._tries = options, sleep, TRIES
        self._address = checked_api(options.api.rstrip("/"), "Feishu's API")
        self._token = Renewed(self._fetched)
        self._bot: str | None = None

    def at_once(self) -> FeishuApi:
        """The same, but for calls that are of no use later: they are made once. It shares the token."""
        same = copy(self)
        same._tries = 1
        return same

    def reply(self, message: str, kind: str, content: Mapping[str, Any], *, thread: bool, key: str) -> str:
        """Reply to a message; gives the reply's id. ``key``: a second try of the same reply shows nothing twice."""
        body = {"msg_type": kind, "content": _text(content), "reply_in_thread": thread, "uuid": key[:50]}
        answer = self._asked("POST", f"/open-apis/im/v1/messages/{message}/reply", body)
        return str(answer["data"]["message_id"])

    def edit(self, message: str, card: Mapping[str, Any]) -> None:
        """Replace a card of ours."""
        self._asked("PATCH", f"/open-apis/im/v1/messages/{message}", {"content": _text(card)})

    def picture(self, file: File) -> str:
        """Store a picture for cards; gives its key."""
        form, part = {"image_type": "message"}, {"image": (file.name, file.content, file.media_type)}
        return str(self._asked("POST", "/open-apis/im/v1/images", form=form, files=part)["data"]["image_key"])

    def file(self, file: File) -> str:
        """Store a file for a message; gives its key."""
        form, part = (
            {"file_type": "stream", "file_name": file.name},
            {"file": (file.name, file.content, file.media_type)},
        )
        return str(self._asked("POST", "/open-apis/im/v1/files", form=form, files=part)["data"]["file_key"])

    def me(self) -> str:
        """The bot's own id; asked once."""
        if self._bot is None:
            self._bot = str(self._asked("GET", "/open-apis/bot/v3/info").get("bot", {}).get("open_id", ""))
        return self._bot

    def _asked(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> dict[str, Any]:
        def once() -> Reply:
            token = self._token.current()
            headers = {"authorization": f"Bearer {token}"}
            reply = post(
                f"{self._address}{path}",
                "Feishu",
                body,
                method=method,
                headers=headers,
                form=form,
                files=files,
                codes_of_its_own=True,
            )
            if reply.json.get("code") in _STALE:
                self._token.forget(token)
                raise DeliveryError("Feishu wants another token.", retry_after=0)
            return judged(reply)

        answer = dict(patiently(once, self._tries, sleep=self._sleep).json)
        if method == "POST" and not isinstance(answer.get("data"), dict):
            raise DeliveryRefused("Feishu's answer cannot be read.", "Check api in [feishu].")
        return answer

    def _fetched(self) -> tuple[str, float]:
        secret = {"app_id": self._options.app_id, "app_secret": self._options.app_secret.get_secret_value()}
        path = "/open-apis/auth/v3/tenant_access_token/internal"
        answer = judged(post(f"{self._address}{path}", "Feishu", secret)).json
        token, seconds = answer.get("tenant_access_token"), answer.get("expire", 0)
        if not isinstance(token, str) or not isinstance(seconds, int):
            raise DeliveryRefused("Feishu's answer cannot be read.", "Check api in [feishu].")
        return token, seconds


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False)
