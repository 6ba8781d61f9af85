"""Kept prefixes: what the model made of the unchanging part of a prompt, in memory and on disk.

Reading 800 tokens takes 10 s on two cores, restoring them 10 ms. A file is used only when its name (a hash of model,
library version and the exact tokens) and the hash of its content are right; otherwise the prefix is read again.
"""

from __future__ import annotations

import hashlib
import os
import struct
import tempfile
from array import array
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from models.llm.engine import Engine

KEPT_IN_MEMORY = 4
"""Plan, compose, repair and one to spare; 23 MB each at 800 tokens with the 1.5B model."""
KEPT_BYTES_ON_DISK = 256 * 1024 * 1024
_MAGIC = b"shopops-prefix-1"
_HEADER = struct.Struct("<16s32sQ")  # magic, sha256 of the state, its length
_SUFFIX = ".prefix"


class PrefixStore:
    """Snapshots on disk.

    Args:
        folder: where; ``None`` keeps nothing on disk.
        identity: whatever must be the same for a snapshot to be right: model hash, library version, cache types.
        limit: bytes; the least recently used go first.
    """

    def __init__(self, folder: Path | None, identity: str, limit: int = KEPT_BYTES_ON_DISK) -> None:
        self._folder = folder
        self._identity = identity
        self._limit = limit

    def path(self, tokens: Sequence[int]) -> Path | None:
        """The file that a prefix of these tokens would be in."""
        if self._folder is None:
            return None
        digest = hashlib.sha256(self._identity.encode() + b"\0" + array("i", tokens).tobytes()).hexdigest()
        return self._folder / f"{digest[:32]}{_SUFFIX}"

    def load(self, tokens: Sequence[int]) -> bytes | None:
        """The snapshot, or ``None`` when there is none or it is not whole (then the file is deleted)."""
        path = self.path(tokens)
        if path is None:
            return None
        try:
            data = path.read_bytes()
        except OSError:
            return None
        state = data[_HEADER.size :]
        if len(data) < _HEADER.size or _HEADER.unpack_from(data) != _header(state):
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):
            os.utime(path)  # recently used: pruned last
        return state

    def save(self, tokens: Sequence[int], state: bytes) -> None:
        """Write a snapshot whole or not at all. A full disk is no error: the prefix is only read again next time."""
        path = self.path(tokens)
        if path is None:
            return
        temporary: str | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
            with os.fdopen(handle, "wb") as file:
                file.write(_HEADER.pack(*_header(state)))
                file.write(state)
            os.replace(temporary, path)
            self._prune(path.parent)
        except OSError:
            if temporary is not None:
                Path(temporary).unlink(missing_ok=True)

    def _prune(self, folder: Path) -> None:
        files = sorted(((f.stat().st_mtime, f.stat().st_size, f) for f in folder.glob(f"*{_SUFFIX}")), reverse=True)
        total = 0
        for _, size, file in files:
            total += size
            if total > self._limit:
                file.unlink(missing_ok=True)


def _header(state: bytes) -> tuple[bytes, bytes, int]:
    return _MAGIC, hashlib.sha256(state).digest(), len(state)


class Prefixes:
    """Brings an engine to "this prefix is read" the cheapest way: still there, from memory, from disk, by reading."""

    def __init__(self, engine: Engine, store: PrefixStore, kept: int = KEPT_IN_MEMORY) -> None:
        self._engine = engine
        self._store = store
        self._kept = kept
        self._states: OrderedDict[tuple[int, ...], bytes] = OrderedDict()
        self._current: tuple[int, ...] = ()

    def recall(self, tokens: tuple[int, ...], check: Callable[[], None]) -> int:
        """Leave exactly ``tokens`` in the engine's memory; how many of them were not read again."""
        if tokens == self._current and self._engine.position >= len(tokens):
            self._engine.forget(keep=len(tokens))
            self._touch(tokens)
            return len(tokens)
        self._current = ()
        if not tokens:
            self._engine.forget()
            return 0
        state = self._states.get(tokens) or self._store.load(tokens)
        if state is not None and self._engine.restore(state, len(tokens)):
            self._remember(tokens, state)
            return len(tokens)
        self._engine.forget()
        self._engine.read(list(tokens), check)
        state = self._engine.snapshot()
        self._remember(tokens, state)
        self._store.save(tokens, state)
        return 0

    def _remember(self, tokens: tuple[int, ...], state: bytes) -> None:
        self._current = tokens
        self._states[tokens] = state
        self._touch(tokens)
        while len(self._states) > self._kept:
            self._states.popitem(last=False)

    def _touch(self, tokens: tuple[int, ...]) -> None:
        if tokens in self._states:
            self._states.move_to_end(tokens)
