"""Cells of evidence in words: figures in their unit, members under their own names, moments as people say them."""

from __future__ import annotations

from decimal import Decimal

from rich.text import Text as Line

from agent.interfaces.text import one_line
from db.semantic.schema import StoreSchema, Text
from tools import format as fmt
from tools.evidence import Column, Value
from tools.wording import is_code


def is_number(column: Column) -> bool:
    """Whether a column holds figures."""
    return column.unit not in {"member", "date", "text"}


def cell(value: Value, column: Column, schema: StoreSchema, language: str) -> Line:
    """One cell as people read it; rises and falls are coloured by whether they are good."""
    if not is_number(column):
        return Line(one_line(key_words(value, column.name, schema, language)))
    if value is None:
        return Line(fmt.NONE.of(language), style="dim")
    if isinstance(value, int) and column.unit == "number":  # the operator's own SQL: an id has no thousands
        return Line(str(value) if column.name.lower().endswith("id") else f"{value:,}")
    if not column.name.endswith(("__change", "__change_pct")):
        return Line(fmt.number(value, column.unit, schema.currency))
    return Line(_signed(value, column, schema), style=_mood(value, column, schema))


def _signed(value: Value, column: Column, schema: StoreSchema) -> str:
    """A change; of a ratio in percentage points."""
    if column.name.endswith("__change") and column.unit == "ratio" and isinstance(value, int | float | Decimal):
        return f"{fmt.signed(value * 100, 'number')} pp"
    return fmt.signed(value, column.unit, schema.currency)


def _mood(value: Value, column: Column, schema: StoreSchema) -> str:
    metric = schema.metrics.get(column.name.rpartition("__")[0])
    if metric is None or metric.good == "neutral" or not isinstance(value, int | float | Decimal) or value == 0:
        return ""
    return "green" if (value > 0) == (metric.good == "up") else "red"


def key_words(value: Value, dimension: str, schema: StoreSchema, language: str) -> str:
    """A member or a moment in words: its own label, beside what the store calls it."""
    declared = schema.dimensions.get(dimension)
    if value is None:
        return fmt.MISSING.of(language)
    if isinstance(value, Text):
        return value.of(language)
    if declared is None:
        return str(value)
    if declared.kind == "time":
        return fmt.time_key(value, declared.grain).of(language)
    known = declared.members.get(str(value))
    label = known.label.of(language) if known and known.label else str(value)
    return (
        label
        if label.casefold() == str(value).casefold() or is_code(str(value))
        else f"{label}（{value}）"
        if language == "zh"
        else f"{label} ({value})"
    )
