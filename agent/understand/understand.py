"""The whole of understanding: normal form, spelling, clauses, and each clause read against the turn before it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from agent.contracts import Language, Reading, ToolAsk, Understanding
from agent.understand.asking import ToolWords, message_of, named
from agent.understand.dates_en import Clock
from agent.understand.lexicon import Lexicon
from agent.understand.meaning import Router, settled
from agent.understand.reading import ClauseReader, Scope
from agent.understand.spelling import Speller
from agent.understand.text import detect_language, normalise
from db.errors import QuestionError
from db.semantic.query import Interval, SemanticQuery

MAX_CLAUSES = 6
_HARD = re.compile(r"[?;!。？；！]+\s*|\.\s+(?=[a-z])|(?:^|\s)\(?[1-6][).]\s|(?<=[^\d\s])\s*[1-6]\.\s", re.ASCII)
_SOFT = re.compile(
    r"\s*,?\s*\b(?:and also|and then|and|also|plus|then|as well as|but)\b\s*|\s\+\s*|\s*[,、，]\s*(?:以及|还有|并且|同时|另外|并|和|再|顺便|此外|而且)?\s*|(?:以及|还有|并且|同时|另外|顺便|此外|而且|然后|和|[并再](?=给|向|为|对|把|推荐|预测|分析|看看|告诉))\s*",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class LastTurn:
    """What a follow-up continues: the query of the turn before, and the tool that answered it."""

    query: SemanticQuery | None = None
    tool: str | None = None


def understand(
    text: str,
    lexicon: Lexicon,
    as_of: date,
    data: Interval,
    everything: Interval | None = None,
    last: LastTurn | None = None,
    speller: Speller | None = None,
    tools: ToolWords | None = None,
    router: Router | None = None,
) -> Understanding:
    """Read a question.

    Args:
        text: as typed.
        as_of: the shop's today.
        data: the range of the store's data.
        everything: the period of a question that names none; None means all rows.
        last: the conversation's turn before, for follow-ups.
        tools: the words of the tools that may be asked for besides query_metrics. router: tells which one is meant.

    Raises:
        QuestionError: empty, too long, control characters, an impossible date, a third language.
    """
    normal = normalise(text)
    language = _language(normal)
    last = last or LastTurn()
    scope = Scope(lexicon, Clock(as_of, data.start), data, everything, last.query, tools, last.tool, router)
    if message := _message(text, normal, scope):
        return Understanding(language, normal, message)
    readings = _read_all(normal, scope)
    unread = [word for reading in readings for word in reading.unread]
    corrections: tuple[tuple[str, str], ...] = ()
    if unread and speller:
        fixed, corrections = speller.correct(normal, unread)
        if corrections:
            readings = _read_all(fixed, scope)
        understood = any(r.metrics for r in readings)
        if language == "en" and not understood and speller.foreign(normal, mended=bool(corrections)):
            raise QuestionError(
                "I read English and Chinese only.", "Please ask in English or in Chinese. 请用中文或英文提问。"
            )
        normal = fixed
        if language == "en":
            readings = tuple(_placed(r) for r in readings)
    return Understanding(language, normal, readings, corrections)


def _message(raw: str, normal: str, scope: Scope) -> tuple[Reading, ...]:
    """A customer's message that is to be answered, behind what is asked in front of it; empty where there is none.

    The message is one clause, whose words are data and never a question of their own.
    """
    tools, quoted = scope.tools, bool(_MESSAGE.search(normal))
    if tools is None:
        return ()
    readers = tuple(name for name, tool in tools.tools.items() if tool.reads_message)
    words = tools.read(normal)
    if not (quoted or ":" in normal or {*words.sure, *words.maybe} & {*readers}):
        return ()
    head = _MESSAGE.sub(" ", normal) if quoted else normal.partition(":")[0]
    parts = _clauses(head, scope)
    replying = [part for part in parts if _replies(part, quoted, readers, scope)]
    if not (replying or (scope.router and scope.router.tool(normal) in readers)):
        return ()
    own = [part for part in parts if part not in replying and _complete(part, scope)]
    ids = named(head).ids
    ask = ToolAsk(
        open=readers[:1],
        customers=ids.get("customers", ()),
        orders=ids.get("orders", ()),
        text=message_of(raw),
    )
    return (*(_read_all("? ".join(own), scope) if own else ()), Reading(text=normal, metrics=(), group_by=(), ask=ask))


def _replies(part: str, quoted: bool, readers: tuple[str, ...], scope: Scope) -> bool:
    """Whether a part asks for a reply: it says so beside a quotation, or means it."""
    return (quoted and bool(_REPLY.search(part))) or (scope.router is not None and scope.router.tool(part) in readers)


_MESSAGE = re.compile(r"[\"“「『](?P<q>[^\"”」』]{12,})[\"”」』]")
_REPLY = re.compile(
    r"\b(?:reply|replies|respond|response|answer|write back)\b|答复|回复|回信|回一下|回个话|怎么回", re.ASCII
)


def _placed(reading: Reading) -> Reading:
    """Say which unread words stand where a member's name stands ("sales at Walmart", "in dairy"), and which near one."""
    strangers, doubts = [], []
    for word in reading.unread:
        placed = rf"\b(?:of|for|from|in|at|by|with|on) (?:the )?{{}}{re.escape(word)}\b"
        if word.endswith("'s") or re.search(placed.format(""), reading.text):
            strangers.append(word)
        elif re.search(placed.format(r"\S+ (?:\S+ )?"), reading.text):
            doubts.append(word)
    return replace(reading, strangers=tuple(strangers), doubts=tuple(doubts))


def _language(normal: str) -> Language:
    language = detect_language(normal)
    if language is None:
        raise QuestionError(
            "I read English and Chinese only.", "Please ask in English or in Chinese. 请用中文或英文提问。"
        )
    return "zh" if language == "zh" else "en"


def _read_all(text: str, scope: Scope) -> tuple[Reading, ...]:
    readers = [ClauseReader(part, scope) for part in _clauses(text, scope)]
    result: list[Reading] = []
    for index, reader in enumerate(readers):
        if index:
            before = to_query(result[-1])
            alone = reader.names_metric and bool(reader.periods)  # it says all of what and when by itself
            lent = (
                before.model_copy(update={"group_by": (), "filters": () if alone else before.filters})
                if before
                else None
            )
            reader.scope = replace(scope, last=lent or scope.last)
            result.append(_read(reader, inherit=True))
        else:
            follows = _is_follow_up(reader)
            if follows:
                _same_tool(reader)
            result.append(_read(reader, inherit=follows))
    if len(readers) > 1 and not readers[0].periods and not result[0].compare and scope.last is None:
        later = next((r.time for reader, r in zip(readers, result, strict=True) if reader.periods), None)
        result[0] = replace(result[0], time=later or result[0].time)  # "revenue by store and the best day last month"
    return tuple(result)


def _read(reader: ClauseReader, inherit: bool) -> Reading:
    """Read a clause, and tell which tool it asks for where its words name more, or less, than a figure.

    "What will February bring" is read again with months to come once it turns out to be a forecast, and the other way.
    """
    reading, scope = reader.read(inherit), reader.scope
    if scope.router is None or scope.tools is None or reading.ambiguities or (reader.plain and not reading.unread):
        return reading
    routed = settled(reading, scope.router.chances(reader.text), scope.tools.tools, past=reader.past)
    ahead = any(scope.tools.tools[name].takes("horizon") for name in routed.ask.open if name in scope.tools.tools)
    if ahead != reader.ahead:
        again = ClauseReader(reader.text, replace(scope, ahead=ahead)).read(inherit)
        routed = replace(again, ask=replace(again.ask, open=routed.ask.open))
    return routed


def _same_tool(reader: ClauseReader) -> None:
    """ "And in November?" behind a "why": the same tool once more, where the clause asks for nothing else."""
    scope, words = reader.scope, reader.words
    tool = scope.tools.tools.get(scope.last_tool or "") if scope.tools else None
    other = reader.tool or reader.names_metric or words.ranked or words.grains or words.share
    if tool and tool.takes("metric") and not other:
        reader.asked = replace(reader.asked, sure=(tool.name,))


def _is_follow_up(reader: ClauseReader) -> bool:
    if reader.scope.last is None:
        return False
    if reader.tool and reader.scope.tools:  # "why?" takes the figure and the period of the turn before
        return not reader.names_metric and reader.scope.tools.tools[reader.tool].takes("metric")
    if not reader.names_metric:
        return reader.names_something or reader.words.follow_up
    return reader.words.follow_up


def _clauses(text: str, scope: Scope) -> list[str]:
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
        if result and not (_complete(part, scope) and _complete(result[-1], scope)):
            result[-1] = f"{result[-1]}, {part}"
        else:
            result.append(part)
    return result


def _seam(left: str, right: str, scope: Scope) -> bool:
    """Whether a new question begins: both sides can be asked alone, and the right one asks or has its own scope."""
    one, two = ClauseReader(left, scope), ClauseReader(right, scope)
    if not (_complete_reader(one) and _complete_reader(two)):
        return False
    ranks = [r.words.ranked and bool(r.names.splits or r.words.grains or r.names.loose) for r in (one, two)]
    both = all(ranks) or all(bool(r.periods) for r in (one, two)) or all(bool(r.names.splits) for r in (one, two))
    new_rank = not _BY.match(right) and ranks[1] and not ranks[0] and not one.names.splits and not one.words.grains
    turns = bool(one.tool or two.tool) and one.tool != two.tool  # another tool: another question
    return both or new_rank or turns or bool(_ASKS.match(right))


_ASKS = re.compile(
    r"(?:which|what|what's|how|who|whom|when|where|show|list|give|tell|is|are|did|does|do|was|were|compare)\b|.{0,12}[哪几谁]|.*(?:多少|如何|怎么样|什么)",
    re.ASCII,
)


_BY = re.compile(r"(?:by|per|for each)\b|按", re.ASCII)
_THAT_PERIOD = re.compile(r"\b(?:that|the same) (?:day|week|month|quarter|year)\b|[当同][月周天年季]", re.ASCII)


def _complete(part: str, scope: Scope) -> bool:
    """Whether a part could be asked alone."""
    return _complete_reader(ClauseReader(part, scope))


def _complete_reader(reader: ClauseReader) -> bool:
    """It measures something, and says over what (period, split, rank, member)."""
    names, words = reader.names, reader.words
    if reader.tool:
        return True
    ranked = words.ranked and bool(names.splits or words.grains or names.loose)
    described = bool(names.members) and not words.count and names.metrics == [reader.lexicon.counters.get("customer")]
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
    return ranked or (measured and over)


def to_query(reading: Reading) -> SemanticQuery | None:
    """A reading as a query, where it names a metric."""
    if not reading.metrics:
        return None
    return SemanticQuery(
        metrics=reading.metrics,
        group_by=reading.group_by,
        filters=reading.filters,
        time=reading.time,
        compare=reading.compare,
    )
