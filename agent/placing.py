"""Which argument of the tool that answers an id without a noun fills: "check 405", "at 406", 866211准备主推."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from agent.contracts import Reading
from agent.understand.ids import KINDS
from db.semantic.query import Filter, Scalar
from db.semantic.roles import role_dimension
from db.semantic.schema import StoreSchema
from tools.registry import Tool

STORES = "stores"


def placed(reading: Reading, tool: Tool, schema: StoreSchema) -> Reading:
    """The reading with its bare ids as arguments that the tool takes, else as a filter where they are surely meant.

    An id goes to the likeliest of its kinds that the tool can use. A tool of figures is limited to the store, product
    or customer of that number.
    """
    ask = reading.ask
    given: dict[str, tuple[str, ...]] = {kind: getattr(ask, kind) for kind in KINDS if kind != STORES}
    limits: dict[str, list[Scalar | None]] = defaultdict(list)
    for bare in ask.bare:
        kind = next((k for k in bare.kinds if _takes(tool, k)), bare.kinds[0])
        if kind != STORES and tool.takes(kind):
            given[kind] = (*given[kind], bare.id)
        elif bare.sure and tool.takes("filters") and (dimension := role_dimension(schema, *KINDS[kind])):
            limits[dimension].append(int(bare.id) if schema.dimensions[dimension].value == "int" else bare.id)
    filters = tuple(Filter(dimension=name, op="in", values=tuple(values)) for name, values in limits.items())
    named = {f.dimension for f in reading.filters}
    more = tuple(f for f in filters if f.dimension not in named)
    full = replace(ask, bare=(), customers=given["customers"], products=given["products"], orders=given["orders"])
    return replace(reading, filters=(*reading.filters, *more), ask=full)


def _takes(tool: Tool, kind: str) -> bool:
    return tool.takes("filters") if kind == STORES else tool.takes(kind)
