"""Try a draft against the live tables: whatever does not run is taken out and told, the rest is measured once."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from agent.connecting.drafts import Measured, Split, ToolState
from agent.stores import today_of
from db.drafting.draft import DraftSchema
from db.drafting.writing import written
from db.engine import Store, open_store
from db.errors import QueryError, StoreError, StoreTimeout
from db.semantic.load import load_store_schema
from db.semantic.query import SemanticQuery
from db.semantic.result import Value
from db.semantic.schema import StoreSchema, Text

SECONDS = 30.0  # for one figure over all the data
APART = 0.02  # of the orders' totals, from which on the lines' sum is worth a question


@dataclass(frozen=True, slots=True)
class Checked:
    """A draft that runs, with its figures."""

    content: Mapping[str, Any]
    schema: StoreSchema
    metrics: tuple[Measured, ...]
    splits: tuple[Split, ...]
    tools: tuple[ToolState, ...]
    left_off: tuple[Text, ...]
    asks: tuple[Text, ...]
    start: date
    end: date
    as_of: date


def check_draft(draft: DraftSchema, place: str | Path) -> Checked:
    """Load the draft as any store's YAML is loaded, hold it against the live tables, and ask each figure once.

    Raises:
        SchemaError: the draft does not hold, a fault of ours. StoreError: the data cannot be read.
    """
    content = copy.deepcopy(dict(draft.content))
    with tempfile.TemporaryDirectory() as folder:
        yaml = Path(folder) / f"{content['name']}.yaml"
        yaml.write_text(written(draft), encoding="utf-8")
        schema = load_store_schema(yaml)
        store = open_store(place, schema, now=today_of(schema) if "://" in str(place) else None)
        try:
            store.validate(yaml)
            values, left_off = _tried(store, content)
            for name in left_off:
                _drop(content, name)
            for name in [n for n in content["metrics"] if n not in values and n not in left_off]:
                content["metrics"].pop(name, None)  # a ratio of something that was left off
            yaml.write_text(written(_with(draft, content)), encoding="utf-8")
            return _checked(store, load_store_schema(yaml), content, values, left_off)
        finally:
            store.close()


def _with(draft: DraftSchema, content: dict[str, Any]) -> DraftSchema:
    return DraftSchema(content, draft.asks, draft.personal, draft.unused, draft.left_out)


def _tried(store: Store, content: dict[str, Any]) -> tuple[dict[str, Value], dict[str, Text]]:
    values: dict[str, Value] = {}
    left_off: dict[str, Text] = {}
    for name, metric in store.schema.metrics.items():
        if metric.is_ratio and any(part in left_off for part in (metric.numerator, metric.denominator)):
            continue
        try:
            values[name] = store.run(SemanticQuery(metrics=(name,)), timeout=SECONDS).rows[0][0]
        except StoreTimeout:
            values[name] = None  # it runs, only not over all the data at once
        except (StoreError, QueryError) as error:
            left_off[name] = Text(
                en=f"{metric.label.en} was left off: {error.message}", zh=f"未采用“{metric.label.zh}”：{error.message}"
            )
    return values, left_off


def _drop(content: dict[str, Any], name: str) -> None:
    content["metrics"].pop(name, None)


def _checked(
    store: Store, schema: StoreSchema, content: dict[str, Any], values: dict[str, Value], left_off: dict[str, Text]
) -> Checked:
    from tools.registry import planned_tools

    metrics = [Measured(m.name, m.label, m.unit, values.get(m.name)) for m in schema.offered()]
    splits = [Split(d.name, d.label) for d in schema.dimensions.values()]
    tools = [ToolState(tool.name, tool.lacks(schema)) for tool in planned_tools()]
    asks = _asked(values)
    return Checked(
        content,
        schema,
        tuple(metrics),
        tuple(splits),
        tuple(tools),
        tuple(left_off.values()),
        asks,
        store.data_start,
        store.data_end,
        store.as_of,
    )


def _asked(values: dict[str, Value]) -> tuple[Text, ...]:
    """Whether lines and orders tell the same story."""
    lines, total = values.get("revenue"), values.get("order_total")
    if lines is None or total is None or isinstance(lines, str) or isinstance(total, str) or not float(total):
        return ()
    gap = float(lines) / float(total) - 1
    if abs(gap) < APART:
        return ()
    return (
        Text(
            en=f"Revenue is the sum of the lines, {gap:+.1%} against the orders' totals (shipping, tax, discounts on "
            "orders): which of the two is your revenue?",
            zh=f"销售额取明细之和，与订单总额相差 {gap:+.1%}（运费、税、整单优惠）：哪一个是您的销售额口径？",
        ),
    )
