"""The channels' names, and what else people call them: all that a plan, a rule or a prompt may know of a channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from db.errors import UsageError

if TYPE_CHECKING:
    from agent.settings import Settings


# What the only channel of its kind is called as well: "send it to Slack".
_KINDS = {
    "slack": ("slack",),
    "feishu": ("feishu", "lark", "飞书"),
    "dingtalk": ("dingtalk", "钉钉"),
    "email": ("email", "e-mail", "mail", "邮箱", "邮件"),
}


def channel_names(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Each channel's name with its other names: ``called`` in its table, and its kind where it is the only one."""
    kinds = [options.kind for options in settings.channels.values()]
    return {
        name: (*options.called, *(_KINDS.get(options.kind, ()) if kinds.count(options.kind) == 1 else ()))
        for name, options in settings.channels.items()
    }


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
