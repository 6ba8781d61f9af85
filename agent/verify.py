"""Nothing ungrounded is shown: every number, date and name of the text must stand in a fact that its sentence cites.

Rounding: a number holds when it equals a fact's number at the precision in which the sentence writes it (1.2 million for
1,234,567.89; 8% for 0.0825). A sentence that fails is replaced by the own sentence of the facts it cites, or dropped when
it cites none. Sentences without figures and names (a reading, a next step) pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.contracts import Language
from agent.understand.text import normalise
from agent.understand.vocabulary import Vocabulary
from tools.evidence import Fact

_MARK = re.compile(r"\[(f\d+(?:\s*[,、]\s*f\d+)*)\]")
_SENTENCE = re.compile(r"[^.!?。！？\n]*(?:\.(?=\d)[^.!?。！？\n]*)*(?:[.!?。！？\n]+|$)(?:\s*\[f[\d, f、]+\])*")
_NUMBER = re.compile(
    r"(?<![\w])[-−+]?[$¥€£]?\s?\d[\d,]*(?:\.\d+)?\s?(?:%|k\b|m\b|million|thousand|bn|万|亿|个百分点)?", re.IGNORECASE
)
_SCALE = {
    "%": Decimal("0.01"),
    "k": Decimal(1000),
    "thousand": Decimal(1000),
    "m": Decimal(10**6),
    "million": Decimal(10**6),
    "bn": Decimal(10**9),
    "万": Decimal(10**4),
    "亿": Decimal(10**8),
}


@dataclass(frozen=True, slots=True)
class Verified:
    """Text that may be shown, with the marks taken out, and how many sentences had to be replaced."""

    text: str
    replaced: int


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
    for sentence in _sentences(text):
        cited = [i for group in _MARK.findall(sentence) for i in re.findall(r"f\d+", group)]
        plain = re.sub(r"\s+([.,;!?。])", r"\1", _MARK.sub("", sentence)).strip()
        if not plain:
            continue
        if all(i in known for i in cited) and _holds(plain, [known[i] for i in cited], language, names):
            shown.append(plain)
            used.update(cited)
            continue
        replaced += 1
        for i in cited:
            if i in known and i not in used:
                shown.append(known[i].text.of(language))
                used.add(i)
    return Verified(("" if language == "zh" else " ").join(shown), replaced)


def _sentences(text: str) -> list[str]:
    """Sentences with the marks that follow them."""
    marked = re.sub(r"([.!?。！？])\s*((?:\[f\d+[^\]]*\]\s*)+)", r" \2\1", text)
    return [m[0] for m in _SENTENCE.finditer(marked) if m[0].strip()]


def _holds(sentence: str, cited: Sequence[Fact], language: Language, names: Callable[[], Vocabulary]) -> bool:
    if any(sentence == fact.text.of(language) for fact in cited):
        return True
    ground = " ".join(fact.text.of(language) for fact in cited)
    allowed = [n for fact in cited for n in _numbers(fact.text.en) + _numbers(fact.text.zh) + _value(fact)]
    if any(not _grounded(number, allowed) for number in _numbers(sentence)):
        return False
    return _names(sentence, names()) <= _names(ground, names())


def _value(fact: Fact) -> list[tuple[Decimal, int]]:
    if isinstance(fact.value, bool) or not isinstance(fact.value, int | float | Decimal):
        return []
    return [(Decimal(str(fact.value)), 9)]


def _numbers(text: str) -> list[tuple[Decimal, int]]:
    """(value, decimals as written in units of the value) of every number."""
    found = []
    for match in _NUMBER.finditer(text):
        words = re.sub(r"[$¥€£\s,+]", "", match[0]).replace("−", "-").lower()
        digits = re.match(r"-?\d+(?:\.\d+)?", words)
        if not digits:
            continue
        scale = _SCALE.get(words[digits.end() :], Decimal(1))
        places = len(digits[0].partition(".")[2])
        exponent = places - int(scale.log10()) if scale != 1 else places
        found.append((Decimal(digits[0]) * scale, exponent))
    return found


def _grounded(number: tuple[Decimal, int], allowed: Sequence[tuple[Decimal, int]]) -> bool:
    value, places = number
    half = Decimal(10) ** -places / 2
    return any(abs(abs(value) - abs(other)) <= half for other, _ in allowed)


def _names(text: str, names: Vocabulary) -> set[tuple[str, object]]:
    try:
        normal = normalise(text)
    except Exception:  # noqa: BLE001 - text that cannot be read names nothing that could be shown
        return set()
    mentions = names.find(normal, bytearray(len(normal)))
    return {(term.name, term.value) for m in mentions for term in m.of("member")[:1]}


def grounded_numbers(text: str, facts: Mapping[str, Fact] | Sequence[Fact]) -> int:
    """How many numbers of a shown text stand in none of the facts (for evaluation; must be 0)."""
    pool = list(facts.values()) if isinstance(facts, Mapping) else list(facts)
    allowed = [n for fact in pool for n in _numbers(fact.text.en) + _numbers(fact.text.zh) + _value(fact)]
    return sum(not _grounded(number, allowed) for number in _numbers(text))
