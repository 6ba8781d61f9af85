"""What an id without a noun fills in the tool that answers: an argument ("check 405"), or a condition ("at 406")."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from agent.contracts import BareId, Reading
from agent.form import QUERY
from agent.understand.ids import KINDS
from db.semantic.query import Filter, Scalar
from db.semantic.roles import role_dimension
from db.semantic.schema import StoreSchema
from tools.registry import Tool

STORES = "stores"
HARDLY = 0.2  # of a figure's chance, where it cannot be computed as it was read


def conditions(bare: Sequence[BareId], tools: Iterable[Tool], schema: StoreSchema) -> tuple[Filter | None, ...]:
    """For each id, the condition that it puts on the figures of these tools; None where one takes it as an argument."""
    known = tuple(tools)
    return tuple(
        _condition(each, schema) if each.sure and not any(t.takes(k) for t in known for k in each.kinds) else None
        for each in bare
    )


def _condition(bare: BareId, schema: StoreSchema) -> Filter | None:
    kind = STORES if STORES in bare.kinds else bare.kinds[0]
    dimension = role_dimension(schema, *KINDS[kind])
    if dimension is None:
        return None
    value: Scalar = int(bare.id) if schema.dimensions[dimension].value == "int" else bare.id
    return Filter(dimension=dimension, op="in", values=(value,))


def placed(reading: Reading, tool: Tool, schema: StoreSchema) -> Reading:
    """The reading with its bare ids as arguments that the tool takes, else as a filter where they are surely meant.

    An id goes to the likeliest of its kinds that the tool can use; a figure is limited to the store, product or
    customer of that number.
    """
    ask = reading.ask
    given: dict[str, tuple[str, ...]] = {kind: getattr(ask, kind) for kind in KINDS if kind != STORES}
    limits: dict[str, list[Scalar | None]] = defaultdict(list)
    for bare in ask.bare:
        kind = next((k for k in bare.kinds if k == STORES or tool.takes(k)), STORES)
        if kind != STORES:
            given[kind] = (*given[kind], bare.id)
        elif bare.sure and tool.takes("filters") and (condition := _condition(bare, schema)):
            limits[condition.dimension] += condition.values
    for kind, ids in given.items():  # "what did 2127这户 spend": whom a figure is of
        dimension = role_dimension(schema, *KINDS[kind])
        if ids and dimension and tool.takes("filters") and not tool.takes(kind):
            limits[dimension] += [
                int(i) if schema.dimensions[dimension].value == "int" and i.isdigit() else i for i in ids
            ]
    named = {f.dimension for f in reading.filters}
    more = (Filter(dimension=d, op="in", values=tuple(v)) for d, v in limits.items() if d not in named)
    full = replace(ask, bare=(), customers=given["customers"], products=given["products"], orders=given["orders"])
    return replace(reading, filters=(*reading.filters, *more), ask=full)


def able(
    chances: Mapping[str, float], reading: Reading, tools: Mapping[str, Tool], schema: StoreSchema
) -> Mapping[str, float]:
    """The chances without tools that only look at groups, where the clause names a customer and none of their words.

    A figure that is not recorded by what the clause limits it to is hardly what is asked for.
    """
    limited = all(schema.can_split(metric, f.dimension) for metric in reading.metrics for f in reading.filters)
    if not limited and QUERY in chances:
        chances = {name: chance * (HARDLY if name == QUERY else 1.0) for name, chance in chances.items()}
    people = reading.ask.customers or any(bare.sure and bare.kinds == ("customers",) for bare in reading.ask.bare)
    if not people:
        return chances
    groups = {n for n, tool in tools.items() if tool.takes("filters") and not tool.takes("customers")}
    left_out = groups - {QUERY, *(name for name in reading.ask.words if not tools[name].writes)}
    return {name: chance for name, chance in chances.items() if name not in left_out}
