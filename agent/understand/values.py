"""What an argument of a tool is: small classifiers, one an argument, that see the tool's own words as marks.

A tool's words for a value (``choices`` of :class:`tools.registry.Tool`) are evidence, as its words for itself are in
:mod:`agent.understand.meaning`: "who slipped away for good" holds a word of leaving and speaks of the lost. Trained on
the example questions of the tool that ``prompts/arguments.yaml`` labels (``agent.evaluation.routing``).
"""

from __future__ import annotations

import re
from dataclasses import replace

from agent.contracts import Reading
from agent.understand.asking import ToolWords
from agent.understand.meaning import Router, marks
from db.semantic.roles import entity_dimension, in_role

_EVERYTHING = re.compile(
    r"\b(?:the (?:whole )?lot|everything|across the board|all of (?:it|them)|the works|all three)\b|全都|都查|都看|都扫|全查|一起查|全部|全面",
    re.ASCII,
)
LIKELY = 0.2  # from this chance on a value that words name comes before a likelier one; measured in docs/adr/013
SOLD = "products"  # the role of the tables that say what is sold
WITH_GOODS = "with_product"
NEEDS_GOODS = frozenset({WITH_GOODS})  # values that mean nothing unless goods are named
GOAL, POPULAR = ("recommend_products", "goal"), "popular"
ARGUMENTS = (
    GOAL,
    ("segment_customers", "method"),
    ("segment_customers", "focus"),
    ("check_risk", "kind"),
)


def with_values(reading: Reading, router: Router) -> Reading:
    """The reading with the likeliest values of these arguments, for the tools that may answer it."""
    ask = reading.ask
    if ask.again:  # "and for customer 22?" keeps the arguments of the turn before
        return reading
    heads = [(name, field) for name, field in ARGUMENTS if name in ask.open]
    goods = _names_goods(reading, router)
    values = [(name, field, likely(router, name, field, reading.text, goods)) for name, field in heads]
    if _of_goods_alone(
        reading, entity_dimension(router.lexicon.schema, "product")
    ):  # "1029743 is in the basket, what else?"
        values = [
            (n, f, WITH_GOODS if v == default_of(router.tools, n, f) and f == "goal" else v) for n, f, v in values
        ]
    if not ask.people and any(one[:2] == GOAL and POPULAR in one[2] for one in ask.choices):
        values = [(n, f, POPULAR if (n, f) == GOAL else v) for n, f, v in values]  # 给年轻人推哪些热门的: of a group
    found = [(name, field, (v,)) for name, field, v in values if v != default_of(router.tools, name, field)]
    kept = [choice for choice in ask.choices if choice[:2] not in heads]
    return replace(reading, ask=replace(ask, choices=(*kept, *found)))


def likely(router: Router, name: str, field: str, text: str, goods: bool = True) -> str:
    """The value that a clause most likely gives to an argument; one that its words name comes first where it is likely.

    Args:
        goods: whether it names goods, or points at some.
    """
    if _EVERYTHING.search(text) and router.tools.valued(name, field, text) > 1:  # "payments, refunds, people, the lot"
        return default_of(router.tools, name, field)
    marked = value_marks(router.tools, name, field, text)
    chances = router.classified(
        weights_of(name, field), text, lambda: (*marks(text, router.lexicon, router.tools), *marked)
    )
    ranked = sorted(chances, key=lambda value: not (f"value:{value}" in marked and chances[value] >= LIKELY))
    return next(value for value in ranked if goods or value not in NEEDS_GOODS)


def _of_goods_alone(reading: Reading, product: str | None) -> bool:
    """Whether products are named by their numbers, and nobody for whom."""
    ask = reading.ask
    products = ask.products or [bare for bare in ask.bare if bare.kinds[:1] == (SOLD,)]
    return bool(products) and not (ask.people or any(f.dimension != product for f in reading.filters))


def _names_goods(reading: Reading, router: Router) -> bool:
    ask, schema = reading.ask, router.lexicon.schema
    one = entity_dimension(schema, "product")
    limits = [f.dimension for f in reading.filters]
    named = any(d == one or in_role(schema, d, SOLD) for d in limits)
    return named or bool(ask.products or ask.them or any(SOLD in bare.kinds for bare in ask.bare))


def value_marks(tools: ToolWords, name: str, field: str, text: str) -> tuple[str, ...]:
    """The values of an argument that a clause has words for."""
    told = {(tool, argument): values for tool, argument, values in tools.read(text).choices}
    return tuple(f"value:{value}" for value in told.get((name, field), ()))


def default_of(tools: ToolWords, name: str, field: str) -> str:
    """What the argument is where nothing is said."""
    return str(tools.tools[name].arguments.model_fields[field].default)


def weights_of(name: str, field: str) -> str:
    """The file of an argument's classifier."""
    return f"arguments.{name}.{field}.weights.npz"
