"""The smallest set of members that explains a change, found over many dimensions at once.

Each cell (see :mod:`models.causes.cells`) is scored by

    score(S) = net(S) · effect(S)^(1/3),        net(S) = excess(S) − size(S) · excess(rest) / size(rest)

*net* is what S moved beyond how everything outside it moved: a fall shared by all scores nothing anywhere. *effect* is
how far S moved by its own measure. The product weighs completeness (all of the change) against purity (only what
changed): a part of the true cause loses net, a whole around it loses effect. The best cell is joined by others of the
same cuboid while each explains at least half of what is left.

Contribution against deviation, and answers within one cuboid, are ideas of published methods (Adtributor, NSDI 2014;
Squeeze, ISSRE 2019; RiskLoc, arXiv 2205.10004; RobustSpot, IEEE TSC 2023); this score is ours. One number was tuned,
the exponent; ``shopops bench causes`` chooses it again with each incident left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.causes.cells import RATE_COLUMNS, SUM_COLUMNS, cells_of, kind_of, measured

EXPONENT = 1 / 3
HALF = 0.5
ANSWERS = 3
MOST = 3  # members of one set; a longer list is a spread, not a cause

Member = tuple[str, object]


@dataclass(frozen=True, slots=True)
class Cause:
    """One combination of members.

    Attributes:
        members: (dimension, member) pairs.
        change: its excess over what was expected, signed, in units of the measure.
        explained: its share of the whole excess; above 1 where the rest moved the other way.
        net: the share that is its own, beyond how the rest moved; 0 to 1.
        confidence: 0 to 1, the net share times how much stronger it moved than the rest; no calibrated probability.
    """

    members: tuple[Member, ...]
    change: float
    explained: float
    net: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Localisation:
    """Answers, the best first. Each is a set of combinations of one cuboid, mostly of one.

    ``causes``: the first answer where it explains at least half of the change by itself; empty where no set does
    ("no single cause").
    """

    answers: tuple[tuple[Cause, ...], ...]

    @property
    def causes(self) -> tuple[Cause, ...]:
        """The smallest set that explains the change; empty where there is none."""
        first = self.answers[0] if self.answers else ()
        return first if sum(cause.net for cause in first) >= HALF else ()

    @property
    def confidence(self) -> float:
        """Of the first answer; 0 where there is none."""
        return min(1.0, sum(cause.confidence for cause in self.causes))


def localise(
    table: pd.DataFrame, dimensions: Sequence[str], *, depth: int = 3, exponent: float = EXPONENT
) -> Localisation:
    """Find the root cause in a leaf table.

    Args:
        table: one row a leaf: the dimensions, and ``actual, expected`` or ``value, count, value_before, count_before``.
        depth: at most so many dimensions in one combination.

    Raises:
        ValueError: the table has the columns of neither kind.

    >>> rows = [("a", "x", 10.0, 50.0), ("a", "y", 49.0, 50.0), ("b", "x", 51.0, 50.0), ("b", "y", 50.0, 50.0)]
    >>> table = pd.DataFrame(rows, columns=["shop", "brand", "actual", "expected"])
    >>> localise(table, ["shop", "brand"]).causes[0].members
    (('shop', 'a'), ('brand', 'x'))
    """
    columns = list(SUM_COLUMNS if kind_of(table) == "sum" else RATE_COLUMNS)
    return localise_cells(cells_of(table, dimensions, depth), table[columns].sum(), exponent=exponent)


def localise_cells(cells: pd.DataFrame, total: pd.Series, *, exponent: float = EXPONENT) -> Localisation:
    """As :func:`localise`, of cells that are summed already (by a database), and the measures of the whole."""
    ranked = rank(cells, total, exponent)
    answers: list[tuple[Cause, ...]] = []
    for position in range(min(ANSWERS, len(ranked))):
        answers.append(_joined(ranked, position) if not position else (_cause(ranked, position),))
    return Localisation(tuple(answers))


def rank(cells: pd.DataFrame, total: pd.Series, exponent: float = EXPONENT) -> pd.DataFrame:
    """Cells that moved the way of the whole, by score; of equals the one with fewer dimensions first.

    Columns: members, order, excess, size, effect, net, score; ``attrs`` as of :func:`models.causes.cells.measured`.
    """
    found = measured(cells, total)
    whole, size = found.attrs["excess"], found.attrs["size"]
    outside = np.maximum(size - found["size"], 0.0)
    moved = np.maximum(whole - found["excess"], 0.0)  # a rest that moved the other way takes nothing from the cell
    slope = np.divide(moved, outside, out=np.zeros(len(found)), where=np.asarray(outside) > 0)
    found["slope"] = slope
    found["net"] = np.maximum(found["excess"] - found["size"] * slope, 0.0)
    found["score"] = found["net"] * found["effect"] ** exponent
    found = found[found["score"] > 0]
    found["tie"] = (found["score"] / found["score"].max()).round(9)
    attrs = found.attrs
    found = found.sort_values(["tie", "order"], ascending=[False, True], kind="stable").reset_index(drop=True)
    found.attrs = attrs
    return found.drop(columns="tie")


def _cause(ranked: pd.DataFrame, position: int) -> Cause:
    row, attrs = ranked.iloc[position], ranked.attrs
    own = row["excess"] / row["size"] if row["size"] else np.inf
    contrast = max(0.0, 1.0 - row["slope"] / own) if own > 0 else 0.0
    explained, net = row["excess"] / attrs["excess"], min(1.0, row["net"] / attrs["excess"])
    return Cause(
        members=row["members"],
        change=float(attrs["sign"] * row["excess"]),
        explained=float(explained),
        net=float(net),
        confidence=float(net * contrast),
    )


def _joined(ranked: pd.DataFrame, position: int) -> tuple[Cause, ...]:
    """A cell and those of its cuboid that each explain half of what the others leave, and moved half as far."""
    first = ranked.iloc[position]
    cuboid = [name for name, _ in first["members"]]
    whole = ranked.attrs["excess"]
    left = whole - first["excess"]
    alike = [[name for name, _ in members] == cuboid for members in ranked["members"]]
    others = ranked[alike & (ranked.index != position)].sort_values("excess", ascending=False)
    chosen = [position]
    for index, row in others.iterrows():
        enough = row["excess"] >= HALF * left and row["effect"] >= HALF * first["effect"]
        if left < 0.1 * whole or not enough or len(chosen) == MOST:
            break
        chosen.append(int(str(index)))
        left -= row["excess"]
    return tuple(_cause(ranked, i) for i in chosen)
