"""The store's words: every label, synonym and member value, found in a question of either language.

English is matched word by word on a light stem, Chinese character by character, with one index for both, so that a
question may mix them. The longest match wins; words that name several things keep all of them for the caller to settle.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal

from agent.understand.text import normalise
from db.semantic.query import Scalar

TermKind = Literal["metric", "dimension", "member", "unavailable"]
_SKIPPED = frozenset("the our my your an".split())  # stand inside a phrase, or not: "orders of (the) week"
_LOOSE = (
    3  # tokens from which a phrase may have something understood inside: "share of (november) orders with a coupon"
)
_TOKEN = re.compile(r"[a-z]+(?:['&][a-z]+)*|\d[\d,]*(?:\.\d+)?\+?|[\u3400-\u4dbf\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or Chinese character with its place in the text."""

    stem: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that words can name: a metric, a dimension, a member of a dimension, or something the store lacks."""

    kind: TermKind
    name: str
    value: Scalar | None = None
    rank: int = 0  # smaller is preferred: label 0, synonym 1, raw value 2

    @property
    def key(self) -> tuple[str, str, Scalar | None]:
        """Identity without the rank."""
        return (self.kind, self.name, self.value)


@dataclass(frozen=True, slots=True)
class Mention:
    """Where the question names something, and what it may be."""

    start: int
    end: int
    terms: tuple[Term, ...]
    tokens: int

    def of(self, kind: TermKind) -> tuple[Term, ...]:
        """The readings of one kind."""
        return tuple(term for term in self.terms if term.kind == kind)


def stem(word: str) -> str:
    """Plural and possessive endings off.

    >>> [stem(w) for w in ("categories", "beers", "boxes", "customer's", "gas", "glass", "2,000")]
    ['category', 'beer', 'box', 'customer', 'gas', 'glass', '2000']
    """
    word = word.removesuffix("'s").replace("'", "")
    if word[:1].isdigit():
        return word.replace(",", "")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "xes", "sses", "oes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def tokenise(text: str) -> list[Token]:
    """Tokens of a normalised text.

    >>> [t.stem for t in tokenise("aov 上月, stores 367")]
    ['aov', '上', '月', 'store', '367']
    """
    return [Token(stem(m[0]), m.start(), m.end()) for m in _TOKEN.finditer(text)]


class Vocabulary:
    """An index from words to terms.

    Args:
        entries: pairs of (words as people write them, term).
    """

    def __init__(self, entries: Iterable[tuple[str, Term]]) -> None:
        self._index: dict[tuple[str, ...], list[Term]] = {}
        self._longest = 1
        for words, term in entries:
            key = tuple(token.stem for token in _kept(normalise(words))) if re.search(r"\w", words) else ()
            if not key or (len(key) == 1 and key[0].rstrip("+").isdigit()):
                continue  # a bare number names nothing by itself: "store 367" is read by its dimension
            terms = self._index.setdefault(key, [])
            same = next((i for i, known in enumerate(terms) if known.key == term.key), None)
            if same is None:
                terms.append(term)
            elif term.rank < terms[same].rank:
                terms[same] = term
            self._longest = max(self._longest, len(key))

    def find(self, text: str, taken: bytearray) -> list[Mention]:
        """Longest non-overlapping mentions outside the characters that are already taken, in text order.

        A phrase of ``_LOOSE`` tokens or more may stand around what is taken.
        """
        free = bytes(taken)
        tokens = [t for t in _kept(text) if not any(taken[t.start : t.end])]
        found: list[Mention] = []
        for size in range(min(self._longest, len(tokens)), 0, -1):
            for i in range(len(tokens) - size + 1):
                run = tokens[i : i + size]
                terms = self._index.get(tuple(t.stem for t in run))
                if terms and _adjacent(text, run, free) and not any(any(taken[t.start : t.end]) for t in run):
                    found.append(Mention(run[0].start, run[-1].end, tuple(sorted(terms, key=lambda t: t.rank)), size))
                    taken[run[0].start : run[-1].end] = b"\x01" * (run[-1].end - run[0].start)
        return sorted(found, key=lambda m: m.start)

    @cached_property
    def words(self) -> Mapping[str, frozenset[TermKind]]:
        """Every single word or Chinese phrase of the index and the kinds it occurs in (for spelling)."""
        kinds: dict[str, set[TermKind]] = {}
        for key, terms in self._index.items():
            latin = [w for w in key if w.isascii() and w.isalpha()]
            for word in latin if latin else ["".join(key)]:
                kinds.setdefault(word, set()).update(t.kind for t in terms)
        return {word: frozenset(found) for word, found in kinds.items()}

    @cached_property
    def phrases(self) -> Sequence[tuple[str, Term]]:
        """(phrase, term) pairs, for suggesting the nearest known words."""
        return [(_join(key), term) for key, terms in self._index.items() for term in terms]


_BETWEEN = re.compile(rf"(?:[ \-/&.:'()*]|(?<![a-z])(?:{'|'.join(_SKIPPED)})(?![a-z]))*")


def _join(key: tuple[str, ...]) -> str:
    return ("" if all(not w.isascii() for w in key) else " ").join(key)


def _kept(text: str) -> list[Token]:
    """The tokens of a text without articles and the like; alone they are kept."""
    tokens = tokenise(text)
    return [token for token in tokens if token.stem not in _SKIPPED] or tokens


def _adjacent(text: str, run: Sequence[Token], taken: bytes) -> bool:
    """Tokens of one phrase stand side by side: spaces, hyphens, slashes and dots between, no comma or full stop."""
    for left, right in pairwise(run):
        between = text[left.end : right.start]
        if len(run) >= _LOOSE:
            between = "".join(" " if taken[left.end + i] else c for i, c in enumerate(between))
        if not _BETWEEN.fullmatch(between):
            return False
    return True
