"""Verified questions: question → query pairs that a person vouched for, answered before any model is asked.

Two YAML files: the store's own, shipped beside its schema, and the operator's, which grows by thumbs-up and wins. A
period is kept as its phrase ("last month") and read anew, so that it means what it says on the day of asking.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Literal

from rapidfuzz import fuzz

from agent.contracts import Language
from agent.understand.dates_en import Clock
from agent.understand.text import normalise
from agent.verified_file import (
    HEADER,
    Entry,
    VerifiedQuery,
    Writing,
    appended,
    read_entries,
    record_of,
    without_everything,
)
from agent.verified_words import Words, loose_key, sense_of, words_of
from db.errors import QueryError, QuestionError
from db.semantic.checks import check_query
from db.semantic.query import Interval, SemanticQuery
from db.semantic.schema import StoreSchema
from db.state.masking import holds_personal

NEAR = 80.0  # rapidfuzz ratio, 0–100: soft words and a moved period may be a fifth of a question, no more
EARLIEST = date(1970, 1, 1)  # the start of the data where nobody said it, for "before March"

Added = Literal["added", "known", "unfit"]


def shipped_path(store: str) -> Path:
    """Where the verified questions of a shipped store lie; there may be none."""
    return Path(str(files("db") / "stores" / f"{store}.verified.yaml"))


@dataclass(frozen=True, slots=True)
class _Book:
    """Entries by their exact words, and by their words in any order. ``stamp`` tells which operator's file was read."""

    stamp: tuple[int, ...] | None
    exact: dict[Words, VerifiedQuery] = field(default_factory=dict)
    loose: dict[Words, list[Entry]] = field(default_factory=dict)


class VerifiedQuestions:
    """The verified questions of one store. Safe for many threads; several processes may add to one file."""

    def __init__(
        self,
        shipped: Path | None,
        own: Path | None,
        schema: StoreSchema | None = None,
        data_start: date = EARLIEST,
    ) -> None:
        """Read both files.

        Args:
            shipped: the store's file; None or missing: the store has none.
            own: the operator's file; missing is empty. Read again whenever it has changed.
            schema: where given, every query must hold in it.
            data_start: the first day of the data.

        Raises:
            SchemaError: a file does not hold; the sentence names file and line.
        """
        self._shipped_path, self._own_path = shipped, own
        self._schema, self._data_start = schema, data_start
        self._shipped = self._entries(shipped)
        self._lock = Lock()
        self._book = self._load()

    def __len__(self) -> int:
        """How many phrasings are known."""
        return len(self._fresh().exact)

    def match(self, text: str, as_of: date) -> SemanticQuery | None:
        """The query of a verified question that says the same, or None.

        The same means: the same words in the same order, fillers and punctuation aside; or nearly, where only soft
        words or the place of the period differ and no other verified question is as near.

        Raises:
            SchemaError: the operator's file was changed and does not hold.
        """
        try:
            normal = normalise(text)
        except QuestionError:
            return None  # understanding says what is wrong with it
        book, clock = self._fresh(), Clock(as_of, self._data_start)
        found = book.exact.get(words_of(normal)) or _nearly(book, normal, clock)
        try:
            return found.resolve(clock) if found else None
        except QuestionError:
            return None  # a baseline before the calendar begins

    def add(
        self,
        question_text: str,
        language: Language,
        query: SemanticQuery,
        as_of: date,
        everything: Interval | None = None,
    ) -> Added:
        """Keep a question that the operator confirmed. The question must stand alone: no follow-up.

        Args:
            as_of: the day on which it was asked; the words of its period are found by it.
            everything: the period that stands for "all the data".

        Returns:
            "added"; "known" when it already gives this query; "unfit" when it cannot be kept: personal data in it, or
            a period in the query that is not in the words, which would be wrong on another day.

        Raises:
            QuestionError: the text is no question. SchemaError: the operator's file does not hold; it is left as it
            is. StoreLocked, StoreError: it cannot be written.
        """
        normal, clock = normalise(question_text), Clock(as_of, self._data_start)
        entry = record_of(normal, query, clock, everything)
        if self._own_path is None or entry is None or holds_personal(question_text) or not words_of(normal):
            return "unfit"
        if self._schema is not None:
            try:
                check_query(self._schema, query)
            except QueryError:
                return "unfit"
        record = {"question": {language: [_one_line(question_text)]}, "query": entry}
        with self._lock, Writing(self._own_path) as draft:
            known = {e.words: e.verified for e in (*self._shipped, *self._entries(self._own_path))}
            held = known.get(words_of(normal))
            new = held is None or held.resolve(clock) != without_everything(query, everything)
            before = self._own_path.read_text(encoding="utf-8") if self._own_path.exists() else HEADER
            draft.write_text(appended(before, record, self._own_path.name) if new else before, encoding="utf-8")
        return "added" if new else "known"

    def _entries(self, path: Path | None) -> list[Entry]:
        return list(read_entries(path, self._schema, self._data_start)) if path and path.exists() else []

    def _load(self) -> _Book:
        book = _Book(_stamp(self._own_path))
        entries = {entry.words: entry for entry in (*self._shipped, *self._entries(self._own_path))}
        for entry in entries.values():
            book.exact[entry.words] = entry.verified
            book.loose.setdefault(loose_key(entry.normal), []).append(entry)
        return book

    def _fresh(self) -> _Book:
        if _stamp(self._own_path) != self._book.stamp:
            with self._lock:
                if _stamp(self._own_path) != self._book.stamp:
                    self._book = self._load()
        return self._book


def _nearly(book: _Book, normal: str, clock: Clock) -> VerifiedQuery | None:
    candidates = book.loose.get(loose_key(normal))
    if not candidates:
        return None
    try:
        sense, mine = sense_of(normal, clock), " ".join(sorted(words_of(normal)))
        near = [
            entry.verified
            for entry in candidates
            if fuzz.ratio(mine, " ".join(sorted(entry.words))) >= NEAR and sense_of(entry.normal, clock) == sense
        ]
    except QuestionError:
        return None
    return near[0] if near and all(other == near[0] for other in near) else None


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _stamp(path: Path | None) -> tuple[int, ...] | None:
    try:
        found = os.stat(path) if path else None
    except FileNotFoundError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino) if found else None
