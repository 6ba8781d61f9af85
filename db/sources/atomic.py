"""Replace a file in one step: readers see the old one or the new one, whole."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db.errors import StoreError, StoreLocked


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a path beside ``target`` to write to; put it in place when the block ends well, else remove it.

    A lock file beside the target keeps a second writer out; it is the operating system's lock, so it goes when its
    process dies, and what a dead process left is cleared by the next.

    Raises:
        StoreLocked: another process is writing this target. StoreError: no room, or no permission.
    """
    temporary = target.with_name(f".{target.name}.loading")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(target.with_name(f".{target.name}.lock"), "w") as lock:
            _take(lock.fileno(), target)
            try:
                _clear(temporary)
                yield temporary
                _sync(temporary)
                os.replace(temporary, target)
                _sync(target.parent)
            finally:
                _clear(temporary)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreError(
                "There is no room left on the disk for the store.", "Free some and run it again."
            ) from error
        raise StoreError(
            f"The store cannot be written to {target.parent}.", "Check the folder's permissions."
        ) from error


def _take(lock: int, target: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StoreLocked(f"Another process is writing {target.name}.", "Wait until it is done.") from error


def _clear(temporary: Path) -> None:
    """Remove the temporary file with all that a database keeps beside it."""
    for path in temporary.parent.glob(f"{temporary.name}*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Have the disk hold it before anything else is done."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
