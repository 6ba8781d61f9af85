"""What a store can be asked: its metrics, splits and tools, as plain JSON values in one language."""

from __future__ import annotations

from typing import Any

from agent.contracts import Language, Principal
from db.engine import Store
from tools.registry import planned_tools


def catalogue(store: Store, principal: Principal, language: Language) -> dict[str, Any]:
    """Everything that this principal may ask a store for; no member and no row of it."""
    schema = store.schema
    splits = {
        name: dimension
        for name, dimension in schema.dimensions.items()
        if dimension.pii != "personal" or principal.may_see_pii
    }
    return {
        "store": schema.name,
        "label": schema.label.of(language),
        "description": schema.description.of(language),
        "currency": schema.currency,
        "as_of": store.as_of.isoformat(),
        "data_start": store.data_start.isoformat(),
        "data_end": store.data_end.isoformat(),
        "metrics": [
            {
                "name": metric.name,
                "label": metric.label.of(language),
                "description": metric.description.of(language),
                "unit": metric.unit,
                "good": metric.good,
                "origin": metric.origin,
                "dimensions": [name for name in splits if schema.can_split(metric.name, name)],
            }
            for metric in schema.offered()
        ],
        "dimensions": [
            {
                "name": name,
                "label": dimension.label.of(language),
                "kind": dimension.kind,
                "grain": dimension.grain,
                "pii": dimension.pii,
            }
            for name, dimension in splits.items()
        ],
        "tools": [
            {"name": tool.name, "when": tool.when, "writes": tool.writes}
            for tool in planned_tools()
            if not tool.lacks(schema)
        ],
        "unavailable": [
            {"label": item.label.of(language), "why": item.why.of(language)} for item in schema.unavailable.values()
        ],
    }
