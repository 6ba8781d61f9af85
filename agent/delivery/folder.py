"""The folder channel: each message becomes a folder with its text, its page and its files."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from agent.delivery.files import File
from agent.delivery.message import Message
from db.errors import DeliveryError

_UNFIT = re.compile(r"[^\w-]+")


def write_folder(root: Path, message: Message, files: tuple[File, ...], key: str) -> Path:
    """Write the message once, whole or not at all; a key that was written before writes nothing.

    Raises:
        DeliveryError: the folder cannot be written now.
    """
    mark = hashlib.sha256(key.encode()).hexdigest()[:12]
    name = _UNFIT.sub("-", message.title).strip("-")[:60] or "message"
    try:
        root.mkdir(parents=True, exist_ok=True)
        before = next(iter(root.glob(f"*-{mark}")), None)
        if before is not None:
            return before
        target = root / f"{datetime.now(UTC):%Y-%m-%d}-{name}-{mark}"
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=root) as temporary:
            whole = Path(temporary) / "whole"
            whole.mkdir()
            (whole / "message.md").write_text(f"# {message.title}\n\n{message.text}\n", "utf-8")
            if message.html is not None:
                (whole / "message.html").write_text(message.html, "utf-8")
            for file in files:
                _free(whole, file.name).write_bytes(file.content)
            try:
                os.rename(whole, target)
            except OSError:
                if not target.is_dir():  # otherwise another process wrote the same message meanwhile
                    raise
                shutil.rmtree(whole)
        return target
    except OSError as error:
        raise DeliveryError(f"The folder {root} cannot be written: {error.strerror}.") from error


def _free(folder: Path, name: str) -> Path:
    """``name`` in the folder, numbered where it is taken."""
    path, number = folder / name, 2
    while path.exists():
        path = folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
        number += 1
    return path
