"""Where one question ends and the next begins, inside what was asked at once."""

from __future__ import annotations

import re

from agent.understand.reading import ClauseReader, Scope

MAX_CLAUSES = 6
_HARD = re.compile(r"[?;!。？；！]+\s*|\.\s+(?=[a-z])|(?:^|\s)\(?[1-6][).]\s|(?<=[^\d\s])\s*[1-6]\.\s", re.ASCII)
_SOFT = re.compile(
    r"\s*,?\s*\b(?:and also|and then|and|also|plus|then|as well as|but)\b\s*|\s\+\s*|\s*[,、，]\s*(?:以及|还有|并且|同时|另外|并|和|再|顺便|此外|而且)?\s*|(?:以及|还有|并且|同时|另外|顺便|此外|而且|然后|和|[并再](?=给|向|为|对|把|推荐|预测|分析|看看|告诉))\s*",
    re.ASCII,
)


def clauses(text: str, scope: Scope) -> list[str]:
    """Split where a new question begins: both sides must say what to measure and of what."""
    parts: list[str] = []
    for sentence in _sentences(text, scope):
        rest = sentence
        for match in _SOFT.finditer(sentence):
            start = len(sentence) - len(rest)
            left, right = sentence[start : match.start()], sentence[match.end() :]
            if match.start() > start and _seam(left, _first_part(right), scope):
                parts.append(left)
                rest = right
        parts.append(rest)
    return parts[:MAX_CLAUSES] or [text]


def _first_part(text: str) -> str:
    """Up to the next comma or "and which": what stands right behind a seam."""
    return re.split(r",|，|、|以及|\band (?=which|what|how|who|when|top|the )", text, maxsplit=1)[0]


def _sentences(text: str, scope: Scope) -> list[str]:
    """Sentences; one that measures nothing by itself stays with its neighbour."""
    result: list[str] = []
    for part in (p for p in _HARD.split(text) if p and p.strip()):
        before = ClauseReader(result[-1], scope) if result else None
        here = ClauseReader(part, scope)
        if before and not (_complete(here) and _complete(before) and not _adds(before, here)):
            result[-1] = f"{result[-1]}, {part}"
        else:
            result.append(part)
    return result


def _seam(left: str, right: str, scope: Scope) -> bool:
    """Whether a new question begins: both sides can be asked alone, and the right one asks or has its own scope."""
    one, two = ClauseReader(left, scope), ClauseReader(right, scope)
    if _lists(one, two) or not (_complete(one) and _complete(two)) or _adds(one, two):
        return False
    ranks = [r.words.ranked and bool(r.names.splits or r.words.grains or r.names.loose) for r in (one, two)]
    both = all(ranks) or all(bool(r.periods) for r in (one, two)) or all(bool(r.names.splits) for r in (one, two))
    new_rank = not _BY.match(right) and ranks[1] and not ranks[0] and not one.names.splits and not one.words.grains
    if both or new_rank or _ASKS.match(right):
        return True
    return _asks(one) and _asks(two) and one.tool != two.tool  # another tool: another question


_ASKS = re.compile(
    r"(?:which|what|what's|how|who|whom|when|where|show|list|give|tell|is|are|did|does|do|was|were|compare)\b|.{0,12}[哪几谁]|.*(?:多少|如何|怎么样|什么)",
    re.ASCII,
)


_TELLS = re.compile(
    r"(?:please |pls |kindly |so |then |now |also |(?:and |out )?of (?:those|them|these),? |for (?:those|them|these),? )*(?:which|what|how|who|when|where|check|find|forecast|predict|project|estimate|explain|draft|write|word|compose|draw|pick|choose|suggest|recommend|remind|look|search|segment|cluster|scan|flag|spot|prepare|build|take|get|let me know|i(?:'d| would)? (?:want|need|like)|can|could|should|would|will|why|whom?|any|anything|anyone|is there|are there)\b"
    r"|.{0,6}(?:查|看|找|挑|圈|推|给|告诉|说|讲|写|拟|起草|草拟|回复|答复|预测|预估|估|分析|解释|推荐|选|列|做|(?<!不)算|提醒|为什么|为啥|怎么|咋|有没有|是不是|能不能|会不会)|.*[吗呢么]$",
    re.ASCII,
)
_SPLITS = re.compile(
    r"(?:please )?(?:split|break|group|show) (?:it|that|them|this|these)\b|按.{1,8}(?:看|分|拆|列)", re.ASCII
)
_BY = re.compile(r"(?:by|per|for each)\b|按", re.ASCII)
_THAT_PERIOD = re.compile(r"\b(?:that|the same) (?:day|week|month|quarter|year)\b|[当同][月周天年季]", re.ASCII)


def complete(part: str, scope: Scope) -> bool:
    """Whether a part could be asked alone."""
    return _complete(ClauseReader(part, scope))


def _asks(reader: ClauseReader) -> bool:
    """Whether a part is put as a question or a request, and is no mere statement."""
    return bool(_ASKS.match(reader.text) or _TELLS.match(reader.text) or reader.asked.sure)


def _adds(before: ClauseReader, part: ClauseReader) -> bool:
    """Whether a part only adds to the one before it.

    It only says how to split that, wants the same tool and names nothing else to measure ("who would buy meat? I need 100 people"), or it asks why of
    what the one before states ("fewer orders in July than in June. Reasons?").
    """
    tools = part.scope.tools.tools if part.scope.tools else {}
    if _SPLITS.match(part.text) and not part.tool:
        return True
    if part.tool is None:
        return False
    measures = tools[part.tool].takes("metric")
    if measures and part.names_metric:
        return False
    return part.tool == before.tool or (measures and before.names_metric and not _asks(before))


def _lists(one: ClauseReader, two: ClauseReader) -> bool:
    """Whether the seam lies between two figures of a list ("any odd days in revenue | and orders"), or before a "but"."""
    ends = {end for start, end in one.metric_spans}
    begins = {start for start, end in two.metric_spans}
    return two.text.startswith("但") or (
        len(one.text.rstrip()) in ends and 0 in begins and bool(two.tool) and not one.tool
    )


def _complete(reader: ClauseReader) -> bool:
    """It measures something, and says over what (period, split, rank, member)."""
    names, words = reader.names, reader.words
    ranked = words.ranked and bool(names.splits or words.grains or names.loose)
    described = bool(names.members) and not words.count and names.metrics == [reader.lexicon.counters.get("customer")]
    told = not reader.names_metric and bool(reader.things.ids or reader.things.capped) and not _asks(reader)
    if told:  # "customer 1198 is tight with money, nothing above 5 dollars": what a question is about, and none
        return False
    measured = (reader.names_metric and not described) or reader.hints_metric or bool(names.unavailable)
    over = bool(
        _THAT_PERIOD.search(reader.text)
        or reader.periods
        or names.splits
        or words.grains
        or names.members
        or reader.compare
        or words.count
        or names.loose
    )
    return ranked or (measured and over) or (_asks(reader) and bool(reader.tool))
