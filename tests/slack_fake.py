"""A fake Slack on 127.0.0.1: answers as its Web API does, and sends what Slack sends to a bot."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from db.state.accounts import Accounts
from tests.bots import listening
from tests.web_fake import Asked, Fake, serving

SIGNING, TOKEN = "sIgNiNg-secret", "xoxb-tOkEn-secret"


def slack_api(asked: Asked) -> dict[str, Any] | tuple[int, dict[str, str], Any]:
    """The recorded shapes of Slack's answers."""
    method = asked.path.removeprefix("/api/")
    if asked.path.startswith("/upload/"):
        return 200, {}, "OK - 12"
    if method == "files.getUploadURLExternal":
        return {"ok": True, "upload_url": f"http://{asked.headers['host']}/upload/F1", "file_id": "F1"}
    if method == "files.completeUploadExternal":
        return {"ok": True, "files": [{"id": "F1", "title": "chart-1.png"}]}
    if method == "conversations.open":
        return {"ok": True, "channel": {"id": "D777"}}
    if method == "chat.postMessage":
        channel = asked.json["channel"]
        if channel == "C0NOTIN":
            return {"ok": False, "error": "not_in_channel"}
        return {"ok": True, "channel": channel, "ts": f"1700000001.{len(asked.body):06}", "message": {}}
    return {"ok": True, "channel": "C1", "ts": "1700000001.000200"}


class Workspace:
    """A fake Slack that sends to a bot: ``api`` is its Web API, ``bot`` the bot's endpoints."""

    def __init__(self, api: Fake, bot: SimpleNamespace) -> None:
        self.api, self.bot = api, bot

    def send(
        self,
        body: str,
        kind: str = "application/json",
        stamp: str | None = None,
        sign: str | None = None,
        **headers: str,
    ) -> httpx.Response:
        moment = str(int(time.time())) if stamp is None else stamp
        if sign is None:
            base = f"v0:{moment}:{body}".encode()
            sign = "v0=" + hmac.new(SIGNING.encode(), base, hashlib.sha256).hexdigest()
        known = {"x-slack-request-timestamp": moment, "x-slack-signature": sign, "content-type": kind}
        return httpx.post(f"{self.bot.address}/slack/events", content=body, headers={**known, **headers})

    def event(self, event: dict[str, Any], **headers: str) -> httpx.Response:
        envelope = {
            "token": "deprecated",
            "team_id": "T1",
            "api_app_id": "A1",
            "type": "event_callback",
            "event_id": f"Ev{event['ts']}",
            "event_time": 1700000000,
            "authorizations": [{"team_id": "T1", "user_id": "UBOT", "is_bot": True}],
            "event": {"team": "T1", "event_ts": event["ts"], **event},
        }
        return self.send(json.dumps(envelope, ensure_ascii=False), **headers)

    def mention(self, text: str, user: str = "U123", ts: str = "1700000000.000100", **more: Any) -> httpx.Response:
        return self.event(
            {"type": "app_mention", "user": user, "text": f"<@UBOT> {text}", "ts": ts, "channel": "C1", **more}
        )

    def direct(self, text: str, user: str = "U123", ts: str = "1700000000.000300") -> httpx.Response:
        message = {"type": "message", "channel_type": "im", "user": user, "text": text, "ts": ts, "channel": "D1"}
        return self.event(message)

    def command(self, text: str, channel: str = "C1", trigger: str = "1.2.3") -> httpx.Response:
        form = {
            "token": "deprecated",
            "team_id": "T1",
            "channel_id": channel,
            "channel_name": "general",
            "user_id": "U123",
            "command": "/ask",
            "text": text,
            "response_url": "https://hooks.slack.com/commands/T1/1/x",
            "trigger_id": trigger,
        }
        return self.send(urlencode(form), "application/x-www-form-urlencoded")

    def press(
        self, message: dict[str, Any], block: str, button: int = 0, user: str = "U123", at: str = "1"
    ) -> httpx.Response:
        """Press a button of a message that the bot posted."""
        row = next(b for b in message["blocks"] if b.get("block_id", "").startswith(block))
        element = row["elements"][button]
        payload = {
            "type": "block_actions",
            "user": {"id": user, "username": "ann", "team_id": "T1"},
            "api_app_id": "A1",
            "container": {"type": "message", "message_ts": "1700000001.000200", "channel_id": message["channel"]},
            "trigger_id": "9.9.9",
            "team": {"id": "T1", "domain": "shop"},
            "channel": {"id": message["channel"], "name": "general"},
            "message": {"type": "message", "ts": "1700000001.000200", "thread_ts": "1700000000.000100", **message},
            "actions": [{**element, "block_id": row["block_id"], "action_ts": f"170000000{at}.0"}],
        }
        return self.send(urlencode({"payload": json.dumps(payload)}), "application/x-www-form-urlencoded")

    def shown(self, number: int = 1) -> list[dict[str, Any]]:
        """The final messages, once there are so many; progress is no final message."""

        def final() -> list[dict[str, Any]]:
            asked = [one for one in self.api.asked if one.path in ("/api/chat.postMessage", "/api/chat.update")]
            return [m for m in (one.json for one in asked) if not is_progress(m)]

        self.api.until(lambda: len(final()) >= number)
        return final()


def is_progress(message: dict[str, Any]) -> bool:
    return any(block.get("block_id") == "working" for block in message.get("blocks") or ())


@contextmanager
def workspace(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Workspace]:
    """A workspace whose bot knows ann (U123) and bo (U456); no secret may have come into a log at its end."""
    caplog.set_level(logging.DEBUG)
    with serving(slack_api) as api:
        slack = {"bot_token": TOKEN, "signing_secret": SIGNING, "api": f"{api.address}/api/"}
        with listening(tmp_path, slack={**slack, "users": {"U123": "ann", "U456": "bo"}}) as bot:
            Accounts(bot.service.state).add("ann", "admin", may_see_pii=True)
            yield Workspace(api, bot)
    assert SIGNING not in caplog.text
    assert TOKEN not in caplog.text
