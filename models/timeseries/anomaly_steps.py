"""Steps of a level: where a series goes on higher or lower than before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

BEFORE, AFTER = (
    28,
    14,
)  # rows on either side whose medians are compared; until then it is a run of days (by week a third)
SURE = 5.0  # standard errors of the difference
PARTED = 2.0  # robust standard deviations: nearly all rows of one side lie beyond the other's middle
MOST = 3
_MAD = 1.4826
_MEDIAN = 1.25  # the standard error of a median is so much larger than a mean's

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Step:
    """From ``row`` on the level is ``size`` higher (on the scale of the fit)."""

    row: int
    size: float


def find_steps(y: Floats, calm: NDArray[np.bool_], period: int) -> tuple[Step, ...]:
    """The largest steps, at most three; slopes and events of a few days are none.

    A step is taken where the medians of the rows before and after differ by more than ``SURE`` standard errors, where
    three quarters of it are done within the nearest rows, and where half of it is still there as long again later.

    Args:
        calm: rows that count; the others are bridged. period: rows of the season that is taken out first, 1 for none.
    """
    bare = _bare(y, calm, period)
    before, after = (BEFORE, AFTER) if period > 1 else (BEFORE // 3, AFTER // 3)
    found: list[Step] = []
    while len(found) < MOST and (step := _largest(bare, before, after)) is not None:
        found.append(step)
        bare = bare - step.size * (np.arange(len(y)) >= step.row)
    return tuple(sorted(found, key=lambda s: s.row))


def _bare(y: Floats, calm: NDArray[np.bool_], period: int) -> Floats:
    """The series without its season, which is told from the differences to the median of the period around."""
    rows = np.arange(len(y))
    filled = np.interp(rows, rows[calm], y[calm])
    if period == 1:
        return filled
    level = np.median(sliding_window_view(np.pad(filled, period // 2, mode="edge"), period), axis=1)
    off = np.where(calm, filled - level, np.nan)
    season = np.array([float(np.nanmedian(off[p::period])) if calm[p::period].any() else 0.0 for p in range(period)])
    return np.asarray(filled - season[rows % period])


def _largest(bare: Floats, before: int, after: int) -> Step | None:
    if len(bare) < before + after:
        return None
    longer, shorter = sliding_window_view(bare, before), sliding_window_view(bare, after)
    long_level, level = np.median(longer, axis=1), np.median(shorter, axis=1)
    rows = np.arange(before, len(bare) - after + 1)
    left, right, near_left = long_level[rows - before], level[rows], level[rows - after]
    later = level[np.minimum(rows + after, len(level) - 1)]
    noise = _MAD * float(np.median(np.abs(np.diff(bare)))) / np.sqrt(2) + 1e-12
    within = np.maximum(_mad(longer, long_level)[rows - before], _mad(shorter, level)[rows])
    within = np.maximum(within, noise)
    size = right - left
    error = _MEDIAN * within * np.sqrt(1 / before + 1 / after)
    sharp = (right - near_left) * np.sign(size) > 0.75 * np.abs(size)
    lasting = (later - left) * np.sign(size) > 0.5 * np.abs(size)
    sure = np.where(sharp & lasting & (np.abs(size) > PARTED * within), np.abs(size) / error, 0.0)
    best = int(np.argmax(sure))
    if sure[best] <= SURE:
        return None
    return Step(_placed(bare, int(rows[best]), float(left[best]), float(right[best])), float(size[best]))


def _placed(bare: Floats, row: int, before: float, after: float) -> int:
    """The row near which the two levels part with the least error."""
    first, last = max(row - AFTER // 2, 1), min(row + AFTER // 2, len(bare) - 1)
    cost = np.cumsum(np.abs(bare[first:last] - before) - np.abs(bare[first:last] - after))
    return first + int(np.argmin(np.concatenate([[0.0], cost])))


def _mad(windows: Floats, level: Floats) -> Floats:
    return np.asarray(_MAD * np.median(np.abs(windows - level[:, None]), axis=1))
