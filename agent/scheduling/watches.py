"""The watch as scheduled work: one look at a store, its alerts kept and put into the outbox once each."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

from agent.alerting.messages import watch_message
from agent.contracts import Language
from agent.delivery.outbox import Outbox
from agent.watching import Watcher
from db.errors import ArtifactMissing, RoleMissing
from db.state.watching import WatchLog
from tools.people import People

if TYPE_CHECKING:
    from agent.settings import Settings
    from db.engine import Store
    from db.state import State
    from models.risk.model import RiskModel

log = logging.getLogger("shopops.watch")


class Watches:
    """Keeps a watcher for each store between looks. Not for several threads at once.

    Args:
        people: gives customers their pseudonyms. model: of a store by its name; None where none is trained.
    """

    def __init__(
        self,
        state: State,
        opened: Callable[[str], Store],
        people: People,
        model: Callable[[str], RiskModel | None] = lambda name: None,
    ) -> None:
        self._state, self._opened, self._people, self._model = state, opened, people, model
        self._watchers: dict[str, Watcher] = {}

    def look(self, name: str, now: datetime, channels: Sequence[str] = (), language: Language = "en") -> int:
        """Look once at a store; how many alerts there were. Stores without payments and refunds have none.

        A process killed between raising and sending goes on here: what nobody was told yet comes first.

        Raises:
            StoreLocked: another watch looks at this store. StoreError: it cannot be read.
        """
        with closing(self._opened(name)) as store:
            try:
                watcher = self._watcher(name, store)
            except RoleMissing:
                log.info("store %s has nothing to watch", name)
                return 0
            count, outbox = 0, Outbox(self._state, lambda: now)
            try:
                for alert in watcher.poll(now):
                    message = watch_message([alert], name, store.schema.currency, language)
                    for channel in channels:
                        outbox.put(message, channel, f"watch-{name}-{alert.number}-{channel}")
                    watcher.shown(alert, now)
                    count += 1
            except BaseException:
                self._watchers.pop(name, None)  # after an error the database knows more than this watcher
                raise
            return count

    def _watcher(self, name: str, store: Store) -> Watcher:
        known = self._watchers.get(name)
        if known is not None:
            known.attach(store)
            return known
        made = Watcher(store, WatchLog(self._state.engine, name), self._people, self._model(name))
        self._watchers[name] = made
        return made


def risk_model(settings: Settings, name: str) -> RiskModel | None:
    """The trained model of a store; None where there is none, and the rules watch alone."""
    from models.risk.model import KIND, load_model
    from models.training import file_of, trained_folder

    try:
        return load_model(file_of(trained_folder(settings.data_dir, name), KIND))[1]
    except ArtifactMissing:
        return None
