"""One metric of the draft: its words, its condition, what its column is made of."""

from __future__ import annotations

import copy
from typing import Any

from db.drafting.building import Building
from db.drafting.vocabulary import labels, shipped


def add(build: Building, name: str, en: str, zh: str, **entry: Any) -> None:
    """Declare a metric under a known name, with the words that people use for it."""
    known = labels()["metrics"].get(name) or shipped()["metrics"][name]
    words = {key: copy.deepcopy(known[key]) for key in ("label", "synonyms", "hints") if key in known}
    build.metrics[name] = {**words, "description": {"en": en, "zh": zh}, **entry}


def where_of(build: Building, table: str, condition: str = "") -> dict[str, Any]:
    """The condition of a metric over a table: without cancelled orders where the table reaches them."""
    reach = {table, *(j["right"].split(".")[0] for j in build.joins if j["left"].split(".")[0] == table)}
    parts = [condition] if condition else []
    if build.condition and any(f"{t}." in build.condition for t in reach):
        parts.append(build.condition)
    return {"where": " and ".join(parts)} if parts else {}


def ratio(build: Building, name: str, over: str, under: str, unit: str, good: str = "up") -> None:
    """Declare a ratio of two metrics, where both are there."""
    if over in build.metrics and under in build.metrics:
        a, b = build.metrics[over]["label"], build.metrics[under]["label"]
        more = {"good": good} if good != "up" else {}
        add(
            build,
            name,
            f"{a['en']} divided by {b['en'].lower()}.",
            f"{a['zh']} ÷ {b['zh']}。",
            unit=unit,
            **more,
            numerator=over,
            denominator=under,
        )


def shown_column(build: Building, reference: str) -> str:
    """What a column is made of, in the database's own words."""
    table, name = reference.split(".")
    entry = build.tables[table]["columns"][name]
    source = build.tables[table]["source"]
    if isinstance(entry, str):
        return _plain(f"{source}.{entry}")
    text = f"{source}.{entry['of']}"
    text += f" × {entry['times']}" if "times" in entry else ""
    text += f" − {entry['minus']}" if "minus" in entry else ""
    return _plain(text + (f" × (1 − {entry['off']})" if "off" in entry else ""))


def _plain(text: str) -> str:
    """A name of the database as prose may hold it: no markup, no line of its own."""
    return "".join(c if c.isalnum() or c in "._ ×−-()（）" else " " for c in text)[:120]
