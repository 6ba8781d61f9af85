"""Unread words that stand where a member's name stands: a name that the store does not know would limit the figure.

"Sales at Walmart" must not be answered with all sales; "Walt in finance asks: what were sales?" may be. A word counts
where it hangs on something that the store knows: behind a preposition that follows the metric, a split, a member or a
period ("Ⓜ in Ⓣ at walmart"), at the head of its part ("at walmart, how many Ⓜ"), or as an owner of it ("walmart's Ⓜ").
Not where it hangs on another word ("the rest of the estate", "out of whack"), says what something is ("Ⓜ is on fire"),
or stands in a part that names nothing of the store.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.understand.patterns import DIMENSION, ENTITY, FILLER, MEMBER, METRIC, PERIOD

_NAME = f"[{METRIC}{DIMENSION}{ENTITY}{MEMBER}{PERIOD}]{FILLER}*"
_PLACE = r"\b(?:of|for|from|in|at|by|with|on|through|via)"
_THE = r"(?: (?:the|our))?"
_END = re.compile(r"[,;:?!()]|\.(?!\d)| - ")  # of a part
_LIMITING = re.compile(  # what a preposition hangs on where it limits a figure: a name, or what was done with it
    rf"(?:{_NAME}(?:'s)?|\b(?:sells?|sold|selling|buys?|bought|buying|spends?|spent|spending|earn(?:s|ed|ing)?"
    r"|take|took|make|made|get|got|shop|shopped))"
    r"(?: (?:that|which|who|was|were|is|are|been|being|we|they|you|i|do|did|does|has|have|had|comes?|came|coming"
    r"|made|sold|bought|paid|spent|taken|took|got|going|only|just|again|or|and|vs\.?|versus|\w{2,}ed))*$",
    re.ASCII,
)
_IS = re.compile(r"\b(?:is|are|was|were|be|been|being)$", re.ASCII)
_IS_IT = re.compile(rf"(?:and |so |but )?(?:is|are|was|were) (?:our |the )?{_NAME}$", re.ASCII)
_NO_MORE = re.compile(rf"(?: (?:in|on|at|for|over|during|since|now|the|{_NAME}))* ?", re.ASCII)
_DESCRIBES = re.compile(r"(?:ed|ing|ly|ful|ous|ish|ive|able|ible|less|est|ic|al|ary|ant|ent)$")
_HEAD = re.compile(r"(?:and|but|so|ok|then|now)?$", re.ASCII)


def placed(masked: str, unread: Sequence[str], hints: Sequence[int] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The unread English words in a member's place, and those near one, of a clause.

    Args:
        masked: the clause with each of its names as a symbol, see :mod:`agent.understand.roles`.
        hints: where weak words say what is measured ("sold"): their part measures, too.

    >>> placed("Ⓜ···· at walmart", ("walmart",))
    (('walmart',), ())
    >>> placed("keller in finance asks: Ⓜ····", ("keller", "finance", "asks"))
    ((), ())
    >>> placed("iphone Ⓜ····", ("iphone",)), placed("disastrous Ⓜ····", ("disastrous",))
    ((('iphone',), ()), ((), ()))
    """
    strangers, doubts = [], []
    for word in unread:
        for match in re.finditer(rf"(?<![\w'-]){re.escape(word)}(?![\w-])", masked):
            start, end = _part(masked, match.start())
            part = masked[start:end]
            measures = re.search(_NAME, part) or any(start <= hint < end for hint in hints)
            if not (measures or _alone(part, word)):
                continue
            before, after = masked[start : match.start()], masked[match.end() : end]
            if _limits(word, before, after):
                strangers.append(word)
                break
            if re.search(rf"{_PLACE} (?:\S+ ){{0,3}}$", before):
                doubts.append(word)
                break
    return tuple(strangers), tuple(doubts)


def _part(text: str, place: int) -> tuple[int, int]:
    """The part of the clause, from one mark to the next, that holds the place."""
    ends = [match.span() for match in _END.finditer(text)]
    start = max((end for _, end in ends if end <= place), default=0)
    return start, min((begin for begin, _ in ends if begin >= place), default=len(text))


def _alone(part: str, word: str) -> bool:
    """Whether the part is nothing but a preposition and the word ("at walmart, …"): it limits the parts beside it."""
    return bool(re.fullmatch(rf" ?(?:and )?{_PLACE}{_THE} {re.escape(word)}(?: \w+)? ?", part, re.ASCII))


def _limits(word: str, before: str, after: str) -> bool:
    """Whether the word stands in a member's place and hangs on something that the store knows."""
    if word.endswith("est"):  # "the steepest Ⓜ"
        return False
    if word.endswith("'s"):
        return bool(re.match(rf" (?:\w+ ){{0,2}}{_NAME}", after))
    if re.match(f" [{METRIC}{DIMENSION}{ENTITY}]", after) and not _DESCRIBES.search(word):  # "iphone Ⓜ", "chicago Ⓔ"
        return True
    place = re.search(rf"{_PLACE}{_THE} $", before)
    if place is None:
        return False
    hangs_on = before[: place.start()].strip()
    if _IS.search(hangs_on) and re.search(_NAME, hangs_on):  # "sales are in the doldrums"
        return False
    if _IS_IT.fullmatch(hangs_on) and _NO_MORE.fullmatch(after):  # "are sales on fire this month?"
        return False
    return bool(_HEAD.fullmatch(hangs_on) or _LIMITING.search(hangs_on))
