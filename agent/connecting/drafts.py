"""What connecting shows before anything is kept, and what stands afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from agent.connecting.sources import Address, Files
from db.semantic.result import Value
from db.semantic.schema import StoreSchema, Text


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric that can be asked now, with its figure over all the data: to be held against the shop's own."""

    name: str
    label: Text
    unit: Literal["currency", "count", "ratio", "number"]
    value: Value


@dataclass(frozen=True, slots=True)
class Split:
    """A dimension that figures can be split by."""

    name: str
    label: Text


@dataclass(frozen=True, slots=True)
class Looked:
    """A table of the database. ``rows`` is None where nobody could count them; ``used``: whether the draft reads it."""

    name: str
    rows: int | None
    columns: int
    used: bool


@dataclass(frozen=True, slots=True)
class ToolState:
    """A tool, and the roles that the store lacks for it; none: it can be used."""

    name: str
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A store as it would be connected. ``yaml`` is the file's text; no value of a row is in it.

    ``start <= day < end`` is the period of the data. ``personal``: table → the columns that nothing will read.
    ``asks``: what is to be filled in. ``left_off``: metrics that were drafted and did not run, with the reason.
    ``staged``: of an upload, the file that was built and waits to be put in place; :func:`agent.connect.discard` it.
    """

    name: str
    yaml: str
    schema: StoreSchema
    source: Address | Files
    tables: tuple[Looked, ...]
    metrics: tuple[Measured, ...]
    splits: tuple[Split, ...]
    tools: tuple[ToolState, ...]
    personal: Mapping[str, tuple[str, ...]]
    asks: tuple[Text, ...]
    left_off: tuple[Text, ...]
    start: date
    end: date
    as_of: date
    staged: Path | None = None


@dataclass(frozen=True, slots=True)
class Connected:
    """A store that can be asked from now on."""

    name: str
    yaml: Path
    place: str  # the database's address without its password, or the file that holds the upload
    draft: Draft
