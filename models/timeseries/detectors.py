"""An online detector of anomalies: one value at a time, constant memory, state that survives a restart.

Each value is looked at in fifteen ways (:mod:`models.timeseries.anomaly_views`): the value itself, its distance from
slow and quick averages, averages and spreads over three lengths, and how far it lies outside what the same hour or
weekday has shown before. For each view the upper and the lower tail give a probability by extreme value theory, and the
surprise is their mean, in which the two views of the hour weigh more, since of what is odd for its hour only they know:

    s = Σ w_view · (−log₁₀ p_view) / Σ w_view

A burst is reported once: a score is given only where it passes every other of the last ``quiet`` rows, in steps of 0.1,
so that whatever threshold is laid over the scores sees few alarms for one event. No row looks ahead.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from db.errors import AnalysisError
from models.timeseries.anomaly_tails import Tail
from models.timeseries.anomaly_views import SEASONAL, SPREADS, VIEWS, Views

ALARM = 1.9  # best over the corpus of docs/benchmarks.md; 1.7 to 2.0 lie within three points of it
STEP = 0.1
QUIET = 0.1  # of the calibration's rows; 0.05 to 0.25 measured alike
FEWEST = 30  # rows of calibration: below it a tail of 2 % is less than one row
MOST = 750  # NAB's longest probation
VERSION = 1
# 1.5 of the seasonal views: NAB 69.7 at 1, 71.9 at 1.5, 70.2 at 2, 69.8 at 3; from 1.5 on a rise that stays out is seen
WEIGHTS = tuple(1.5 if index in SEASONAL else 1.0 for index in range(len(VIEWS)))


@dataclass(frozen=True, slots=True)
class Score:
    """What one row says.

    Attributes:
        value: 0 where nothing is new; else the surprise in steps of 0.1, an alarm from ``ALARM`` up.
        surprise: weighted mean of −log₁₀ of the views' tail probabilities, whether reported before or not.
        expected: the recent average, which the value was held against.
        direction: 1 above what was expected, −1 below.
    """

    value: float
    surprise: float
    expected: float
    direction: int
    alarm: bool


class OnlineDetector:
    """Scores a stream. Not safe for several threads.

    Args:
        calibrate: rows that are only learnt from (NAB: the probation). It also sets the length of the slow averages.
        quiet: rows within which a burst is one event; a tenth of the calibration without it.
        alarm: the score from which a row is an alarm.

    Raises:
        AnalysisError: fewer than 30 rows of calibration.

    >>> from datetime import datetime, timedelta
    >>> detector = OnlineDetector(calibrate=60)
    >>> start = datetime(2024, 1, 1)
    >>> scores = [detector.update(start + timedelta(hours=h), 10.0 + h % 5) for h in range(200)]
    >>> any(s.alarm for s in scores), detector.update(start + timedelta(hours=200), 90.0).alarm
    (False, True)
    """

    def __init__(self, calibrate: int = 200, quiet: int | None = None, alarm: float = ALARM) -> None:
        if calibrate < FEWEST:
            raise AnalysisError(f"A detector needs {FEWEST} rows to learn from, not {calibrate}.")
        self.calibrate = min(calibrate, MOST)
        self.quiet = max(round(self.calibrate * QUIET), 1) if quiet is None else quiet
        self.alarm = alarm
        self._rows = 0
        self._views = Views(self.calibrate)
        self._learnt: list[list[float]] = []
        self._unit = 0.0  # a spread below which a series counts as still
        self._tails: list[tuple[Tail, Tail]] = []
        self._peaks: list[tuple[int, float]] = []  # falling scores of the last ``quiet`` rows

    def update(self, timestamp: datetime, value: float | None) -> Score:
        """Score one row and learn from it; a missing value is neither scored nor learnt."""
        if value is None or not math.isfinite(value):
            return Score(0.0, 0.0, self._views.recent, 0, alarm=False)
        value = float(value)
        expected = self._views.recent if self._rows else value
        views = self._views.update(timestamp, value)
        self._rows += 1
        direction = (value > expected) - (value < expected)
        if not self._tails:
            self._learnt.append(views)
            if len(self._learnt) == self.calibrate:
                self._fit()
            return Score(0.0, 0.0, expected, direction, alarm=False)
        surprise = sum(w * s for w, s in zip(WEIGHTS, self._surprises(views), strict=True)) / sum(WEIGHTS)
        reported = self._reported(surprise)
        return Score(reported, surprise, expected, direction, reported >= self.alarm)

    def _surprises(self, views: list[float]) -> list[float]:
        self._still(views)
        return [max(up.score(x), down.score(-x)) for (up, down), x in zip(self._tails, views, strict=True)]

    def _still(self, views: list[float]) -> None:
        """Variances become the logarithm of a spread, with a floor so that a flat line is no infinity."""
        for index in SPREADS:
            views[index] = 0.5 * math.log(views[index] + self._unit * self._unit)

    def _fit(self) -> None:
        values = [row[0] for row in self._learnt]
        steps = sorted(abs(b - a) for a, b in pairwise(values))
        span = max(values) - min(values)
        self._unit = 0.01 * steps[len(steps) // 2] + 1e-9 * span + 1e-12
        for row in self._learnt:
            self._still(row)
        for index in range(len(VIEWS)):
            column = [row[index] for row in self._learnt]
            floor = max(_floor(column), 0.01 * span if index in SEASONAL else 0.0)
            self._tails.append((Tail.fitted(column, floor), Tail.fitted([-x for x in column], floor)))
        self._learnt = []

    def _reported(self, surprise: float) -> float:
        level = math.floor(surprise / STEP) * STEP
        self._peaks = [(row, peak) for row, peak in self._peaks if row >= self._rows - self.quiet]
        new = not self._peaks or level > self._peaks[0][1]
        self._peaks = [*((row, peak) for row, peak in self._peaks if peak > level), (self._rows, level)]
        return round(level, 1) if new else 0.0

    def to_json(self) -> str:
        """The whole state, of bounded size."""
        state = {
            "version": VERSION,
            "calibrate": self.calibrate,
            "quiet": self.quiet,
            "alarm": self.alarm,
            "rows": self._rows,
            "views": self._views.state(),
            "learnt": self._learnt,
            "unit": self._unit,
            "tails": [[up.state(), down.state()] for up, down in self._tails],
            "peaks": self._peaks,
        }
        return json.dumps(state)

    @classmethod
    def from_json(cls, text: str) -> OnlineDetector:
        """A detector that goes on where the other stopped.

        Raises:
            AnalysisError: the text is no state of this version.
        """
        try:
            return cls._restored(json.loads(text))
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise AnalysisError("The detector's saved state cannot be read.", "Start it anew.") from error

    @classmethod
    def _restored(cls, state: dict[str, Any]) -> OnlineDetector:
        if state["version"] != VERSION:
            raise ValueError(state["version"])
        detector = cls(state["calibrate"], state["quiet"], state["alarm"])
        detector._rows, detector._unit, detector._learnt = state["rows"], state["unit"], state["learnt"]
        detector._views = Views.restored(detector.calibrate, state["views"])
        detector._tails = [(Tail(*up), Tail(*down)) for up, down in state["tails"]]
        detector._peaks = [(row, peak) for row, peak in state["peaks"]]
        return detector


def _floor(column: list[float]) -> float:
    """The smallest difference that counts in a view: a hundredth of its usual range, and never nothing."""
    ordered = sorted(column)
    median = ordered[len(ordered) // 2]
    usual = sorted(abs(x - median) for x in ordered)[int(0.9 * (len(ordered) - 1))]
    return 0.01 * usual + 1e-6 * (ordered[-1] - ordered[0]) + 1e-9 * (abs(median) + 1e-3)
