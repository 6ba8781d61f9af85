"""What all faces share in one process: the settings, the state, and an analyst for each store and model."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from agent.ask import Analyst
from agent.deciding import Deciding
from agent.memory import Memory
from agent.open import model_once, open_analyst
from agent.ports import Observer
from agent.settings import Settings
from agent.stores import stamp
from db.state import State
from db.state.answers import Answers
from models.llm.base import LanguageModel


class Service:
    """Opens an analyst when it is first asked for, and keeps it. Safe for many threads.

    Chat, bots, API, MCP and the scheduler get the same one, so that a store and a model are in memory once.
    """

    def __init__(self, settings: Settings, state: State, observer: Observer | None = None) -> None:
        """Use :meth:`open`."""
        self.settings, self.state, self.observer = settings, state, observer
        self._lock = threading.Lock()
        self._analysts: dict[tuple[str, str], Analyst] = {}
        self._stamps: dict[tuple[str, str], tuple[object, ...]] = {}
        self._models: dict[str, Callable[[], LanguageModel]] = {}

    @classmethod
    def open(cls, settings: Settings, observer: Observer | None = None) -> Self:
        """Open the state; stores and models are opened when they are first needed.

        Args:
            observer: who counts and times the questions of all faces.

        Raises:
            StoreError, StoreLocked, StoreDamaged: the state cannot be used.
        """
        return cls(settings, State.open(settings.state, settings.data_dir), observer)

    def analyst(self, store: str | None = None, model: str | None = None) -> Analyst:
        """The analyst of a store and a model; the settings' by default.

        A store that was loaded or connected again is opened anew, and so is a live database every quarter of an hour:
        its clock and its members go on.

        Raises:
            ShopOpsError: what :func:`agent.open.open_analyst` raises.
        """
        key = (store or self.settings.store, model or self.settings.model)
        now = stamp(self.settings, key[0], time.monotonic())
        with self._lock:
            before = self._stamps.setdefault(key, now)
            if key not in self._analysts or before != now:
                if before[0] != now[0]:  # another file: DuckDB would go on with the old one
                    self._forget(key[0])
                self._analysts[key], self._stamps[key] = self._opened(*key), now
            return self._analysts[key]

    def _opened(self, store: str, model: str) -> Analyst:
        opener = self._models.setdefault(model, model_once(self.settings, model))
        memory = Memory(self.state, answers=Answers(self.state))
        opened = open_analyst(
            self.settings, store=store, model=model, memory=memory, observer=self.observer, opener=opener
        )
        opened.decide = Deciding(self)
        return opened

    def _forget(self, store: str) -> None:
        for key in [key for key in self._analysts if key[0] == store]:
            with suppress(Exception):
                self._analysts.pop(key).close()

    def close(self) -> None:
        """Let go of stores, models and state."""
        with self._lock:
            for analyst in self._analysts.values():
                with suppress(Exception):  # the others are to be closed as well
                    analyst.close()
            self._analysts.clear()
        self.state.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
