"""Nothing ungrounded is shown: every number, date and name of the text must stand in a fact that its sentence cites.

Rounding: a number holds when it equals a fact's number at the precision in which the sentence writes it (1.2 million
for 1,234,567.89; 8% for 0.0825), and when it is of the same kind: money is held against money, a percentage against
percentages. A number in words counts as a number. A sentence that says "rose" of a fact that says "down" fails too. A
sentence that fails is replaced by the own sentence of the facts it cites, or dropped when it cites none. Sentences
without figures and names (a reading, a next step) pass; a text that states no fact at all gets the facts' own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from agent.contracts import Language
from agent.figures import dates_of, direction_of, grounded, numbers_of, values_of, without_direction
from agent.understand.text import normalise
from agent.understand.vocabulary import Vocabulary
from db.errors import QuestionError
from tools.evidence import Fact

_MARK = re.compile(r"\[(f\d+(?:\s*[,、]\s*f\d+)*)\]")
_SENTENCE = re.compile(r"[^.!?。！？\n]*(?:\.(?=\d)[^.!?。！？\n]*)*(?:[.!?。！？\n]+|$)(?:\s*\[f[\d, f、]+\])*")
_BEHIND = re.compile(r"([.!?。！？])\s*((?:\[f\d+[^\]]*\]\s*)+)")  # marks behind the stop belong before it


@dataclass(frozen=True, slots=True)
class Verified:
    """Text that may be shown, with the marks taken out, and how many sentences had to be replaced."""

    text: str
    replaced: int


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence without its marks, and the ids of the facts that it cites."""

    plain: str
    cited: tuple[str, ...]


def verify(text: str, facts: Sequence[Fact], language: Language, names: Callable[[], Vocabulary]) -> Verified:
    """Check a composed text against its facts, sentence by sentence.

    Args:
        text: sentences with marks like ``[f1]`` behind them.
        names: gives the store's vocabulary, to find member names; asked only for sentences that are not a fact's own.
    """
    known = {fact.id: fact for fact in facts}
    shown: list[str] = []
    used: set[str] = set()
    replaced = 0
    for sentence in _sentences(text, facts, language):
        cited = [known[i] for i in sentence.cited if i in known]
        if len(cited) == len(sentence.cited) and _holds(sentence.plain, cited, language, names):
            shown.append(sentence.plain)
            used.update(sentence.cited)
            continue
        replaced += 1
        shown.extend(fact.text.of(language) for fact in cited if fact.id not in used)
        used.update(fact.id for fact in cited)
    if facts and not used:
        headline = [fact for fact in facts if fact.weight >= 1.0] or list(facts[:1])
        shown, replaced = [fact.text.of(language) for fact in headline], max(replaced, 1)
    return Verified(("" if language == "zh" else " ").join(shown), replaced)


@dataclass(slots=True)
class SoFar:
    """A text that is still being written, for those who watch: only whole sentences that hold are handed on.

    The last sentence waits, for its marks stand behind it. One that fails is left out; ``verify`` replaces it later.
    """

    facts: Sequence[Fact]
    language: Language
    names: Callable[[], Vocabulary]
    _text: str = ""
    _known: int = 0
    _shown: list[str] = field(default_factory=list)

    def with_piece(self, piece: str) -> str | None:
        """Add a piece; the text that may be shown so far, or None where nothing was added to it."""
        self._text += piece
        whole = _sentences(self._text, self.facts, self.language)[:-1]
        fresh, self._known = whole[self._known :], max(self._known, len(whole))
        by_id = {fact.id: fact for fact in self.facts}
        holding = [
            sentence.plain
            for sentence in fresh
            if all(i in by_id for i in sentence.cited)
            and _holds(sentence.plain, [by_id[i] for i in sentence.cited], self.language, self.names)
        ]
        if not holding:
            return None
        self._shown += holding
        return ("" if self.language == "zh" else " ").join(self._shown)


def _sentences(text: str, facts: Sequence[Fact], language: Language) -> list[_Sentence]:
    """Sentences with the facts they cite. A fact's own sentence stays whole, whatever stops its names hold."""
    own = {f"{fact.text.of(language)}[{fact.id}]": fact.id for fact in facts}
    pieces = (
        re.split("(" + "|".join(re.escape(o) for o in sorted(own, key=len, reverse=True)) + ")", text)
        if own
        else [text]
    )
    found: list[_Sentence] = []
    for piece in pieces:
        if piece in own:
            found.append(_Sentence(piece[: piece.rindex("[")], (own[piece],)))
        else:
            found.extend(_split(piece))
    return found


def _split(text: str) -> list[_Sentence]:
    found = []
    for match in _SENTENCE.finditer(_BEHIND.sub(r" \2\1", text)):
        cited = [i for group in _MARK.findall(match[0]) for i in re.findall(r"f\d+", group)]
        plain = re.sub(r"\s+([.,;!?。，；！？])", r"\1", re.sub(r"\s+", " ", _MARK.sub("", match[0]))).strip()
        if plain.strip(".!?。！？ ") or cited:
            found.append(_Sentence(plain, tuple(dict.fromkeys(cited))))
    return found


def _holds(sentence: str, cited: Sequence[Fact], language: Language, names: Callable[[], Vocabulary]) -> bool:
    if any(sentence == fact.text.of(language) for fact in cited):
        return True
    both = [words for fact in cited for words in (fact.text.en, fact.text.zh)]
    pool = [n for words in both for n in numbers_of(words)] + [n for fact in cited for n in values_of(fact)]
    if not all(grounded(number, pool) for number in numbers_of(sentence)):
        return False
    if not dates_of(sentence) <= {day for words in both for day in dates_of(words)}:
        return False
    said, true = direction_of(sentence), {way for words in both for way in direction_of(words)}
    if len(said) == 1 and len(true) == 1 and said != true:
        return False
    return _names(sentence, names()) <= {name for words in both for name in _names(words, names())}


def _names(text: str, names: Vocabulary) -> set[tuple[str, object]]:
    try:
        normal = normalise(without_direction(text))
    except QuestionError:  # text that cannot be read names nothing that could be shown
        return set()
    mentions = names.find(normal, bytearray(len(normal)))
    return {(term.name, term.value) for m in mentions for term in m.of("member")[:1]}


def grounded_numbers(text: str, facts: Mapping[str, Fact] | Sequence[Fact]) -> int:
    """How many numbers of a shown text stand in none of the facts (for evaluation; must be 0)."""
    every = list(facts.values()) if isinstance(facts, Mapping) else list(facts)
    pool = [n for f in every for n in (*numbers_of(f.text.en), *numbers_of(f.text.zh), *values_of(f))]
    return sum(not grounded(number, pool) for number in numbers_of(text))
