"""The channels' names, and what else people call them: all that a plan, a rule or a prompt may know of a channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from db.errors import UsageError

if TYPE_CHECKING:
    from agent.settings import Settings


def channel_names(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Each channel's name with its other names (``called`` in its table of the settings); no addresses."""
    known: Mapping[str, object] = getattr(settings, "channels", {})
    return {name: tuple(getattr(options, "called", ())) for name, options in known.items()}


def check_channels(names: Sequence[str], settings: Settings) -> None:
    """Refuse a channel that the settings do not name (any more).

    Raises:
        UsageError: it names the first one.
    """
    known = channel_names(settings)
    for name in names:
        if name not in known:
            there = ", ".join(known) or "none"
            raise UsageError(f"There is no channel '{name}'; there are: {there}.", "Channels are set in shopops.toml.")
