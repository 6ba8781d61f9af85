"""Feishu's open API: the application's token, replies, edits, pictures and files."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from agent.delivery.feishu import judged
from agent.delivery.files import File
from agent.delivery.web import Reply, checked, patiently, post
from agent.settings_bots import FeishuBot
from db.errors import DeliveryError, DeliveryRefused

TRIES = 4
_STALE = frozenset({99991661, 99991663, 99991668})  # its codes for "this token does not hold"
_EARLY = 300  # seconds before its end that a token is renewed
_SHORTEST = 60  # seconds that a token is kept, whatever its answer says


class FeishuApi:
    """Safe for many threads. Every method raises DeliveryError or DeliveryRefused."""

    def __init__(self, options: FeishuBot, sleep: Callable[[float], None] = time.sleep) -> None:
        self._options, self._sleep = options, sleep
        self._address = checked(options.api.rstrip("/"), "Feishu's API", loopback=True)
        self._lock = threading.Lock()
        self._token, self._ends = "", 0.0
        self._bot: str | None = None

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
            token = self._current()
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
                self._forget(token)
                raise DeliveryError("Feishu wants another token.", retry_after=0)
            return judged(reply)

        answer = dict(patiently(once, TRIES, sleep=self._sleep).json)
        if method == "POST" and not isinstance(answer.get("data"), dict):
            raise DeliveryRefused("Feishu's answer cannot be read.", "Check api in [feishu].")
        return answer

    def _forget(self, token: str) -> None:
        with self._lock:
            if self._token == token:
                self._ends = 0.0

    def _current(self) -> str:
        """The application's token, renewed before it ends."""
        with self._lock:
            if time.monotonic() >= self._ends:
                secret = {"app_id": self._options.app_id, "app_secret": self._options.app_secret.get_secret_value()}
                path = "/open-apis/auth/v3/tenant_access_token/internal"
                answer = judged(post(f"{self._address}{path}", "Feishu", secret)).json
                token, seconds = answer.get("tenant_access_token"), answer.get("expire", 0)
                if not isinstance(token, str) or not isinstance(seconds, int):
                    raise DeliveryRefused("Feishu's answer cannot be read.", "Check api in [feishu].")
                self._token, self._ends = token, time.monotonic() + max(seconds - _EARLY, _SHORTEST)
            return self._token


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False)
