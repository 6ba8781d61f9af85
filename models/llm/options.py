"""What opening a model takes: which one, and how it is run. Values only; settings are read elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

from db.errors import SettingsError

Progress = Callable[[str, int, int], None]
"""``(stage, done, total)``; the unit depends on the stage: bytes for downloads, percent for loading."""

CONTEXT_TOKENS = 4096
"""28 kB a token with the 1.5B model: 115 MB. A prompt is 600–1500 tokens."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How a local model is run.

    Attributes:
        context: tokens that a prompt and its reply may have together.
        threads: ``None`` is the number of physical cores.
        gpu_layers: layers on the GPU; -1 is all of them.
        repack: weights rearranged for this CPU: prompts are read about 15 % faster, loading takes 3 s longer.
    """

    context: int = CONTEXT_TOKENS
    threads: int | None = None
    gpu_layers: int = 0
    repack: bool = False


@dataclass(frozen=True, slots=True)
class HostedOptions:
    """Where a hosted model is and how long it may take.

    Attributes:
        base_url: of an OpenAI-compatible endpoint, e.g. ``http://127.0.0.1:8000/v1``.
        key: never shown, logged or kept elsewhere; some endpoints need none.
        connect_seconds: until a connection stands.
        retries: after a 429, a 5xx or a broken connection, within the request's own time limit.
        longest_wait: a ``Retry-After`` beyond this many seconds is not waited for.
        writes_prose: whether it may write free sentences around facts (see ``Capabilities``).
    """

    base_url: str
    key: SecretStr | None = None
    connect_seconds: float = 5.0
    retries: int = 2
    longest_wait: float = 10.0
    writes_prose: bool = True


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Which model: ``local:NAME`` (from the catalogue), a path ending in ``.gguf``, or ``hosted:MODEL``.

    >>> ModelSpec.parse("local:qwen2.5-coder-1.5b")
    ModelSpec(kind='local', name='qwen2.5-coder-1.5b')
    """

    kind: Literal["local", "file", "hosted"]
    name: str

    @classmethod
    def parse(cls, text: str) -> ModelSpec:
        """Read a specification.

        Raises:
            SettingsError: it is none of the three forms.
        """
        text = text.strip()
        if text.endswith(".gguf"):
            return cls("file", text)
        head, _, name = text.partition(":")
        if name and head == "local":
            return cls("local", name)
        if name and head == "hosted":
            return cls("hosted", name)
        raise SettingsError(
            f"'{text[:80]}' names no model.", "Write local:NAME, a path to a .gguf file, or hosted:MODEL."
        )

    def __str__(self) -> str:
        return self.name if self.kind == "file" else f"{self.kind}:{self.name}"
