"""What an administrator sets about the bots: ``[slack]``, ``[feishu]`` and ``[dingtalk]`` of ``shopops.toml``."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

Token = Annotated[SecretStr, Field(min_length=1)]
Users = dict[Annotated[str, StringConstraints(min_length=1, max_length=128)], str]


class _Bot(BaseModel):
    """What all bots share.

    ``users``: the service's user id → the name of a ShopOps user, or ``operator`` for the machine's owner.
    ``personal``: whether who may see personal data sees it in direct messages (in groups nobody does).
    ``api``: another address of the service's API, e.g. of a private installation.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    users: Users = {}
    personal: bool = True
    store: str | None = None


class SlackBot(_Bot):
    """``app_token`` turns Socket Mode on; ``signing_secret`` turns the HTTP endpoints on; at least one of them."""

    bot_token: Token
    signing_secret: Token | None = None
    app_token: Token | None = None
    api: str = "https://slack.com/api/"

    @model_validator(mode="after")
    def _reached(self) -> Self:
        if self.signing_secret is None and self.app_token is None:
            raise ValueError("set signing_secret (HTTP) or app_token (Socket Mode)")
        return self


class FeishuBot(_Bot):
    """An application of Feishu, or of Lark with ``api = "https://open.larksuite.com"``. All four keys are needed."""

    app_id: str = Field(min_length=1)
    app_secret: Token
    encrypt_key: Token
    verification_token: Token
    api: str = "https://open.feishu.cn"


class DingTalkBot(_Bot):
    """An enterprise's own robot. ``app_key`` lets it send charts and files; without it answers are text only."""

    app_secret: Token
    app_key: str | None = None
    api: str = "https://api.dingtalk.com"
    media_api: str = "https://oapi.dingtalk.com"
    loopback: bool = False  # for trials: replies may go to 127.0.0.1
