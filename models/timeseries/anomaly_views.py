"""What a detector looks at in a stream: the value, averages, spreads, and the envelope of the hour or weekday."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

LENGTHS = (4, 16, 64)  # rows of the short averages; measured against (6, 24, 96), (8, 64) and (5, 50): within 3 points
QUICK = 3
VIEWS = (
    "value",
    "from slow average",
    "from middle average",
    "from last rows",
    *(f"average {n}" for n in LENGTHS),
    *(f"average {n} from slow" for n in LENGTHS),
    *(f"spread {n}" for n in LENGTHS),
    "outside the hour",
    "outside the hour, smoothed",
)
SPREADS = range(10, 13)  # places in VIEWS that hold variances
SEASONAL = range(13, 15)  # and those of the envelope


class Average:
    """An average that forgets; over its first rows the plain one."""

    __slots__ = ("rows", "share", "value")

    def __init__(self, rows: float, share: float = 1.0, value: float = 0.0) -> None:
        self.rows, self.share, self.value = rows, share, value

    def add(self, x: float) -> float:
        """The average with one more value. ``share`` is the weight of the next value, falling to 1/rows."""
        self.value += max(self.share, 1 / self.rows) * (x - self.value)
        self.share = self.share / (1 + self.share)
        return self.value

    def state(self) -> list[float]:
        """For ``Average(*state)``."""
        return [self.rows, self.share, self.value]


class Envelope:
    """The range of values that each hour of the day (or weekday, where rows come daily) has shown.

    A bin widens at once and narrows by ``FORGET`` each time it passes. An hour is held against itself and its
    neighbours, and what it shows is kept back until two further hours have passed: else the first hours of a
    missing rise would widen the range for the next ones.
    """

    FORGET = 0.15
    HELD = 2

    def __init__(self) -> None:
        self.high: dict[int, float] = {}
        self.low: dict[int, float] = {}
        self.bin = -1
        self.now = (0.0, 0.0)
        self.held: list[tuple[int, float, float]] = []

    def outside(self, place: int, bins: int, x: float) -> float:
        """How far a value lies outside its range, negative below it; 0 where nothing is known yet."""
        if place != self.bin:
            self._turn()
            self.bin, self.now = place, (x, x)
        near = (place,) if bins == 7 else ((place - 1) % bins, place, (place + 1) % bins)
        known = [index for index in near if index in self.high]
        self.now = (max(self.now[0], x), min(self.now[1], x))
        if not known:
            return 0.0
        high, low = max(self.high[i] for i in known), min(self.low[i] for i in known)
        return max(x - high, 0.0) + min(x - low, 0.0)

    def _turn(self) -> None:
        if self.bin >= 0:
            self.held.append((self.bin, *self.now))
        if len(self.held) > self.HELD:
            place, high, low = self.held.pop(0)
            old_high, old_low = self.high.get(place, high), self.low.get(place, low)
            self.high[place] = max(high, old_high + self.FORGET * (high - old_high))
            self.low[place] = min(low, old_low + self.FORGET * (low - old_low))

    def state(self) -> dict[str, Any]:
        """For :meth:`restored`."""
        return {"high": self.high, "low": self.low, "bin": self.bin, "now": self.now, "held": self.held}

    @classmethod
    def restored(cls, state: dict[str, Any]) -> Envelope:
        """The envelope of a state that went through JSON, where keys become text."""
        envelope = cls()
        envelope.high = {int(key): value for key, value in state["high"].items()}
        envelope.low = {int(key): value for key, value in state["low"].items()}
        envelope.bin = state["bin"]
        envelope.now = (state["now"][0], state["now"][1])
        envelope.held = [(place, high, low) for place, high, low in state["held"]]
        return envelope


class Views:
    """All views of one stream. ``calibrate``: rows of the slow average."""

    def __init__(self, calibrate: int) -> None:
        self.slow, self.middle, self.quick = Average(calibrate), Average(calibrate / 8), Average(QUICK)
        self.means = [Average(n) for n in LENGTHS]
        self.variances = [Average(n) for n in LENGTHS]
        self.smooth = Average(LENGTHS[0])
        self.hours = [Envelope(), Envelope()]
        self.last: datetime | None = None
        self.daily = 0  # rows that came a day or more after the one before, less those that did not

    @property
    def recent(self) -> float:
        """The middle average: what the next value is expected to be near."""
        return self.middle.value

    def update(self, timestamp: datetime, x: float) -> list[float]:
        """The views of the next row, in the order of ``VIEWS``; spreads as variances."""
        first = self.last is None
        slow, middle, quick = (x, x, x) if first else (self.slow.value, self.middle.value, self.quick.value)
        befores = [x if first else mean.value for mean in self.means]
        means = [mean.add(x) for mean in self.means]
        spreads = [v.add((x - before) ** 2) for v, before in zip(self.variances, befores, strict=True)]
        for average in (self.slow, self.middle, self.quick):
            average.add(x)
        place, bins = self._place(timestamp)
        outside = [self.hours[0].outside(place, bins, x), self.hours[1].outside(place, bins, self.smooth.add(x))]
        return [x, x - slow, x - middle, x - quick, *means, *(m - slow for m in means), *spreads, *outside]

    def _place(self, timestamp: datetime) -> tuple[int, int]:
        if self.last is not None:
            long = timestamp - self.last >= timedelta(hours=23)
            self.daily = min(max(self.daily + (1 if long else -1), -10), 10)
        self.last = timestamp
        return (timestamp.weekday(), 7) if self.daily > 0 else (timestamp.hour, 24)

    def state(self) -> dict[str, Any]:
        """For :meth:`restored`."""
        averages = [self.slow, self.middle, self.quick, *self.means, *self.variances, self.smooth]
        return {
            "averages": [average.state() for average in averages],
            "hours": [envelope.state() for envelope in self.hours],
            "last": self.last.isoformat() if self.last else None,
            "daily": self.daily,
        }

    @classmethod
    def restored(cls, calibrate: int, state: dict[str, Any]) -> Views:
        """The views that go on from a state."""
        views = cls(calibrate)
        averages = [Average(*saved) for saved in state["averages"]]
        n = len(LENGTHS)
        views.slow, views.middle, views.quick = averages[:3]
        views.means, views.variances, views.smooth = averages[3 : 3 + n], averages[3 + n : 3 + 2 * n], averages[-1]
        views.hours = [Envelope.restored(saved) for saved in state["hours"]]
        views.last = datetime.fromisoformat(state["last"]) if state["last"] else None
        views.daily = state["daily"]
        return views
