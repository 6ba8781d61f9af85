"""The YAML of verified questions: read with every error's line, and appended to."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from agent.understand import calendar
from agent.understand.calendar import Period
from agent.understand.dates import find_periods
from agent.understand.dates_en import Clock
from agent.understand.modifiers import compare_words
from agent.understand.text import normalise
from agent.verified_words import Words, words_of
from db.errors import QueryError, QuestionError, SchemaError, StoreLocked
from db.semantic.checks import check_query
from db.semantic.load import Source
from db.semantic.query import Interval, SemanticQuery
from db.semantic.schema import StoreSchema
from db.sources.atomic import replacing

LOCK_WAIT = 5.0  # seconds that an addition waits for another process; one takes some milliseconds
HEADER = "# Questions that were confirmed by a thumbs-up; edit freely. The last of two that agree in words holds.\n"
_DATED = re.compile(r"\d{4}-(?:\d\d(?:-\d\d)?|q\d|w\d\d)", re.ASCII | re.IGNORECASE)
_YAML_DATE = re.compile(r"\d{4}-\d\d?-\d\d?", re.ASCII)
_ANY_DAY = date(2017, 12, 29)  # whether words are a period does not hang on the day


@dataclass(frozen=True, slots=True)
class VerifiedQuery:
    """A query whose periods are still phrases; ``time`` None means all the data."""

    query: SemanticQuery
    time: str | None = None
    compare: str | None = None

    def resolve(self, clock: Clock) -> SemanticQuery:
        """The query on the day of asking. Raises ValueError for words that are no period."""
        if self.time is None:
            return self.query
        asked = read_phrase(self.time, clock)
        baseline = self._baseline(asked, clock)
        return self.query.model_copy(update={"time": asked.interval, "compare": baseline})

    def _baseline(self, asked: Period, clock: Clock) -> Interval | None:
        if self.compare is None:
            return None
        named = {"previous": calendar.previous, "year": calendar.year_earlier}.get(self.compare)
        return (named(asked) if named else read_phrase(self.compare, clock)).interval


@dataclass(frozen=True, slots=True)
class Entry:
    """One phrasing: its normal form, the words of it that count, and what it asks."""

    normal: str
    words: Words
    verified: VerifiedQuery


@lru_cache(maxsize=4096)
def read_phrase(phrase: str, clock: Clock) -> Period:
    """The one period that a phrase names, whole. Raises ValueError(phrase) where it names none, or more beside it.

    >>> read_phrase("last month", Clock(date(2017, 12, 31), date(1970, 1, 1))).start
    datetime.date(2017, 11, 1)
    """
    try:
        normal = normalise(phrase)
        mentions = find_periods(normal, clock)
    except QuestionError as error:
        raise ValueError(phrase) from error
    if len(mentions) != 1 or (mentions[0].start, mentions[0].end) != (0, len(normal)):
        raise ValueError(phrase)
    return mentions[0].period


def read_entries(path: Path, schema: StoreSchema | None, data_start: date) -> Iterator[Entry]:
    """The phrasings of a file, in its order.

    Raises:
        SchemaError: the file does not hold; the sentence names the line and what to write.
    """
    source = _source(path)
    data = source.data or []
    if not isinstance(data, list):
        raise source.error((), "verified questions are a list.", "Start each entry with '- question:'.")
    for i, item in enumerate(data):
        if not isinstance(item, dict) or set(item) != {"question", "query"}:
            raise source.error((i,), "an entry has two keys, question and query.", "Look at the entries beside it.")
        verified = _query(source, (i, "query"), item["query"], schema, data_start)
        for at, text in _phrasings(source, (i, "question"), item["question"]):
            try:
                normal = normalise(text)
            except QuestionError as error:
                raise source.error(at, error.message, "Write the question out.") from error
            if not (words := words_of(normal)):
                raise source.error(at, f"'{text}' says nothing.", "Write the question out.")
            yield Entry(normal, words, verified)


def _source(path: Path) -> Source:
    """The parsed file. Of 2017-02-30 YAML's reader says only that it will not do, so the place is looked for here."""
    try:
        return Source(path)
    except ValueError as error:
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            for written in _YAML_DATE.findall(line):
                try:
                    date(*map(int, written.split("-")))
                except ValueError:
                    sentence = f"{path.name} line {number}: '{written}' is no period."
                    raise SchemaError(sentence, "The calendar has no such day.") from error
        raise SchemaError(f"{path.name} cannot be read: {error}.", "Save it as UTF-8 text.") from error


def _query(
    source: Source, at: tuple[str | int, ...], data: Any, schema: StoreSchema | None, data_start: date
) -> VerifiedQuery:
    if not isinstance(data, dict):
        raise source.error(at, "query is a mapping.", "Write 'query: {metrics: [revenue]}'.")
    fields = {str(key): value for key, value in data.items()}
    phrases = [_phrase(fields.pop(key, None)) for key in ("time", "compare")]
    try:
        verified = VerifiedQuery(SemanticQuery.model_validate(fields), *phrases)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "query"
        raise source.error((*at, *first["loc"]), f"{where}: {first['msg']}.", "See what a query holds.") from error
    if verified.compare and not verified.time:
        raise source.error((*at, "compare"), "a comparison needs a time.", "Add 'time: last month' or another.")
    try:
        query = verified.resolve(Clock(_ANY_DAY, data_start))
        if schema is not None:
            check_query(schema, query)
    except ValueError as error:
        key = "compare" if verified.time and str(error) == verified.compare else "time"
        raise source.error((*at, key), f"'{error}' is no period.", "Write 'last month' or another.") from error
    except QueryError as error:
        raise source.error(at, error.message, error.hint) from error
    return verified


def _phrasings(source: Source, at: tuple[str | int, ...], data: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if not isinstance(data, dict) or not data or set(data) - {"en", "zh"}:
        raise source.error(at, "question has its phrasings under en and zh.", "Write 'en: [revenue last month]'.")
    for language, texts in data.items():
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
            raise source.error((*at, language), f"{language} is a list of questions.", "Write [one, another].")
        yield from (((*at, language, i), text) for i, text in enumerate(texts))


def _phrase(value: Any) -> str | None:
    """YAML reads ``2017-11-02`` as a date and ``2017`` as a number; both are phrases here."""
    if isinstance(value, datetime):
        value = value.date()
    return None if value is None else str(value).strip()


def record_of(normal: str, query: SemanticQuery, clock: Clock, everything: Interval | None) -> dict[str, Any] | None:
    """A query in the form of the file, its periods as the question's own phrases; None where the words lack them."""
    query = without_everything(query, everything)
    record = query.model_dump(mode="json", exclude_defaults=True, exclude={"time", "compare"})
    if any(_DATED.fullmatch(str(value)) for condition in query.filters for value in condition.values):
        return None  # a date among the members of a filter came from words that mean another date tomorrow
    if query.time is None:
        return record
    taken = bytearray(len(normal))
    compare_words(normal, taken)
    hidden = "".join(" " if used else c for c, used in zip(normal, taken, strict=True))
    phrases = {m.period.interval: hidden[m.start : m.end].strip() for m in find_periods(hidden, clock)}
    if query.time not in phrases:
        return None
    record["time"] = phrases[query.time]
    if query.compare is not None:
        record["compare"] = phrases.get(query.compare) or _named(query.compare, record["time"], clock)
    bare = query.model_copy(update={"time": None, "compare": None})
    verified = VerifiedQuery(bare, record["time"], record.get("compare"))
    try:
        return record if verified.resolve(clock) == query else None
    except ValueError:
        return None  # words that are a period only where they stand


def _named(baseline: Interval, phrase: str, clock: Clock) -> str | None:
    """A baseline that no words name by a date: the period before, or the year before."""
    asked = read_phrase(phrase, clock)
    named = {calendar.year_earlier(asked).interval: "year", calendar.previous(asked).interval: "previous"}
    return named.get(baseline)


def without_everything(query: SemanticQuery, everything: Interval | None) -> SemanticQuery:
    """The query with "all the data" as None, as the file has it."""
    whole = everything is not None and query.time == everything and query.compare is None
    return query.model_copy(update={"time": None}) if whole else query


def appended(before: str, record: dict[str, Any], name: str) -> str:
    """The text of a file with one record more; what was there stays to the letter, comments included.

    Raises:
        SchemaError: the file is no plain list of entries.
    """
    if before.strip() == "[]":
        before = HEADER
    gap = "" if not before or before.endswith("\n") else "\n"
    after = before + gap + yaml.safe_dump([record], allow_unicode=True, sort_keys=False, width=110)
    try:
        whole = yaml.safe_load(after)
    except yaml.YAMLError:
        whole = None
    if not isinstance(whole, list) or whole[-1] != record:
        line = before.count("\n") + 1
        raise SchemaError(f"{name} line {line}: nothing can be added.", "Start each entry with '- ' at the left.")
    return after


class Writing(ExitStack):
    """``replacing`` that waits a while for another process instead of giving up at once."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def __enter__(self) -> Any:
        deadline = time.monotonic() + LOCK_WAIT
        while True:
            try:
                return self.enter_context(replacing(self._path))
            except StoreLocked:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
