"""Public files of ratings and behaviour, read line by line: MovieLens, Amazon reviews, Taobao.

| files | read by |
| --- | --- |
| MovieLens: ``u.data``, ``ratings.csv``, ``ratings.dat``, RecBole's ``.inter`` | :func:`movielens` |
| Amazon reviews: ``ratings_*.csv``, ``*.csv`` with a heading, ``*.json``, ``*.jsonl`` | :func:`amazon` |
| Taobao ``UserBehavior.csv`` | :func:`taobao` |

All may be gzipped (``.gz``). A line that cannot be read ends the reading with an error that names file and line.
"""

from __future__ import annotations

import gzip
import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Literal

from db.errors import StoreError, StoreMissing

SECONDS_PER_DAY = 86_400
_MILLISECONDS = 10**11  # a moment beyond this many seconds, the year 5138, is in milliseconds
Behaviour = Literal["pv", "cart", "fav", "buy"]


@dataclass(frozen=True, slots=True)
class Rating:
    """One line: who, what, how many stars (1 for a behaviour), and the day, in days since 1970-01-01 (UTC)."""

    customer: str
    product: str
    value: float
    day: int


@dataclass(frozen=True, eq=False)
class Ratings:
    """All lines as columns; ``values`` are C floats and ``days`` C ints, so that millions fit."""

    customers: list[str]
    products: list[str]
    values: array[float]
    days: array[int]

    def __len__(self) -> int:
        return len(self.customers)


def collect(lines: Iterable[Rating]) -> Ratings:
    """Columns of a stream of ratings; equal ids share their memory."""
    known: dict[str, str] = {}
    found = Ratings([], [], array("d"), array("l"))
    for line in lines:
        found.customers.append(known.setdefault(line.customer, line.customer))
        found.products.append(known.setdefault(line.product, line.product))
        found.values.append(line.value)
        found.days.append(line.day)
    return found


def read_movielens(path: Path) -> Ratings:
    """A whole MovieLens file."""
    return collect(movielens(path))


def movielens(path: Path) -> Iterator[Rating]:
    """A MovieLens file: customer, product, stars, moment, between tabs, ``::`` or commas, with or without a heading.

    Raises:
        StoreMissing: no such file. StoreError: a line that cannot be read.
    """
    for number, line in _lines(path):
        separator = "::" if "::" in line else "\t" if "\t" in line else ","
        fields = line.split(separator)
        if number == 1 and not _is_number(fields[-1]):
            continue  # a heading
        if len(fields) != 4:
            raise _wrong(path, number, f"it has {len(fields)} fields, and 4 are expected")
        yield _rating(path, number, *fields)


def amazon(path: Path, item_first: bool = False) -> Iterator[Rating]:
    """Amazon reviews: CSV with or without a heading, or a JSON object a line.

    Args:
        item_first: a CSV without a heading lists the product first, as the files of 2018 do.

    Raises:
        StoreMissing: no such file. StoreError: a line that cannot be read.
    """
    heading: Sequence[str] = ("product", "customer", "value", "day") if item_first else _ORDER
    for number, line in _lines(path):
        if line.startswith("{"):
            yield _from_json(path, number, line)
            continue
        fields = line.split(",")
        if number == 1 and not _is_number(fields[-1]):
            heading = _heading(path, fields)
            continue
        if len(fields) < len(heading):
            raise _wrong(path, number, f"it has {len(fields)} fields, and {len(heading)} are expected")
        found = dict(zip(heading, fields, strict=False))
        yield _rating(path, number, *(found[name] for name in _ORDER))


def taobao(path: Path, behaviours: Sequence[Behaviour] = ("buy",)) -> Iterator[Rating]:
    """Taobao's ``UserBehavior.csv``: customer, product, category, behaviour, moment; only some behaviours, each 1.

    Raises:
        StoreMissing: no such file. StoreError: a line that cannot be read.
    """
    for number, line in _lines(path):
        fields = line.split(",")
        if len(fields) != 5:
            raise _wrong(path, number, f"it has {len(fields)} fields, and 5 are expected")
        customer, product, _category, behaviour, moment = fields
        if behaviour not in ("pv", "cart", "fav", "buy"):
            raise _wrong(path, number, f"the behaviour '{behaviour[:20]}' is none of pv, cart, fav, buy")
        if behaviour in behaviours:
            yield _rating(path, number, customer, product, "1", moment)


_ORDER = ("customer", "product", "value", "day")
_NAMES = {
    "customer": ("user_id", "reviewerID", "user", "userId"),
    "product": ("parent_asin", "asin", "item_id", "item"),
    "value": ("rating", "overall"),
    "day": ("timestamp", "unixReviewTime"),
}


def _heading(path: Path, fields: Sequence[str]) -> list[str]:
    names = {name: field for field, known in _NAMES.items() for name in known}
    found = [names.get(field.strip(), field) for field in fields]
    lacking = [field for field in _ORDER if field not in found]
    if lacking:
        raise _wrong(path, 1, f"the heading names no {lacking[0]}")
    return found


def _from_json(path: Path, number: int, line: str) -> Rating:
    try:
        review: dict[str, Any] = json.loads(line)
    except ValueError:
        raise _wrong(path, number, "it is not JSON") from None
    fields = []
    for field in _ORDER:
        name = next((name for name in _NAMES[field] if name in review), None)
        if name is None:
            raise _wrong(path, number, f"the review has no {_NAMES[field][0]}")
        fields.append(str(review[name]))
    return _rating(path, number, *fields)


def _rating(path: Path, number: int, customer: str, product: str, value: str, moment: str) -> Rating:
    who, what = customer.strip(), product.strip()
    if not who or not what:
        raise _wrong(path, number, "an id is empty")
    stars, seconds = _number(path, number, value, "rating"), _number(path, number, moment, "moment")
    if seconds > _MILLISECONDS:
        seconds /= 1000
    return Rating(who, what, stars, int(seconds // SECONDS_PER_DAY))


def _number(path: Path, number: int, text: str, what: str) -> float:
    if not _is_number(text):
        raise _wrong(path, number, f"the {what} '{text.strip()[:20]}' is not a number")
    return float(text)


def _is_number(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines that hold something, with their numbers from 1."""
    if not path.is_file():
        raise StoreMissing(f"There is no file {path.name}.", "Check its path.")
    number = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except UnicodeDecodeError:
        raise _wrong(path, number + 1, "it is not UTF-8") from None
    except (EOFError, gzip.BadGzipFile, OSError):
        raise _wrong(path, number + 1, "the file is damaged or cut short there") from None


def _wrong(path: Path, number: int, why: str) -> StoreError:
    return StoreError(
        f"Line {number:,} of {path.name} cannot be read: {why}.", "Mend the line, or fetch the file anew."
    )
