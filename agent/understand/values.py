"""What an argument of a tool is where no word of it stands in the clause: small classifiers, one an argument.

Tools' own words come first (``choices`` of :class:`tools.registry.Tool`); these read a wording that no list has, "what
lands in the trolley next to bread" for goods that go together. Trained on the example questions of the tool that
``prompts/arguments.yaml`` labels (``agent.evaluation.routing``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agent.contracts import Reading
from agent.understand.asking import ToolWords
from agent.understand.meaning import Router

if TYPE_CHECKING:
    pass

LIKELY = 0.5  # from this chance on a value is taken; measured in docs/adr/013
ARGUMENTS = (("recommend_products", "goal"), ("segment_customers", "method"), ("segment_customers", "focus"))


def with_values(reading: Reading, router: Router) -> Reading:
    """The reading with likely values of arguments that no word settles, for the tools that may answer it."""
    ask = reading.ask
    if ask.again:  # "and for customer 22?" keeps the arguments of the turn before
        return reading
    settled = {(name, field) for name, field, _ in ask.choices}
    found = []
    for name, field in ARGUMENTS:
        if name in ask.open and (name, field) not in settled:
            value = likely(router, name, field, reading.text)
            if value is not None and value != default_of(router.tools, name, field):
                found.append((name, field, (value,)))
    return replace(reading, ask=replace(ask, choices=(*ask.choices, *found))) if found else reading


def likely(router: Router, name: str, field: str, text: str) -> str | None:
    """The value that a clause most likely gives to an argument; None where that is unsure."""
    first = next(iter(router.classified(weights_of(name, field), text).items()))
    return first[0] if first[1] >= LIKELY else None


def default_of(tools: ToolWords, name: str, field: str) -> str:
    """What the argument is where nothing is said."""
    return str(tools.tools[name].arguments.model_fields[field].default)


def weights_of(name: str, field: str) -> str:
    """The file of an argument's classifier."""
    return f"arguments.{name}.{field}.weights.npz"


# --------------------------------------------------------------------------------------------------------- training
