"""Where a brief's files lie. They are written beside their place and moved, so that none is half there."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from agent.brief.contracts import Format
from agent.brief.week import week_name
from agent.contracts import Language, Principal
from db.errors import StoreError

OPERATOR = Principal().name


def folder_of(data_dir: Path, store: str, week: date, principal: Principal) -> Path:
    """``briefs/STORE/WEEK`` of the data folder; a signed-in user's own folder in it, for they may see other rows."""
    folder = data_dir / "briefs" / store / week_name(week)
    if principal.name == OPERATOR and not principal.row_filters:
        return folder
    digest = hashlib.sha256(f"{principal.name}\x00{principal.row_filters}".encode()).hexdigest()[:8]
    return folder / f"{re.sub(r'[^A-Za-z0-9_-]', '_', principal.name)[:40]}-{digest}"


def file_name(store: str, week: date, language: Language, kind: Format) -> str:
    """``journey-2017-W52.en.html``."""
    return f"{store}-{week_name(week)}.{language}.{kind}"


def put_files(folder: Path, contents: Mapping[str, bytes]) -> dict[str, Path]:
    """Write files by name, all beside their places first, then moved; what was there is replaced.

    Raises:
        StoreError: the folder cannot be written; nothing of it is half there.
    """
    written: list[tuple[Path, Path]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            part = folder / f".{name}.{secrets.token_hex(4)}.part"
            written.append((part, folder / name))
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for part, target in written:
            os.replace(part, target)
    except OSError as error:
        raise StoreError(f"The brief cannot be written to {folder}: {error.strerror}.", "Check the folder.") from error
    finally:
        for part, _ in written:
            part.unlink(missing_ok=True)
    return {target.name: target for _, target in written}
