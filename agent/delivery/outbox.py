"""The outbox: what is to be sent, sent at least once, tried again with patience, and given up in plain sight.

Exactly once ends where the channel's world begins: a process killed between a channel's OK and our note of it sends
that message once more. The delivery's key is the same at every try, so a channel that knows keys (an e-mail's
Message-ID, a folder's file name) shows it once all the same.
"""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from agent.delivery.message import Message, Sender
from db.errors import DeliveryRefused, ShopOpsError, UsageError
from db.state.outbox import LONGEST_WAIT, Deliveries, Delivery, requeue_on

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from db.state import State

LEASE = timedelta(minutes=5)  # longer than a channel takes to answer or to time out
MOST_TRIES = 8  # the last one comes about two hours after the first
FIRST_WAIT = 30.0  # seconds; doubled at each try
LONGEST_BACKOFF = 3_600.0
_ADDRESS = re.compile(r"\w+://\S+|\S+@\S+")  # an error's words never carry a webhook's address or a mailbox
log = logging.getLogger("shopops.outbox")


def _now() -> datetime:
    return datetime.now(UTC)


class Outbox:
    """Puts messages, and sends those that are due. Safe for many threads and processes.

    Args:
        clock: the present moment. jitter: a number between 0 and 1, so that workers do not all try again at once.
    """

    def __init__(
        self, state: State, clock: Callable[[], datetime] = _now, jitter: Callable[[], float] = random.random
    ) -> None:
        self._state, self._clock, self._jitter = state, clock, jitter
        self._kept = Deliveries(state.engine)

    def put(self, message: Message, channel: str, key: str) -> bool:
        """Keep a message for a channel; False where one of this key was put before, whatever became of it."""
        return self._kept.put(key, channel, message.to_json(), self._clock())

    def send_due(self, sender: Sender, stopped: Callable[[], bool] = lambda: False) -> int:
        """Try everything that is due, until ``stopped`` says so; how many the channels took."""
        count = 0
        while not stopped() and (delivery := self._kept.claim(self._clock(), LEASE)):
            count += self._try(delivery, sender)
        return count

    def dead(self, limit: int = 100) -> tuple[Delivery, ...]:
        """What was given up, newest first."""
        return self._kept.of_status("dead", limit=limit)

    def recent(self, limit: int = 50) -> tuple[Delivery, ...]:
        """The newest messages, whatever became of them."""
        return self._kept.of_status(limit=limit)

    def counts(self) -> dict[str, int]:
        """How many wait, were sent and are dead."""
        return self._kept.counts()

    def retry(self, number: int, who: str) -> None:
        """Send a dead one after all.

        Raises:
            UsageError: there is no dead one of that number.
        """
        now = self._clock()

        def requeued(connection: Connection) -> None:
            if not requeue_on(connection, number, now):
                raise UsageError(f"There is no message {number} that was given up.", "See: shopops outbox list")

        self._state.audited(who, "outbox retry", {"delivery": number}, now, requeued)

    def _try(self, delivery: Delivery, sender: Sender) -> int:
        if delivery.attempts > MOST_TRIES:  # each of its tries took the process with it
            self._kept.bury(delivery, "ShopOps was ended at every try to send it.")
            return 0
        try:
            sender(delivery.channel, Message.from_json(delivery.message), delivery.key)
        except DeliveryRefused as error:
            self._kept.bury(delivery, safe(str(error)))
            log.warning("delivery %s to %s refused", delivery.number, delivery.channel)
            return 0
        except ShopOpsError as error:
            self._failed(delivery, safe(str(error)), getattr(error, "retry_after", None))
            return 0
        except Exception:
            log.exception("delivery %s to %s failed", delivery.number, delivery.channel)
            self._failed(delivery, "Something went wrong in ShopOps. The log has the details.", None)
            return 0
        self._kept.sent(delivery, self._clock())
        return 1

    def _failed(self, delivery: Delivery, error: str, retry_after: float | None) -> None:
        if delivery.attempts >= MOST_TRIES:
            self._kept.bury(delivery, error)
            return
        wait = self._wait(delivery.attempts, retry_after)
        self._kept.again(delivery, self._clock() + wait, error)

    def _wait(self, attempts: int, retry_after: float | None) -> timedelta:
        """Half to all of 30 s, 60 s, 120 s… up to an hour; never sooner than the channel asks, six hours at most."""
        backoff = min(FIRST_WAIT * 2.0 ** (attempts - 1), LONGEST_BACKOFF)
        asked = retry_after or 0.0
        seconds = max(backoff * (0.5 + self._jitter() / 2), asked)
        return min(timedelta(seconds=min(seconds, LONGEST_WAIT.total_seconds())), LONGEST_WAIT)


def safe(error: str) -> str:
    """An error's words without addresses.

    >>> safe("No answer from https://hooks.example.com/T0/secret.")
    'No answer from (address)'
    """
    return _ADDRESS.sub("(address)", error)[:500]
