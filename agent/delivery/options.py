"""What an administrator sets about a channel: ``[channels.NAME]`` tables of ``shopops.toml``. Holds no network code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

KINDS = ("folder", "slack", "feishu", "dingtalk", "email")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]


Home = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]


class _Options(BaseModel):
    """What every channel has. ``called``: other names that people say ("the ops group", 运营群)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    called: tuple[Annotated[str, StringConstraints(min_length=1, max_length=64)], ...] = ()


class FolderOptions(_Options):
    """Writes each message into a folder of its own; ``path`` None is ``sent/NAME`` under the data folder."""

    kind: Literal["folder"]
    path: Home | None = None


class _Webhook(_Options):
    webhook: SecretStr  # whoever knows the address may write to the channel
    loopback: bool = False  # for trials: lets the address be http on 127.0.0.1


class FeishuOptions(_Webhook):
    """A custom bot of a Feishu or Lark group; ``secret`` is its signature key, where it wants signatures."""

    kind: Literal["feishu"]
    secret: SecretStr | None = None


class DingTalkOptions(_Webhook):
    """A custom robot of a DingTalk group; ``secret`` is its signature key (SEC…), where it wants signatures."""

    kind: Literal["dingtalk"]
    secret: SecretStr | None = None


class SlackOptions(_Options):
    """An incoming ``webhook`` (text only), or a ``channel`` id that the bot of ``[slack]`` posts to (files too)."""

    kind: Literal["slack"]
    webhook: SecretStr | None = None
    channel: str | None = Field(None, pattern=r"^[A-Z0-9]{3,32}$")
    loopback: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.webhook is None) == (self.channel is None):
            raise ValueError("set either webhook or channel")
        return self


class EmailOptions(_Options):
    """Mail through an SMTP server. ``security``: ``starttls`` (587), ``ssl`` (465), or ``none`` on loopback only.

    ``ca``: a file of certificates to trust, for a server whose certificate the system does not know.
    """

    kind: Literal["email"]
    host: str
    port: int | None = Field(None, ge=1, le=65_535)
    security: Literal["starttls", "ssl", "none"] = "starttls"
    user: str | None = None
    password: SecretStr | None = None
    sender: str
    to: tuple[str, ...] = Field(min_length=1, max_length=100)
    ca: Home | None = None

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        if self.security == "none" and self.host not in LOOPBACK:
            raise ValueError("security 'none' is for a mail server on this machine only")
        if (self.user is None) != (self.password is None):
            raise ValueError("set user and password together")
        return self


ChannelOptions = Annotated[
    FolderOptions | SlackOptions | FeishuOptions | DingTalkOptions | EmailOptions, Field(discriminator="kind")
]
