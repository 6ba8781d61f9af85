"""A thread of Slack in which one question is answered: one message that shows progress and then the answer."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from agent.contracts import Language
from agent.delivery.marks import cut, slack_text
from agent.delivery.slack import MOST_TEXT, section
from agent.delivery.slack_api import SlackApi, SlackRefused
from agent.interfaces.bots import slack_blocks, words
from agent.interfaces.bots.files import drawn, read
from agent.interfaces.bots.shape import Post
from db.errors import DeliveryError

_NOT_THERE = frozenset("channel_not_found not_in_channel is_archived restricted_action".split())
_BAD_BLOCKS = frozenset("invalid_blocks invalid_blocks_format invalid_attachments".split())
_GONE = frozenset("message_not_found cant_update_message edit_window_closed".split())  # somebody deleted it
log = logging.getLogger("shopops.bots")


@dataclass(frozen=True, slots=True)
class Asked:
    """A slash command: Slack shows nothing of it, so the question is posted and its thread is the conversation."""

    user: str
    question: str
    language: Language


@dataclass(frozen=True, slots=True)
class Pressed:
    """A message of ours whose button was pressed, by whom; ``label`` takes the place of the buttons."""

    user: str
    message: str
    shown: list[slack_blocks.Block]
    block_id: str
    label: str
    at_once: bool


class SlackOutlet:
    """Used by one thread at a time.

    Args:
        thread: the thread to answer in; None where ``asked`` begins one.
    """

    def __init__(
        self,
        api: SlackApi,
        channel: str,
        thread: str | None,
        asked: Asked | None = None,
        pressed: Pressed | None = None,
    ) -> None:
        self._api, self._channel, self._thread = api, channel, thread
        self._asked, self._pressed = asked, pressed
        self._message: str | None = None

    def open(self) -> str | None:
        """The thread's id. A command in a channel that the bot is not in is answered in direct messages."""
        if self._asked is not None:
            words_ = words.ASKED.of(self._asked.language)
            shown = words_.format(who=f"<@{self._asked.user}>", question=slack_text(self._asked.question))
            shown = cut(shown, MOST_TEXT)
            try:
                self._channel, self._thread = self._api.post(self._channel, shown, [section(shown)])
            except SlackRefused as refused:
                if refused.reason not in _NOT_THERE:
                    raise
                self._channel, self._thread = self._api.post(
                    self._api.direct(self._asked.user), shown, [section(shown)]
                )
        if self._pressed is not None and self._pressed.at_once:
            self._settle(self._pressed)
        return f"{self._channel}:{self._thread}"

    def working(self, words: str, language: Language) -> None:
        """Show progress in the message that will be the answer."""
        self._show(words, slack_blocks.working(words, language), self._api.at_once())

    def answer(self, post: Post) -> None:
        """Show the answer there, then its charts and files below it."""
        text = slack_blocks.fallback(post)
        if post.aside and self._pressed is not None:
            self._api.whisper(self._channel, self._pressed.user, text, self._thread)
            return
        try:
            self._show(text, slack_blocks.blocks(post), self._api)
        except SlackRefused as refused:
            if refused.reason not in _BAD_BLOCKS:
                raise
            # a workspace without Slack's tables
            self._show(text, slack_blocks.blocks(post, native=False), self._api)
        if post.settled and self._pressed is not None:
            self._settle(self._pressed)
        files = [*drawn(post.charts), *read(post.files)]
        if files:
            self._api.upload(self._channel, files, thread=self._thread)

    def _show(self, text: str, shown: Sequence[slack_blocks.Block], api: SlackApi) -> None:
        if self._message is not None:
            try:
                api.update(self._channel, self._message, text, shown)
                return
            except SlackRefused as refused:
                if refused.reason not in _GONE:
                    raise
        _, self._message = api.post(self._channel, text, shown, self._thread)

    def _settle(self, pressed: Pressed) -> None:
        """Take pressed buttons away; where that fails they stay, and pressing them again does nothing twice."""
        left = slack_blocks.chosen(pressed.shown, pressed.block_id, pressed.label, pressed.user)
        try:
            self._api.update(self._channel, pressed.message, slack_text(pressed.label), left)
        except DeliveryError as error:
            log.info("pressed buttons stay: %s", error.message)
