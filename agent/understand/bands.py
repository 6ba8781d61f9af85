"""Bounds on what customers are ("under 35s", "income over 100k", 三口以上的家庭): the bands of a dimension within them.

A store keeps age, income, household size and number of kids as ordered bands (``25-34``, ``100-124K``, ``5+``). A bound
that words give stands for every band that lies within it; one that cuts a band leaves that band out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from agent.understand.amounts import amount_of
from agent.understand.lexicon import SYNONYM, Lexicon
from agent.understand.vocabulary import Mention, Term

ENDLESS = Decimal("Infinity")
_THOUSAND = Decimal(1000)
_SLACK = {"age": Decimal(1), "income": _THOUSAND}  # "34 or under" and "under 34" mean the band that ends there
_COUNTS = frozenset({"household_size", "kids"})  # whole numbers: more than 2 are 3

_N = r"\d\d?|one|two|three|four|five"
_MONEY = r"\$?\d[\d,]*(?:\.\d+)?(?: ?k\b| thousand| grand)?"
_KS = r"\$?\d[\d,]*(?: ?k\b| thousand| grand)"
_ZN = r"\d+(?:\.\d+)?|[一二两三四五六七八九十]+"
_UPWARD = r"(?:and|or) (?:over|older|above|up|upwards|more|bigger|larger)\b|plus\b|\+"
_DOWNWARD = r"(?:and|or) (?:under|younger|below|less|fewer|smaller)\b"
_PEOPLE = r"(?:people|customers?|shoppers?|households?|buyers?|folks|members|clients|groups?|crowd|bracket|segment|every(?:one|body)|any(?:one|body)|those|men|women)"
_ON = (  # what may follow a bare number of years: "people over 50 in december", and not "over 50 dollars"
    r"(?= ?(?:$|[,.?!;:)]|(?:in|by|who|that|and|or|vs|versus|from|with|on|for|during|since|last|this|per|do|did|does|have|has"
    r"|buy|bought|spend|spent|make|made|order|ordered|come|came|shop|pay|paid|get|got|use)\b))"
)


def _bound(number: str) -> str:
    """A bound in English: one side of a number, or both of two; the number in words or digits."""
    sign = r"over|above|more than|older than|at least|from|upwards of|under|below|less than|fewer than|younger than|at most|up to|no (?:more|older) than"
    return (
        rf"(?:(?P<sign>{sign}) (?:the age of )?(?P<a>{number})"
        rf"|between (?P<b>{number}) (?:and|to) (?P<c>{number})"
        rf"|(?P<d>{number}) ?(?:to|-|–) ?(?P<e>{number})"
        rf"|(?P<f>{number}) ?(?P<post>{_UPWARD}|{_DOWNWARD}))"
    )


_ZH_SIDE = r"(?:及|或|和)?(?:以)?(?P<post>上|下|内)"
_ZH_SIGN = r"(?P<sign>超过|大于|高于|多于|不止|至少|不到|未满|不满|小于|低于|少于)"
_ZH_TO = r"(?:到|至|-|~|—)"
_WORDS = {
    "age": (
        rf"\b(?:aged|ages?)(?: of| is| are)? {_bound(_N)}(?: years?(?: old)?)?",
        rf"\b{_bound(_N)}(?:[ -]?years?(?:[ -]olds?| of age)|[ -]?yrs?\b|[ -]?y/?o\b)",
        rf"\b(?P<sign>over|above|under|below)[ -]?(?P<a>{_N})'?s\b",
        rf"\b(?P<sign>older than|younger than|over the age of|under the age of) (?P<a>{_N})(?! ?(?:days|weeks|months|hours))\b",
        rf"\b{_PEOPLE}(?: (?:who|that) are| is| are)? (?P<sign>over|above|under|below|past) (?P<a>\d\d)\b{_ON}",
        r"\b(?P<f>\d\d) (?P<post>(?:and|or) (?:older|younger))\b",
        rf"\b(?P<f>\d\d) ?(?P<post>{_UPWARD}|{_DOWNWARD}) ?(?={_PEOPLE}\b)",
        rf"\b{_PEOPLE} (?P<f>\d\d) ?(?P<post>{_UPWARD}|{_DOWNWARD})",
        rf"(?P<a>{_ZN})周?岁{_ZH_SIDE}",
        rf"{_ZH_SIGN}(?P<a>{_ZN})周?岁",
        rf"(?P<b>{_ZN})岁?{_ZH_TO}(?P<c>{_ZN})周?岁",
    ),
    "income": (
        rf"\b(?:incomes?|earn(?:ing|s|ers)?|salar(?:y|ies)|making)(?: levels?| of| is| are)? {_bound(_MONEY)}",
        rf"{_bound(_MONEY)}(?: a year| per year| yearly| in| of)?(?: household| annual)? (?:incomes?|earners|salar(?:y|ies))\b",
        rf"(?:收入|年薪|[挣赚])(?:在|为|有)?{_ZH_SIGN}?(?P<a>{_ZN})(?P<unit>万|千|k)(?:美[元金]|刀|元|块)?(?:{_ZH_SIDE})?",
        rf"(?:收入|年薪|[挣赚])(?:在|为)?(?P<b>{_ZN})(?P<unit_b>万|千|k)?{_ZH_TO}(?P<c>{_ZN})(?P<unit>万|千|k)(?:美[元金]|刀|元|块)?",
    ),
    "household_size": (
        rf"\b(?:households?|homes|famil(?:ies|y))(?: sizes?)? (?:of|with) (?:{_bound(_N)}|(?P<same>{_N})(?![\d-]))(?!\+? (?:(?:or|and) (?:more|fewer|less) )?(?:kids?|child|little ones|adults?))(?: people| persons| members| heads)?",
        rf"\b{_bound(_N)}[ -](?:persons?|people|members?) (?:households?|homes|families)",
        rf"\b{_bound(_N)} (?:people|persons|members) (?:at home|(?:in|under) (?:the|one) (?:house|household|home|family|roof)|per household)",
        rf"(?P<a>{_ZN})口(?:人|之家)?{_ZH_SIDE}",
        rf"(?P<a>{_ZN})人{_ZH_SIDE}(?=的?(?:家庭|家里|户|之家))",
        rf"{_ZH_SIGN}(?P<a>{_ZN})口",
    ),
    "kids": (
        rf"\b{_bound(_N)} (?:kids?|child(?:ren)?|little ones)\b",
        rf"(?P<a>{_ZN})个?{_ZH_SIDE}的?(?:孩子|小孩|娃|子女)",
        rf"{_ZH_SIGN}(?P<a>{_ZN})个(?:孩子|小孩|娃|子女)",
        rf"(?P<a>{_ZN})个(?:孩子|小孩|娃|子女){_ZH_SIDE}",
        rf"(?:孩子|小孩|娃|子女)(?:有|在)?(?P<a>{_ZN})个{_ZH_SIDE}",
    ),
}
_NAMED = {  # where its noun stands elsewhere in the text ("by income band, 100k and above only")
    "income": (
        re.compile(r"\bincomes?\b|\bearn|\bsalar|收入|年薪", re.ASCII),
        rf"(?<![\w.,])(?:(?P<sign>over|above|at least|from|under|below) (?P<a>{_KS})|(?P<f>{_KS}) ?(?P<post>{_UPWARD}|{_DOWNWARD}))",
    ),
    "age": (
        re.compile(r"\bages?\b|\baged\b|年龄|岁", re.ASCII),
        r"(?<![\w.,$])(?P<f>\d\d) ?(?P<post>(?:and|or) (?:over|older|above|up|upwards|under|younger|below)\b|\+)",
    ),
}
_NUMBERS = ("a", "b", "c", "d", "e", "f", "same")  # groups that hold a number, the lower first
_PATTERNS = {role: tuple(re.compile(p, re.ASCII) for p in every) for role, every in _WORDS.items()}
_BESIDE = {role: (noun, re.compile(pattern, re.ASCII)) for role, (noun, pattern) in _NAMED.items()}
_UPPER = re.compile(r"under|below|less|fewer|younger|at most|up to|no |不到|未满|不满|小于|低于|少于")
_CLOSED = re.compile(r"\b(?:at least|from|at most|up to|no|and|or|plus)\b|[+至上下内]")
_UP = re.compile(r"over|older|above|up|more|bigger|larger|plus|\+|上")


@dataclass(frozen=True, slots=True)
class Bound:
    """From ``low`` to below ``high``."""

    low: Decimal
    high: Decimal


def find_bands(text: str, lexicon: Lexicon, taken: bytearray) -> list[Mention]:
    """Where the text bounds what customers are, and the members within; what it reads is marked in ``taken``."""
    found: list[Mention] = []
    for role, dimension in _dimensions(lexicon):
        members = [(member, band) for member in lexicon.members(dimension) if (band := band_of(str(member)))]
        noun, beside = _BESIDE.get(role, (None, None))
        for pattern in (*_PATTERNS[role], *((beside,) if beside and noun and noun.search(text) else ())):
            for match in pattern.finditer(text):
                bound = None if any(taken[match.start() : match.end()]) else _bound_of(match, role)
                slack = _SLACK.get(role, Decimal(0))
                within = [m for m, band in members if bound and _lies_within(band, bound, slack)]
                if within and len(within) < len(members):
                    terms = tuple(Term("member", dimension, m, SYNONYM) for m in within)
                    taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
                    found.append(Mention(match.start(), match.end(), terms, 2))
    return found


def names_in(text: str, lexicon: Lexicon) -> list[Mention]:
    """Everything that the text names, bounds of what customers are among it."""
    taken = bytearray(len(text))
    return [*find_bands(text, lexicon, taken), *lexicon.vocabulary.find(text, taken)]


def band_of(member: str) -> Bound | None:
    """The numbers that a member stands for.

    >>> band_of("25-34"), band_of("250K+"), band_of("red")
    (Bound(low=Decimal('25'), high=Decimal('35')), Bound(low=Decimal('250000'), high=Decimal('Infinity')), None)
    """
    match = re.fullmatch(
        r"(?:(?P<under>under|below|<) ?)?(?P<low>\d+)(?: ?[-–] ?(?P<high>\d+))?(?P<k>k)?(?P<up>\+)?", member, re.I
    )
    if not match:
        return None
    scale = _THOUSAND if match["k"] else Decimal(1)
    low = Decimal(match["low"]) * scale
    if match["under"]:
        return Bound(Decimal(0), low)
    last = Decimal(match["high"]) * scale if match["high"] else low
    return Bound(low, ENDLESS if match["up"] else last + scale)


def _dimensions(lexicon: Lexicon) -> Iterator[tuple[str, str]]:
    """The dimensions that say how old, rich and many customers are, by the role of their columns."""
    if role := lexicon.schema.roles.get("customers"):
        places = {column: name for name, column in role.columns.items() if name in _PATTERNS}
        for dimension, kept in lexicon.schema.dimensions.items():
            if kept.table == role.table and kept.column in places:
                yield places[kept.column], dimension


def _lies_within(band: Bound, bound: Bound, slack: Decimal) -> bool:
    return band.low >= bound.low - slack and band.high <= bound.high + (0 if bound.high == ENDLESS else slack)


def _bound_of(match: re.Match[str], role: str) -> Bound | None:
    said = {name: words for name, words in match.groupdict().items() if words}
    unit = said.get("unit", "")
    every = [_number(said[name], role, said.get(f"unit_{name}", unit)) for name in _NUMBERS if name in said]
    numbers = [number for number in every if number is not None]
    if not numbers or len(numbers) < len(every):
        return None
    first, last = numbers[0], numbers[-1]
    one = Decimal(role in _COUNTS or role == "age")
    if "same" in said or len(numbers) > 1:
        return Bound(first, last + one)
    sign, post = said.get("sign", ""), said.get("post", "")
    closed = bool(_CLOSED.search(post or sign))
    if post:
        above = bool(_UP.search(post))
    elif sign:
        above = not _UPPER.search(sign)
    else:
        return None
    if above:
        return Bound(first + (one if role in _COUNTS and not closed else 0), ENDLESS)
    return Bound(Decimal(0), first + (one if closed else 0))


def _number(words: str, role: str, unit: str) -> Decimal | None:
    thousands = role == "income" and re.search(r"k$|thousand|grand", words)
    number = amount_of(re.sub(r"[$ ]|k$|thousand|grand", "", words) if role == "income" else words)
    if number is None:
        return None
    if unit or thousands:
        return number * {"万": Decimal(10_000), "千": _THOUSAND}.get(unit, _THOUSAND)
    return number * _THOUSAND if role == "income" and number < _THOUSAND else number
