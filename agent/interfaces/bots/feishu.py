"""The Feishu (Lark) bot: messages and pressed buttons of an application, answered by cards."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from agent.contracts import Language
from agent.interfaces.bots import words
from agent.interfaces.bots.desk import Desk, Rules
from agent.interfaces.bots.feishu_api import FeishuApi
from agent.interfaces.bots.feishu_outlet import FeishuOutlet, Place
from agent.interfaces.bots.feishu_sealed import opened
from agent.interfaces.bots.shape import Ask, Decide, Incoming, Refused, Request, Response, Stop
from agent.settings_bots import FeishuBot


class Feishu:
    """One application's bot."""

    source = "feishu"
    path = "/feishu/events"

    def __init__(self, options: FeishuBot, desk: Desk, clock: Callable[[], float] = time.time) -> None:
        self._options, self._desk, self._clock = options, desk, clock
        self._rules = Rules(options.users, options.personal, options.store)
        self._api = FeishuApi(options)

    def receive(self, request: Request) -> Response:
        """Verify, open, hand over to the desk. Raises Refused."""
        event = opened(request, self._options, self._clock())
        if event.get("type") == "url_verification":
            return _json({"challenge": str(event.get("challenge", ""))})
        kind = event["header"].get("event_type")
        try:
            if kind == "im.message.receive_v1":
                self._message(str(event["header"]["event_id"]), event["event"])
            elif kind == "card.action.trigger":
                return self._pressed(str(event["header"]["event_id"]), event["event"])
        except (KeyError, TypeError, ValueError):
            raise Refused from None  # signed, but of no shape that we know
        return _json({})

    def _message(self, event_id: str, event: dict[str, Any]) -> None:
        message, sender = event["message"], event["sender"]
        if sender.get("sender_type") != "user":
            return
        private = message["chat_type"] == "p2p"
        mentions = [mention for mention in message.get("mentions") or () if isinstance(mention, dict)]
        if not private and not mentions:
            return
        text = _typed(message, mentions)
        root = str(message.get("root_id") or message["message_id"])
        conversation = str(message["chat_id"]) if private else f"{message['chat_id']}:{root}"
        place = Place(str(message["message_id"]), conversation, private)
        mentioned = None if private else {str((m.get("id") or {}).get("open_id", "")) for m in mentions}
        user = str(sender["sender_id"]["open_id"])
        outlet = FeishuOutlet(self._api, place, event_id, mentioned, None if text is not None else words.ONLY_TEXT)
        # Named by the message: Feishu sends an event again under another id when its subscription changes.
        incoming = Incoming(self.source, place.message, user, Ask(text or ""), private)
        self._desk.take(incoming, outlet, self._rules)

    def _pressed(self, event_id: str, event: dict[str, Any]) -> Response:
        value, context = event["action"]["value"], event["context"]
        language: Language = "zh" if value.get("language") == "zh" else "en"
        place = Place(str(context["open_message_id"]), str(value["conversation"]), value.get("private") is True)
        does = _does(value, language)
        user = str(event["operator"]["open_id"])
        outlet = FeishuOutlet(self._api, place, event_id)
        # Of two quick presses on a question one is answered; a yes that failed may be said again.
        key = f"{place.message}:{value['question']}:{user}" if isinstance(does, Ask) else event_id
        incoming = Incoming(self.source, f"press:{key}", user, does, place.private)
        self._desk.take(incoming, outlet, self._rules)
        toast = words.STOPPING if isinstance(does, Stop) else words.STAGES["understand"]
        return _json({"toast": {"type": "info", "content": toast.of(language)}})


def _does(value: dict[str, Any], language: Language) -> Ask | Decide | Stop:
    if value["do"] == "ask":
        return Ask(str(value["question"]))
    if value["do"] == "stop":
        return Stop(language)
    if value["do"] in ("yes", "no"):
        return Decide(str(value["id"]), value["do"] == "yes", language)
    raise ValueError("no such button")


def _typed(message: dict[str, Any], mentions: list[dict[str, Any]]) -> str | None:
    """What a person typed, without the mentions; None where the message is no text."""
    content = json.loads(message["content"])
    if message["message_type"] == "text":
        text = str(content["text"])
    elif message["message_type"] == "post":
        parts = [part for line in content.get("content", ()) for part in line]
        text = " ".join(str(part["text"]) for part in parts if part.get("tag") in ("text", "a", "md"))
    else:
        return None
    for mention in mentions:
        text = text.replace(str(mention.get("key") or "\0"), " ")
    return " ".join(text.split())


def _json(content: dict[str, Any]) -> Response:
    return Response(200, json.dumps(content, ensure_ascii=False))
