"""Language models: local, hosted, scripted; all with the same two abilities (see ``models.llm.base``).

Importing this package imports neither LangChain nor llama.cpp; ``open_model`` does, for the kind it opens.
"""

from __future__ import annotations

import os
from pathlib import Path

from db.errors import ModelMissing, SettingsError
from models.llm.base import Capabilities, JsonReply, LanguageModel, Message, Prompt, TextPiece, Usage
from models.llm.catalogue import CatalogueEntry, find
from models.llm.fetch import verify
from models.llm.library import load_library
from models.llm.options import EngineOptions, HostedOptions, ModelSpec, Progress
from models.llm.telemetry import quiet_telemetry

__all__ = [
    "Capabilities",
    "EngineOptions",
    "HostedOptions",
    "JsonReply",
    "LanguageModel",
    "Message",
    "ModelSpec",
    "Progress",
    "Prompt",
    "TextPiece",
    "Usage",
    "open_model",
]

# llama.cpp's threads meet hundreds of times a token. Where they spin while they wait and another process has one of the
# two cores, a plan took 26 s; where they sleep, 5 s. Read by OpenMP when llama.cpp is loaded, so it is set before that.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def open_model(
    spec: ModelSpec | str,
    *,
    folder: Path,
    prefix_folder: Path | None = None,
    options: EngineOptions | None = None,
    hosted: HostedOptions | None = None,
    progress: Progress | None = None,
) -> LanguageModel:
    """A model ready to be asked; a local one loads at the first request or ``warm``.

    Args:
        folder: where catalogue models lie.
        prefix_folder: where evaluated prefixes are kept between processes; ``None`` for nowhere.
        options: how a local model is run.
        hosted: where a hosted model is; needed for ``hosted:``.

    Raises:
        SettingsError: the specification names no model, or ``hosted`` is missing.
        ModelMissing: the file is not there.
        ModelDamaged: the file is not the published one.
        ModelError: llama.cpp is not installed, or cannot be loaded.
    """
    spec = ModelSpec.parse(spec) if isinstance(spec, str) else spec
    quiet_telemetry()
    if spec.kind == "hosted":
        return _open_hosted(spec, hosted)
    entry = find(spec.name) if spec.kind == "local" else None
    path = folder / entry.file if entry else Path(spec.name).expanduser()
    identity = _identity(path, entry, progress)
    load_library()
    from models.llm.bridge import ChatLanguageModel
    from models.llm.local import ChatLocal
    from models.llm.runtime import LocalRuntime

    runtime = LocalRuntime(path, options, prefix_folder=prefix_folder, identity=identity, progress=progress)
    chat = ChatLocal(runtime=runtime, model_name=str(spec))
    return ChatLanguageModel(str(spec), chat, entry.capabilities if entry else Capabilities(), runtime)


def _identity(path: Path, entry: CatalogueEntry | None, progress: Progress | None) -> str:
    """What the file is; for a catalogue model its hash, checked."""
    if entry is not None:
        verify(path, entry, progress)
        return entry.sha256
    if not path.is_file():
        raise ModelMissing(f"The model file {path.name} is not there.", "Give the path of a GGUF file.")
    stat = path.stat()
    return f"{path.name}|{stat.st_size}|{stat.st_mtime_ns}"


def _open_hosted(spec: ModelSpec, hosted: HostedOptions | None) -> LanguageModel:
    if hosted is None:
        raise SettingsError(f"{spec} needs an endpoint.", "Set the base URL and, where it needs one, the key.")
    from models.llm.hosted import open_hosted

    return open_hosted(spec.name, hosted)
