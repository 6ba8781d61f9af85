"""Whom or what a part of a question is about where only a part before it names them.

"Is 2270 leaving? What does she need?", "what goes with product 995242, and how many of it did we sell?"
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agent.contracts import Reading

_ONE = re.compile(  # words for one customer who was named before
    r"\b(?:he|she|him|her|his|hers|that (?:customer|household|shopper|member|person)|the same (?:customer|household))\b"
    r"|[他她](?!们)|\bta\b|[这那](?:人|户|位|个人|个?(?:顾客|客户|会员|用户))|[这那该]家(?!店|门店)",
    re.ASCII,
)
_SEVERAL = re.compile(r"\b(?:they|them|their|these (?:two|three|four)|both)\b|[他她]们|[这那](?:俩|两|三|几)", re.ASCII)
_THING = re.compile(  # words for the product that was named before
    r"\b(?:it|its|(?:that|this|the same) (?:item|product|article|sku|one))\b|它|[这那该](?:个|款|件)?(?:商品|产品|货|单品|东西)",
    re.ASCII,
)


def of_person(reading: Reading, before: Sequence[Reading]) -> Reading:
    """A part that speaks of the customer, or the customers, whom the nearest part before it names by id."""
    ask = reading.ask
    named = next((r.ask for r in reversed(before) if r.ask.people), None)
    if named is None or ask.people or ask.products or ask.orders:
        return reading
    spoken = _SEVERAL.search(reading.text) or (len(named.people) == 1 and _ONE.search(reading.text))
    if not spoken:
        return reading
    return replace(reading, ask=replace(ask, customers=named.people, them=False))


def of_product(reading: Reading, before: Sequence[Reading]) -> Reading:
    """A part that speaks of the one product that the nearest part before it names by id."""
    ask = reading.ask
    named = next((r.ask.products for r in reversed(before) if r.ask.products), ())
    if len(named) != 1 or ask.people or ask.products or ask.orders or not _THING.search(reading.text):
        return reading
    pointed = None if ask.pointed == "products" else ask.pointed
    return replace(reading, ask=replace(ask, products=named, pointed=pointed))
