"""The channel that words name, out of those that the settings have; anything else is nobody's address."""

from __future__ import annotations

import re
from collections.abc import Mapping

from db.semantic.schema import Text


def channels_in(text: str, to: str | None, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """The channels that a clause names; None where it names one (``to``) that the settings lack.

    >>> known = {"ops": ("运营群",), "board": ()}
    >>> channels_in("把周报发到运营群", "运营群", known), channels_in("post it to the board", None, known)
    (('ops',), ('board',))
    >>> channels_in("mail it to bob@example.com", "bob@example.com", known) is None
    True
    """
    folded = f"{text} {to or ''}".casefold()  # called by its arguments, a tool has no text
    found = tuple(n for n, others in known.items() if any(_stands(word, folded) for word in (n, *others)))
    if to is None or any(to.casefold() in (n.casefold(), *(o.casefold() for o in known[n])) for n in found):
        return found
    named = tuple(n for n in found if any(_stands(word, to.casefold()) for word in (n, *known[n])))
    return named or None


def unknown_channel(to: str, known: Mapping[str, tuple[str, ...]]) -> Text:
    """That there is no such channel, and which there are."""
    there = ", ".join(known)
    if not there:
        return Text(
            en="No channel is set up yet, so nothing can be sent there. An administrator adds them to the settings.",
            zh="尚未配置任何发送渠道，请管理员先在设置中添加。",
        )
    said = "" if "@" in to or "://" in to else f' "{to}"'
    said_zh = "" if "@" in to or "://" in to else f"“{to}”"
    return Text(
        en=f"There is no channel{said} in the settings. Messages go to channels only: {there}.",
        zh=f"设置中没有渠道{said_zh}。消息只能发送到已配置的渠道：{there}。",
    )


def _stands(word: str, text: str) -> bool:
    """Whether a name stands in a text: as a whole word where it is Latin."""
    folded = word.casefold()
    if not folded.isascii():
        return folded in text
    return re.search(rf"(?<![a-z0-9_-]){re.escape(folded)}(?![a-z0-9_-])", text) is not None
