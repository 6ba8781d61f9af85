"""From what a database looks like to the draft of its YAML. Pure: the database answers through ``Probes`` only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from db.drafting import charges, dimensions, events, facts, lacking, measures, people, questions, roles
from db.drafting.building import Building
from db.drafting.shapes import ShopShape
from db.drafting.sheets import Probes, Sheet, read_sheets
from db.errors import StoreError
from db.semantic.schema import Text


@dataclass(frozen=True)
class DraftSchema:
    """A drafted store: the YAML's content, and what its reader should know.

    ``asks``: what could not be decided, in plain words. ``personal``: table → the columns that nothing reads.
    ``unused``: table → columns that mean nothing known. ``left_out``: tables that are not in the draft.
    """

    content: Mapping[str, Any]
    asks: tuple[Text, ...]
    personal: Mapping[str, tuple[str, ...]]
    unused: Mapping[str, tuple[str, ...]]
    left_out: tuple[str, ...] = field(default=())


def draft_schema(
    shop: ShopShape,
    probes: Probes,
    *,
    name: str,
    salt: str,
    currency: str | None = None,
    time_zone: str = "UTC",
) -> DraftSchema:
    """Draft a store.

    Args:
        name: of the store.
        salt: hexadecimal, made once for the store; hides the addresses that stand for customers.
        currency: ISO code; where it is None, it is guessed and asked about.

    Raises:
        StoreError: nothing in it can be counted; the sentence says what is missing.
    """
    sheets = read_sheets(shop, probes)
    build = Building(shop.dialect, probes, sheets)
    facts.lay(build)
    if not build.base:
        raise StoreError(
            "No table of orders or sales was found: one needs a date, and an amount or a quantity with a price.",
            f"Tables looked at: {', '.join(s.shape.name for s in sheets[:12])}. docs/connect.md has the names.",
        )
    people.lay(build)
    events.lay(build)
    dimensions.lay(build)
    measures.lay(build)
    charges.lay(build)
    lacking.lay(build)
    roles.lay(build)
    head = {"currency": currency or questions.currency(build), "time_zone": time_zone}
    if build.keyed:
        head["salt"] = salt
    named = {"name": name, "label": {"en": name, "zh": name}}
    content = {**named, **head, "default_time": build.time, **build.content()}
    asks = (*build.asks, *questions.missing(build, asked_currency=currency is None))
    personal = {s.shape.name: s.personal for s in sheets if s.personal}
    return DraftSchema(content, asks, personal, _unused(sheets, build), (*shop.left_out, *build.left_out()))


def _unused(sheets: Sequence[Sheet], build: Building) -> dict[str, tuple[str, ...]]:
    found = {}
    for sheet in sheets:
        used = build.used.get(sheet.shape.name)
        if used is not None:
            rest = [c.name for c in sheet.shape.columns if c.name not in used and c.name not in sheet.personal]
            if rest:
                found[sheet.shape.name] = tuple(rest)
    return found
