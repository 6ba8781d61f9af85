"""Progress of one question, told as fast as the service takes it and never after the answer."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from db.errors import DeliveryError

PACE = 0.8  # seconds between two changes: services limit how often a message may be edited
log = logging.getLogger("shopops.bots")


class Telling:
    """Shows the newest stage in a thread of its own, so that the answer never waits for a service's network.

    Args:
        show: shows a stage; may take its time, may fail.
    """

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._news = threading.Condition()
        self._stage: str | None = None
        self._shown: str | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._tell, name="bot-progress", daemon=True)
        self._thread.start()

    def stage(self, words: str | None) -> None:
        """The question has come to this stage; None says nothing new."""
        with self._news:
            self._stage = words or self._stage
            self._news.notify_all()

    def end(self) -> None:
        """Nothing more is shown; what is being shown right now is waited for."""
        with self._news:
            self._ended = True
            self._news.notify_all()
        self._thread.join()

    def _tell(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._ended or self._stage != self._shown)
                if self._ended:
                    return
                self._shown = self._stage
            try:
                self._show(self._shown or "")
            except DeliveryError as error:
                log.warning("progress could not be shown: %s", error.message)
            except Exception:
                log.exception("progress could not be shown")
            with self._news:
                self._news.wait_for(lambda: self._ended, PACE)
