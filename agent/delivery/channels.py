"""The channels that the settings name. A plan, a rule and a schedule only know a name; what it stands for is here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agent.delivery.files import read_files
from agent.delivery.message import Message, Sender
from agent.delivery.options import (
    ChannelOptions,
    DingTalkOptions,
    EmailOptions,
    FeishuOptions,
    FolderOptions,
    SlackOptions,
)
from db.errors import DeliveryRefused

if TYPE_CHECKING:
    from agent.delivery.files import File
    from agent.settings import Settings
    from agent.settings_bots import SlackBot


@dataclass(frozen=True, slots=True)
class Channels:
    """Sends to each channel in its own way. Safe for many threads: it keeps no connection."""

    options: Mapping[str, ChannelOptions]
    data_dir: Path
    slack: SlackBot | None = None

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
        self._sent(channel, options, message, read_files(message, self.data_dir), key)

    def _sent(self, channel: str, options: ChannelOptions, message: Message, files: tuple[File, ...], key: str) -> None:
        if isinstance(options, FolderOptions):
            from agent.delivery.folder import write_folder

            write_folder(options.path or self.data_dir / "sent" / channel, message, files, key)
        elif isinstance(options, EmailOptions):
            from agent.delivery import mail

            mail.send(options, message, files, key)
        elif isinstance(options, FeishuOptions):
            from agent.delivery import feishu

            feishu.send(options, message, files)
        elif isinstance(options, DingTalkOptions):
            from agent.delivery import dingtalk

            dingtalk.send(options, message, files)
        else:
            self._by_slack(options, message, files)

    def _by_slack(self, options: SlackOptions, message: Message, files: tuple[File, ...]) -> None:
        from agent.delivery import slack
        from agent.delivery.slack_api import SlackApi

        if options.channel is None:
            slack.send_by_webhook(options, message, files)
        elif self.slack is None:
            raise DeliveryRefused("This channel needs the Slack bot.", "Set [slack] in shopops.toml (docs/slack.md).")
        else:
            slack.send_by_bot(SlackApi(self.slack.bot_token, self.slack.api), options.channel, message, files)


def open_sender(settings: Settings) -> Sender:
    """A sender for the channels of the settings; it connects when it sends."""
    return Channels(settings.channels, settings.data_dir, settings.slack)
