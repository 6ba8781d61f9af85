"""Which kind a short text is of: meaning, words and marks in one linear classifier whose chances can be believed.

A text's features are its e5 embedding (standardised, unit length), its words, pairs of words and runs of 2 to 5
characters (hashed into buckets, weighed by rarity, unit length each), and *marks*: facts about the text that the
caller read out of it ("asks:forecast", "name:metric"). Multinomial logistic regression over them; the softmax is cooled
by a temperature that makes the chances of left-out texts right (Guo et al., "On Calibration of Modern Neural Networks",
2017). Training needs scikit-learn; a trained model is four arrays and needs numpy alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from db.errors import ArtifactDamaged
from models.weights import read_weights, write_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Matrix = NDArray[np.float32]

VERSION = 1  # of the features: a file of another version is not read
BUCKETS = 8_192  # more did not help (measured on the bank, docs/adr/011)
MEANING, MARKS = 3.0, 1.5  # weights of the parts beside words and characters, which weigh 1 each
RIDGE = 0.2  # 1/C of the regression
SETTLED = 1e-3  # the gradient at which the regression stops
PARTS = 3  # words, characters, marks
_HAN = re.compile(r"([\u3400-\u9fff])")
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"\w+")


def plain(text: str) -> str:
    """Folded, numbers alike, Chinese by characters.

    >>> plain("Customer 718"), plain("退货ＯＫ吗")
    ('customer 0', '退 货 ok 吗')
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(_HAN.sub(r" \1 ", _DIGITS.sub("0", folded)).split())


def grams(text: str) -> tuple[Counter[str], Counter[str]]:
    """Words and pairs of words; runs of characters within words, their ends marked by a space."""
    words = _WORD.findall(plain(text))
    pairs = [f"{a} {b}" for a, b in pairwise(words)]
    joined = re.sub(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])", "", " ".join(words))
    runs = (
        part[i : i + n]
        for part in (f" {w} " for w in joined.split())
        for n in range(2, 6)
        for i in range(len(part) - n + 1)
    )
    return Counter([*words, *pairs]), Counter(runs)


def _hashed(counts: Counter[str], kind: str) -> dict[int, float]:
    found: dict[int, float] = {}
    for gram, count in counts.items():
        bucket = crc32(f"{kind}:{gram}".encode()) % BUCKETS
        found[bucket] = found.get(bucket, 0.0) + 1.0 + float(np.log(count))
    return found


def features(text: str, marks: Iterable[str]) -> tuple[dict[int, float], dict[int, float], dict[int, float]]:
    """The buckets of a text's words, of its characters, and of its marks, with their counts."""
    words, runs = grams(text)
    return _hashed(words, "w"), _hashed(runs, "c"), _hashed(Counter(set(marks)), "m")


@dataclass(frozen=True, slots=True)
class Chance:
    """A kind, and the chance (0–1) that a text is of it."""

    name: str
    chance: float


@dataclass(frozen=True, slots=True)
class RoutingModel:
    """A trained classifier.

    Attributes:
        names: of the kinds, in the columns' order.
        meaning: (384, kinds) over the standardised embedding; ``mean`` and ``spread`` standardise it.
        buckets: (3 × BUCKETS, kinds): of words, characters, marks. rarity: of each bucket of the first two.
        bias: (kinds). temperature: what scores are divided by. source: digest of what it was trained on.
    """

    names: tuple[str, ...]
    mean: Floats
    spread: Floats
    meaning: Matrix
    buckets: Matrix
    rarity: Floats
    bias: Floats
    temperature: float
    source: str

    def chances(self, text: str, vector: Floats, marks: Iterable[str]) -> tuple[Chance, ...]:
        """Every kind with its chance, likeliest first.

        Args:
            vector: the text's embedding, shape (384,).
        """
        score = self.bias + standard(vector[None], self.mean, self.spread)[0] @ self.meaning * MEANING
        for part, (counts, weight) in enumerate(zip(features(text, marks), (1.0, 1.0, MARKS), strict=True)):
            at = np.fromiter(counts, np.int64, len(counts)) + part * BUCKETS
            values = np.fromiter(counts.values(), np.float32, len(counts))
            if part < 2:
                values = values * self.rarity[at]
                values = values / (np.linalg.norm(values) + 1e-9)
            score = score + weight * values @ self.buckets[at]
        chances = softmax(score[None] / self.temperature)[0]
        order = np.argsort(-chances, kind="stable")
        return tuple(Chance(self.names[i], float(chances[i])) for i in order)

    def save(self, path: Path) -> None:
        """Write it in 8-bit numbers, each kind's column scaled by its own largest."""
        scale = np.abs(self.buckets).max(axis=0) / 127 + 1e-12
        about = {"version": VERSION, "names": self.names, "temperature": self.temperature, "source": self.source}
        halves = ("mean", "spread", "meaning", "rarity")
        arrays: dict[str, NDArray[Any]] = {name: getattr(self, name).astype(np.float16) for name in halves}
        arrays |= {"buckets": np.rint(self.buckets / scale).astype(np.int8)}
        arrays |= {"scale": scale.astype(np.float32), "bias": self.bias.astype(np.float32)}
        write_weights(path, about, arrays)

    @classmethod
    def load(cls, path: Path) -> RoutingModel:
        """Read it back.

        Raises:
            ArtifactDamaged: not such a file, or one of another version.
        """
        about, arrays = read_weights(path, "words that choose a tool")
        if about.get("version") != VERSION:
            raise ArtifactDamaged("The words that choose a tool are of another version.", "Install ShopOps anew.")
        arrays["buckets"] *= arrays.pop("scale")
        return cls(tuple(about["names"]), temperature=about["temperature"], source=about["source"], **arrays)


def standard(vectors: Matrix, mean: Floats, spread: Floats) -> Matrix:
    """Embeddings with every direction on one scale, at unit length."""
    moved = (vectors - mean) / spread
    found: Matrix = moved / (np.linalg.norm(moved, axis=1, keepdims=True) + 1e-9)
    return found


def softmax(scores: Matrix) -> Matrix:
    """Scores as chances, row by row."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    found: Matrix = raised / raised.sum(axis=1, keepdims=True)
    return found


def fit(texts: Sequence[str], kinds: Sequence[str], vectors: Matrix, marks: Sequence[Sequence[str]]) -> RoutingModel:
    """Fit a model on vectors that stay as they are; :mod:`models.tuning` trains them along with it.

    Args:
        vectors: embeddings, shape (texts, 384).
    """
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    mean, spread = vectors.mean(axis=0), vectors.std(axis=0) + 1e-6
    counts, rarity = bags(texts, marks)
    inputs = hstack([csr_matrix(standard(vectors, mean, spread) * MEANING), counts]).tocsr()
    fitted = LogisticRegression(C=1 / RIDGE, max_iter=1000, tol=SETTLED).fit(inputs, list(kinds))
    meaning, buckets = np.split(fitted.coef_.T.astype(np.float32), [vectors.shape[1]])
    bias = fitted.intercept_.astype(np.float32)
    return RoutingModel(tuple(fitted.classes_), mean, spread, meaning, buckets, rarity, bias, 1.0, "")


def bags(texts: Sequence[str], marks: Sequence[Sequence[str]]) -> tuple[Any, Floats]:
    """Words, characters and marks of texts, weighed, sparse (texts, 3 × BUCKETS), and the buckets' rarity."""
    from scipy.sparse import hstack

    found = [features(text, marked) for text, marked in zip(texts, marks, strict=True)]
    words, runs, marked = (_counts([each[part] for each in found]) for part in range(PARTS))
    seen = np.concatenate([np.asarray((part > 0).sum(axis=0)).ravel() for part in (words, runs)])
    rarity = (np.log((1 + len(texts)) / (1 + seen)) + 1).astype(np.float32)
    weighed = [_weighed(part, own) for part, own in zip((words, runs), np.split(rarity, 2), strict=True)]
    return hstack([*weighed, marked * MARKS]).tocsr().astype(np.float32), rarity


def _counts(found: Sequence[dict[int, float]]) -> Any:
    """Buckets of many texts as a sparse matrix, shape (texts, BUCKETS)."""
    from scipy.sparse import csr_matrix

    rows = np.repeat(np.arange(len(found)), [len(each) for each in found])
    columns = np.array([bucket for each in found for bucket in each], np.int64)
    values = np.array([count for each in found for count in each.values()], np.float32)
    return csr_matrix((values, (rows, columns)), shape=(len(found), BUCKETS))


def _weighed(counts: Any, rarity: Floats) -> Any:
    """Counts weighed by rarity, each text at unit length."""
    from scipy.sparse import csr_matrix

    weighed = counts.multiply(rarity).tocsr()
    length = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1))).ravel()
    return csr_matrix(weighed.multiply(1 / (length[:, None] + 1e-9)))


def temperature_of(scores: Matrix, owned: NDArray[np.intp]) -> float:
    """What scores are divided by so that their softmax loses least on texts left out."""
    from scipy.optimize import minimize_scalar

    def loss(temperature: float) -> float:
        return float(-np.log(softmax(scores / temperature)[np.arange(len(owned)), owned] + 1e-12).mean())

    return float(minimize_scalar(loss, bounds=(0.2, 5.0), method="bounded").x)
