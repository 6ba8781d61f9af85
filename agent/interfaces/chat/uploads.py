"""Files that an administrator sends: into a folder of their own that only this user reads, and out of it again."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.datastructures import UploadFile

from agent.connecting.sources import ROWS
from agent.interfaces.chat.tabs.connect import UPLOAD_BYTES, forget_folder
from db.errors import UsageError

if TYPE_CHECKING:
    from starlette.requests import Request

MOST_FILES = 20
_PIECE = 1 << 20
_SLACK = 100_000  # bytes of a form around its files


def check_length(request: Request) -> None:
    """Refuse what is too large before it is read. Raises UsageError."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > UPLOAD_BYTES + _SLACK:
        raise UsageError(f"The files are larger than {UPLOAD_BYTES // 1_000_000} MB.", "Use shopops connect for these.")


async def received(sent: Sequence[UploadFile], root: Path) -> tuple[Path, ...]:
    """Write the files into a fresh folder; the first of the paths tells the folder.

    Raises:
        UsageError: none, too many, too large, or of a kind that cannot be connected.
    """
    if not sent or len(sent) > MOST_FILES:
        raise UsageError(f"Send 1 to {MOST_FILES} files.", f"Kinds: {', '.join(ROWS)}.")
    folder = root / f".sent-{secrets.token_hex(8)}"
    folder.mkdir(mode=0o700, parents=True)
    try:
        return await _written(sent, folder)
    except BaseException:
        forget_folder(folder)
        raise


async def _written(sent: Sequence[UploadFile], folder: Path) -> tuple[Path, ...]:
    paths: list[Path] = []
    total = 0
    for file in sent:
        path = folder / _safe(file.filename or "")
        with path.open("xb") as target:
            while piece := await file.read(_PIECE):
                total += len(piece)
                if total > UPLOAD_BYTES:
                    raise UsageError("The files are too large.", "Use shopops connect for these.")
                target.write(piece)
        paths.append(path)
    return tuple(paths)


def _safe(name: str) -> str:
    """A file's name without anything that a path or a shell would read. Raises UsageError: a kind that is not read.

    >>> _safe("../My orders (1).CSV"), _safe("订单.xlsx")
    ('My_orders_1.csv', '订单.xlsx')
    """
    plain = Path(name.replace("\\", "/")).name
    stem, ending = Path(plain).stem, Path(plain).suffix.lower()
    if ending not in ROWS:
        raise UsageError(f"A file of this kind ({ending[:10] or 'none'}) cannot be read.", f"Kinds: {', '.join(ROWS)}.")
    return (re.sub(r"[^\w-]+", "_", stem).strip("_")[:60] or "table") + ending
