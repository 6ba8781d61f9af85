"""Arrays that ship with the package: one compressed file of numpy, with what it says of itself as JSON in ``about``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from db.errors import ArtifactDamaged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_ABOUT = "about"


def write_weights(path: Path, about: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays in the numbers that they are given in."""
    named: dict[str, Any] = {_ABOUT: np.frombuffer(json.dumps(about).encode(), np.uint8), **arrays}
    with path.open("wb") as file:
        np.savez_compressed(file, **named)


def read_weights(path: Path, what: str) -> tuple[Mapping[str, Any], dict[str, Floats]]:
    """What the file says of itself, and its arrays in 32 bits. Nothing in it is ever unpickled.

    Args:
        what: how its contents are named where they cannot be read, in the plural.

    Raises:
        ArtifactDamaged: not such a file.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            about = json.loads(bytes(found[_ABOUT]))
            arrays = {name: found[name].astype(np.float32) for name in found.files if name != _ABOUT}
    except (OSError, ValueError, KeyError) as error:
        raise ArtifactDamaged(f"The {what} cannot be read.", "Install ShopOps anew.") from error
    return about, arrays
