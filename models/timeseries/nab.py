"""Scoring of online detectors as the Numenta Anomaly Benchmark does it.

Method: Lavin & Ahmad, "Evaluating Real-time Anomaly Detection Algorithms – the Numenta Anomaly Benchmark" (ICMLA 2015),
written anew from its description. Within a labelled window only the earliest detection counts, worth the more the
earlier it is; a missed window costs ``fn``; every detection outside costs up to ``fp``, less shortly after a window:

    σ(y) = 2 / (1 + exp(5 y)) − 1,   y = −1 at a window's left edge, 0 at its right one, −1 is the worth from y = 3 on
    score = 100 · (raw − null) / (perfect − null)

``raw`` sums all files under one threshold, which the benchmark chooses to maximise it; ``null`` is a detector that
never speaks, ``perfect`` one that speaks first in each window and nowhere else. The first 15 % of a file (at most of
5,000 rows) are probation and count for nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PROBATION = 0.15
PROBATION_ROWS = 5_000  # of a longer file, the share of this many
FAR = 3.0  # window widths behind a window, from which a false detection costs in full
NEVER = math.inf  # the threshold that nothing reaches


@dataclass(frozen=True, slots=True)
class Profile:
    """What a detection, a missed window and a false alarm are worth."""

    tp: float
    fn: float
    fp: float


STANDARD = Profile(tp=1.0, fn=1.0, fp=0.11)
LOW_FP = Profile(tp=1.0, fn=1.0, fp=0.22)
LOW_FN = Profile(tp=1.0, fn=2.0, fp=0.11)


@dataclass(frozen=True, slots=True)
class Scored:
    """One file: the detector's score of each row, and the labelled windows as first and last row, both inclusive."""

    name: str
    scores: NDArray[np.float64]
    windows: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a threshold gives: the normalised score, windows found of all, and rows that were false alarms."""

    threshold: float
    score: float
    found: int
    windows: int
    false_alarms: int


def probation_rows(rows: int) -> int:
    """Rows at the start of a file that are not scored, which a detector may learn from.

    >>> probation_rows(4032), probation_rows(20_000)
    (604, 750)
    """
    return math.floor(PROBATION * min(rows, PROBATION_ROWS))


def sigmoid(position: float) -> float:
    """The worth of a detection at a position relative to a window, −1 … 1.

    >>> round(sigmoid(-1.0), 5), sigmoid(0.0), sigmoid(3.0)
    (0.98661, 0.0, -1.0)
    """
    return -1.0 if position >= FAR else 2.0 / (1.0 + math.exp(5.0 * position)) - 1.0


def row_worths(rows: int, windows: Sequence[tuple[int, int]], profile: Profile) -> tuple[list[float], list[int]]:
    """What a detection at each row is worth, and the window that the row lies in (−1 outside)."""
    worths, inside = [0.0] * rows, [-1] * rows
    before: tuple[int, int] | None = None
    upcoming = list(enumerate(sorted(windows)))
    for row in range(rows):
        if upcoming and row > upcoming[0][1][1]:
            before = upcoming.pop(0)[1]
        if upcoming and row >= upcoming[0][1][0]:
            index, (first, last) = upcoming[0]
            inside[row] = index
            worths[row] = profile.tp * sigmoid((row - last - 1) / (last - first + 1)) / sigmoid(-1.0)
        else:
            worths[row] = profile.fp * sigmoid(_behind(row, before))
    return worths, inside


def _behind(row: int, window: tuple[int, int] | None) -> float:
    return FAR if window is None else (row - window[1]) / max(window[1] - window[0], 1)


def sweep(files: Sequence[Scored], profile: Profile = STANDARD) -> tuple[Outcome, ...]:
    """The outcome at every threshold that changes one, from the highest; the first is the null detector's."""
    rows: list[tuple[float, float, tuple[int, int] | None]] = []
    best: dict[tuple[int, int], float] = {}
    for number, file in enumerate(files):
        worths, inside = row_worths(len(file.scores), file.windows, profile)
        best.update({(number, window): -profile.fn for window in range(len(file.windows))})
        for row in range(probation_rows(len(file.scores)), len(file.scores)):
            window = (number, inside[row]) if inside[row] >= 0 else None
            rows.append((float(file.scores[row]), worths[row], window))
    rows.sort(key=lambda row: -row[0])
    null, perfect = -profile.fn * len(best), profile.tp * len(best)
    raw, found, false, level = null, 0, 0, NEVER
    outcomes: list[Outcome] = []

    def close() -> None:
        score = 100.0 * (raw - null) / (perfect - null) if best else raw
        outcomes.append(Outcome(level, score, found, len(best), false))

    for score, worth, window in rows:
        if score != level:
            close()
            level = score
        if window is None:
            raw, false = raw + worth, false + 1
        elif worth > best[window]:
            found += best[window] == -profile.fn
            raw, best[window] = raw + worth - best[window], worth
    close()
    return tuple(outcomes)


def best(files: Sequence[Scored], profile: Profile = STANDARD) -> Outcome:
    """The outcome at the threshold that the benchmark would choose: one for all files."""
    return max(sweep(files, profile), key=lambda outcome: outcome.score)


def at(files: Sequence[Scored], threshold: float, profile: Profile = STANDARD) -> Outcome:
    """The outcome at a given threshold: a row is an alarm where its score reaches it."""
    reached = [outcome for outcome in sweep(files, profile) if outcome.threshold >= threshold]
    return reached[-1]


def leave_out(groups: Mapping[str, Sequence[Scored]], profile: Profile = STANDARD) -> Outcome:
    """The outcome where each group is scored at the threshold that is best for the others, summed over the groups."""
    chosen = {name: best([f for other, fs in groups.items() if other != name for f in fs], profile) for name in groups}
    # a score divided by its group's threshold is an alarm from 1 up, so one sum holds all groups
    scaled = [
        Scored(file.name, np.where(file.scores >= chosen[name].threshold, 1.0, 0.0), file.windows)
        for name, files in groups.items()
        for file in files
    ]
    return at(scaled, 1.0, profile)
