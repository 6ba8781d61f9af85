"""Features of any labelled table, from the past of each row only: what an operator's own table of orders is trained on.

Columns are told apart by what they hold: moments, amounts, words of few kinds, and tokens (devices, cards, accounts,
addresses) that come back. Tokens give counts so far, pace, and how many others they were seen with; labels count only
``DELAY`` later, when they could have been known.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from db.errors import AnalysisError

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DAY = 86_400.0
DELAY = 30 * DAY  # a chargeback is known some weeks after the order
FEW = 50  # a column of at most so many different values names kinds
TOKENS = 6  # columns of tokens that are looked at, those that repeat most; pairs of more would be hundreds of columns


@dataclass(frozen=True, slots=True)
class Kinds:
    """The columns of a table by kind."""

    moments: tuple[str, ...]
    numbers: tuple[str, ...]
    words: tuple[str, ...]
    tokens: tuple[str, ...]


def kinds_of(frame: pd.DataFrame, label: str, time: str) -> Kinds:
    """What the columns hold. Raises AnalysisError where the label or time column is absent."""
    for name in (label, time):
        if name not in frame.columns:
            raise AnalysisError(
                f"The table has no column '{name}'.", f"It has: {', '.join(map(str, frame.columns[:20]))}."
            )
    moments, numbers, words, tokens = [], [], [], []
    for name in frame.columns:
        if name in (label, time):
            continue
        values, column = frame[name].nunique(dropna=True), frame[name]
        numeric = column.dtype.kind in "iufb"
        if values < 2:
            continue
        if not numeric and _is_moment(column):
            moments.append(name)
            continue
        if values <= FEW and not numeric:
            words.append(name)
        if numeric:
            numbers.append(name)
        if values > max(FEW, len(frame) // 100) and values < 0.999 * column.notna().sum():
            tokens.append(name)
    tokens.sort(key=lambda name: frame[name].nunique())
    return Kinds(tuple(moments), tuple(numbers), tuple(words), tuple(tokens[:TOKENS]))


def seconds_of(column: pd.Series) -> Floats:
    """A column of times as seconds; numbers are taken as they are.

    Raises:
        AnalysisError: more than a hundredth of it cannot be read as a time.
    """
    import pandas as pd

    if column.dtype.kind in "iuf":
        return column.to_numpy(dtype=float)
    read = pd.to_datetime(column, errors="coerce", format="mixed", utc=True)
    if read.isna().mean() > 0.01:
        raise AnalysisError(f"The column '{column.name}' does not hold times.", "Write times as YYYY-MM-DD HH:MM:SS.")
    return np.asarray((read - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1), dtype=float)


def _is_moment(column: pd.Series) -> bool:
    try:
        seconds_of(column.dropna().head(500))
    except AnalysisError:
        return False
    return True


def features(frame: pd.DataFrame, kinds: Kinds, times: Floats, labels: Floats) -> tuple[Floats, tuple[str, ...]]:
    """Features of rows in the order of their time; each reads only rows before it.

    Args:
        labels: 0 or 1, NaN where not known; used for the past of a token only, ``DELAY`` later.
    """
    columns: dict[str, Floats] = {"hour": (times % DAY) // 3600, "weekday": (times // DAY) % 7}
    for name in kinds.moments:
        gap = times - seconds_of(frame[name])
        columns[f"since {name}"] = np.sign(gap) * np.log1p(np.abs(gap))
    for name in kinds.numbers:
        columns[name] = frame[name].to_numpy(dtype=float)
    for name in kinds.words:
        codes = frame[name].astype(str).to_numpy()
        _, code = np.unique(codes, return_inverse=True)
        columns[f"share of {name}"] = _before(code) / np.maximum(np.arange(len(code)), 1)
        for value in list(dict.fromkeys(codes))[:12]:
            columns[f"{name} is {value}"] = (codes == value).astype(float)
    coded = {name: _codes(frame[name]) for name in kinds.tokens}
    for name, code in coded.items():
        columns |= {f"{name}: {what}": held for what, held in _token(code, times, labels).items()}
    for name, other in permutations(coded, 2):
        columns[f"{other} by {name}"] = _different(coded[name], coded[other])
    return np.column_stack(list(columns.values())), tuple(columns)


def _codes(column: pd.Series) -> Ints:
    """Tokens as numbers; a missing one is like no other."""
    import pandas as pd

    codes, _ = pd.factorize(column)
    missing = codes < 0
    codes[missing] = codes.max() + 1 + np.arange(missing.sum())
    return np.asarray(codes, dtype=np.int64)


def _before(code: Ints) -> Floats:
    """How many earlier rows have the same code."""
    order = np.argsort(code, kind="stable")
    sorted_ = code[order]
    first = np.searchsorted(sorted_, sorted_, side="left")
    found = np.empty(len(code))
    found[order] = np.arange(len(code)) - first
    return found


def _token(code: Ints, times: Floats, labels: Floats) -> dict[str, Floats]:
    order = np.lexsort((np.arange(len(code)), code))
    key, moment = code[order], times[order]
    place = np.arange(len(code))
    first = np.searchsorted(key, key, side="left")
    found: dict[str, Floats] = {"times before": (place - first).astype(float)}
    previous = np.where(place > first, moment - np.roll(moment, 1), np.nan)
    found["since last"] = np.log1p(np.maximum(previous, 0))
    found["since first"] = np.log1p(np.maximum(moment - moment[first], 0))
    span = float(times.max() - times.min()) + 1.0
    spread = key * (2 * span) + (moment - times.min())  # one line on which every token has a stretch of its own
    for name, width in (("hour", 3600.0), ("day", DAY), ("30 days", 30 * DAY)):
        since = np.searchsorted(spread, spread - min(width, span), side="right")
        found[f"last {name}"] = (place - np.maximum(since, first)).astype(float)
    known = np.concatenate([[0.0], np.cumsum(np.nan_to_num(labels[order]))])
    counted = np.concatenate([[0.0], np.cumsum(~np.isnan(labels[order]))])
    until = np.maximum(np.searchsorted(spread, spread - min(DELAY, span), side="right"), first)
    found["known bad"] = known[until] - known[first]
    found["known good"] = (counted[until] - counted[first]) - found["known bad"]
    result = {}
    for name, values in found.items():
        result[name] = np.empty(len(code))
        result[name][order] = values
    return result


def _different(code: Ints, other: Ints) -> Floats:
    """How many different others a token was seen with so far, this row counted in."""
    pair = code * (int(other.max()) + 1) + other
    fresh = (_before(pair) == 0).astype(float)
    order = np.argsort(code, kind="stable")
    total = np.cumsum(fresh[order])
    first = np.searchsorted(code[order], code[order], side="left")
    found = np.empty(len(code))
    found[order] = total - total[first] + fresh[order][first]
    return found
