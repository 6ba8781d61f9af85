"""What a person may type instead of pressing a button: the number of a reading, "stop", "yes ID"."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict

from agent.interfaces.bots.shape import Ask, Decide, Incoming, Post, Stop

REMEMBERED = 1_000  # conversations whose last readings are known; older ones are to be asked again
_STOP = re.compile(r"(?P<en>stop|cancel that|stop it)|停止|停|别查了", re.IGNORECASE)
_NUMBER = re.compile(r"(?:选|第)?\s*([1-9])\s*(?:个|项)?")
_ID = r"(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{6,64}"  # a proposal's id has a figure in it; "no refunds" is a question
_DECISION = re.compile(
    rf"(?:(?P<yes>yes|confirm)|(?P<no>no|decline))\s+(?P<id>{_ID})|(?:(?P<shi>是|确认)|(?P<fou>否|取消))\s*(?P<hao>{_ID})",
    re.IGNORECASE,
)


class Choices:
    """Remembers the last readings of each person's conversations. Safe for many threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, str], tuple[str, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, incoming: Incoming, post: Post) -> None:
        """The answer that this person got; a later number means one of its readings."""
        with self._lock:
            self._kept.pop(_key(incoming), None)
            if post.choices:
                self._kept[_key(incoming)] = tuple(button.value for button in post.choices)
                while len(self._kept) > REMEMBERED:
                    self._kept.popitem(last=False)

    def read(self, incoming: Incoming, text: str) -> Ask | Decide | Stop:
        """What the words mean; an ordinary question stays one."""
        words = text.strip().strip(".。!！ ")
        if found := _STOP.fullmatch(words):
            return Stop("en" if found["en"] else "zh")
        if found := _DECISION.fullmatch(words):
            chinese = bool(found["hao"])
            return Decide(found["id"] or found["hao"], bool(found["yes"] or found["shi"]), "zh" if chinese else "en")
        if found := _NUMBER.fullmatch(words):
            with self._lock:
                readings = self._kept.get(_key(incoming), ())
            if int(found[1]) <= len(readings):
                return Ask(readings[int(found[1]) - 1])
        return Ask(text)


def _key(incoming: Incoming) -> tuple[str, str, str]:
    return incoming.source, incoming.conversation or "", incoming.user
