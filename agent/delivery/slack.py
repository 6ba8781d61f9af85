"""The Slack channel: an incoming webhook, or the bot in a channel, which brings files along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agent.delivery.files import File
from agent.delivery.marks import cut, pieces, slack_markdown, slack_text
from agent.delivery.message import Message
from agent.delivery.options import SlackOptions
from agent.delivery.slack_api import SlackApi
from agent.delivery.web import checked, post
from agent.delivery.words import CUT, FILES_KEPT
from db.errors import DeliveryRefused

HOSTS = ("slack.com", "slack-gov.com")
MOST_BLOCKS = 50  # in a message; these four are Slack's own limits
MOST_TEXT = 3_000  # characters of a block's text
MOST_HEAD = 150  # characters of a heading
MOST_FALLBACK = 4_000  # characters of the text for notifications; longer ones are cut without a word


def send_by_webhook(options: SlackOptions, message: Message, files: tuple[File, ...]) -> None:
    """Post to an incoming webhook, which takes no files: the message then says so. Raises DeliveryError."""
    if options.webhook is None:
        raise DeliveryRefused("This Slack channel has no webhook.", "Set webhook or channel in shopops.toml.")
    address = checked(options.webhook.get_secret_value(), "Slack", HOSTS, options.loopback)
    kept = [FILES_KEPT.of(message.language).format(names=", ".join(file.name for file in files))] if files else []
    post(address, "Slack", {"text": _fallback(message), "blocks": blocks(message, kept), **_NO_UNFURL})


def send_by_bot(api: SlackApi, channel: str, message: Message, files: tuple[File, ...]) -> None:
    """Post as the bot; files and text come in one message, so that a second try repeats neither alone."""
    if not files:
        api.post(channel, _fallback(message), blocks(message))
        return
    text = f"*{slack_text(message.title)}*\n{slack_markdown(message.text)}"
    api.upload(channel, files, cut(text, MOST_FALLBACK))


_NO_UNFURL = {"unfurl_links": False, "unfurl_media": False}


def blocks(message: Message, notes: Sequence[str] = ()) -> list[dict[str, Any]]:
    """A message as blocks within Slack's limits; what does not fit is cut, and said to be."""
    head = {"type": "header", "text": {"type": "plain_text", "text": cut(message.title, MOST_HEAD), "emoji": False}}
    parts = pieces(slack_markdown(message.text), MOST_TEXT)
    room = MOST_BLOCKS - 2
    if len(parts) > room:
        parts, notes = parts[:room], [*notes, CUT.of(message.language)]
    shown = [head, *(section(part) for part in parts)]
    return [*shown, context(" ".join(notes))] if notes else shown


def section(text: str) -> dict[str, Any]:
    """A paragraph of mrkdwn in which nothing is turned into a link or a mention by itself."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def context(text: str) -> dict[str, Any]:
    """A small grey line; ``text`` is plain and is escaped here."""
    shown = cut(slack_text(text), MOST_TEXT)
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": shown, "verbatim": True}]}


def _fallback(message: Message) -> str:
    return cut(slack_text(message.title), MOST_FALLBACK)
