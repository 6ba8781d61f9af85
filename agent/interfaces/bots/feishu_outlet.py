"""A place in Feishu where one question is answered: a card that shows progress and then the answer."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import asdict, dataclass, replace
from typing import Any

from agent.contracts import Language
from agent.interfaces.bots import feishu_cards
from agent.interfaces.bots.feishu_api import FeishuApi
from agent.interfaces.bots.files import drawn, read
from agent.interfaces.bots.shape import Post
from db.errors import DeliveryError, DeliveryRefused
from db.semantic.schema import Text

log = logging.getLogger("shopops.bots")


@dataclass(frozen=True, slots=True)
class Place:
    """The message that is answered, its conversation, and whether only its writer reads there."""

    message: str
    conversation: str
    private: bool


class FeishuOutlet:
    """Used by one thread at a time.

    Args:
        key: the event's name, from which each reply gets its own.
        mentioned: ids of who was mentioned in a group; it is for us only where we are among them.
        instead: what to say in place of an answer.
    """

    def __init__(
        self, api: FeishuApi, place: Place, key: str, mentioned: set[str] | None = None, instead: Text | None = None
    ) -> None:
        self._api, self._place, self._key = api, place, key
        self._mentioned, self._instead = mentioned, instead
        self._card: str | None = None
        self._replies = 0

    def open(self) -> str | None:
        """The conversation's id; None where another was mentioned."""
        if self._mentioned is not None and self._api.me() not in self._mentioned:
            return None
        return self._place.conversation

    def working(self, words: str, language: Language) -> None:
        """Show progress in the card that will be the answer."""
        self._show(feishu_cards.working(words, language, self._back()), self._api.at_once())

    def answer(self, post: Post) -> None:
        """Show the answer there with its charts, then its files below it."""
        if self._instead is not None:
            post = replace(post, text=self._instead.en + "\n" + self._instead.zh)
        pictures = []
        for file in drawn(post.charts):
            try:
                pictures.append((self._api.picture(file), file.title))
            except DeliveryError as error:
                log.warning("a chart was not shown: %s", error.message)  # its table is there
        self._show(feishu_cards.card(post, self._back(), tuple(pictures)), self._api)
        for attached in read(post.files):
            self._reply("file", {"file_key": self._api.file(attached)}, self._api)

    def _back(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self._place).items() if name != "message"}

    def _show(self, card: feishu_cards.Card, api: FeishuApi) -> None:
        if self._card is not None:
            try:
                api.edit(self._card, card)
                return
            except DeliveryRefused:
                log.info("a card cannot be edited, another takes its place")  # somebody may have recalled it
        self._card = self._reply("interactive", card, api)

    def _reply(self, kind: str, content: dict[str, Any], api: FeishuApi) -> str:
        self._replies += 1
        key = hashlib.sha256(f"{self._key}:{self._replies}".encode()).hexdigest()
        return api.reply(self._place.message, kind, content, thread=not self._place.private, key=key)
