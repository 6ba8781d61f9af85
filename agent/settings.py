"""The settings: ``SHOPOPS_*`` in the environment, then ``shopops.toml`` (this folder, then the user's), then defaults.

A plain pydantic model and fifty lines of reading: pydantic-settings takes 0.15 s more to import, a thirteenth of the
two seconds that a cold question may take, and does not say where a value came from.

    >>> read_settings({"SHOPOPS_QUERY_SECONDS": "5"}, []).settings.query_seconds
    5.0
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from platformdirs import user_cache_path, user_config_path, user_data_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from agent.delivery.options import KINDS, ChannelOptions, Name
from agent.settings_bots import DingTalkBot, FeishuBot, SlackBot
from agent.settings_tables import PREFIX as PREFIX  # noqa: PLC0414 - settings are named from here
from agent.settings_tables import TABLES, inside, with_key
from db.errors import SettingsError

if TYPE_CHECKING:
    from models.llm.options import EngineOptions, HostedOptions

APP = "shopops"
FILE = "shopops.toml"
DEFAULT = "default"

STORE_NAME = r"^[A-Za-z][A-Za-z0-9_-]{0,63}$"
LIMITS = r"^[1-9]\d{0,5}/(second|minute|hour|day)(;[1-9]\d{0,5}/(second|minute|hour|day))*$"
Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]


class Settings(BaseModel):
    """Everything that an operator may set. The description of each field is its line in docs/settings.md."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, protected_namespaces=())

    store: str = Field("journey", pattern=STORE_NAME, description="the store that is asked")
    model: str = Field(
        "local:qwen2.5-coder-1.5b",
        description="the language model: `local:NAME`, the path of a `.gguf` file, or `hosted:MODEL`",
    )
    data_dir: Path = Field(
        default_factory=lambda: user_data_path(APP), description="folder of loaded stores and of the state"
    )
    cache_dir: Path = Field(
        default_factory=lambda: user_cache_path(APP), description="folder of models, caches and the log"
    )
    state_url: SecretStr | None = Field(
        None, description="SQLAlchemy URL of the state (conversations, feedback); a file in `data_dir` without it"
    )
    timezone: str | None = Field(
        None, description="IANA time zone of schedules, e.g. `Asia/Shanghai`; the machine's own without it"
    )
    query_seconds: Seconds = Field(20.0, description="a query that takes longer is stopped")
    row_cap: int = Field(500, ge=1, le=20_000, description="rows that one table of evidence keeps at most")
    model_seconds: Seconds = Field(60.0, description="a model's reply that takes longer is given up")
    threads: int | None = Field(
        None, ge=1, le=1024, description="processor threads of a local model; all physical cores without it"
    )
    gpu_layers: int = Field(0, ge=-1, le=1000, description="layers of a local model on the GPU; -1 is all of them")
    context: int = Field(4096, ge=1024, le=131_072, description="tokens of a local model's prompt and reply together")
    hub: str = Field("https://huggingface.co", description="where `shopops model pull` looks first; a mirror will do")
    base_url: str | None = Field(
        None, description="address of an OpenAI-compatible endpoint, e.g. `http://127.0.0.1:8000/v1`"
    )
    api_key: SecretStr | None = Field(None, description="key of that endpoint; never shown nor logged")
    connect_seconds: Seconds = Field(5.0, description="until a connection to the endpoint stands")
    retries: int = Field(2, ge=0, le=10, description="tries after a busy or broken endpoint, within `model_seconds`")
    longest_wait: float = Field(
        10.0, ge=0, le=3600, allow_inf_nan=False, description="seconds that an endpoint may ask us to wait, at most"
    )
    public_host: str | None = Field(
        None,
        pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$",
        description="name under which a proxy makes the server known, e.g. `shop.example`",
    )
    request_limit: str = Field(
        "300/minute", pattern=LIMITS, description="requests to API and MCP of one user; `N/second`, `minute`, `hour`"
    )
    question_limit: str = Field(
        "60/minute;600/hour", pattern=LIMITS, description="of these, questions, tool calls and briefs of one user"
    )
    address_limit: str = Field(
        "1200/minute", pattern=LIMITS, description="requests to API and MCP of all users at one address"
    )

    otlp_endpoint: str | None = Field(
        None, description="where `shopops serve` sends OpenTelemetry traces, e.g. `http://127.0.0.1:4318/v1/traces`"
    )
    shutdown_seconds: Seconds = Field(
        30.0, description="`shopops serve` lets running answers finish for so long when it is stopped"
    )
    channels: dict[Name, ChannelOptions] = Field(
        {}, description="where briefs, alerts and exports go, by name (docs/channels.md); JSON in the environment"
    )

    stores: dict[Annotated[str, Field(pattern=STORE_NAME)], SecretStr] = Field(
        {},
        description="databases of connected stores, by name (docs/connect.md); each also as `SHOPOPS_STORE_URL_NAME`",
    )

    slack: SlackBot | None = Field(None, description="the Slack bot (docs/slack.md); JSON in the environment")
    feishu: FeishuBot | None = Field(
        None, description="the Feishu or Lark bot (docs/feishu-dingtalk.md); JSON in the environment"
    )
    dingtalk: DingTalkBot | None = Field(
        None, description="the DingTalk bot (docs/feishu-dingtalk.md); JSON in the environment"
    )

    @field_validator(*TABLES, mode="before")
    @classmethod
    def _tables(cls, value: Any) -> Any:
        try:
            return json.loads(value) if isinstance(value, str) else value
        except json.JSONDecodeError:
            raise ValueError("it is not JSON") from None  # the decoder's own message could quote a secret

    @field_validator("data_dir", "cache_dir")
    @classmethod
    def _home(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("hub", "base_url", "otlp_endpoint")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("it must start with http:// or https://")
        return value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise ValueError("it must be an IANA name") from None
        return value

    @property
    def zone(self) -> str:
        """The time zone of schedules: the set one, else the machine's own."""
        if self.timezone is None:
            from tzlocal import get_localzone_name

            return str(get_localzone_name() or "UTC")
        return self.timezone

    @property
    def models_folder(self) -> Path:
        """Where the catalogue's models lie."""
        return self.cache_dir / "models"

    @property
    def prefix_folder(self) -> Path:
        """Where a local model's evaluated prompt prefixes are kept between processes."""
        return self.cache_dir / "prefixes"

    @property
    def members_folder(self) -> Path:
        """Where the members of a store's dimensions are kept between processes."""
        return self.cache_dir / "members"

    @property
    def log_file(self) -> Path:
        """Where the details of an internal fault are written."""
        return self.cache_dir / "shopops.log"

    @property
    def state(self) -> str | None:
        """SQLAlchemy URL of the state; None is the file in ``data_dir``. It may hold a password: never show it."""
        return self.state_url.get_secret_value() if self.state_url else None

    def verified_file(self, store: str | None = None) -> Path:
        """The YAML of a store's questions that were confirmed by a thumbs-up."""
        return self.data_dir / "verified" / f"{store or self.store}.yaml"

    def handbook_folder(self, store: str | None = None) -> Path | None:
        """The operator's own handbook for a store; None where there is none, and the example answers."""
        folder = self.data_dir / "handbook" / (store or self.store)
        return folder if folder.is_dir() else None

    def store_file(self, store: str | None = None) -> Path:
        """The DuckDB file of a store, the set one by default."""
        return self.stores_folder / f"{store or self.store}.duckdb"

    @property
    def stores_folder(self) -> Path:
        """Where loaded and connected stores lie: data, YAML, and the addresses of databases."""
        return self.data_dir / "stores"

    def engine_options(self) -> EngineOptions:
        """How a local model is run."""
        from models.llm.options import EngineOptions

        return EngineOptions(context=self.context, threads=self.threads, gpu_layers=self.gpu_layers)

    def hosted_options(self) -> HostedOptions | None:
        """Where a hosted model is; None where no address is set."""
        from models.llm.options import HostedOptions

        if self.base_url is None:
            return None
        return HostedOptions(self.base_url, self.api_key, self.connect_seconds, self.retries, self.longest_wait)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings with the place that each comes from: a variable's name, a file's path, or ``default``."""

    settings: Settings
    origins: Mapping[str, str]


def user_file() -> Path:
    """The user's own ``shopops.toml``, which ``shopops model use`` writes."""
    return user_config_path(APP) / FILE


def load_settings() -> Settings:
    """The settings in force here and now.

    Raises:
        SettingsError: one of them cannot be used; the sentence names it and where it stands.
    """
    return load_with_origins().settings


def load_with_origins() -> Loaded:
    """As :func:`load_settings`, with the place that each value comes from."""
    return read_settings(os.environ, [Path(FILE), user_file()])


def read_settings(environ: Mapping[str, str], files: Iterable[Path]) -> Loaded:
    """Settings from the given places, an earlier file winning over a later one and ``environ`` over all.

    An empty variable counts as not set. Raises SettingsError as :func:`load_settings` does.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for name in Settings.model_fields:
        text = environ.get(PREFIX + name.upper(), "")
        if text.strip():
            values[name], origins[name] = text.strip(), PREFIX + name.upper()
    for path in files:
        for name, value in read_file(path).items():
            if name not in Settings.model_fields:
                raise SettingsError(f"{path} sets '{name}', which is no setting{_nearest(name)}.")
            if name not in values:
                values[name], origins[name] = value, str(path)
    for name, variable, path_inside, text in inside(environ):
        values[name] = with_key(values.get(name), path_inside, text)
        origins[name] = f"{origins[name]}, {variable}" if name in origins else variable
    return Loaded(_checked(values, origins), {name: origins.get(name, DEFAULT) for name in Settings.model_fields})


def read_file(path: Path) -> dict[str, Any]:
    """The content of a ``shopops.toml``; nothing where there is none. Raises SettingsError where it is not TOML."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} is not TOML: {error}.", "Put quotes around text, and one setting on a line."
        ) from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from None


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Variables that look like settings and are none, e.g. a misspelt name."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known |= {variable for _, variable, _, _ in inside(environ)}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known)


def _checked(values: dict[str, Any], origins: Mapping[str, str]) -> Settings:
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0])
        inner = "".join(f".{part}" for part in first["loc"][1:] if part not in (*KINDS, "[key]"))
        what = first["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
        raise SettingsError(
            f"The setting '{name}{inner}' ({origins.get(name, DEFAULT)}) cannot be used: {what[:1].lower()}{what[1:]}.",
            f"It is {Settings.model_fields[name].description}.",
        ) from None


def _nearest(name: str) -> str:
    from db.semantic.nearest import suggestion

    return suggestion(name, Settings.model_fields)
