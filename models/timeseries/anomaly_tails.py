"""The tail of a stream's distribution, kept up to date in constant memory: how improbable is a value beyond it?

Method: peaks over a threshold. Beyond a high quantile t the excesses follow a generalised Pareto distribution (Pickands
1975; for streams Siffer et al., "Anomaly Detection in Streams with Extreme Value Theory", KDD 2017):

    P(X > t + e) = φ (1 + ξ e / σ)^(−1/ξ)

with ξ and σ from the mean m and the variance v of the excesses (Hosking & Wallis 1987): ξ = ½ (1 − m²/v) and
σ = m (1 − ξ). The threshold follows its quantile by stochastic approximation, the moments by an average that forgets.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

QUANTILE = 0.98
MEMORY = 100  # excesses that the moments remember
HEAVIEST = 0.45  # of ξ: beyond ½ the variance, from which it is estimated, does not exist
PRIOR = 2.0  # excesses of half the spread that are assumed before any is seen
_BASE = -math.log10(1 - QUANTILE)


@dataclass(slots=True)
class Tail:
    """The upper tail of a stream.

    Attributes:
        threshold: the quantile. spread: its distance from the median at the start, the unit of its moves.
        mean, square: moments of the excesses. count: excesses seen. rate: of the threshold's moves. floor: least mean.
    """

    threshold: float
    spread: float
    mean: float
    square: float
    count: float
    rate: float
    floor: float

    @classmethod
    def fitted(cls, values: Sequence[float], floor: float) -> Tail:
        """The tail of a first stretch of values; ``floor`` is the smallest difference that counts."""
        ordered = sorted(values)
        place = max(int(len(ordered) * QUANTILE) - 1, 0)
        threshold = ordered[place]
        spread = max(threshold - ordered[len(ordered) // 2], floor)
        excesses = [x - threshold for x in ordered[place + 1 :] if x > threshold]
        count, typical = len(excesses) + PRIOR, 0.5 * spread
        mean = (sum(excesses) + PRIOR * typical) / count
        square = (sum(e * e for e in excesses) + PRIOR * 2 * typical * typical) / count
        return cls(threshold, spread, mean, square, count, 2.0 / max(len(ordered), 200), floor)

    def score(self, value: float) -> float:
        """−log₁₀ of the probability of a value as high, 0 below the threshold; then learns the value."""
        excess = value - self.threshold
        surprise = _BASE + self._depth(excess) if excess > 0 else 0.0
        self.threshold += self.rate * self.spread * (QUANTILE if excess > 0 else QUANTILE - 1)
        if excess > 0:
            self.count += 1
            share = max(1 / MEMORY, 1 / self.count)
            self.mean += share * (excess - self.mean)
            self.square += share * (excess * excess - self.square)
        return surprise

    def _depth(self, excess: float) -> float:
        mean = max(self.mean, self.floor)
        variance = max(self.square - self.mean * self.mean, 1e-12 * mean * mean)
        shape = min(max(0.5 * (1 - mean * mean / variance), 0.0), HEAVIEST)
        scaled = excess / (mean * (1 - shape))
        return scaled / math.log(10) if shape < 1e-6 else math.log10(1 + shape * scaled) / shape

    def state(self) -> list[float]:
        """The fields in order, for ``Tail(*state)``."""
        return list(astuple(self))
