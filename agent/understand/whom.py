"""Whom or what a part of a question is about where only a part before it names them.

"Is 2270 leaving? What does she need?", "what goes with product 995242, and how many of it did we sell?"
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agent.contracts import Reading
from agent.understand.reading import ClauseReader, Scope

_THEM = r"\b(?:them|they|their)\b"
_ONE = re.compile(  # words for one customer who was named before
    r"\b(?:he|she|him|her|his|hers|(?:that|this) (?:customer|household|shopper|member|person)|the same (?:customer|household))\b"
    r"|[他她](?!们)|\bta\b|[这那](?:人|户|位|个人|个?(?:顾客|客户|会员|用户))|[这那该]家(?!店|门店)",
    re.ASCII,
)
_ANYBODY = re.compile(f"{_ONE.pattern}|{_THEM}", re.ASCII)
_HOUSE = re.compile(r"\b(?:household|account|family)\b", re.ASCII)
_IT = r"\b(?:it|its)\b"
_OWNS = frozenset({"his", "hers", "their", "its"})
_SEVERAL = re.compile(r"\b(?:they|them|their|these (?:two|three|four)|both)\b|[他她]们|[这那](?:俩|两|三|几)", re.ASCII)
_THING = re.compile(  # words for the product that was named before
    r"\b(?:it|its|(?:that|this|the same) (?:item|product|article|sku|one))\b|它|[这那该](?:个|款|件)?(?:商品|产品|货|单品|东西)",
    re.ASCII,
)


def named_anew(text: str, before: ClauseReader) -> str:
    """A part with the number of the one customer or product that the part before it names, in place of a pronoun.

    What a part asks for is told by its wording, and "what should I put next to it" tells nothing.
    """
    own = ClauseReader(text, before.scope)
    if own.things.ids or own.names.ambiguities:
        return text
    for kind, phrase, word in (("customers", _ANYBODY, "customer"), ("products", _THING, "product")):
        ids = {*before.things.ids.get(kind, ())}
        if kind == "customers" and _HOUSE.search(before.text) and not before.things.ids.get("products"):
            phrase = re.compile(f"{phrase.pattern}|{_IT}", re.ASCII)
        if len(ids) == 1 and (match := phrase.search(text)):
            (one,) = ids
            named = f"{word} {one}" if text.isascii() else f"{one}号{'顾客' if word == 'customer' else '商品'}"
            own_s = "'s" if match[0] in _OWNS else ""
            return f"{text[: match.start()]}{named}{own_s}{text[match.end() :]}"
    return text


def spelled_out(parts: Sequence[str], scope: Scope) -> list[str]:
    """The parts, a pronoun for the one customer or product of the part before it spelled out in each."""
    result: list[str] = []
    for part in parts:
        result.append(named_anew(part, ClauseReader(result[-1], scope)) if result else part)
    return result


def of_person(reading: Reading, before: Sequence[Reading]) -> Reading:
    """A part that speaks of the customer, or the customers, whom the nearest part before it names by id."""
    ask = reading.ask
    named = next((r.ask for r in reversed(before) if r.ask.people), None)
    if named is None or ask.people or ask.products or ask.orders:
        return reading
    spoken = _SEVERAL.search(reading.text) or (len(named.people) == 1 and _ONE.search(reading.text))
    if not spoken:
        return reading
    pointed = None if ask.pointed == "customers" else ask.pointed
    return replace(reading, ask=replace(ask, customers=named.people, them=False, pointed=pointed))


def _products(reading: Reading) -> tuple[str, ...]:
    """The products that a part names, by their noun or by a number that is one's alone."""
    bare = tuple(each.id for each in reading.ask.bare if each.kinds[:1] == ("products",))
    return reading.ask.products or bare


def of_product(reading: Reading, before: Sequence[Reading]) -> Reading:
    """A part that speaks of the one product that the nearest part before it names by id."""
    ask = reading.ask
    named = next((found for r in reversed(before) if (found := _products(r))), ())
    if len(named) != 1 or ask.people or ask.products or ask.orders or not _THING.search(reading.text):
        return reading
    pointed = None if ask.pointed == "products" else ask.pointed
    return replace(reading, ask=replace(ask, products=named, pointed=pointed))
