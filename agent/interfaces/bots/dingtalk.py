"""The DingTalk bot: what an enterprise's robot is told, answered in one Markdown message where DingTalk says."""

from __future__ import annotations

import hmac
import json
import logging
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from agent.contracts import Language
from agent.delivery.dingtalk import signature
from agent.interfaces.bots import words
from agent.interfaces.bots.desk import Desk, Rules
from agent.interfaces.bots.dingtalk_api import DingTalkApi
from agent.interfaces.bots.dingtalk_markdown import markdown
from agent.interfaces.bots.files import drawn
from agent.interfaces.bots.shape import Ask, Incoming, Post, Refused, Request, Response
from agent.settings_bots import DingTalkBot
from db.errors import DeliveryError, DeliveryRefused

FRESH = 3600  # seconds that a signed request may be old, or early: DingTalk's own rule
_STAMP = re.compile(r"[0-9]{1,15}")
log = logging.getLogger("shopops.bots")


class DingTalk:
    """One robot."""

    source = "dingtalk"
    path = "/dingtalk/messages"

    def __init__(self, options: DingTalkBot, desk: Desk, clock: Callable[[], float] = time.time) -> None:
        self._secret, self._desk, self._clock = options.app_secret.get_secret_value(), desk, clock
        self._rules = Rules(options.users, options.personal, options.store)
        self._api = DingTalkApi(options)

    def receive(self, request: Request) -> Response:
        """Verify and hand over to the desk. Raises Refused."""
        stamp, sign = request.headers.get("timestamp", ""), request.headers.get("sign", "")
        if not _STAMP.fullmatch(stamp) or abs(self._clock() - int(stamp) / 1000) >= FRESH:
            raise Refused
        if not hmac.compare_digest(sign.encode(), signature(stamp, self._secret).encode()):
            raise Refused
        try:
            self._message(json.loads(request.body))
        except (KeyError, TypeError, ValueError, RecursionError, DeliveryRefused):
            raise Refused from None  # of no shape that we know, or with an address that is not DingTalk's
        return Response(200, '{"msgtype": "empty"}')

    def _message(self, message: dict[str, Any]) -> None:
        session = self._api.session(str(message["sessionWebhook"]))
        private = message["conversationType"] == "1"
        text = str(message["text"]["content"]) if message["msgtype"] == "text" else None
        staff = message.get("senderStaffId")
        user = str(staff or message["senderId"])
        at = str(staff) if staff and not private else None
        outlet = DingTalkOutlet(self._api, session, str(message["conversationId"]), at, text is None)
        incoming = Incoming(self.source, str(message["msgId"]), user, Ask((text or "").strip()), private)
        self._desk.take(incoming, outlet, self._rules)


class DingTalkOutlet:
    """A conversation in DingTalk. Nothing sent there can be edited, so there is no progress: the answer comes alone."""

    def __init__(self, api: DingTalkApi, session: str, conversation: str, at: str | None, no_text: bool) -> None:
        self._api, self._session, self._conversation = api, session, conversation
        self._at, self._no_text = at, no_text

    def open(self) -> str | None:
        """The conversation's id; each person has their own thread of thought in it."""
        return self._conversation

    def working(self, words: str, language: Language) -> None:
        """Nothing."""

    def answer(self, post: Post) -> None:
        """Send the answer, with its charts where the robot may store pictures."""
        if self._no_text:
            post = replace(post, text=f"{words.ONLY_TEXT.en}\n\n{words.ONLY_TEXT.zh}")
        pictures = []
        for file in drawn(post.charts) if self._api.takes_pictures else ():
            try:
                pictures.append((self._api.picture(file), file.title))
            except DeliveryError as error:
                log.warning("a chart was not shown: %s", error.message)  # its table is there
        self._api.reply(self._session, markdown(post, pictures, self._at))
