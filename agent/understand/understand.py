"""The whole of understanding: normal form, spelling, clauses, and each clause read against the turn before it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from agent.contracts import Language, Reading, Understanding
from agent.understand.dates_en import Clock
from agent.understand.lexicon import Lexicon
from agent.understand.reading import ClauseReader, Scope
from agent.understand.spelling import Speller
from agent.understand.text import detect_language, normalise
from db.errors import QuestionError
from db.semantic.query import Interval, SemanticQuery

MAX_CLAUSES = 6
_SPLIT = re.compile(
    r"[?;。?;!]+\s*|\.\s+(?=[a-z])"
    r"|,?\s*\b(?:and|also|plus|then|as well as|but)(?: also| then)?,? (?=(?:which|what|what's|how|who|when|where|show|list|give|tell|is|are|did|does|do|was|were|compare|the (?:best|worst|top|highest|lowest))\b)"
    r"|,\s*(?=(?:which|what|how|who|when|where)\b)"
    r"|[,、]?\s*(?:以及|还有|并且|同时|另外|并|和|再|顺便|此外|而且)?\s*(?=(?:哪一?[天个家些周月]|其中|最[高低好差多少]的是|(?<![0-9a-z])环比如何))"
    r"|[,]\s*(?:以及|还有|并且|同时|另外|再|顺便|此外|而且)?\s*(?=(?:有?多少|各|分别|按|每|卖得|怎么|是多少|那|哪|最))"
    r"|(?:以及|还有|另外|顺便|此外)\s*(?=.{0,12}(?:多少|哪|几|怎么|如何|最))",
    re.ASCII,
)


def understand(
    text: str,
    lexicon: Lexicon,
    as_of: date,
    data: Interval,
    everything: Interval | None = None,
    last: SemanticQuery | None = None,
    speller: Speller | None = None,
) -> Understanding:
    """Read a question.

    Args:
        text: as typed.
        as_of: the shop's today.
        data: the range of the store's data.
        everything: the period of a question that names none; None means all rows.
        last: the conversation's last query, for follow-ups.

    Raises:
        QuestionError: empty, too long, control characters, an impossible date, a third language.
    """
    normal = normalise(text)
    language = _language(normal)
    scope = Scope(lexicon, Clock(as_of, data.start), data, everything, last)
    readings = _read_all(normal, scope)
    unread = [word for reading in readings for word in reading.unread]
    corrections: tuple[tuple[str, str], ...] = ()
    if unread and speller:
        fixed, corrections = speller.correct(normal, unread)
        if corrections:
            readings = _read_all(fixed, scope)
        understood = any(r.metrics for r in readings)
        if language == "en" and not understood and speller.foreign(normal):
            raise QuestionError("I read English and Chinese only.", "Please ask in English or in Chinese. 请用中文或英文提问。")
        normal = fixed
    return Understanding(language, normal, readings, corrections)


def _language(normal: str) -> Language:
    language = detect_language(normal)
    if language is None:
        raise QuestionError("I read English and Chinese only.", "Please ask in English or in Chinese. 请用中文或英文提问。")
    return "zh" if language == "zh" else "en"


def _read_all(text: str, scope: Scope) -> tuple[Reading, ...]:
    readers = [ClauseReader(part, scope) for part in _clauses(text, scope)]
    result: list[Reading] = []
    for index, reader in enumerate(readers):
        if index:
            reader.scope = replace(scope, last=to_query(result[-1]) or scope.last)
            result.append(reader.read(inherit=True))
        else:
            result.append(reader.read(inherit=_is_follow_up(reader)))
    return tuple(result)


def _is_follow_up(reader: ClauseReader) -> bool:
    if reader.scope.last is None:
        return False
    if not reader.names_metric:
        return reader.names_something
    return reader.words.follow_up


def _clauses(text: str, scope: Scope) -> list[str]:
    """Split where a new question begins; a part that measures and splits nothing of its own stays with the one before."""
    parts: list[str] = []
    position = 0
    for match in [*_SPLIT.finditer(text), None]:
        end = match.start() if match else len(text)
        part = text[position:end]
        position = match.end() if match else len(text)
        if not part.strip():
            continue
        if parts and not _stands_alone(part, scope):
            parts[-1] = text[text.index(parts[-1]) : end]
        elif len(parts) == 1 and not _stands_alone(parts[0], scope):
            parts[0] = text[text.index(parts[0]) : end]
        else:
            parts.append(part)
    return parts[:MAX_CLAUSES] or [text]


def _stands_alone(part: str, scope: Scope) -> bool:
    reader = ClauseReader(part, scope)
    names, words = reader.names, reader.words
    return bool(reader.names_metric or names.unavailable or (words.ranked and (names.splits or words.grains or names.loose)))


def to_query(reading: Reading) -> SemanticQuery | None:
    """A reading as a query, where it names a metric."""
    if not reading.metrics:
        return None
    return SemanticQuery(
        metrics=reading.metrics, group_by=reading.group_by, filters=reading.filters, time=reading.time, compare=reading.compare
    )
