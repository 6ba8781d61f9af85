"""What the values of a column look like. They are looked at and forgotten: what leaves here are words of ``Look``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from db.drafting.shapes import Kind, Look

MOST = 0.95  # of the values of a column that say what it is; the rest are typing errors
SOME = 0.02  # of free values that make a column personal
EMAIL = re.compile(r"[^\s@<>,;:]{1,64}@[^\s@<>,;:]+\.[A-Za-z]{2,}")
PHONE = re.compile(r"(?:tel:?)?\+?\(?\d[\d\s().\-/]{6,18}\d")
MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d{9}(?!\d)")
IDENTITY = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|\d{15,16}|\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{4})(?!\d)")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?")
NUMBER = re.compile(r"\(?[-+]?[$€£¥￥]?\s*[-+]?\d[\d,]*(?:\.\d+)?\s*(?:元|%)?\)?")
PEOPLE = re.compile(r"[^\W\d_][\w'.-]*(?: [^\W\d_][\w'.-]*){1,3}|[\u4e00-\u9fff]{2,4}")
FREE = 60  # characters that values have on average, from which on they are sentences
_1995, _2100 = 788_918_400, 4_102_444_800


def kind_of(values: Sequence[Any], declared: str) -> Kind:
    """The kind of a column, by its values where the database (SQLite) lets any value stand in any column."""
    if values:
        if all(isinstance(v, bool) for v in values):
            return "bool"
        if all(isinstance(v, int) for v in values):
            return "bool" if "bool" in declared else "int"
        if all(isinstance(v, int | float) for v in values):
            return "number"
        if any(isinstance(v, str) for v in values):
            return "text"
    return declared_kind(declared)


def declared_kind(declared: str) -> Kind:
    """The kind of a column by its declared type.

    >>> [declared_kind(t) for t in ("BIGINT", "numeric(10,2)", "timestamp with time zone", "varchar", "json")]
    ['int', 'number', 'zoned', 'text', 'other']
    """
    text = declared.lower()
    if any(word in text for word in ("[]", "json", "struct", "map(", "blob", "bytea", "array", "interval")):
        return "other"
    if "timestamp" in text or "datetime" in text:
        return "zoned" if "with time zone" in text or "timestamptz" in text else "moment"
    table: tuple[tuple[Kind, tuple[str, ...]], ...] = (
        ("date", ("date",)),
        ("bool", ("bool",)),
        ("number", ("numeric", "decimal", "real", "double", "float", "money", "number")),
        ("int", ("int", "serial")),
        ("text", ("char", "text", "string", "uuid", "enum", "clob", "user-defined", "citext", "name")),
    )
    return next((kind for kind, words in table if any(word in text for word in words)), "other")


def looks_of(values: Sequence[Any], kind: Kind) -> frozenset[Look]:
    """What the values (none of them missing) look like."""
    if not values:
        return frozenset()
    if kind in ("moment", "zoned"):
        clock = any(isinstance(v, datetime) and (v.hour, v.minute, v.second) != (0, 0, 0) for v in values)
        return frozenset(["clock"]) if clock else frozenset()
    if kind == "date" and all(isinstance(v, date) for v in values):
        return frozenset()
    if kind == "int":
        return _numbers([int(v) for v in values])
    if kind == "number":
        found = [float(v) for v in values if not isinstance(v, str)]
        return frozenset(["fraction"]) if found and max(found) <= 1 and min(found) >= 0 and any(found) else frozenset()
    return _texts([str(v).strip() for v in values]) if kind in ("text", "date") else frozenset()


def _numbers(values: Sequence[int]) -> frozenset[Look]:
    found: set[Look] = set()
    if all(_1995 <= v < _2100 for v in values):
        found |= {"seconds", "clock"}
    if all(_1995 <= v / 1000 < _2100 for v in values):
        found |= {"milliseconds", "clock"}
    if _share(values, lambda v: bool(MOBILE.fullmatch(str(v)))) > 1 / 2:
        found.add("phone")
    return frozenset(found)


def _texts(values: Sequence[str]) -> frozenset[Look]:
    found: set[Look] = set()
    emails = _share(values, lambda v: bool(EMAIL.search(v)))
    if emails:
        found.add("email")
    if emails > 1 / 2:
        found.add("emails")
    phones = _share(values, lambda v: bool(PHONE.fullmatch(v)) and not MOMENT.fullmatch(v) and _spaced(v))
    if phones > 1 / 2 or _share(values, lambda v: bool(MOBILE.search(v))) > SOME:
        found.add("phone")
    if _share(values, lambda v: bool(IDENTITY.search(v))) > SOME:
        found.add("identity")
    if _share(values, lambda v: bool(PEOPLE.fullmatch(v))) > 1 / 2:
        found.add("people")
    if sum(map(len, values)) / len(values) > FREE:
        found.add("long")
    if _share(values, lambda v: bool(re.fullmatch(r"#\s?\w*\d+", v))) >= MOST:
        found.add("hash_number")
    if _share(values, lambda v: bool(NUMBER.fullmatch(v))) >= MOST:
        found.add("number")
    return frozenset(found) | _moments(values)


def _moments(values: Sequence[str]) -> frozenset[Look]:
    matches = [MOMENT.fullmatch(value) for value in values]
    if sum(1 for match in matches if match) < MOST * len(values):
        return frozenset()
    plain = all(match and match[2] is None and "T" not in value for match, value in zip(matches, values, strict=True))
    clock = any(match and match[1] not in (None, "00:00") for match in matches)
    looks: set[Look] = {"plain_moment" if plain else "moment"}
    return frozenset(looks | ({"clock"} if clock else set()))


def _spaced(value: str) -> bool:
    """A telephone number rather than a number: eight digits or more, and a sign between or before them."""
    return sum(c.isdigit() for c in value) >= 8 and (not value.isdigit() or bool(MOBILE.fullmatch(value)))


def _share(values: Sequence[Any], test: Any) -> float:
    return sum(1 for value in values if test(value)) / len(values)
