"""The Feishu (Lark) channel: a group's custom bot, signed where the group wants it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Any

from agent.delivery.files import File
from agent.delivery.marks import cut, feishu_markdown, pieces
from agent.delivery.message import Message
from agent.delivery.options import FeishuOptions
from agent.delivery.web import Reply, checked, post
from agent.delivery.words import CUT, FILES_KEPT
from db.errors import DeliveryError, DeliveryRefused

HOSTS = ("feishu.cn", "larksuite.com")
MOST_TEXT = 6_000  # characters: a webhook's request may have 20 KB, and a Chinese character takes three bytes
_BUSY = frozenset({11232, 9499, 99991400})  # its codes for "too many requests"


def send(options: FeishuOptions, message: Message, files: tuple[File, ...]) -> None:
    """Post a card to the group. Raises DeliveryError, DeliveryRefused."""
    address = checked(options.webhook.get_secret_value(), "Feishu", HOSTS, options.loopback)
    body: dict[str, Any] = {"msg_type": "interactive", "card": card(message, files)}
    if options.secret is not None:
        moment = str(int(time.time()))
        body |= {"timestamp": moment, "sign": signature(moment, options.secret.get_secret_value())}
    judged(post(address, "Feishu", body))


def signature(moment: str, secret: str) -> str:
    """The custom bot's signature: an HMAC-SHA256 of nothing, whose key is the time and the secret."""
    return base64.b64encode(hmac.new(f"{moment}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


def card(message: Message, files: tuple[File, ...]) -> dict[str, Any]:
    """The message as a card."""
    parts = pieces(feishu_markdown(message.text), MOST_TEXT)
    notes = [CUT.of(message.language)] if len(parts) > 1 else []
    if files:
        notes.append(FILES_KEPT.of(message.language).format(names=", ".join(file.name for file in files)))
    elements: list[dict[str, Any]] = [{"tag": "markdown", "content": part} for part in parts[:1]]
    if notes:
        elements.append({"tag": "note", "elements": [{"tag": "plain_text", "content": " ".join(notes)}]})
    title = {"tag": "plain_text", "content": cut(message.title, 200)}
    return {"config": {"wide_screen_mode": True}, "header": {"title": title, "template": "blue"}, "elements": elements}


def judged(reply: Reply) -> Reply:
    """The reply, if Feishu did what was asked: it answers 200 with a code of its own where it did not.

    Raises:
        DeliveryError: it asks us to slow down. DeliveryRefused.
    """
    code = reply.json.get("code", reply.json.get("StatusCode"))
    if code == 0:
        return reply
    if code in _BUSY:
        raise DeliveryError("Feishu asks us to slow down.")
    number = code if isinstance(code, int) else "no code"
    raise DeliveryRefused(f"Feishu refused the message ({number}).", "Check address, signature key and keywords.")
