"""An analyst to be measured: as operators have it, but it remembers only within the process."""

from __future__ import annotations

from agent.ask import Analyst
from agent.settings import Settings


def open_to_measure(settings: Settings, store: str | None = None, model: str | None = None) -> Analyst:
    """Open a store and a model. Raises as ``open_analyst`` does: no store, no model, a setting that cannot be used."""
    from agent.memory import Memory
    from agent.open import open_analyst

    return open_analyst(settings, store=store, model=model, memory=Memory.transient())
