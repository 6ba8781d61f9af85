"""Trained models on disk: one file each, whole or not at all, bound to the data they were trained on.

A file is a zip of ``meta.json`` and named parts (``.npz`` arrays, JSON, or bytes such as a LightGBM text model).
Nothing in it is ever unpickled, so a file from elsewhere cannot run code.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from db.errors import ArtifactDamaged, ArtifactMissing, ArtifactStale

FORMAT = 1
ENDING = ".shopops"
STALE_DAYS = 30  # of the store's clock: a grocery shopper's habits move within about a season


@dataclass(frozen=True, slots=True)
class Meta:
    """What a trained model says of itself.

    Attributes:
        kind: which model, e.g. ``recommender``; ``version`` grows when its parts change shape.
        store, fingerprint: the store and the state of its data (empty where the data may change at any moment).
        as_of: the store's clock when it was trained. metrics: measured on held-out data, by name.
    """

    kind: str
    version: int
    store: str
    fingerprint: str
    as_of: date
    trained_at: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


def save(path: Path, meta: Meta, parts: Mapping[str, bytes]) -> None:
    """Write a model in one step: another reader sees the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    about = asdict(meta) | {"as_of": meta.as_of.isoformat(), "format": FORMAT, "parts": _digests(parts)}
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("meta.json", json.dumps(about, ensure_ascii=False, indent=1))
            for name, content in parts.items():
                archive.writestr(name, content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def load(path: Path, kind: str, version: int) -> tuple[Meta, dict[str, bytes]]:
    """Read a model back.

    Raises:
        ArtifactMissing: no file. ArtifactDamaged: truncated, altered, of another kind or version.
    """
    train = f"Run: shopops train {kind}"
    if not path.is_file():
        raise ArtifactMissing(f"The {kind} model has not been trained yet.", train)
    try:
        with zipfile.ZipFile(path) as archive:
            about = json.loads(archive.read("meta.json"))
            parts = {name: archive.read(name) for name in about["parts"]}
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError) as error:
        raise ArtifactDamaged(f"The {kind} model's file cannot be read.", train) from error
    if about.get("format") != FORMAT or about.get("kind") != kind or about.get("version") != version:
        raise ArtifactDamaged(f"The {kind} model's file is of another version of ShopOps.", train)
    if _digests(parts) != about["parts"]:
        raise ArtifactDamaged(f"The {kind} model's file was altered or cut short.", train)
    known = {name: about[name] for name in Meta.__dataclass_fields__}
    return Meta(**(known | {"as_of": date.fromisoformat(about["as_of"])})), parts


def require_fresh(meta: Meta, store: str, fingerprint: str, as_of: date, days: int = STALE_DAYS) -> None:
    """Refuse a model of another store's data, or one that is too old for the asked day.

    Raises:
        ArtifactStale: with the command that trains anew.
    """
    train = f"Run: shopops train {meta.kind}"
    if meta.store != store or meta.fingerprint != fingerprint:
        raise ArtifactStale(f"The {meta.kind} model was trained on other data than the store holds now.", train)
    if abs((as_of - meta.as_of).days) > days:
        raise ArtifactStale(f"The {meta.kind} model was trained as of {meta.as_of}, too far from {as_of}.", train)


def arrays(**named: np.ndarray) -> bytes:
    """Arrays as one part."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **named)  # type: ignore[arg-type]  # numpy's stub takes the names for options
    return buffer.getvalue()


def read_arrays(part: bytes) -> dict[str, np.ndarray]:
    """The arrays of a part; object arrays, which would be unpickled, are refused."""
    with np.load(io.BytesIO(part), allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def now_text(clock: datetime) -> str:
    """A moment as the file states it."""
    return clock.isoformat(timespec="seconds")


def _digests(parts: Mapping[str, bytes]) -> dict[str, str]:
    return {name: sha256(content).hexdigest() for name, content in parts.items()}
