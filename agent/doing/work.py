"""The shape of what a yes sets going."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from db.semantic.schema import Text

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, in words, and the file that it made."""

    text: Text
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """A prepared action: ``write`` changes the state and nothing else, in the transaction that decides the proposal."""

    write: Callable[[Connection], Done]
