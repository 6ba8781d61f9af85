"""The channels that the settings name. A plan, a rule and a schedule only know a name; what it stands for is here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agent.delivery.files import read_files
from agent.delivery.message import Message, Sender
from agent.delivery.options import ChannelOptions, FolderOptions
from db.errors import DeliveryRefused

if TYPE_CHECKING:
    from agent.settings import Settings


@dataclass(frozen=True, slots=True)
class Channels:
    """Sends to each channel in its own way. Safe for many threads: it keeps no connection."""

    options: Mapping[str, ChannelOptions]
    data_dir: Path

    @property
    def kinds(self) -> dict[str, str]:
        """Name -> kind of every channel, for those who choose one; no addresses."""
        return {name: options.kind for name, options in self.options.items()}

    def __call__(self, channel: str, message: Message, key: str) -> None:
        """As :class:`agent.delivery.message.Sender` says."""
        options = self.options.get(channel)
        if options is None:
            known = ", ".join(self.options) or "none"
            raise DeliveryRefused(
                f"There is no channel '{channel}'; there are: {known}.",
                f"Add [channels.{channel}] to shopops.toml, or name another.",
            )
        files = read_files(message, self.data_dir)
        if isinstance(options, FolderOptions):
            from agent.delivery.folder import write_folder

            write_folder(options.path or self.data_dir / "sent" / channel, message, files, key)
            return
        raise DeliveryRefused(f"Channels of kind '{options.kind}' cannot be used by this version.")


def open_sender(settings: Settings) -> Sender:
    """A sender for the channels of the settings; it connects when it sends."""
    return Channels(settings.channels, settings.data_dir)
