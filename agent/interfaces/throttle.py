"""How often: limits by key in a moving window, kept in this process."""

from __future__ import annotations

import time
from collections.abc import Iterable

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter


class Throttle:
    """Counts what each key did. Several limits hold side by side ("10/minute;50/hour").

    Args:
        rules: limits in the notation of the ``limits`` library, joined by semicolons.
    """

    def __init__(self, rules: str) -> None:
        self._rules: tuple[RateLimitItem, ...] = tuple(parse_many(rules))
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def wait(self, keys: Iterable[str]) -> int:
        """Seconds until every key may act again; 0 where each may act now. Counts nothing."""
        full = [(rule, key) for key in keys for rule in self._rules if not self._limiter.test(rule, key)]
        ends = [self._limiter.get_window_stats(rule, key).reset_time for rule, key in full]
        return max(1, round(max(ends) - time.time() + 0.5)) if ends else 0

    def count(self, keys: Iterable[str]) -> None:
        """Each of the keys acted once."""
        for key in keys:
            for rule in self._rules:
                self._limiter.hit(rule, key)

    def forget(self, keys: Iterable[str]) -> None:
        """What the keys did counts no longer."""
        for key in keys:
            for rule in self._rules:
                self._limiter.clear(rule, key)

    def take(self, keys: Iterable[str]) -> int:
        """As :meth:`wait`, and counts where it may act now."""
        named = tuple(keys)
        seconds = self.wait(named)
        if not seconds:
            self.count(named)
        return seconds
