"""The DingTalk channel: a group's custom robot, signed where the group wants it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Any
from urllib.parse import quote_plus

from agent.delivery.files import File
from agent.delivery.marks import cut, dingtalk_markdown, dingtalk_text, pieces
from agent.delivery.message import Message
from agent.delivery.options import DingTalkOptions
from agent.delivery.web import Reply, checked, post
from agent.delivery.words import CUT, FILES_KEPT
from db.errors import DeliveryError, DeliveryRefused

HOSTS = ("dingtalk.com",)
MOST_TEXT = 5_000  # characters: its limit is 20,000 bytes, and a Chinese character takes three
_BUSY = frozenset({-1, 130101, 130102, 410100})  # busy, and its codes for "too many messages"


def send(options: DingTalkOptions, message: Message, files: tuple[File, ...]) -> None:
    """Post Markdown to the group. Raises DeliveryError, DeliveryRefused."""
    address = checked(options.webhook.get_secret_value(), "DingTalk", HOSTS, options.loopback)
    if options.secret is not None:
        moment = str(round(time.time() * 1000))
        sign = quote_plus(signature(moment, options.secret.get_secret_value()))
        address = f"{address}{'&' if '?' in address else '?'}timestamp={moment}&sign={sign}"
    judged(post(address, "DingTalk", markdown(message, files)))


def signature(moment: str, secret: str) -> str:
    """The robot's signature, of messages in both directions: an HMAC-SHA256 of the time and the secret."""
    return base64.b64encode(hmac.new(secret.encode(), f"{moment}\n{secret}".encode(), hashlib.sha256).digest()).decode()


def markdown(message: Message, files: tuple[File, ...]) -> dict[str, Any]:
    """The message as DingTalk's Markdown; nobody is mentioned."""
    parts = pieces(dingtalk_markdown(message.text), MOST_TEXT)
    notes = [CUT.of(message.language)] if len(parts) > 1 else []
    if files:
        notes.append(FILES_KEPT.of(message.language).format(names=", ".join(file.name for file in files)))
    text = "\n\n".join([f"### {dingtalk_text(message.title)}", *parts[:1], *(f"> {dingtalk_text(n)}" for n in notes)])
    return {
        "msgtype": "markdown",
        "markdown": {"title": cut(message.title, 100), "text": text},
        "at": {"isAtAll": False},
    }


def judged(reply: Reply) -> Reply:
    """The reply, if DingTalk did what was asked: it answers 200 with a code of its own where it did not.

    Raises:
        DeliveryError: it is busy or asks us to slow down. DeliveryRefused.
    """
    code = reply.json.get("errcode")
    if code == 0:
        return reply
    if code in _BUSY:
        raise DeliveryError("DingTalk asks us to slow down.")
    number = code if isinstance(code, int) else "no code"
    raise DeliveryRefused(f"DingTalk refused the message ({number}).", "Check address, signature key and keywords.")
