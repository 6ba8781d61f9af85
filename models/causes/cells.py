"""Combinations of members with what they measured and what was expected of them: the candidates of a localisation.

A *cell* is one combination ({department: GROCERY, store: 367}); a *cuboid* is the set of dimensions that it fixes. The
deepest rows are *leaves*; cells are their sums.

Two kinds of measure. **Sums** (revenue, orders): ``actual`` and ``expected``; a cell's excess is actual − expected.
**Rates** (failures per attempt, revenue per order): ``value`` and ``count`` now, ``value_before`` and ``count_before``
in the baseline; a cell's excess is value − count·rate_before, what its rate moved and not what its traffic did.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Kind = Literal["sum", "rate"]
SUM_COLUMNS = ("actual", "expected")
RATE_COLUMNS = ("value", "count", "value_before", "count_before")
PRIOR = 20.0  # of a rate, in counts: a cell seen 20 times is expected half at its own rate, half at that of all


def kind_of(table: pd.DataFrame) -> Kind:
    """Whether a table holds sums or rates, by its columns.

    Raises:
        ValueError: it has the columns of neither.
    """
    if set(SUM_COLUMNS) <= set(table.columns):
        return "sum"
    if set(RATE_COLUMNS) <= set(table.columns):
        return "rate"
    raise ValueError(f"a table needs the columns {', '.join(SUM_COLUMNS)}, or {', '.join(RATE_COLUMNS)}")


def cells_of(table: pd.DataFrame, dimensions: Sequence[str], depth: int = 3) -> pd.DataFrame:
    """All cells of a leaf table that fix at most ``depth`` dimensions.

    Args:
        table: one row a leaf; the dimensions' columns and those of its kind. A missing member (NULL) makes no cell.

    Returns:
        ``members`` (a tuple of (dimension, member) pairs), ``order`` (how many), and the sums of the measures.
    """
    columns = list(SUM_COLUMNS if kind_of(table) == "sum" else RATE_COLUMNS)
    frames = [
        grouped(table, cuboid, columns)
        for order in range(1, min(depth, len(dimensions)) + 1)
        for cuboid in combinations(dimensions, order)
    ]
    return pd.concat(frames, ignore_index=True)


def grouped(table: pd.DataFrame, cuboid: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """The cells of one cuboid."""
    sums = table.groupby(list(cuboid), sort=True)[list(columns)].sum().reset_index()
    members = [tuple(zip(cuboid, key, strict=True)) for key in sums[list(cuboid)].itertuples(index=False, name=None)]
    cells = sums[list(columns)].astype(float)
    cells.insert(0, "members", pd.Series(members, dtype=object))
    cells.insert(1, "order", len(cuboid))
    return cells


def measured(cells: pd.DataFrame, total: pd.Series) -> pd.DataFrame:
    """Excess, size and effect of each cell.

    Args:
        total: the measures over all leaves.

    Returns:
        ``excess``: in the direction of the total's change, in units of the measure. ``size``: what the excess is held
        against when cells are compared: the expected sum, or the count. ``effect``: how far the cell moved by its own
        measure, 0 to 1. The total's excess and size stand in ``attrs["excess"]`` and ``attrs["size"]``.
    """
    if "actual" in cells:
        actual, expected, size = (cells[c].to_numpy() for c in ("actual", "expected", "expected"))
        change, whole = float(total["actual"] - total["expected"]), float(total["expected"])
    else:
        overall = float(total["value_before"]) / max(float(total["count_before"]), 1e-12)
        rate = (cells["value_before"] + PRIOR * overall) / (cells["count_before"] + PRIOR)
        actual, size = cells["value"].to_numpy(), cells["count"].to_numpy()
        expected = rate.to_numpy() * size
        change = float(total["value"]) - overall * float(total["count"])
        whole = float(total["count"])
    sign = 1.0 if change >= 0 else -1.0
    found = cells[["members", "order"]].copy()
    found["excess"] = sign * (actual - expected)
    found["size"] = np.abs(size)
    found["effect"] = _effect(actual, expected, size if "count" in cells else None)
    found.attrs = {"excess": abs(change), "size": abs(whole), "sign": sign}
    return found


def _effect(actual: Floats, expected: Floats, count: Floats | None) -> Floats:
    """How far apart the two are: proportions by arcsine (of even spread), anything else relative to their sum."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if count is not None and bool(np.all(actual <= count)) and bool(np.all(actual >= 0)):
            now, then = (np.clip(np.where(count > 0, x / count, 0.0), 0.0, 1.0) for x in (actual, expected))
            moved: Floats = np.abs(np.arcsin(np.sqrt(now)) - np.arcsin(np.sqrt(then))) / (np.pi / 2)
            return moved
        both = np.abs(actual) + np.abs(expected)
        return np.where(both > 0, np.minimum(np.abs(actual - expected) / np.where(both > 0, both, 1.0), 1.0), 0.0)
