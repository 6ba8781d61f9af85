"""The vocabulary of one store: from its schema and its live member values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from agent.understand.ids import KnownIds
from agent.understand.leftovers import STOP_EN
from agent.understand.vocabulary import Term, Vocabulary, tokenise
from db.semantic.query import Scalar
from db.semantic.roles import ENTITIES, entity_dimension
from db.semantic.schema import Member, StoreSchema, Words

_CUE = re.compile(r"(?:by|per|each|every|which) |[各按每哪]")  # the cue is read by the grammar, so a name is kept bare
SPLIT_MEMBERS = 500
_COUNTED = re.compile(r"(?:how many|number of|count of) |(?:[一总]共)?有?(?:多少|几)[家个位名款种]?")
LABEL, SYNONYM, RAW, HINT = 0, 1, 2, 3


class Lexicon:
    """Everything that the words of a question can name in one store.

    Args:
        schema: the store's schema.
        members: gives the values of a dimension, most important first.
    """

    def __init__(self, schema: StoreSchema, members: Callable[[str], Sequence[Scalar]]) -> None:
        self.schema = schema
        spoken = (w for m in schema.metrics.values() for w in (m.label.en, *m.synonyms.en, *m.hints.en))
        self._measures = frozenset(token.stem for words in spoken for token in tokenise(words.casefold()))
        self._members = members
        self.vocabulary = Vocabulary(self._entries())
        self.hints = Vocabulary(self._hints())
        self.order = {name: i for i, name in enumerate(schema.dimensions)}
        self.counters: Mapping[str, str] = {
            name: metric
            for name, d in schema.dimensions.items()
            for metric, m in reversed(schema.metrics.items())
            if d.column
            and not m.where
            and (m.expr or "").replace(" ", "").endswith(f".{d.column})")
            and "distinct" in (m.expr or "")
        }
        self.ids = KnownIds(schema, members)
        self.campaign = entity_dimension(schema, "campaign")
        self.entities = frozenset(d for name in ENTITIES if (d := entity_dimension(schema, name)))
        self.time_splits: Mapping[str, str] = {
            d.grain: name for name, d in schema.dimensions.items() if d.kind == "time" and d.grain
        }

    def members(self, dimension: str) -> Sequence[Scalar]:
        """Values of a dimension."""
        return self._members(dimension)

    def may_be_meant(self, dimension: str) -> bool:
        """Whether a dimension named without "by" may be a split: nobody means thousands of rows by a bare noun."""
        declared = self.schema.dimensions[dimension]
        return declared.pii == "none" and len(self._members(dimension)) <= SPLIT_MEMBERS

    def measures(self, text: str) -> bool:
        """Whether a word of the text names a metric or hints at one."""
        named = any(mention.of("metric") for mention in self.vocabulary.find(text, bytearray(len(text))))
        return named or bool(self.hints.find(text, bytearray(len(text))))

    def numbered(self, dimension: str, digits: str) -> Scalar | None:
        """The member that people call by this number ("store 367", "2 kids"), or None."""
        for member in self._members(dimension):
            if str(member) == digits or str(member) == f"{digits}+":
                return member
        return None

    def _entries(self) -> Iterator[tuple[str, Term]]:
        for name, metric in self.schema.metrics.items():
            if metric.hidden:
                continue
            term = Term("metric", name)
            named = _words((metric.label.en, metric.label.zh), metric.synonyms, term)
            yield from ((words, found) for words, found in named if not self._counts_dimension(words))
            yield name.replace("_", " "), term
        for words, meanings in self.schema.ambiguous.items():
            yield from (
                (words, Term("metric", name, None, SYNONYM)) for name in meanings if name in self.schema.metrics
            )
        for name, dimension in self.schema.dimensions.items():
            if dimension.kind != "time":  # "daily", "by month", 每天 belong to the grammar, not to a store
                named = _words((dimension.label.en, dimension.label.zh), dimension.synonyms, Term("dimension", name))
                yield from ((words, term) for words, term in named if not _CUE.match(words))
            if dimension.kind == "member" or dimension.grain in ("weekday", "day_type"):
                yield from self._member_entries(name)
        for name, lacking in self.schema.unavailable.items():
            term = Term("unavailable", name)
            yield from _words((lacking.label.en, lacking.label.zh), lacking.synonyms, term)

    def _counts_dimension(self, words: str) -> bool:
        """ "how many stores": the grammar counts; a metric's own words need not."""
        match = _COUNTED.match(words.lower())
        if not match:
            return False
        rest = [t.stem for t in tokenise(words.lower()[match.end() :])]
        named = (
            w for d in self.schema.dimensions.values() for w in (d.label.en, d.label.zh, *d.synonyms.en, *d.synonyms.zh)
        )
        return any(rest == [t.stem for t in tokenise(w.lower())] for w in named)

    def _member_entries(self, dimension: str) -> Iterator[tuple[str, Term]]:
        declared = self.schema.dimensions[dimension].members
        by_text = {str(value): value for value in self._members(dimension)}
        for key, member in declared.items():
            if key not in by_text:
                continue
            term = Term("member", dimension, by_text[key])
            if member.label:
                yield from ((words, term) for words in (member.label.en, member.label.zh))
            synonyms = (*member.synonyms.en, *member.synonyms.zh)
            yield from ((words, Term("member", dimension, by_text[key], SYNONYM)) for words in synonyms)
        for group in self.schema.dimensions[dimension].groups:
            for key in (key for key in group.members if key in by_text):
                term = Term("member", dimension, by_text[key], SYNONYM)
                yield from ((words, term) for words in (*group.synonyms.en, *group.synonyms.zh))
        for text, value in by_text.items():
            if isinstance(value, str) and not _swallowed(text, declared.get(text), self._measures):
                yield text, Term("member", dimension, value, RAW)
            yield from ((words, Term("member", dimension, value, SYNONYM)) for words in _band(text))

    def _hints(self) -> Iterator[tuple[str, Term]]:
        for name, metric in self.schema.metrics.items():
            for words in (*metric.hints.en, *metric.hints.zh):
                yield words, Term("metric", name, None, HINT)


def _band(member: str) -> Iterator[str]:
    """How people say a band of numbers: "between 25 and 34", 35至49K.

    >>> list(_band("35-49K"))[:2]
    ['between 35K and 49K', 'between 35 and 49K']
    """
    match = re.fullmatch(r"(\d+) ?[-–] ?(\d+)([Kk]?)", member)
    for low in dict.fromkeys((match[1] + match[3], match[1])) if match else ():
        high = match[2] + match[3] if match else ""
        yield from (f"between {low} and {high}", f"{low} to {high}", f"{low}到{high}", f"{low}至{high}")


def _swallowed(raw: str, member: Member | None, measures: frozenset[str]) -> bool:
    """Whether a raw value is too plain a word to name its member: a stop word, a metric's word, or part of its label."""
    stems = {token.stem for token in tokenise(raw.casefold())}
    if all(stem in STOP_EN or (len(stem) < 3 and not stem.isdigit()) for stem in stems):
        return True
    if len(stems) == 1 and stems <= measures:
        return True
    label = {token.stem for token in tokenise(member.label.en.casefold())} if member and member.label else set()
    return len(stems) == 1 and stems < label


def _words(labels: tuple[str, str], synonyms: Words, term: Term) -> Iterator[tuple[str, Term]]:
    yield from ((label, term) for label in labels)
    weaker = Term(term.kind, term.name, term.value, SYNONYM)
    yield from ((words, weaker) for words in (*synonyms.en, *synonyms.zh))
