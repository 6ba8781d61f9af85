"""Which columns are personal. Whatever is not known to be harmless is: such a column is read by nothing."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

import yaml

from db.drafting.names import normal, words
from db.drafting.shapes import ColumnShape


@cache
def _known() -> dict[str, Any]:
    text = (files("db.drafting") / "personal.yaml").read_text("utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return content


def of_people(table: str) -> bool:
    """Whether the rows of a table of that name are people."""
    known = set(_known()["people"])
    return any(word in known for word in (normal(table), *words(table)))


def personal_name(column: str, table: str = "") -> bool:
    """Whether a column's name says that it is personal.

    >>> [personal_name(n) for n in ("Email", "shippingAddress1", "收货人手机", "product_name", "经办人", "city")]
    [True, True, True, False, True, False]
    """
    known, parts = _known(), words(column)
    single = set(known["words"])
    if any(part in single or part.rstrip("0123456789") in single for part in parts) or normal(column) in single:
        return True
    pairs = {tuple(pair) for pair in known["pairs"]}
    if any(pair in pairs for pair in pairwise(parts)):
        return True
    if any(word in column for word in known["chinese"]) or column.strip().endswith("人"):
        return True
    return normal(column) == "name" and of_people(table)


def personal_values(column: ColumnShape) -> bool:
    """Whether a column's values say that it is personal, whatever its name."""
    return bool(column.looks & {"email", "phone", "identity"})


def key_rank(column: str) -> int | None:
    """How well a personal column tells people apart, 0 is best; None: not well enough."""
    bare = normal(column)
    return next((rank for rank, part in enumerate(_known()["keys"]) if part in bare), None)
