"""An application's token that ends after a while: fetched when it is needed, and renewed before its end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

EARLY = 300  # seconds before its end that a token is renewed
SHORTEST = 60  # seconds that a token is kept, whatever its answer says


class Renewed:
    """Safe for many threads; one of them fetches.

    Args:
        fetch: gives a token and the seconds that it holds for.
    """

    def __init__(self, fetch: Callable[[], tuple[str, float]], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._clock = fetch, clock
        self._lock = threading.Lock()
        self._token, self._ends = "", clock()

    def current(self) -> str:
        """The token. Raises what ``fetch`` raises."""
        with self._lock:
            if self._clock() >= self._ends:
                self._token, seconds = self._fetch()
                self._ends = self._clock() + max(seconds - EARLY, SHORTEST)
            return self._token

    def forget(self, token: str) -> None:
        """The service no longer takes this token."""
        with self._lock:
            if self._token == token:
                self._ends = self._clock()
