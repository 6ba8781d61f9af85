"""Counts over a sliding window: who was seen with what, and what happened lately. All operations take constant time."""

from __future__ import annotations

from collections import deque


class Pairs:
    """How often things were seen together: ``device → customer → times``. What falls to zero is forgotten.

    >>> pairs = Pairs()
    >>> pairs.add("phone", "ann"); pairs.add("phone", "bob"); pairs.drop("phone", "ann"); list(pairs.of("phone"))
    ['bob']
    """

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: dict[str, dict[str, int]] = {}

    def add(self, key: str, other: str) -> None:
        """Seen together once more."""
        held = self._held.get(key)
        if held is None:
            self._held[key] = {other: 1}
        else:
            held[other] = held.get(other, 0) + 1

    def drop(self, key: str, other: str) -> None:
        """Once less; takes back an :meth:`add`."""
        held = self._held[key]
        if held[other] > 1:
            held[other] -= 1
            return
        del held[other]
        if not held:
            del self._held[key]

    def of(self, key: str | None) -> dict[str, int]:
        """What a key was seen with; not to be changed."""
        return self._held.get(key, _NONE) if key is not None else _NONE


class Recent:
    """Moments by key within a span of seconds, with a mark each (the card that failed): who did how much just now.

    >>> recent = Recent(60.0)
    >>> recent.add(0.0, "ann"); recent.add(50.0, "ann"); recent.count(70.0, "ann"), recent.count(70.0, "bob")
    (1, 0)
    """

    __slots__ = ("_by_key", "_order", "span")

    def __init__(self, span: float) -> None:
        self.span = span
        self._by_key: dict[str, deque[tuple[float, str | None]]] = {}
        self._order: deque[tuple[float, str]] = deque()

    def add(self, time: float, key: str | None, mark: str | None = None) -> None:
        """Something happened to a key."""
        if key is not None:
            self._by_key.setdefault(key, deque()).append((time, mark))
            self._order.append((time, key))

    def forget(self, now: float) -> None:
        """Let go of what is older than the span."""
        order, since = self._order, now - self.span
        while order and order[0][0] <= since:
            _, key = order.popleft()
            held = self._by_key[key]
            held.popleft()
            if not held:
                del self._by_key[key]

    def count(self, now: float, key: str | None, span: float | None = None) -> int:
        """How often within the last ``span`` seconds, the whole window without it."""
        since = now - (span or self.span)
        return sum(1 for time, _ in self._by_key.get(key or "", ()) if time > since)

    def held(self, key: str) -> int:
        """How often within the window, where :meth:`forget` was called for this moment."""
        return len(self._by_key.get(key, ()))

    def marks(self, now: float, key: str | None) -> set[str]:
        """The different marks within the window."""
        since = now - self.span
        return {mark for time, mark in self._by_key.get(key or "", ()) if time > since and mark}

    def __contains__(self, key: str) -> bool:
        return key in self._by_key


_NONE: dict[str, int] = {}
